"""The commands `vernissage edit`: new shapes from shapes that one has."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from engine.console import errors_as_sentences, print_json, progress_bar, show, stop_on_interrupt

if TYPE_CHECKING:
    from engine.request import GenerateResult

edit = typer.Typer(
    no_args_is_help=True,
    rich_markup_mode="rich",
    help="""Make new shapes from shapes that you have.

    A shape is named by a seed (7), a seed of a class (chair:7), a mesh file (my_chair.glb), or a
    .code.json file that an edit left beside an asset.

    [bold]One after the other[/bold]

    vernissage edit vary chair:7 --count 8 --out more

    vernissage edit move chair:7 --along taller

    vernissage edit blend chair:7 chair:12 --count 9

    vernissage edit mix my_chair.glb chair:12 --take colors

    vernissage edit like my_chair.glb --count 6

    vernissage edit complete broken_chair.glb
    """,
)

_ASSET = "How the assets are built"

Of = Annotated[str, typer.Argument(help="Seed, CLASS:SEED, mesh file or .code.json.")]
Model = Annotated[str | None, typer.Option(help="Default textured_props.")]
Class = Annotated[
    str | None, typer.Option("--class", help="Class or category of seeds that name none.")
]
Seed = Annotated[int | None, typer.Option(help="Another seed gives other results. Default 0.")]
Truncation = Annotated[float | None, typer.Option(help="Of seeds; 0 is the average. Default 1.")]
Height = Annotated[
    float | None, typer.Option(help="Metres. Default: as the source.", rich_help_panel=_ASSET)
]
Triangles = Annotated[
    int | None, typer.Option(help="Of the finest level. Default 3000.", rich_help_panel=_ASSET)
]
Texture = Annotated[
    int | None, typer.Option(help="256, 512, 1024 or 2048. Default 1024.", rich_help_panel=_ASSET)
]
Lods = Annotated[
    int | None, typer.Option(help="Levels of detail, 1 to 4. Default 3.", rich_help_panel=_ASSET)
]
Collider = Annotated[
    Literal["none", "hull", "parts"] | None,
    typer.Option(help="Default hull.", rich_help_panel=_ASSET),
]
Previews = Annotated[
    bool | None,
    typer.Option("--previews/--no-previews", help="PNGs and a sheet.", rich_help_panel=_ASSET),
]
Out = Annotated[
    Path | None, typer.Option(help="Folder. Default vernissage-out.", rich_help_panel=_ASSET)
]
Json = Annotated[bool, typer.Option("--json", help="Print one JSON object.")]
Verbose = Annotated[bool, typer.Option("--verbose", help="Show an error's traceback.")]


@edit.command()
def vary(
    of: Of,
    count: Annotated[int | None, typer.Option(help="How many. Default 1.")] = None,
    strength: Annotated[
        float | None, typer.Option(help="0 is the shape itself, 1 another one. Default 0.35.")
    ] = None,
    recolor: Annotated[
        float | None, typer.Option(help="The same for the colours. Default: as --strength.")
    ] = None,
    seed: Seed = None,
    class_name: Class = None,
    truncation: Truncation = None,
    model: Model = None,
    height: Height = None,
    triangles: Triangles = None,
    texture: Texture = None,
    lods: Lods = None,
    collider: Collider = None,
    previews: Previews = None,
    out: Out = None,
    as_json: Json = False,
    verbose: Verbose = False,
) -> None:
    """Variations around one shape.

    [bold]Examples[/bold]

    vernissage edit vary chair:7 --count 8 --strength 0.3

    vernissage edit vary chair:7 --count 8 --strength 0 --recolor 0.8
    """
    _run("vary", (of,), {**locals()})


@edit.command()
def blend(
    of: Annotated[list[str], typer.Argument(help="Two or more seeds, files or codes.")],
    count: Annotated[int | None, typer.Option(help="Shapes in all. Default 7.")] = None,
    class_name: Class = None,
    truncation: Truncation = None,
    model: Model = None,
    height: Height = None,
    triangles: Triangles = None,
    texture: Texture = None,
    lods: Lods = None,
    collider: Collider = None,
    previews: Previews = None,
    out: Out = None,
    as_json: Json = False,
    verbose: Verbose = False,
) -> None:
    """A strip of shapes on the way from one to another.

    [bold]Examples[/bold]

    vernissage edit blend chair:7 table:3 --count 9

    vernissage edit blend fish:1 fish:2 fish:3 fish:1 --count 31
    """
    _run("blend", tuple(of), {**locals()})


@edit.command()
def mix(
    of: Annotated[str, typer.Argument(help="Where the shape comes from.")],
    look: Annotated[str, typer.Argument(help="Where the colours come from.")],
    take: Annotated[
        list[str] | None,
        typer.Option(
            help="What comes from the second: colors, details; may be repeated. Default colors."
        ),
    ] = None,
    class_name: Class = None,
    truncation: Truncation = None,
    model: Model = None,
    height: Height = None,
    triangles: Triangles = None,
    texture: Texture = None,
    lods: Lods = None,
    collider: Collider = None,
    previews: Previews = None,
    out: Out = None,
    as_json: Json = False,
    verbose: Verbose = False,
) -> None:
    """The shape of one in the colours of another; a mesh file keeps its own shape.

    [bold]Examples[/bold]

    vernissage edit mix chair:7 weapon:3

    vernissage edit mix my_chair.glb chair:12

    vernissage edit mix chair:7 chair:12 --take details --take colors
    """
    _run("mix", (of, look), {**locals()})


@edit.command()
def move(
    of: Of,
    along: Annotated[str, typer.Option(help="What to change: taller, wider, lighter ...")],
    by: Annotated[
        float | None, typer.Option(help="How far either way, standard deviations. Default 2.")
    ] = None,
    count: Annotated[int | None, typer.Option(help="Shapes in all. Default 7.")] = None,
    class_name: Class = None,
    truncation: Truncation = None,
    model: Model = None,
    height: Height = None,
    triangles: Triangles = None,
    texture: Texture = None,
    lods: Lods = None,
    collider: Collider = None,
    previews: Previews = None,
    out: Out = None,
    as_json: Json = False,
    verbose: Verbose = False,
) -> None:
    """A strip of shapes along a direction that has a name; see `vernissage edit directions`.

    [bold]Example[/bold]

    vernissage edit move chair:7 --along taller --by 3 --count 5
    """
    _run("move", (of,), {**locals()})


@edit.command()
def like(
    of: Annotated[str, typer.Argument(help="A mesh file.")],
    count: Annotated[int | None, typer.Option(help="Variations. Default 6.")] = None,
    strength: Annotated[
        float | None, typer.Option(help="0 is the shape itself, 1 another one. Default 0.35.")
    ] = None,
    seed: Seed = None,
    truncation: Truncation = None,
    model: Model = None,
    height: Height = None,
    triangles: Triangles = None,
    texture: Texture = None,
    lods: Lods = None,
    collider: Collider = None,
    previews: Previews = None,
    out: Out = None,
    as_json: Json = False,
    verbose: Verbose = False,
) -> None:
    """More like this: the model's own version of your mesh, and variations of it.

    [bold]Example[/bold]

    vernissage edit like my_chair.glb --count 8 --out more
    """
    _run("like", (of,), {**locals()})


@edit.command()
def complete(
    of: Annotated[str, typer.Argument(help="A broken mesh file.")],
    keep: Annotated[
        list[str] | None,
        typer.Option(
            help="What to keep: 'below 0.6', 'left 0.5', 'box 0 0 0 1 1 0.6'; may be repeated. "
            "Default: all, up to where the surface is open."
        ),
    ] = None,
    grow: Annotated[
        float | None,
        typer.Option(help="Size of the whole, in that of what is there. Default: found."),
    ] = None,
    restarts: Annotated[
        int | None, typer.Option(help="Beginnings that are tried for each size. Default 4.")
    ] = None,
    class_name: Annotated[
        str | None, typer.Option("--class", help="What it is, if you know. Default: any.")
    ] = None,
    seed: Seed = None,
    model: Model = None,
    height: Height = None,
    triangles: Triangles = None,
    texture: Texture = None,
    lods: Lods = None,
    collider: Collider = None,
    previews: Previews = None,
    out: Out = None,
    as_json: Json = False,
    verbose: Verbose = False,
) -> None:
    """Make a broken mesh whole: what is there stays, the rest is the model's idea.

    [bold]Examples[/bold]

    vernissage edit complete scan.glb

    vernissage edit complete chair.glb --keep 'below 0.6' --class chair
    """
    _run("complete", (of,), {**locals()})


@edit.command()
def directions(
    model: Annotated[str, typer.Argument(help="Name of a model.")] = "textured_props",
    class_name: Annotated[
        str | None, typer.Option("--class", help="Measure on these shapes. Default: on all.")
    ] = None,
    of: Annotated[str, typer.Option(help="The shape that the sheet shows.")] = "0",
    out: Out = None,
    as_json: Json = False,
    verbose: Verbose = False,
) -> None:
    """Find what can be changed, name it by what it does, and draw it.

    [bold]Example[/bold]

    vernissage edit directions --class chair --of chair:7
    """
    with errors_as_sentences(as_json=as_json, verbose=verbose):
        from engine.edit import find

        with progress_bar() as on_progress:
            found = find(
                model,
                class_name=class_name,
                of=of,
                out=out or Path("vernissage-out"),
                on_progress=on_progress,
            )
        if as_json:
            rows = [
                {"name": one.name, "back": one.back, "of": one.kind, "effects": one.effects}
                for one in found.directions
            ]
            print_json({"directions": rows, "sheet": found.sheet, "report": found.report})
        else:
            show(
                *(f"{one.name} / {one.back}" for one in found.directions),
                f"Sheet: {found.sheet}",
            )


def _run(verb: str, of: tuple[str, ...], given: dict[str, Any]) -> None:
    """Make the request of what was given on the command line, and show what came of it."""
    as_json, verbose = given.pop("as_json"), given.pop("verbose")
    with errors_as_sentences(as_json=as_json, verbose=verbose):
        from engine.control.requests import parse_edit
        from engine.edit import edit as make

        given.pop("look", None)
        values = {name: value for name, value in given.items() if value is not None}
        request = parse_edit(values | {"verb": verb, "of": of})
        begin = time.perf_counter()
        with progress_bar() as on_progress, stop_on_interrupt() as is_cancelled:
            result = make(request, on_progress=on_progress, is_cancelled=is_cancelled)
        seconds = time.perf_counter() - begin
        if as_json:
            print_json(_as_json(result, seconds))
        else:
            _show(result, request.out, seconds)


def _as_json(result: GenerateResult, seconds: float) -> dict[str, Any]:
    return {
        "items": [
            {"name": item.name, "files": item.files, "report": item.report} for item in result.items
        ],
        "refused": [vars(one) for one in result.refused],
        "sheet": result.sheet,
        "report": result.report,
        "seconds": round(seconds, 3),
    }


def _show(result: GenerateResult, out: Path, seconds: float) -> None:
    made = len(result.items)
    show(f"Made {made} {'asset' if made == 1 else 'assets'} in {seconds:.1f} s: {out}")
    for one in result.refused:
        show(f"Refused: {one.sentence}")
    first = result.items[0].report
    if "fit" in first:
        before, after = first["fit"]["before"], first["fit"]["after"]
        show(
            f"Your mesh and the model's version of it overlap by {after['overlap']:.0%} "
            f"({before['overlap']:.0%} at first sight)"
        )
    if "made_up" in first:
        show(
            f"{first['made_up']:.0%} of it is made up; the model's idea of the rest agrees with "
            f"what is there by {first['agreement']['overlap']:.0%}"
        )
    if result.sheet is not None:
        show(f"Contact sheet: {result.sheet}")
    show(f"Report: {result.report}")
