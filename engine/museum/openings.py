"""Doors: which rooms are joined, where, and that nobody has to turn back."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from engine.museum.chance import stream
from engine.museum.layout import Layout, Rect
from engine.museum.themes import PlanStyle
from engine.museum.ways import bridges, reach

JAMB = 0.7  # metres of wall left beside a door, at least
_TOUCH = 1e-6


@dataclass(frozen=True)
class Opening:
    """A door between two rooms, or to the outside.

    Attributes:
        rooms: numbers of the rooms; None is outside.
        axis: the wall runs along it: a door in a wall along x is walked through along z.
        at: middle of the opening along the wall, and `line`: where the wall's centre line is.
        yaw: degrees, from the first room to the second.
    """

    rooms: tuple[int, int | None]
    axis: str
    line: float
    at: float
    yaw: float

    @property
    def center(self) -> tuple[float, float]:
        return (self.at, self.line) if self.axis == "x" else (self.line, self.at)


@dataclass(frozen=True)
class Shared:
    """A wall between two rooms, and the stretch of it where a door's middle may be."""

    rooms: tuple[int, int]
    axis: str
    line: float
    low: float
    high: float

    def at(self, share: float) -> float:
        return self.low + share * (self.high - self.low)


def shared_walls(
    rects: Sequence[Rect], cuts: Sequence[float], thickness: float, width: float
) -> dict[tuple[int, int], Shared]:
    """All walls between two rooms that have space for a door of that width.

    Args:
        cuts: for each room, the length that cut corners take from the ends of its walls.
    """
    found = {}
    for i, a in enumerate(rects):
        for j in range(i + 1, len(rects)):
            b = rects[j]
            edge = thickness / 2 + JAMB + width / 2
            for axis, line, a_ends, b_ends in (
                ("z", a.x1 if abs(a.x1 - b.x0) < _TOUCH else a.x0, (a.z0, a.z1), (b.z0, b.z1)),
                ("x", a.z1 if abs(a.z1 - b.z0) < _TOUCH else a.z0, (a.x0, a.x1), (b.x0, b.x1)),
            ):
                facing = (b.x0, b.x1) if axis == "z" else (b.z0, b.z1)
                if min(abs(line - side) for side in facing) > _TOUCH:
                    continue
                low = max(a_ends[0] + cuts[i], b_ends[0] + cuts[j]) + edge
                high = min(a_ends[1] - cuts[i], b_ends[1] - cuts[j]) - edge
                if high >= low:
                    found[i, j] = Shared((i, j), axis, line, low, high)
    return found


def open_doors(
    layout: Layout,
    walls: dict[tuple[int, int], Shared],
    style: PlanStyle,
    width: float,
    seed: int,
    attempt: int,
) -> list[Opening] | None:
    """Join the rooms of the route and some other neighbours; None where the walls are too short.

    No door is the only way to a part of the house: where one would be, another is opened. What
    chance decides depends on the pair of rooms alone, so that a room that grows moves no other's
    doors, until another `attempt` throws the dice anew.
    """
    route = layout.route
    if len(route) == 1:
        return []
    trips = list(zip(route, [*route[1:], route[0]], strict=True))
    wanted = [key for a, b in trips if (key := (min(a, b), max(a, b))) in walls]
    joined = sorted(set(wanted))
    for key in sorted(set(walls) - set(joined)):
        if stream(seed, "shortcut", *key).random() < style.shortcuts:
            joined.append(key)
    doubled: set[tuple[int, int]] = set()
    while lonely := bridges([*joined, *doubled]):
        key = (min(lonely[0]), max(lonely[0]))
        far = reach(key[1], [pair for pair in joined if pair != key])
        spare = [k for k in sorted(walls) if k not in joined and (k[0] in far) != (k[1] in far)]
        if spare:
            joined.append(spare[0])
        elif walls[key].high - walls[key].low >= width + 2 * JAMB:
            doubled.add(key)
        else:
            return None
    if len(reach(0, joined)) < len(route):
        return None
    rows = [set(row) for row in layout.rows]
    doors = []
    for number, key in enumerate(joined):
        wall = walls[key]
        in_row = any(set(key) <= row for row in rows)
        if key in doubled:
            shares = [0.0, 1.0]
        elif style.enfilade and in_row:
            shares = [_share_of(wall, _middle(layout.rects, key, wall.axis))]
        elif style.enfilade:
            shares = [0.5]
        else:
            # Doors that do not face each other leave long walls, and no view through the house.
            side = stream(seed, "door", *key, attempt).uniform(0.08, 0.28)
            shares = [float(side if (number + key[0]) % 2 else 1.0 - side)]
        yaw = _yaw(layout.rects[key[0]], wall.axis, wall.line)
        doors += [Opening(wall.rooms, wall.axis, wall.line, wall.at(s), yaw) for s in shares]
    return doors


def entrance(layout: Layout, cut: float, thickness: float, width: float) -> Opening | None:
    """The door to the outside: in the first room, south if it can, else at an end of the house."""
    room = layout.route[0]
    rect = layout.rects[room]
    house = bounds(layout.rects)
    edge = thickness / 2 + JAMB + width / 2 + cut
    # A foyer as long as the house is entered at its narrow end.
    for axis, line, outer, low, high in (
        ("x", rect.z1, house.z1, rect.x0, rect.x1),
        ("z", rect.x0, house.x0, rect.z0, rect.z1),
        ("z", rect.x1, house.x1, rect.z0, rect.z1),
        ("x", rect.z0, house.z0, rect.x0, rect.x1),
    ):
        if abs(line - outer) < _TOUCH and high - low >= 2 * edge:
            yaw = _yaw(rect, axis, line)
            return Opening((room, None), axis, line, (low + high) / 2, yaw)
    return None


def bounds(rects: Iterable[Rect]) -> Rect:
    """The rectangle around all."""
    corners = np.asarray([(r.x0, r.z0, r.x1, r.z1) for r in rects])
    low, high = corners[:, :2].min(0), corners[:, 2:].max(0)
    return Rect(float(low[0]), float(low[1]), float(high[0]), float(high[1]))


def _yaw(rect: Rect, axis: str, line: float) -> float:
    """Where one looks who leaves a room through that wall."""
    if axis == "x":
        return 0.0 if line > rect.center[1] else 180.0
    return 90.0 if line > rect.center[0] else -90.0


def _middle(rects: Sequence[Rect], key: tuple[int, int], axis: str) -> float:
    """Middle of the part that both rooms share, the same for a whole row."""
    a, b = rects[key[0]], rects[key[1]]
    if axis == "z":
        return (max(a.z0, b.z0) + min(a.z1, b.z1)) / 2
    return (max(a.x0, b.x0) + min(a.x1, b.x1)) / 2


def _share_of(wall: Shared, at: float) -> float:
    span = wall.high - wall.low
    return float(np.clip((at - wall.low) / span, 0.0, 1.0)) if span > 0 else 0.5
