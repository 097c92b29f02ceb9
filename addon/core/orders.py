# SPDX-License-Identifier: GPL-3.0-or-later
"""Asking the engine for a museum, or for single works of one, and understanding its answers."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from . import problems
from .frame import Vector
from .jobs import Made, MadeItem, checked_file
from .museum import FILE
from .protocol import GALLERY, WORKS

__all__ = ["GALLERY", "WORKS", "MadeWork", "MadeWorks", "Order", "read_museum"]


def read_museum(result: dict[str, Any], folder: Path) -> Made:
    """The answer to `gallery`, as one item whose file is the museum; notes are what was refused.

    Raises:
        Problem: E_RESULT.
    """
    match result:
        case {"museum": path, "title": str(title)}:
            file = checked_file(path, folder)
        case _:
            raise problems.result_unreadable("The engine built no museum.")
    if Path(file).name != FILE:
        raise problems.result_unreadable(f"The engine's museum is no {FILE}: {file}.")
    notes = result.get("notes")
    told = tuple(str(note) for note in notes) if isinstance(notes, list) else ()
    return Made((MadeItem(title, 0, {"museum": file}),), told)


@dataclass(frozen=True)
class Order:
    """One work to be made for a slot; `size` is what it may fill, (width, height, depth)."""

    slot: str
    kind: str
    model: str
    class_name: str | None
    seed: int
    truncation: float
    size: Vector

    def params(self) -> dict[str, Any]:
        """In the engine's words."""
        return {
            "slot": self.slot,
            "kind": self.kind,
            "model": self.model,
            "class_name": self.class_name,
            "seed": self.seed,
            "truncation": self.truncation,
            "size": list(self.size),
        }


@dataclass(frozen=True)
class MadeWork:
    """A work that the engine made for a slot."""

    slot: str
    kind: str
    title: str
    alt: str
    file: Path
    origin: dict[str, Any]


@dataclass(frozen=True)
class MadeWorks:
    """The answer to `works`; `refused` says of each that could not be made why."""

    items: tuple[MadeWork, ...]
    refused: tuple[str, ...] = ()

    @classmethod
    def read(cls, result: dict[str, Any], folder: Path) -> MadeWorks:
        """Check an answer.

        Raises:
            Problem: E_RESULT.
        """
        items, refused = result.get("items"), result.get("refused")
        if not isinstance(items, list):
            raise problems.result_unreadable("The engine made nothing.")
        why = tuple(
            str(one.get("sentence", ""))
            for one in (refused if isinstance(refused, list) else ())
            if isinstance(one, dict)
        )
        if not items:
            raise problems.result_unreadable(why[0] if why else "The engine made nothing.")
        return cls(tuple(_work(item, folder) for item in items), why)


def _work(item: Any, folder: Path) -> MadeWork:
    match item:
        case {
            "slot": str(slot),
            "kind": str(kind),
            "title": str(title),
            "alt": str(alt),
            "origin": dict(origin),
            "files": dict(files),
        } if "glb" in files or "image" in files:
            path = checked_file(files.get("glb", files.get("image")), folder)
            return MadeWork(slot, kind, title, alt, Path(path), origin)
    raise problems.result_unreadable("The engine's answer has no file for a work.")
