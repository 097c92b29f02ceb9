# SPDX-License-Identifier: GPL-3.0-or-later
"""One job: its states, its progress, its end. Pure data; `session` drives it."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from enum import Enum
from pathlib import Path
from typing import Any

from .problems import Problem, result_unreadable
from .protocol import GENERATE


class State(Enum):
    """Where a job stands."""

    QUEUED = "queued"
    STARTING = "starting"
    RUNNING = "running"
    CANCELLING = "cancelling"
    FINISHING = "finishing"
    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"


ENDED = frozenset({State.DONE, State.FAILED, State.CANCELLED})

_NEXT = {
    State.QUEUED: {State.STARTING, State.FAILED, State.CANCELLED},
    State.STARTING: {State.RUNNING, State.FAILED, State.CANCELLED},
    State.RUNNING: {State.FINISHING, State.CANCELLING, State.FAILED, State.CANCELLED},
    State.CANCELLING: {State.CANCELLED},
    State.FINISHING: {State.DONE, State.FAILED},
    State.DONE: set(),
    State.FAILED: set(),
    State.CANCELLED: set(),
}


class TransitionError(Exception):
    """A defect of ours: a job was moved from a state to one that cannot follow it."""


@dataclass(frozen=True)
class MadeItem:
    """One asset that the engine wrote: its name, its seed, its files by kind, its class if any."""

    name: str
    seed: int
    files: dict[str, str]
    kind: str = ""

    def with_seed(self, seed: int) -> MadeItem:
        """The same, made from another seed than its answer says."""
        return replace(self, seed=seed)


@dataclass(frozen=True)
class Made:
    """What the engine answered; `refused` says of each seed that gave nothing why."""

    items: tuple[MadeItem, ...]
    refused: tuple[str, ...] = ()

    @classmethod
    def read(cls, result: dict[str, Any], folder: Path) -> Made:
        """Check an answer: every file must be there, inside the job's own folder.

        Raises:
            Problem: E_RESULT.
        """
        items = result.get("items")
        if not isinstance(items, list) or not items:
            raise result_unreadable("The engine made nothing.")
        refused = result.get("refused")
        return cls(
            tuple(_item(item, folder) for item in items),
            tuple(
                str(one.get("sentence", ""))
                for one in (refused if isinstance(refused, list) else ())
                if isinstance(one, dict)
            ),
        )


def _item(item: Any, folder: Path) -> MadeItem:
    match item:
        case {"name": str(name), "seed": int(seed), "files": dict(files)} if "glb" in files:
            checked = {str(kind): checked_file(path, folder) for kind, path in files.items()}
            report = item.get("report", {})
            made_as = report.get("class", "") if isinstance(report, dict) else ""
            return MadeItem(name, seed, checked, str(made_as))
    raise result_unreadable("The engine's answer has no GLB file for an item.")


def checked_file(path: Any, folder: Path) -> str:
    """A file of an answer, if it is there and inside the job's folder. Raises Problem: E_RESULT."""
    # Resolved, because the engine resolves links and may find the folder under another name.
    if not isinstance(path, str) or not Path(path).resolve().is_relative_to(folder.resolve()):
        raise result_unreadable(f"The engine put a file outside the job's folder: {path}.")
    if not Path(path).is_file():
        raise result_unreadable(f"A file that the engine promised is missing: {path}.")
    return path


Read = Callable[[dict[str, Any], Path], Any]
"""From an answer and the job's folder to what was made. Raises Problem: E_RESULT."""


@dataclass
class Progress:
    """How far a job is, in the words of the engine; `fraction` never goes back."""

    phase: str = ""
    done: int = 0
    total: int = 0
    eta_s: float | None = None
    fraction: float = 0.0

    def update(self, params: dict[str, Any]) -> None:
        """Take over a `$/progress` notification; nonsense in it is left out, not believed."""
        phase, done, total, eta = (params.get(key) for key in ("phase", "done", "total", "eta_s"))
        if not isinstance(phase, str) or not isinstance(done, int) or not isinstance(total, int):
            return
        self.phase, self.total = phase, max(total, 0)
        self.done = min(max(done, 0), self.total)
        known = isinstance(eta, int | float) and math.isfinite(eta) and eta >= 0
        self.eta_s = float(eta or 0.0) if known else None
        if total:
            self.fraction = max(self.fraction, self.done / total)


@dataclass
class Job:
    """One request on its way.

    `read` understands the answer to `method`: what it returns is `made`.
    """

    id: str
    request: dict[str, Any]
    folder: Path
    started: float
    state: State = State.QUEUED
    progress: Progress = field(default_factory=Progress)
    made: Any = None
    method: str = GENERATE
    read: Read = Made.read
    problem: Problem | None = None
    seconds: float = 0.0

    @property
    def ended(self) -> bool:
        """Nothing more will happen to it."""
        return self.state in ENDED

    def move(self, state: State) -> None:
        """Go on to `state`.

        Raises:
            TransitionError: `state` cannot follow the present one.
        """
        if state not in _NEXT[self.state]:
            raise TransitionError(f"{self.state.value} → {state.value}")
        self.state = state
        if state is State.FINISHING:
            self.progress.fraction = 1.0

    def fail(self, problem: Problem) -> None:
        """End with a problem; a job that was being cancelled counts as cancelled all the same."""
        if self.state is State.CANCELLING:
            self.move(State.CANCELLED)
        else:
            self.problem = problem
            self.move(State.FAILED)
