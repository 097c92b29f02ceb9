"""The command `vernissage project`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from engine.console import (
    EXIT_INTERRUPTED,
    errors_as_sentences,
    print_json,
    progress_bar,
    show,
    stop_on_interrupt,
)
from engine.errors import BadRequest


def project(
    folder: Annotated[Path, typer.Argument(help="The project's folder; made if it is not there.")],
    data: Annotated[Path, typer.Option(help="Pictures to learn from.")],
    recipe: Annotated[str, typer.Option(help="A family of image GANs.")] = "stylegan",
    minutes: Annotated[float, typer.Option(help="Training in each round.")] = 30.0,
    rounds: Annotated[int, typer.Option(min=1, help="Rounds; more of them go on.")] = 1,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
    verbose: Annotated[bool, typer.Option("--verbose", help="Show an error's traceback.")] = False,
) -> None:
    """Collect, preprocess, train, generate, evaluate, adjust. Run it again to go on.

    [bold]Example[/bold]

    vernissage project mine --data my_pictures --minutes 20 --rounds 2
    """
    with errors_as_sentences(as_json=as_json, verbose=verbose):
        if not minutes > 0:
            raise BadRequest(f"--minutes {minutes:g}: must be above zero")
        from engine.project import Project

        work = Project(folder, data, recipe, minutes)
        with progress_bar() as on_progress, stop_on_interrupt() as is_cancelled:
            stages = work.run(rounds, on_progress, is_cancelled)
        if as_json:
            print_json({"project": folder, "stages": [vars(stage) for stage in stages]})
        else:
            for stage in stages:
                show(f"{stage.round}. {stage.name}: {stage.seconds:g} s")
            show(f"The report: {folder / 'report.md'}")
        if is_cancelled():
            raise typer.Exit(EXIT_INTERRUPTED)
