"""The command `vernissage repair`: make a broken mesh whole."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from engine.console import errors_as_sentences, print_json, show

if TYPE_CHECKING:
    from engine.repair import Outcome


def repair(
    file: Annotated[Path, typer.Argument(help="A .glb, .gltf, .obj, .ply or .stl file.")],
    out: Annotated[
        Path | None, typer.Option(help="File to write. Default: FILE-repaired.glb.")
    ] = None,
    triangles: Annotated[
        int | None, typer.Option(help="Reduce the result to this many triangles.")
    ] = None,
    refine: Annotated[
        bool, typer.Option(help="Then move its corners nearer to the full surface.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
    verbose: Annotated[bool, typer.Option("--verbose", help="Show an error's traceback.")] = False,
) -> None:
    """Close holes, turn faces outward, unite overlaps, drop copies and crumbs; keep the colours.

    [bold]Examples[/bold]

    vernissage repair chair.glb

    vernissage repair scan.ply --out scan.glb --triangles 5000
    """
    with errors_as_sentences(as_json=as_json, verbose=verbose):
        from engine.repair import repair as run

        outcome = run(file, out=out, triangles=triangles, refine=refine)
        if as_json:
            print_json({"file": outcome.path, "report": outcome.report})
        else:
            _show(outcome)


def _show(outcome: Outcome) -> None:
    report = outcome.report
    closed = "watertight" if report["watertight"] else "still open"
    show(
        f"{outcome.path}: {report['triangles']} triangles, {closed}, {report['bodies']} "
        f"{'body' if report['bodies'] == 1 else 'bodies'}",
        *(f"  done: {sentence}" for sentence in report["done"] or ["nothing: it was whole"]),
        *(f"  not done: {sentence}" for sentence in report["failed"]),
        f"  deviation: {report['lost']:.2%} of its size off the original at most, "
        f"{report['added']:.2%} where holes were closed",
    )
