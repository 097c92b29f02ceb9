# SPDX-License-Identifier: GPL-3.0-or-later
"""How a camera walks a tour: keys of place, turn and tilt over time."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

from .frame import Vector
from .museum import Museum, Point, Tour

SPEED = 1.1
"""Metres a second: a stroll."""

TURN_S = 1.2
"""Seconds to turn to a work, and away from it."""

BEND_S = 0.5
"""Seconds before and after a corner of the way in which the head turns."""


@dataclass(frozen=True)
class Key:
    """Where the eyes are at a time, which way they look (about Z, 0 is -Y), and how far up."""

    time: float
    place: Vector
    turn: float
    tilt: float


@dataclass(frozen=True)
class View:
    """Eyes and where they look, as a camera has it."""

    place: Vector
    turn: float
    tilt: float


def view(eye: float, stand: Point, target: Vector) -> View:
    """From above `stand`, at a work."""
    dx, dy, dz = target[0] - stand[0], target[1] - stand[1], target[2] - eye
    return View((*stand, eye), heading(dx, dy), math.atan2(dz, math.hypot(dx, dy)))


def heading(dx: float, dy: float) -> float:
    """The turn about Z that looks along (dx, dy)."""
    return math.atan2(dx, -dy)


def nearest(turn: float, to: float) -> float:
    """The same turn, by whole rounds as near to `to` as can be."""
    return turn + math.tau * round((to - turn) / math.tau)


def keys(museum: Museum, tour: Tour) -> tuple[list[Key], list[float]]:
    """The keys of a walk through the whole tour, and when it arrives at each stop.

    Times begin at 0 and never fall; the way is walked at `SPEED` exactly as the file has it.
    """
    at, time, turn = museum.spawn, 0.0, museum.spawn_turn
    found = [Key(0.0, (*at, museum.eye), turn, 0.0)]
    arrivals = []
    for stop in tour.stops:
        way = [at, *(point for point in (*stop.path, stop.stand) if point != at)]
        walk = list(_walk(way, museum.eye, time, turn))
        found += walk
        if walk:
            time, turn = walk[-1].time, walk[-1].turn
        at = stop.stand
        seen = view(museum.eye, stop.stand, museum.slots[stop.slot].middle)
        turn = nearest(seen.turn, turn)
        arrivals.append(time + TURN_S)
        found.append(Key(time + TURN_S, seen.place, turn, seen.tilt))
        time += TURN_S + stop.seconds
        found.append(Key(time, seen.place, turn, seen.tilt))
    return found, arrivals


def _walk(way: list[Point], eye: float, time: float, turn: float) -> Iterator[Key]:
    """Along the points of `way`, the first of which is where one stands."""
    legs = [(a, b) for a, b in zip(way, way[1:], strict=False) if a != b]
    for number, (a, b) in enumerate(legs):
        dx, dy = b[0] - a[0], b[1] - a[1]
        seconds = math.hypot(dx, dy) / SPEED
        turn = nearest(heading(dx, dy), turn)
        if number == 0:
            # Turn first, then go.
            time += TURN_S
            yield Key(time, (*a, eye), turn, 0.0)
        bend = min(BEND_S, seconds / 3)
        for share in (bend / seconds, 1.0 - bend / seconds):
            if number or share > 0.5:
                place = (a[0] + share * dx, a[1] + share * dy, eye)
                yield Key(time + share * seconds, place, turn, 0.0)
        time += seconds
        # The corner itself: half way between the two directions.
        if number + 1 < len(legs):
            (c, d) = legs[number + 1]
            after = nearest(heading(d[0] - c[0], d[1] - c[1]), turn)
            yield Key(time, (*b, eye), (turn + after) / 2, 0.0)
            turn = after
        else:
            yield Key(time, (*b, eye), turn, 0.0)
