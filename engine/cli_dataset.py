"""The commands `vernissage dataset`: training data from a folder of models, or of pictures."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from engine.console import errors_as_sentences, print_json, progress_bar, show, stop_on_interrupt

if TYPE_CHECKING:
    from engine.dataset import Built
    from engine.dataset_sort import Sorted

dataset = typer.Typer(no_args_is_help=True, help="Make training data of a folder.")

SHOWN = 12


@dataset.callback()
def _root() -> None:
    pass


@dataset.command()
def build(
    folder: Annotated[Path, typer.Argument(help="Folder of .glb, .gltf, .obj, .ply, .stl files.")],
    out: Annotated[Path, typer.Option(help="Folder for the data set.")],
    size: Annotated[int, typer.Option(help="Voxels a side: 16, 32, 48, 64, 96 or 128.")] = 32,
    up: Annotated[
        Literal["auto", "y", "z"],
        typer.Option(help="Which axis of the files points up. auto: z in .ply and .stl, else y."),
    ] = "auto",
    jobs: Annotated[
        int | None, typer.Option(min=1, help="Processes. Default: one for each core.")
    ] = None,
    limit: Annotated[
        int | None, typer.Option(min=1, help="Take this many files, spread over all folders.")
    ] = None,
    draft: Annotated[
        bool,
        typer.Option(
            "--draft",
            help="Compute shapes as wide as long at half the resolution: a fourth of the time.",
        ),
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
    verbose: Annotated[bool, typer.Option("--verbose", help="Show an error's traceback.")] = False,
) -> None:
    """Check, orient, scale and encode every model of a folder; go on where a build was stopped.

    [bold]Examples[/bold]

    vernissage dataset build models --out data

    vernissage dataset build scans --out data --size 64 --up z --jobs 4
    """
    with errors_as_sentences(as_json=as_json, verbose=verbose):
        from engine.dataset import build as run

        begin = time.perf_counter()
        with progress_bar() as on_progress, stop_on_interrupt() as is_cancelled:
            built = run(
                folder,
                out,
                size=size,
                up=up,
                jobs=jobs,
                limit=limit,
                draft=draft,
                on_progress=on_progress,
                is_cancelled=is_cancelled,
            )
        seconds = time.perf_counter() - begin
        if as_json:
            print_json(_as_json(built, seconds))
        else:
            _show(built, seconds)


def _as_json(built: Built, seconds: float) -> dict[str, Any]:
    return {
        "items": len(built.manifest["items"]),
        "made": built.made,
        "refused": built.manifest["refused"],
        "manifest": built.path,
        "sheets": built.sheets,
        "seconds": round(seconds, 3),
    }


def _show(built: Built, seconds: float) -> None:
    count, refused = len(built.manifest["items"]), built.manifest["refused"]
    show(f"{count} models are ready, {built.made} of them made now in {seconds:.1f} s")
    _show_refused(refused)
    show(f"Manifest: {built.path}", f"Contact sheets: {built.sheets[0].parent}")


@dataset.command()
def sort(
    pictures: Annotated[Path, typer.Argument(help="Folder of pictures without classes.")],
    like: Annotated[Path, typer.Option(help="Folder whose folders are classes of pictures.")],
    out: Annotated[Path, typer.Option(help="Folder for the copies; new or empty.")],
    seed: Annotated[int, typer.Option(min=0, help="The same seed sorts alike.")] = 0,
    epochs: Annotated[int, typer.Option(min=1, help="How long to learn; 20 steps each.")] = 40,
    adapt: Annotated[
        bool, typer.Option(help="Adapt to how the pictures look; not where classes are missing.")
    ] = True,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
    verbose: Annotated[bool, typer.Option("--verbose", help="Show an error's traceback.")] = False,
) -> None:
    """Sort copies of pictures into the classes of a labelled folder, though they look different.

    [bold]Example[/bold]

    vernissage dataset sort scans --like paintings --out sorted
    """
    with errors_as_sentences(as_json=as_json, verbose=verbose):
        from engine.dataset_sort import sort as run

        with progress_bar() as on_progress, stop_on_interrupt() as is_cancelled:
            done = run(
                pictures,
                like,
                out,
                seed=seed,
                epochs=epochs,
                adapt=adapt,
                on_progress=on_progress,
                is_cancelled=is_cancelled,
            )
        if as_json:
            print_json({**done.manifest, "manifest": done.path})
        else:
            _show_sorted(done)


def _show_sorted(done: Sorted) -> None:
    items, refused = done.manifest["items"], done.manifest["refused"]
    for name in done.manifest["classes"]:
        show(f"{name}: {sum(item['class'] == name for item in items)} pictures")
    share = done.manifest["held_out_accuracy"]
    show(f"Of labelled pictures held out, {share:.0%} went where they belong")
    _show_refused(refused)
    show(f"Manifest: {done.path}")


def _show_refused(refused: dict[str, str]) -> None:
    for file, reason in list(refused.items())[:SHOWN]:
        show(f"Refused {file}: {reason}")
    if len(refused) > SHOWN:
        show(f"Refused {len(refused) - SHOWN} more; the manifest says why")
