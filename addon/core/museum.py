# SPDX-License-Identifier: GPL-3.0-or-later
"""Reading `museum.json`, the authority on a museum, into Blender's frame; invents no position.

The engine has proven the file before it wrote it; here only what is used is looked at. Nothing but
E_RESULT is raised, and no path leads out of the museum's folder.
"""

from __future__ import annotations

import json
import math
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from . import problems
from .frame import Vector, up

FILE = "museum.json"
FORMAT = "vernissage-museum"
VERSION = 1
MAX_BYTES = 32_000_000

Point = tuple[float, float]
"""x and y on Blender's floor."""

FLAT = ("wall", "screen")
"""Kinds of slots that show something flat."""


@dataclass(frozen=True)
class Room:
    """One room; its title is why its works are together."""

    id: str
    title: str


@dataclass(frozen=True)
class Slot:
    """A place that shows one work at a time.

    Attributes:
        works: ids of its playlist; the first is shown.
        position: centre on the face of the wall, or the middle of what the work stands on.
        turn: about Z in radians; without one a work looks to -Y.
        size: width, height, depth in metres that the work may fill; a picture's depth is 0.
        depth: how far a screen stands out of the wall.
        stand: where the feet of somebody who looks at it are.
    """

    id: str
    room: str
    kind: str
    works: tuple[str, ...]
    position: Vector
    turn: float
    size: Vector
    depth: float
    stand: Point

    @property
    def flat(self) -> bool:
        """It hangs on a wall."""
        return self.kind in FLAT

    @property
    def middle(self) -> Vector:
        """What a visitor looks at."""
        x, y, z = self.position
        return self.position if self.flat else (x, y, z + self.size[2] / 2)


@dataclass(frozen=True)
class Version:
    """One look of a work: the work itself, or a variation of it to switch to."""

    id: str
    title: str
    file: Path | None
    origin: dict[str, Any]


@dataclass(frozen=True)
class Work:
    """Something shown, in metres as (width, height, depth); `versions` begin with itself."""

    id: str
    kind: str
    title: str
    alt: str
    size: Vector
    versions: tuple[Version, ...]


@dataclass(frozen=True)
class Light:
    """A fixture; spots aim at `target`, the others are surfaces of `size` that shine downwards."""

    id: str
    room: str
    kind: str
    position: Vector
    target: Vector | None
    size: Point | None
    kelvin: float
    lumens: float
    cone: float


@dataclass(frozen=True)
class Stop:
    """A stop of a tour: which slot, where the visitor stands, how long, and the way there."""

    slot: str
    stand: Point
    turn: float
    seconds: float
    path: tuple[Point, ...]


@dataclass(frozen=True)
class Tour:
    """A guided walk."""

    id: str
    title: str
    stops: tuple[Stop, ...]


@dataclass(frozen=True)
class Lightmap:
    """The baked light of a room: linear light is the picture's value times `scale`."""

    room: str
    file: Path
    scale: float


@dataclass(frozen=True)
class Museum:
    """A whole museum. `shell` is None in a plan that has not been built."""

    title: str
    theme: str
    seed: int
    kelvin: float
    ambient: float
    sky: tuple[str, str]
    eye: float
    rooms: tuple[Room, ...]
    slots: dict[str, Slot]
    works: dict[str, Work]
    lights: tuple[Light, ...]
    spawn: Point
    spawn_turn: float
    tours: tuple[Tour, ...]
    shell: Path | None
    lightmaps: dict[str, Lightmap]
    engine: str


def read(folder: Path) -> Museum:
    """Read the museum in a folder.

    Raises:
        Problem: E_RESULT, also when it was written by a newer engine or has not been built.
    """
    path = folder / FILE
    try:
        if path.stat().st_size > MAX_BYTES:
            raise problems.result_unreadable(f"{path} is larger than a museum can be.")
        text = path.read_text("utf-8")
    except OSError as error:
        sentence = f"{path} could not be read: {error.strerror}."
        raise problems.not_a_museum(sentence) from error
    except ValueError as error:
        raise problems.not_a_museum(f"{path} is no museum.") from error
    return parse(text, folder)


def parse(text: str, folder: Path) -> Museum:
    """The museum that the text of a `museum.json` in `folder` describes. Raises as `read`."""
    path = folder / FILE
    try:
        value = json.loads(text)
        if value["format"] != FORMAT:
            raise ValueError("another format")
        if value["version"] > VERSION:
            sentence = f"{path} is of version {value['version']}; this add-on knows {VERSION}."
            raise problems.protocol(sentence)
        museum = _museum(value, folder)
    except (ArithmeticError, AttributeError, LookupError, TypeError, ValueError) as error:
        raise problems.not_a_museum(f"{path} is no museum that this add-on knows.") from error
    except RecursionError as error:
        raise problems.not_a_museum(f"{path} is no museum.") from error
    if museum.shell is None:
        raise problems.not_a_museum(f"{path} is a plan only: its rooms have not been built.")
    return museum


def _museum(value: dict[str, Any], folder: Path) -> Museum:
    bundle, style = value.get("bundle") or {}, value["style"]
    shell = bundle.get("shell")
    spawn = value["spawns"][0]
    museum = Museum(
        str(value["title"]),
        str(style["theme"]),
        int(value["seed"]),
        float(style["kelvin"]),
        float(style["ambient"]),
        (str(style["sky"][0]), str(style["sky"][1])),
        float(value["hang"]["eye"]),
        tuple(Room(str(room["id"]), str(room["title"])) for room in value["rooms"]),
        {slot["id"]: _slot(slot) for slot in value["slots"]},
        {work["id"]: _work(work, folder) for work in value["works"]},
        tuple(_light(light) for light in value["lights"]),
        _ground(spawn["position"]),
        math.radians(float(spawn["yaw"])),
        tuple(_tour(tour) for tour in value["tours"]),
        _inside(folder, shell) if shell is not None else None,
        {
            str(one["room"]): Lightmap(
                str(one["room"]), _inside(folder, one["file"]), float(one["scale"])
            )
            for one in bundle.get("lightmaps", ())
        },
        str(bundle.get("engine", "")),
    )
    rooms = {room.id for room in museum.rooms}
    shown = {name for slot in museum.slots.values() for name in slot.works}
    stops = {stop.slot for tour in museum.tours for stop in tour.stops}
    homes = {slot.room for slot in museum.slots.values()}
    homes |= {light.room for light in museum.lights}
    if not (shown <= museum.works.keys() and stops <= museum.slots.keys() and homes <= rooms):
        raise ValueError("something refers to what is not there")
    return museum


def _slot(value: dict[str, Any]) -> Slot:
    size = [float(side) for side in value["size"]]
    works = tuple(str(name) for name in value["works"])
    if not works:
        raise ValueError("a slot shows a work")
    return Slot(
        str(value["id"]),
        str(value["room"]),
        str(value["kind"]),
        works,
        _place(value["position"]),
        math.radians(float(value["yaw"])),
        (size[0], size[1], size[2]) if len(size) == 3 else (size[0], size[1], 0.0),
        float(value.get("depth", 0.06)),
        _ground(value["stand"]),
    )


def _work(value: dict[str, Any], folder: Path) -> Work:
    width, height, depth = value["size"]
    own = _version(value, folder)
    others = tuple(_version(one, folder) for one in value.get("variations", ()))
    return Work(
        own.id,
        str(value["kind"]),
        own.title,
        str(value["alt"]),
        (float(width), float(height), float(depth)),
        # A variation that was not made cannot be switched to.
        (own, *(one for one in others if one.file is not None)),
    )


def _version(value: dict[str, Any], folder: Path) -> Version:
    file = value.get("file")
    return Version(
        str(value["id"]),
        str(value["title"]),
        _inside(folder, file) if file is not None else None,
        dict(value["origin"]),
    )


def _light(value: dict[str, Any]) -> Light:
    target, size = value.get("target"), value.get("size")
    return Light(
        str(value["id"]),
        str(value["room"]),
        str(value["kind"]),
        _place(value["position"]),
        _place(target) if target is not None else None,
        (float(size[0]), float(size[1])) if size is not None else None,
        float(value["kelvin"]),
        float(value["lumens"]),
        math.radians(float(value.get("cone", 60.0))),
    )


def _tour(value: dict[str, Any]) -> Tour:
    stops = tuple(
        Stop(
            str(stop["slot"]),
            _ground(stop["stand"]),
            math.radians(float(stop["yaw"])),
            float(stop["seconds"]),
            tuple(_ground(point) for point in stop["path"]),
        )
        for stop in value["stops"]
    )
    return Tour(str(value["id"]), str(value["title"]), stops)


def _place(value: Any) -> Vector:
    x, y, z = value
    return up((float(x), float(y), float(z)))


def _ground(value: Any) -> Point:
    x, z = value
    return (float(x), -float(z))


def _inside(folder: Path, name: Any) -> Path:
    """A file of the museum. Raises ValueError where the name leads out of its folder."""
    path = folder / str(name)
    if not path.resolve().is_relative_to(folder.resolve()):
        raise ValueError("a path leads out of the museum's folder")
    return path
