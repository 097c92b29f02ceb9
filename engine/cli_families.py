"""The command `vernissage bench families`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from engine.console import (
    EXIT_INTERRUPTED,
    errors_as_sentences,
    print_json,
    progress_bar,
    stop_on_interrupt,
)
from engine.errors import BadRequest


def bench_families(
    data: Annotated[Path, typer.Option(help="Pictures: a folder, an archive, MNIST's idx files.")],
    minutes: Annotated[float, typer.Option(help="Processor minutes for each family.")] = 3.0,
    size: Annotated[int, typer.Option(help="Pixels along a side: 16, 32, 64 or 128.")] = 32,
    width: Annotated[
        float, typer.Option(help="Share of each recipe's channels: less for few minutes.")
    ] = 1.0,
    family: Annotated[
        list[str] | None, typer.Option(help="Only this family; may be repeated.")
    ] = None,
    out: Annotated[Path, typer.Option(help="Folder for runs, report and sheet.")] = Path(
        "runs/families"
    ),
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
    verbose: Annotated[bool, typer.Option("--verbose", help="Show an error's traceback.")] = False,
) -> None:
    """Train every family of image GANs on the same pictures for the same time, and score them.

    [bold]Example[/bold]

    vernissage bench families --minutes 3 --data fashion
    """
    with errors_as_sentences(as_json=as_json, verbose=verbose):
        if not minutes > 0:
            raise BadRequest(f"--minutes {minutes:g}: must be above zero")
        from rich.console import Console

        from engine.bench_families import run

        console = None if as_json else Console(highlight=False, width=120)
        with progress_bar() as on_progress, stop_on_interrupt() as is_cancelled:
            report = run(
                minutes,
                data=data,
                size=size,
                width=width,
                names=tuple(family or ()),
                out=out,
                console=console,
                on_progress=on_progress,
                is_cancelled=is_cancelled,
            )
        if as_json:
            print_json(report)
        if is_cancelled():
            raise typer.Exit(EXIT_INTERRUPTED)
