"""The commands `vernissage museum`: plan a museum, check one, and `vernissage bench museum`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from engine.console import (
    EXIT_FAILED,
    errors_as_sentences,
    print_json,
    progress_bar,
    show,
    stop_on_interrupt,
)

if TYPE_CHECKING:
    from engine.museum.schema import Museum

museum = typer.Typer(no_args_is_help=True, help="Plan museums, and check them as visitors would.")

Json = Annotated[bool, typer.Option("--json", help="Print one JSON object.")]
LightQuality = Literal["none", "fast", "fine", "cycles"]
Verbose = Annotated[bool, typer.Option("--verbose", help="Show an error's traceback.")]


@museum.command()
def plan(
    description: Annotated[
        Path | None, typer.Argument(help="A JSON file such as those in scenes/; options override.")
    ] = None,
    theme: Annotated[
        str | None, typer.Option(help="white_cube, baroque_enfilade, ... Default white_cube.")
    ] = None,
    rooms: Annotated[int | None, typer.Option(help="Default: as many as the works need.")] = None,
    works: Annotated[int | None, typer.Option(help="Works to be made. Default 24.")] = None,
    seed: Annotated[int | None, typer.Option(help="Another seed, another museum.")] = None,
    title: Annotated[str | None, typer.Option(help="What stands at the entrance.")] = None,
    out: Annotated[Path, typer.Option(help="Folder to write into.")] = Path("museum"),
    as_json: Json = False,
    verbose: Verbose = False,
) -> None:
    """Lay out rooms, hang works, find the way: museum.json and a floor plan.

    [bold]Examples[/bold]

    vernissage museum plan --theme baroque_enfilade --rooms 6 --works 60 --seed 3

    vernissage museum plan scenes/small_cabinet.json --out cabinet
    """
    with errors_as_sentences(as_json=as_json, verbose=verbose):
        from engine.files import write_bytes
        from engine.museum.floorplan import floor_plan
        from engine.museum.plan import plan as lay_out
        from engine.museum.spec import MuseumRequest, read_request
        from engine.museum.store import write_museum

        values: dict[str, Any] = read_request(description) if description else {}
        given = {"theme": theme, "rooms": rooms, "count": works, "seed": seed, "title": title}
        values.update({name: value for name, value in given.items() if value is not None})
        planned = lay_out(MuseumRequest.parse(values))
        drawing = out / "plan.svg"
        write_bytes(drawing, floor_plan(planned).encode())
        file = write_museum(planned, out)
        if as_json:
            print_json({"museum": file, "plan": drawing, **_counts(planned)})
        else:
            titles = ", ".join(room.title for room in planned.rooms)
            count = _counts(planned)
            show(
                f"{planned.title}: {count['rooms']} rooms, {count['works']} works. {titles}",
                f"Museum: {file}",
                f"Floor plan: {drawing}",
            )


@museum.command()
def build(
    source: Annotated[
        Path | None,
        typer.Argument(help="A description such as those in scenes/, or the folder of a plan."),
    ] = None,
    theme: Annotated[str | None, typer.Option(help="As of plan.")] = None,
    rooms: Annotated[int | None, typer.Option(help="As of plan.")] = None,
    works: Annotated[int | None, typer.Option(help="Works to be made. Default 24.")] = None,
    seed: Annotated[int | None, typer.Option(help="Another seed, another museum.")] = None,
    title: Annotated[str | None, typer.Option(help="What stands at the entrance.")] = None,
    out: Annotated[Path, typer.Option(help="Folder to write the bundle into.")] = Path("museum"),
    cache: Annotated[
        Path | None, typer.Option(help="Folder that keeps works. Default: .cache in the bundle.")
    ] = None,
    variations: Annotated[bool, typer.Option(help="Make other versions to switch to.")] = True,
    light: Annotated[LightQuality, typer.Option(help="How well light is baked.")] = "fast",
    contact: Annotated[bool, typer.Option(help="Paint every room and every work.")] = True,
    single_file: Annotated[
        bool, typer.Option("--single-file", help="Write museum.glb for game engines as well.")
    ] = False,
    as_json: Json = False,
    verbose: Verbose = False,
) -> None:
    """Plan a museum, make its works and build the house: a bundle for page, Blender and engines.

    [bold]Examples[/bold]

    vernissage museum build --theme baroque_enfilade --works 40 --out suite

    vernissage museum build scenes/small_cabinet.json --out cabinet
    """
    with errors_as_sentences(as_json=as_json, verbose=verbose):
        from engine.gallery.make import build_gallery

        given = {"theme": theme, "rooms": rooms, "count": works, "seed": seed, "title": title}
        options = {name: value for name, value in given.items() if value is not None}
        with progress_bar() as on_progress, stop_on_interrupt() as is_cancelled:
            built = build_gallery(
                source if source is not None else {},
                out,
                options=options,
                cache=cache,
                variations=variations,
                light=light,
                contact=contact,
                single_file=single_file,
                on_progress=on_progress,
                is_cancelled=is_cancelled,
            )
        if as_json:
            print_json({"bundle": out, "notes": built.notes, **_counts(built.museum)})
        else:
            count = _counts(built.museum)
            show(
                f"{built.museum.title}: {count['rooms']} rooms, {count['works']} works.",
                *built.notes,
                f"Bundle: {out}",
            )


@museum.command()
def check(
    folder: Annotated[Path, typer.Argument(help="Folder of a museum, or its museum.json.")],
    profile: Annotated[
        Literal["quest3", "quest2"], typer.Option(help="The headset whose budget holds.")
    ] = "quest3",
    as_json: Json = False,
    verbose: Verbose = False,
) -> None:
    """Walk through a museum as it is written; exit code 1 where a visitor would stumble."""
    with errors_as_sentences(as_json=as_json, verbose=verbose):
        from engine.museum.check import check as walk
        from engine.museum.store import read_museum

        read = read_museum(folder)
        faults = walk(read)
        if read.bundle is not None:
            from engine.gallery.check import check_bundle

            faults += check_bundle(read, folder if folder.is_dir() else folder.parent, profile)
        if as_json:
            print_json({"faults": [vars(fault) for fault in faults], **_counts(read)})
        else:
            show(
                *(f"{fault.rule}  {fault.sentence}" for fault in faults),
                f"{len(faults) or 'No'} {'fault' if len(faults) == 1 else 'faults'} "
                f"in {len(read.rooms)} rooms with {len(read.works)} works.",
            )
        if faults:
            raise typer.Exit(EXIT_FAILED)


@museum.command()
def schema() -> None:
    """Print the JSON Schema of museum.json."""
    with errors_as_sentences():
        from engine.museum.store import json_schema

        print_json(json_schema())


def _counts(planned: Museum) -> dict[str, int]:
    return {
        "rooms": len(planned.rooms),
        "works": len(planned.works),
        "slots": len(planned.slots),
        "doors": len(planned.doors),
    }


def bench_museum(
    seeds: Annotated[int, typer.Option(min=1, help="Plans of each theme to check.")] = 200,
    bundles: Annotated[int, typer.Option(min=0, help="Bundles of each theme to check.")] = 10,
    as_json: Json = False,
    verbose: Verbose = False,
) -> None:
    """Plan, write and check museums of every theme, count their worst views, build two; 1 for a fault."""
    with errors_as_sentences(as_json=as_json, verbose=verbose):
        from engine.bench_bundles import check_bundles, growth
        from engine.bench_museum import MOST_WORKS, run, run_builds
        from engine.museum.themes import theme_names
        from engine.pages import bench_page

        grown = [figure for theme in theme_names() for figure in growth(theme)]
        figures = (*run_builds(), *grown, *check_bundles(bundles, MOST_WORKS), *run(seeds))
        if as_json:
            print_json({"figures": [figure.as_json() for figure in figures]})
        else:
            show(bench_page(figures))
        if not all(figure.reached for figure in figures):
            raise typer.Exit(EXIT_FAILED)
