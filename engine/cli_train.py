"""The command `vernissage train`."""

from __future__ import annotations

import time
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


def train(
    recipe: Annotated[
        str | None, typer.Argument(help="A recipe's name, or a path to a TOML file.")
    ] = None,
    init: Annotated[
        str | None,
        typer.Option(help="Begin with this model or run folder; it brings a recipe of its own."),
    ] = None,
    tier: Annotated[
        str, typer.Option(help="Of a recipe: cpu (two cores, hours) or gpu (one card).")
    ] = "cpu",
    data: Annotated[Path | None, typer.Option(help="Folder with the training data.")] = None,
    out: Annotated[Path | None, typer.Option(help="Folder for checkpoints and sheets.")] = None,
    max_minutes: Annotated[
        float | None, typer.Option(help="Stop, and save, after this many minutes.")
    ] = None,
    resume: Annotated[bool, typer.Option(help="Go on from the last checkpoint.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
    verbose: Annotated[bool, typer.Option("--verbose", help="Show an error's traceback.")] = False,
) -> None:
    """Train a model from a recipe, or fit one to your own data. Ctrl-C stops; --resume goes on.

    [bold]Examples[/bold]

    vernissage train voxel_characters --data vox --tier cpu --max-minutes 60

    vernissage train voxel_characters --data vox --tier cpu --resume

    vernissage train --init textured_props --data my_data --max-minutes 10 --out runs/mine
    """
    with errors_as_sentences(as_json=as_json, verbose=verbose):
        if tier not in ("cpu", "gpu"):
            raise BadRequest(f"--tier {tier}: there are two tiers, cpu and gpu")
        if max_minutes is not None and not max_minutes > 0:  # true for nan as well
            raise BadRequest(f"--max-minutes {max_minutes:g}: must be above zero")
        if recipe is None and init is None:
            raise BadRequest("What to train? Name a recipe, or a model to begin with: --init MODEL")
        from engine.gan.logbook import read_findings
        from engine.train import train as run

        begin = time.perf_counter()
        with progress_bar() as on_progress, stop_on_interrupt() as is_cancelled:
            folder = run(
                recipe,
                init=init,
                tier=tier,
                data=data,
                out=out,
                max_minutes=max_minutes,
                resume=resume,
                on_progress=on_progress,
                is_cancelled=is_cancelled,
            )
        seconds = time.perf_counter() - begin
        # The newest word of each monitor; doctor.json has them all.
        said = {finding["name"]: finding for finding in read_findings(folder)}
        if as_json:
            findings = list(said.values())
            print_json({"run": folder, "seconds": round(seconds, 3), "findings": findings})
        else:
            show(
                f"Trained for {seconds / 60:.1f} min: {folder}",
                f"Watch: tensorboard --logdir {folder}",
                *(
                    f"After {f['images']:,} samples: {f['sentence']} {f['remedy']}"
                    for f in said.values()
                ),
            )
        if is_cancelled():
            raise typer.Exit(EXIT_INTERRUPTED)
