"""Where rooms lie: rectangles that fill one house, in an order one can walk without turning back.

A house is a tree of slices: a row lays its parts out along x, a column along z, each in proportion
to the area it needs. Everything here is in the plane of the floor, (x, z), on the centre lines of
the walls.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from engine.museum.themes import PlanStyle

_COURT_TO, _SPINE_TO = 28, 15  # rooms; a house of more is laid out as a loop
_COLUMNS_FROM = 15  # rooms; two rows of more than seven are a march


@dataclass(frozen=True)
class Rect:
    """A rectangle on the ground in metres."""

    x0: float
    z0: float
    x1: float
    z1: float

    @property
    def width(self) -> float:
        return self.x1 - self.x0

    @property
    def depth(self) -> float:
        return self.z1 - self.z0

    @property
    def center(self) -> tuple[float, float]:
        return (self.x0 + self.x1) / 2, (self.z0 + self.z1) / 2

    def shrunk(self, by: float) -> Rect:
        """The rectangle without a border of that width."""
        return Rect(self.x0 + by, self.z0 + by, self.x1 - by, self.z1 - by)


@dataclass(frozen=True)
class Slice:
    """Parts side by side: rooms, given by number, or further slices."""

    along: Literal["x", "z"]
    parts: tuple[Slice | int, ...]


@dataclass(frozen=True)
class Layout:
    """Rooms as rectangles, and the round trip on which they are met.

    Attributes:
        rects: one for each room.
        route: all rooms in order, the entrance first. The next room is behind a wall of this one
            (or across the foyer), and so is the first from the last.
        rows: rooms that stand in one row, whose doors can be in one line.
    """

    rects: tuple[Rect, ...]
    route: tuple[int, ...]
    rows: tuple[tuple[int, ...], ...]


def lay_out(areas: Sequence[float], style: PlanStyle, wish: float = 1.35) -> Layout:
    """Place rooms of the given areas (m²). Room 0 is the hall, foyer or court.

    Args:
        wish: proportion of long to short side that rooms should have.
    """
    tree, route, rows = _tree(len(areas), style)
    whole = float(sum(areas))
    best: tuple[float, list[Rect]] | None = None
    for stretch in np.geomspace(0.4, 3.2, 25):  # width against depth of the whole house
        width = float(np.sqrt(whole * stretch))
        rects = [Rect(0, 0, 0, 0)] * len(areas)
        _fill(tree, Rect(0, 0, width, whole / width), areas, rects)
        ratios = np.asarray([max(r.width / r.depth, r.depth / r.width) for r in rects])
        cost = float((np.maximum(ratios / wish, 1.0) ** 2).sum() + 0.02 * abs(np.log(stretch)))
        if best is None or cost < best[0]:
            best = cost, rects
    assert best is not None
    return Layout(tuple(best[1]), route, rows)


def route_of(count: int, style: PlanStyle) -> tuple[int, ...]:
    """The order in which that many rooms are met, whatever their sizes."""
    return _tree(count, style)[1]


def _tree(
    count: int, style: PlanStyle
) -> tuple[Slice, tuple[int, ...], tuple[tuple[int, ...], ...]]:
    if style.kind == "court" and 4 <= count <= _COURT_TO:
        return _court(count)
    if style.kind == "spine" and 4 <= count <= _SPINE_TO:
        return _spine(count)
    return _loop(count, style.front)


def _loop(count: int, front: float) -> tuple[Slice, tuple[int, ...], tuple[tuple[int, ...], ...]]:
    """A front row and, behind it, columns that lead up and down; back at the start in the end."""
    route = tuple(range(count))
    if count < _COLUMNS_FROM:
        row = min(max(round(front * count), 1), max(count - 1, 1))
        columns = [[i] for i in reversed(range(row, count))]
    else:
        pairs = max(1, round(np.sqrt(count) / 2))
        row = 2 * pairs
        cuts = np.round(np.linspace(row, count, 2 * pairs + 1)).astype(int)
        blocks = [list(range(a, b)) for a, b in zip(cuts[:-1], cuts[1:], strict=True)]
        # The first column, at the right, is climbed from the front: it lies bottom up.
        columns = [b if i % 2 else b[::-1] for i, b in enumerate(blocks)][::-1]
    back = Slice("x", tuple(Slice("z", tuple(c)) for c in columns))
    ahead = Slice("x", tuple(range(row)))
    if not columns:
        return ahead, route, ()
    rows = (tuple(range(row)), tuple(c[0] for c in columns) if max(map(len, columns)) == 1 else ())
    return Slice("z", (back, ahead)), route, rows


def _spine(count: int) -> tuple[Slice, tuple[int, ...], tuple[tuple[int, ...], ...]]:
    """Room 0 is a foyer, with one row of rooms to the south and one to the north of it."""
    south = (count - 1) // 2
    below = tuple(range(1, 1 + south))
    above = tuple(reversed(range(1 + south, count)))
    tree = Slice("z", (Slice("x", above), 0, Slice("x", below)))
    return tree, tuple(range(count)), (below, above)


def _court(count: int) -> tuple[Slice, tuple[int, ...], tuple[tuple[int, ...], ...]]:
    """Room 0 is a court; the others surround it from the south-west on, against the clock.

    The court is the last room of the route, and open to those that lie at it.
    """
    around = list(range(1, count))
    sides = np.full(4, len(around) // 4)
    sides[[0, 2, 1, 3][: len(around) % 4]] += 1  # the long sides take what is left over
    south, east, north, west = np.split(np.asarray(around), np.cumsum(sides)[:-1])
    middle: list[Slice | int] = [0]
    if len(west):
        middle.insert(0, Slice("z", tuple(int(i) for i in west)))
    if len(east):
        middle.append(Slice("z", tuple(int(i) for i in east[::-1])))
    parts: list[Slice | int] = [Slice("x", tuple(middle))]
    if len(north):
        parts.insert(0, Slice("x", tuple(int(i) for i in north[::-1])))
    parts.append(Slice("x", tuple(int(i) for i in south)))
    rows = tuple(tuple(int(i) for i in side) for side in (south, east, north, west))
    return Slice("z", tuple(parts)), (*around, 0), rows


def _fill(part: Slice | int, rect: Rect, areas: Sequence[float], out: list[Rect]) -> None:
    if isinstance(part, int):
        out[part] = rect
        return
    needs = np.asarray([_area(p, areas) for p in part.parts])
    cuts = np.concatenate([[0.0], np.cumsum(needs) / needs.sum()])
    for p, a, b in zip(part.parts, cuts[:-1], cuts[1:], strict=True):
        if part.along == "x":
            inner = Rect(rect.x0 + a * rect.width, rect.z0, rect.x0 + b * rect.width, rect.z1)
        else:
            inner = Rect(rect.x0, rect.z0 + a * rect.depth, rect.x1, rect.z0 + b * rect.depth)
        _fill(p, inner, areas, out)


def _area(part: Slice | int, areas: Sequence[float]) -> float:
    return areas[part] if isinstance(part, int) else sum(_area(p, areas) for p in part.parts)
