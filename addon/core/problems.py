# SPDX-License-Identifier: GPL-3.0-or-later
"""What can go wrong, in words: a code that the documentation lists, one sentence, one fix."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum


class Remedy(Enum):
    """The button that stands beside a problem."""

    NONE = "none"
    PREFERENCES = "preferences"
    LOG = "log"


@dataclass(eq=False)
class Problem(Exception):
    """One thing that went wrong, and what to do about it. The engine's own come over the pipe."""

    code: str
    sentence: str
    fix: str
    remedy: Remedy = Remedy.NONE

    def __str__(self) -> str:
        return f"{self.sentence} {self.fix}".strip()


def engine_missing() -> Problem:
    """No engine is set and none was found."""
    return Problem(
        "E_ENGINE_MISSING",
        "The engine was not found.",
        "Install it, then give its command in the preferences.",
        Remedy.PREFERENCES,
    )


def engine_start(command: str, reason: str) -> Problem:
    """The operating system would not start the command."""
    return Problem(
        "E_ENGINE_START",
        f"The engine could not be started ({reason}): {command}",
        "Correct the engine command in the preferences.",
        Remedy.PREFERENCES,
    )


def engine_ended(exit_code: int | None, last_words: str) -> Problem:
    """The process ended although nobody asked it to."""
    words = f": {last_words}" if last_words else "."
    return Problem(
        "E_ENGINE_ENDED",
        f"The engine ended unexpectedly (exit code {exit_code}){words}",
        "Generate again to start it anew; the log says more.",
        Remedy.LOG,
    )


def engine_silent(seconds: float) -> Problem:
    """The process lives but says nothing."""
    return Problem(
        "E_TIMEOUT",
        f"The engine has not answered for {seconds:.0f} seconds and was ended.",
        "Generate again; if it happens twice, look into the log.",
        Remedy.LOG,
    )


def protocol(sentence: str) -> Problem:
    """What came out of the pipe is not the protocol, or another version of it."""
    return Problem(
        "E_PROTOCOL",
        sentence,
        "Install the engine and the add-on from the same release.",
        Remedy.PREFERENCES,
    )


def result_unreadable(sentence: str) -> Problem:
    """The engine said it was done, but its files are missing or damaged."""
    return Problem("E_RESULT", sentence, "Generate again; the log says more.", Remedy.LOG)


def not_a_museum(sentence: str) -> Problem:
    """A folder that was opened holds no museum that could be placed."""
    return Problem("E_MUSEUM", sentence, "Open a folder that Build Museum has made.")


def no_work(sentence: str) -> Problem:
    """What was asked for cannot be done with the works that are selected or in the scene."""
    return Problem("E_WORK", sentence, "Select a work of a museum.")


def cannot_write(sentence: str) -> Problem:
    """The add-on's own folder is not writable, or the disk is full."""
    return Problem("E_WRITE", sentence, "Free some space or make the folder writable.")


def cancelled() -> Problem:
    """The user stopped it; not an error."""
    return Problem("E_CANCELLED", "Cancelled.", "")


def from_engine(code: str, sentence: str, fix: str) -> Problem:
    """A problem that the engine reported itself."""
    sentence = sentence.rstrip(".") + "."
    if code == "E_INTERNAL":
        # Its own advice is for the command line.
        return Problem(code, sentence, "Generate again; if it stays, report the log.", Remedy.LOG)
    return Problem(code, sentence, fix)
