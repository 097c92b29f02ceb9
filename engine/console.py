"""How the command speaks: sentences and fixes, one progress bar, JSON for machines."""

from __future__ import annotations

import json
import signal
import sys
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import TYPE_CHECKING, Any, NoReturn

import typer

from engine.errors import BadRequest, VernissageError

if TYPE_CHECKING:
    from rich.console import RenderableType

    from engine.request import OnProgress, Progress

EXIT_FAILED = 1
EXIT_BAD_REQUEST = 2
EXIT_INTERRUPTED = 130
_REQUEST_CODES = {
    "E_REQUEST",
    "E_MODEL",
    "E_CLASS",
    "E_RECIPE",
    "E_DATA",
    "E_MESH",
    "E_PICTURE",
    "E_BUDGET",
    "E_MUSEUM",
    "E_PLAN",
}


def print_json(value: Any) -> None:
    """Print one JSON object on one line of stdout; paths become strings."""
    sys.stdout.write(json.dumps(value, ensure_ascii=False, default=str) + "\n")
    sys.stdout.flush()


def show(*renderables: RenderableType) -> None:
    """Print for a person on stdout, with colours where the terminal has them."""
    from rich.console import Console

    console = Console(highlight=False)
    for renderable in renderables:
        console.print(renderable)


@contextmanager
def errors_as_sentences(*, as_json: bool = False, verbose: bool = False) -> Iterator[None]:
    """Turn what goes wrong inside into one sentence, one fix and an exit code.

    Exit codes: 2 for a request that cannot be served as it stands, 130 when the user stopped it,
    1 for everything else. A traceback is printed only when `verbose`.
    """
    try:
        yield
    except (typer.Exit, typer.Abort):
        raise
    except BrokenPipeError:
        # The reader has gone (`| head`): say nothing, and keep Python from saying it at exit.
        sys.stderr.close()
        raise typer.Exit(EXIT_FAILED) from None
    except KeyboardInterrupt:
        _fail({"code": "E_CANCELLED", "sentence": "Stopped.", "fix": ""}, 130, as_json)
    except VernissageError as error:
        if verbose:
            traceback.print_exc()
        _fail(error.as_dict(), exit_code(error), as_json)
    except Exception as error:
        if verbose:
            traceback.print_exc()
        inside = VernissageError(f"Something failed inside: {type(error).__name__}: {error}")
        _fail(inside.as_dict(), EXIT_FAILED, as_json)


def exit_code(error: VernissageError) -> int:
    """The exit code that stands for an error."""
    if error.code == "E_CANCELLED":
        return EXIT_INTERRUPTED
    return EXIT_BAD_REQUEST if error.code in _REQUEST_CODES else EXIT_FAILED


def _fail(error: dict[str, str], code: int, as_json: bool) -> NoReturn:
    if as_json:
        sys.stderr.write(json.dumps({"error": error}, ensure_ascii=False) + "\n")
    else:
        for line in filter(None, (" ".join(error["sentence"].split()), error["fix"])):
            sys.stderr.write(line + "\n")
    raise typer.Exit(code)


@contextmanager
def progress_bar() -> Iterator[OnProgress]:
    """A progress bar on stderr with the time left and the losses; silent where stderr is no terminal."""
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, TextColumn
    from rich.progress import Progress as Bars

    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("{task.fields[left]}"),
        TextColumn("{task.fields[note]}", style="dim"),
    )
    console = Console(stderr=True)
    with Bars(*columns, console=console, transient=True, disable=not console.is_terminal) as bars:
        task = bars.add_task("starting", total=None, left="", note="")

        def update(progress: Progress) -> None:
            bars.update(
                task,
                description=progress.phase,
                completed=progress.done,
                total=progress.total,
                left=time_left(progress.eta_s),
                note=progress.note,
            )

        yield update


def time_left(seconds: float | None) -> str:
    """Seconds as people say them: '', '4 s left', '3 min left', '2 h 05 min left'."""
    if seconds is None:
        return ""
    whole = max(0, round(seconds))
    if whole < 60:
        return f"{whole} s left"
    minutes = round(whole / 60)
    if minutes < 60:
        return f"{minutes} min left"
    return f"{minutes // 60} h {minutes % 60:02d} min left"


@contextmanager
def stop_on_interrupt() -> Iterator[Callable[[], bool]]:
    """Yield `is_cancelled`: true after the first Ctrl-C; the second one ends at once."""
    asked = False

    def ask(_signal: int, _frame: FrameType | None) -> None:
        nonlocal asked
        if asked:
            raise KeyboardInterrupt
        asked = True
        sys.stderr.write("Stopping. Press Ctrl-C again to stop at once.\n")

    before = signal.signal(signal.SIGINT, ask)
    try:
        yield lambda: asked
    finally:
        signal.signal(signal.SIGINT, before)


def read_json_object(text: str, source: str) -> dict[str, Any]:
    """Parse one JSON object. Raises `BadRequest` naming `source` when it is something else."""
    try:
        value = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise BadRequest(f"{source} is not JSON: {error}") from error
    if not isinstance(value, dict):
        raise BadRequest(f"{source} holds no JSON object")
    return value
