"""The command `vernissage sweep`."""

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


def sweep(
    recipe: Annotated[
        str, typer.Argument(help="A recipe's name or a TOML file; playground needs no data.")
    ] = "playground",
    tier: Annotated[str, typer.Option(help="Of the recipe: cpu or gpu.")] = "cpu",
    data: Annotated[Path | None, typer.Option(help="Folder with the training data.")] = None,
    space: Annotated[
        Path | None, typer.Option(help="TOML: fields of the phases and where to search them.")
    ] = None,
    trials: Annotated[int, typer.Option(min=2, help="Settings at the start.")] = 12,
    kimg: Annotated[float, typer.Option(help="Thousands of samples in the first round.")] = 2.0,
    rounds: Annotated[int, typer.Option(min=1, help="Rounds; each keeps one in three.")] = 3,
    seed: Annotated[int, typer.Option(min=0, help="Seed of the settings.")] = 0,
    out: Annotated[Path, typer.Option(help="Folder for runs and results.")] = Path("runs/sweep"),
    max_minutes: Annotated[float | None, typer.Option(help="Stop after this many.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
    verbose: Annotated[bool, typer.Option("--verbose", help="Show an error's traceback.")] = False,
) -> None:
    """Search a recipe's rates: random settings, the better third goes on. Run it again to go on.

    [bold]Examples[/bold]

    vernissage sweep

    vernissage sweep stylegan --data pictures --trials 12 --kimg 4 --max-minutes 60
    """
    with errors_as_sentences(as_json=as_json, verbose=verbose):
        if not kimg > 0:
            raise BadRequest(f"--kimg {kimg:g}: must be above zero")
        from engine.sweep import SPACE, Plan, read_space
        from engine.sweep import sweep as run

        plan = Plan(trials=trials, kimg=kimg, rounds=rounds, seed=seed)
        with progress_bar() as on_progress, stop_on_interrupt() as is_cancelled:
            ranked = run(
                recipe,
                tier=tier,
                data=data,
                space=read_space(space) if space else SPACE,
                plan=plan,
                out=out,
                max_minutes=max_minutes,
                on_progress=on_progress,
                is_cancelled=is_cancelled,
            )
        if as_json:
            print_json({"out": out, "results": ranked})
        else:
            for row in ranked[:5]:
                values = "  ".join(f"{k} {v:g}" for k, v in row["values"].items())
                score = "broke" if row["score"] is None else f"{row['score']:.4f}"
                show(f"{score}  after {row['kimg']:g} kimg  {values}")
            show(f"The best setting: {out / 'best.toml'}")
        if is_cancelled():
            raise typer.Exit(EXIT_INTERRUPTED)
