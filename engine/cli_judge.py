"""The command `vernissage judge`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from engine.console import errors_as_sentences, print_json, show


def judge(
    run: Annotated[Path, typer.Argument(help="Run folder of an image GAN.")],
    files: Annotated[list[Path], typer.Argument(help="Pictures.")],
    class_name: Annotated[
        str | None, typer.Option("--class", help="What they are pictures of, if classes were told.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
    verbose: Annotated[bool, typer.Option("--verbose", help="Show an error's traceback.")] = False,
) -> None:
    """Say how likely each picture is a real one of its kind, in the eyes of a run's critic.

    [bold]Example[/bold]

    vernissage judge runs/mine a.png b.png
    """
    with errors_as_sentences(as_json=as_json, verbose=verbose):
        from engine.judge import judge as ask

        verdicts = ask(run, files, class_name)
        if as_json:
            said = [{"file": v.file, "probability": round(v.probability, 4)} for v in verdicts]
            print_json({"verdicts": said})
        else:
            for verdict in verdicts:
                show(f"{verdict.probability:4.0%} real: {verdict.file}")
