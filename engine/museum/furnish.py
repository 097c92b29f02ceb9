"""What stands on the floor: plinths, figures and benches, with space to walk around each."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from engine.museum.layout import Rect
from engine.museum.works import Exhibit

MARGIN = 0.1  # metres of plinth around the foot of a work
AT_DOORS = 1.5  # metres kept free in front of a door
SEAT = (1.6, 0.45, 0.45)
PASSAGE = 1.0  # metres around a bench, enough for a wheelchair
_LARGE = 1.3  # metres of height from which a work stands on a low base or the floor


@dataclass(frozen=True)
class Standing:
    """An exhibit on the floor at (x, z); `base` is the (width, height, depth) of its plinth."""

    exhibit: Exhibit
    x: float
    z: float
    base: tuple[float, float, float] | None

    @property
    def foot(self) -> tuple[float, float]:
        """Width and depth of what touches the floor, or of the work where it is wider."""
        w, _, d = self.exhibit.size
        return (max(w, self.base[0]), max(d, self.base[2])) if self.base else (w, d)


def plinth(exhibit: Exhibit, center_line: float) -> tuple[float, float, float] | None:
    """Size of the plinth that brings the middle of a work near the eyes; guests have none."""
    width, height, depth = exhibit.size
    if exhibit.kind == "character":
        return None
    side = [max(0.35, round(s + 2 * MARGIN, 2)) for s in (width, depth)]
    high = np.clip(center_line - height / 2, 0.12 if height > _LARGE else 0.3, 1.05)
    return side[0], round(float(high), 2), side[1]


def footprint(exhibit: Exhibit, center_line: float) -> float:
    """The longer side of what stands on the floor, in metres."""
    base = plinth(exhibit, center_line)
    return max(exhibit.size[0], exhibit.size[2], *((base[0], base[2]) if base else ()))


def stand(
    exhibits: Sequence[Exhibit],
    bays: Sequence[Rect],
    clearance: float,
    center_line: float,
    doors: Sequence[tuple[float, float]],
) -> list[Standing] | None:
    """Stand the exhibits in the bays, in regular rows; None where there is not enough floor.

    Args:
        clearance: metres to walls and between any two of them, at least.
        doors: middles of the doors; `AT_DOORS` in front of them stays free.
    """
    if not exhibits:
        return []
    sides = [footprint(e, center_line) for e in exhibits]
    cell = max(sides)
    spots = _spots(len(exhibits), bays, cell, clearance, doors)
    if spots is None:
        return None
    return [
        Standing(e, x, z, plinth(e, center_line)) for e, (x, z) in zip(exhibits, spots, strict=True)
    ]


def _spots(
    count: int,
    bays: Sequence[Rect],
    cell: float,
    clearance: float,
    doors: Sequence[tuple[float, float]],
) -> list[tuple[float, float]] | None:
    """The roomiest regular lattice with enough free places, and the places nearest its middle."""
    pitch = cell + clearance
    shapes = []
    for bay in bays:
        usable = bay.shrunk(clearance + cell / 2)
        if usable.width >= 0 and usable.depth >= 0:
            shapes.append((usable, int(usable.width / pitch) + 1, int(usable.depth / pitch) + 1))
    if not shapes or sum(a * b for _, a, b in shapes) < count:
        return None
    # Give each bay its part, by what it holds.
    room = np.asarray([a * b for _, a, b in shapes], float)
    asked = np.minimum(np.ceil(room / room.sum() * count), room).astype(int)
    while asked.sum() > count:
        asked[int(np.argmax(asked))] -= 1
    out: list[tuple[float, float]] = []
    for (usable, across, down), number in zip(shapes, asked, strict=True):
        placed = _in_bay(int(number), usable, across, down, cell, doors)
        if placed is None:
            return None
        out += placed
    return out


def _in_bay(
    count: int,
    usable: Rect,
    across: int,
    down: int,
    cell: float,
    doors: Sequence[tuple[float, float]],
) -> list[tuple[float, float]] | None:
    if not count:
        return []
    best: tuple[float, list[tuple[float, float]]] | None = None
    for columns in range(1, across + 1):
        for rows in range(1, down + 1):
            if columns * rows < count or columns * rows > 2 * count + 4:
                continue
            places = [
                (x, z)
                for z in _even(usable.z0, usable.z1, rows)
                for x in _even(usable.x0, usable.x1, columns)
                if all(np.hypot(x - a, z - b) >= AT_DOORS + cell / 2 for a, b in doors)
            ]
            if len(places) < count:
                continue
            apart = min(
                usable.width / (columns - 1) if columns > 1 else 1e3,
                usable.depth / (rows - 1) if rows > 1 else 1e3,
                6.0,
            )
            waste = len(places) - count
            score = apart - 0.8 * waste
            if best is None or score > best[0] + 1e-9:
                best = score, places
    if best is None:
        return None
    middle = np.asarray(usable.center)
    near = sorted(best[1], key=lambda p: (round(float(np.hypot(*(np.asarray(p) - middle))), 3), p))
    return sorted(near[:count], key=lambda p: (p[1], p[0]))


def _even(low: float, high: float, count: int) -> list[float]:
    """Places in a row: one stands in the middle, more spread a little inside the ends."""
    if count == 1:
        return [(low + high) / 2]
    return [float(v) for v in np.linspace(low, high, count)]


def benches(
    wishes: Sequence[tuple[float, float, float]],
    bays: Sequence[Rect],
    taken: Sequence[tuple[float, float, float]],
    doors: Sequence[tuple[float, float]],
    most: int,
) -> list[tuple[float, float, float]]:
    """Choose places (x, z, yaw) for benches among the wished ones, in order.

    Args:
        taken: (x, z, radius) of what already stands there.
    """
    half = float(np.hypot(SEAT[0], SEAT[2])) / 2
    out: list[tuple[float, float, float]] = []
    for x, z, yaw in wishes:
        if len(out) == most:
            break
        along_x = abs(np.cos(np.radians(yaw))) > 0.5
        reach = (SEAT[0] / 2, SEAT[2] / 2) if along_x else (SEAT[2] / 2, SEAT[0] / 2)
        inside = any(
            b.x0 + PASSAGE + reach[0] <= x <= b.x1 - PASSAGE - reach[0]
            and b.z0 + PASSAGE + reach[1] <= z <= b.z1 - PASSAGE - reach[1]
            for b in bays
        )
        others = [*taken, *((a, b, half) for a, b, _ in out)]
        free = all(np.hypot(x - a, z - b) >= PASSAGE + half + r for a, b, r in others)
        open_doors = all(np.hypot(x - a, z - b) >= AT_DOORS + half for a, b in doors)
        if inside and free and open_doors:
            out.append((x, z, yaw))
    return out
