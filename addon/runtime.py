# SPDX-License-Identifier: GPL-3.0-or-later
"""What lives as long as the add-on is enabled: the engine's session, the history, the last problem.

Parts that a start of Blender does not need are imported when they are first used. Nothing here is
saved with the scene, and nothing holds Blender data across a tick.
"""

import os
from importlib import import_module
from pathlib import Path

import bpy

from . import __package__ as base_package
from .core import problems, words
from .core.locate import find_engine
from .scene import compat


class _State:
    """The one mutable place. Everything is made on first use, so that registering costs nothing."""

    def __init__(self):
        self.session = None
        self.history = None
        self.insertion = None
        self.shows = ("", [])
        self.problem: problems.Problem | None = None
        self.found: str | None = None
        self.searched = False


_state = _State()


def load(name: str):
    """A part of the add-on that a start of Blender does not need, such as `scene.insert`."""
    return import_module(f".{name}", base_package)


def preferences():
    """The add-on's preferences."""
    return bpy.context.preferences.addons[base_package].preferences


def command() -> str | None:
    """The engine's command: the one in the preferences, else one that was found, else None."""
    if chosen := preferences().engine_command.strip():
        return chosen
    if not _state.searched:
        search()
    return _state.found


def search() -> str | None:
    """Look for an installed engine, and remember what was found."""
    _state.found = find_engine(os.environ, Path.home())
    _state.searched = True
    return _state.found


def session():
    """The session with the engine, made anew when the command has changed and nothing runs.

    Raises:
        Problem: E_ENGINE_MISSING.
    """
    wanted = command()
    current = _state.session
    if current is not None and (current.busy or current.command == wanted):
        current.patience_s = preferences().patience
        return current
    if wanted is None:
        raise problems.engine_missing()
    if current is not None:
        current.close()
    make = load("core.session").Session
    _state.session = make(
        wanted, folder() / "logs" / "engine.log", patience_s=preferences().patience
    )
    return _state.session


def present_session():
    """The session if there is one; never starts anything."""
    return _state.session


def job():
    """The job on its way, or None."""
    current = _state.session
    return current.job if current is not None and current.busy else None


def insertion():
    """The result on its way into the scene, or None."""
    return _state.insertion


def place(result) -> None:
    """Remember the insertion that is on its way, or with None that there is none any more."""
    _state.insertion = result


def take_back() -> None:
    """Remove what is half placed, if anything is."""
    if _state.insertion is not None:
        _state.insertion.take_back()
        _state.insertion = None


def keep_shows(museum: str, shows: list) -> None:
    """Remember what the engine made for slots of a museum, until it is hung."""
    _state.shows = (museum, shows)


def take_shows() -> tuple[str, list]:
    """What `keep_shows` kept, once."""
    kept, _state.shows = _state.shows, ("", [])
    return kept


def progress() -> tuple[str, float] | None:
    """What goes on now, in words, and how much of it is done, 0..1; None when nothing does."""
    if (placed := _state.insertion) is not None:
        return words.placing_line(placed.done, placed.total), placed.done / placed.total
    if (running := job()) is not None:
        return words.progress_line(running, _state.session.silent_s), running.progress.fraction
    return None


def history():
    """The jobs made so far."""
    if _state.history is None:
        _state.history = load("core.history").History(folder())
    return _state.history


def folder() -> Path:
    """The add-on's own writable folder."""
    return Path(compat.user_folder(base_package))


def problem() -> problems.Problem | None:
    """What to show in the panel, if anything is wrong."""
    return _state.problem


def tell(trouble: problems.Problem | None) -> None:
    """Show `trouble` in the panel, or clear it."""
    _state.problem = trouble


def stop_engine() -> None:
    """End the engine's process and free its memory."""
    if _state.session is not None:
        _state.session.close()


def shut_down() -> None:
    """End the engine, take back what is half in the scene, and forget everything."""
    global _state
    stop_engine()
    take_back()
    _state = _State()


@bpy.app.handlers.persistent
def on_load_pre(*_):
    """Another file is about to be loaded: what a job would insert has no place any more."""
    stop_engine()
    take_back()
