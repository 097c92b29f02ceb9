"""The command `vernissage playground`."""

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


def playground(
    loss: Annotated[
        list[str] | None, typer.Option(help="A loss to watch; may be repeated. `all` for all.")
    ] = None,
    shape: Annotated[str, typer.Option(help="The data: grid, ring or spiral.")] = "grid",
    seconds: Annotated[float, typer.Option(help="Processor seconds for each loss.")] = 60.0,
    seed: Annotated[int, typer.Option(min=0, help="Seed of every random stream.")] = 0,
    out: Annotated[Path, typer.Option(help="Folder for the page and the pictures.")] = Path(
        "playground"
    ),
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
    verbose: Annotated[bool, typer.Option("--verbose", help="Show an error's traceback.")] = False,
) -> None:
    """Watch a GAN learn 25 Gaussians, with any loss: a page that can be stepped, and an animation.

    [bold]Examples[/bold]

    vernissage playground

    vernissage playground --loss rpgan --loss wgan_gp --loss minimax --shape spiral
    """
    with errors_as_sentences(as_json=as_json, verbose=verbose):
        if shape not in ("grid", "ring", "spiral"):
            raise BadRequest(f"--shape {shape}: there are grid, ring and spiral")
        if not 0 < seconds <= 3600:
            raise BadRequest(f"--seconds {seconds:g}: must be above zero, an hour at most")
        from engine.playground import GAMES, play

        losses = tuple(GAMES) if loss == ["all"] else tuple(loss or ["rpgan"])
        with progress_bar() as on_progress, stop_on_interrupt() as is_cancelled:
            games = play(
                losses,
                shape=shape,  # type: ignore[arg-type]  # one of the three
                seconds=seconds,
                seed=seed,
                out=out,
                on_progress=on_progress,
                is_cancelled=is_cancelled,
            )
        if as_json:
            print_json({"out": out, "games": games})
        else:
            for game in games:
                show(
                    f"{game['loss']}: {game['modes']} of {game['of']} modes, {game['near']:.0%} of "
                    f"the points near one, after {game['cpu_seconds']:g} s ({game['steps']:,} steps)"
                )
            show(f"Open {out / 'playground.html'} in any browser.")
        if is_cancelled():
            raise typer.Exit(EXIT_INTERRUPTED)
