# SPDX-License-Identifier: GPL-3.0-or-later
"""Turning states and figures into words for the panel."""

from __future__ import annotations

import math
import textwrap

from .jobs import Job, State

QUIET_S = 5.0
"""Seconds of silence after which the panel says that the engine does not respond."""

_STATES = {
    State.QUEUED: "Waiting",
    State.STARTING: "Starting the engine",
    State.RUNNING: "Working",
    State.CANCELLING: "Cancelling",
    State.FINISHING: "Placing in the scene",
    State.DONE: "Done",
    State.FAILED: "Failed",
    State.CANCELLED: "Cancelled",
}


def progress_line(job: Job, silent_s: float = 0.0) -> str:
    """What the job does now: phase, how far, how long still."""
    if silent_s > QUIET_S:
        return f"The engine does not respond ({silent_s:.0f} s)"
    progress = job.progress
    if job.state is not State.RUNNING or not progress.phase:
        return _STATES[job.state]
    line = progress.phase[:1].upper() + progress.phase[1:]
    if progress.total > 1:
        line += f" {progress.done} of {progress.total}"
    if progress.eta_s is not None:
        line += f", {duration(progress.eta_s)} left"
    return line


def placing_line(done: int, total: int) -> str:
    """How far a result is on its way into the scene."""
    where = f" {done} of {total}" if total > 1 else ""
    return f"Placing{where} in the scene"


def duration(seconds: float) -> str:
    """A length of time as people say it."""
    if seconds < 1:
        return "under 1 s"
    if seconds < 60:
        return f"{seconds:.0f} s"
    # Rounded up, and short enough for a narrow bar.
    minutes = math.ceil(seconds / 60)
    return f"{minutes} min" if minutes < 60 else f"{minutes // 60} h {minutes % 60} min"


def wrap(text: str, width_px: float, ui_scale: float = 1.0) -> list[str]:
    """Break a text into lines that fit a panel of that width."""
    characters = int(width_px / (7.0 * max(ui_scale, 0.1)))
    return textwrap.wrap(text, max(characters, 16))
