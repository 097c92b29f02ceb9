"""Which rooms are seen from a place, each within the angle that doors leave: as the page sees it.

`engine/viewer/src/sight.js` is the same in JavaScript; a test holds both together.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from math import asin, atan2, cos, hypot, pi, radians, sin

from engine.museum.schema import Door, Museum

OUTSIDE = "outside"
_DEEP = 8  # doors in a row
_CLOSE = 0.6  # metres from the middle of a door at which all behind it counts as seen
Wedge = tuple[float, float]
"""Lowest and highest angle in radians, relative to the heading."""


@dataclass(frozen=True)
class View:
    """A place on the ground, a heading (0 looks along +Z, π/2 along +X), half an angle of view."""

    room: str
    x: float
    z: float
    heading: float
    half: float

    def turn(self, x: float, z: float) -> float:
        """Angle from the heading to a place, the short way."""
        turn = (atan2(x - self.x, z - self.z) - self.heading) % (2 * pi)
        return turn - 2 * pi if turn > pi else turn

    def touches(self, wedge: Wedge, x: float, z: float, radius: float) -> bool:
        """Whether a disc around a place reaches into a wedge."""
        away = hypot(x - self.x, z - self.z)
        if away <= radius + 0.3:
            return True
        angle, margin = self.turn(x, z), asin(min(1.0, radius / away))
        return angle + margin >= wedge[0] and angle - margin <= wedge[1]


class Sight:
    """The doors of a museum, to look through."""

    def __init__(self, museum: Museum) -> None:
        self._doors: dict[str, list[Door]] = {room.id: [] for room in museum.rooms}
        for door in museum.doors:
            for room in door.rooms:
                if room is not None:
                    self._doors[room].append(door)
        self._open = {room.id for room in museum.rooms if room.open_to_sky}

    def neighbours(self, room: str) -> set[str]:
        """Rooms behind the doors of a room."""
        behind = {r for door in self._doors[room] for r in door.rooms if r is not None}
        return behind - {room}

    def rooms(self, view: View) -> dict[str, Wedge]:
        """Rooms in sight and what is seen of them; also `OUTSIDE`."""
        seen: dict[str, Wedge] = {}
        self._look(view, view.room, (-view.half, view.half), frozenset(), 0, seen)
        return seen

    def _look(
        self,
        view: View,
        room: str,
        wedge: Wedge,
        passed: frozenset[str],
        depth: int,
        seen: dict[str, Wedge],
    ) -> None:
        low, high = seen.get(room, wedge)
        seen[room] = min(low, wedge[0]), max(high, wedge[1])
        if room in self._open:
            seen[OUTSIDE] = -view.half, view.half
        if depth >= _DEEP or room == OUTSIDE:
            return
        for door in self._doors[room]:
            through = None if door.id in passed else _opening(view, door, room, wedge)
            if through is not None:
                behind = (door.rooms[1] if door.rooms[0] == room else door.rooms[0]) or OUTSIDE
                self._look(view, behind, through, passed | {door.id}, depth + 1, seen)


def _opening(view: View, door: Door, room: str, wedge: Wedge) -> Wedge | None:
    """What of a wedge passes a door that is seen from one of its rooms."""
    nx, nz = sin(radians(door.yaw)), cos(radians(door.yaw))
    dx, dz = door.center[0] - view.x, door.center[1] - view.z
    away = (dx * nx + dz * nz) * (1 if door.rooms[0] == room else -1)
    if abs(away) < _CLOSE + door.depth / 2 and abs(dx * nz - dz * nx) < door.width / 2 + 0.3:
        return wedge
    if away < 0:
        return None
    low, high = wedge
    for side in (-1, 1):
        i, j = (view.turn(*corner) for corner in _edge(door, side))
        if abs(i - j) > pi:
            # Straight behind: only a view all around reaches it.
            if high < max(i, j) and low > min(i, j):
                return None
            continue
        low, high = max(low, min(i, j)), min(high, max(i, j))
    return (low, high) if low < high else None


def _edge(door: Door, side: int) -> Iterator[tuple[float, float]]:
    """Both jambs of a door on one face of its wall."""
    ax, az = sin(radians(door.yaw)), cos(radians(door.yaw))
    for jamb in (-door.width / 2, door.width / 2):
        off = side * door.depth / 2
        yield door.center[0] + jamb * az + off * ax, door.center[1] - jamb * ax + off * az
