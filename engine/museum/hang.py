"""Hanging: works on walls, by the rules of museums.

A wall is measured from its left end as a visitor sees it who faces it. Works that share a place
above each other are a column; a column's middle is on the centre line of the house unless the
floor or the ceiling is in the way.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from engine.museum.works import Exhibit

CORNER = 0.6  # metres kept free at the end of a wall
BESIDE_DOOR = 0.6
LOWEST, BELOW_CEILING = 0.6, 0.3
LABEL = (0.3, 0.2)
LABEL_GAP = 0.1
_TALLEST_STACK = 2.3


@dataclass(frozen=True)
class Face:
    """One flat face of a wall.

    Attributes:
        left, right: its ends on the ground as a visitor facing it sees them.
        openings: stretches (from, to) in metres from the left end that doors take.
        number: which wall of the room; partitions are counted on.
    """

    wall: str
    left: tuple[float, float]
    right: tuple[float, float]
    height: float
    openings: tuple[tuple[float, float], ...] = ()

    @property
    def length(self) -> float:
        return float(np.hypot(self.right[0] - self.left[0], self.right[1] - self.left[1]))

    @property
    def normal(self) -> tuple[float, float]:
        """Unit vector into the room."""
        dx, dz = self.right[0] - self.left[0], self.right[1] - self.left[1]
        return (-dz / self.length, dx / self.length)

    def point(self, along: float) -> tuple[float, float]:
        """The place on the ground at that many metres from the left end."""
        share = along / self.length
        x = self.left[0] + share * (self.right[0] - self.left[0])
        return x, self.left[1] + share * (self.right[1] - self.left[1])


@dataclass(frozen=True)
class Column:
    """Works above each other, highest first; `size` is (width, height) with frames."""

    exhibits: tuple[Exhibit, ...]
    size: tuple[float, float]


@dataclass(frozen=True)
class Placed:
    """An exhibit on a wall: `along` and `y` are its middle, `label` that of its label."""

    exhibit: Exhibit
    face: Face
    along: float
    y: float
    label: tuple[float, float]


@dataclass
class Stretch:
    """Free wall between two things that must not be covered."""

    face: Face
    low: float
    high: float
    columns: list[Column] = field(default_factory=list)

    @property
    def length(self) -> float:
        return self.high - self.low


@dataclass(frozen=True)
class Rules:
    """Measures of a hang, in metres."""

    center_line: float
    gap: float
    widest_gap: float
    stack_gap: float
    rows: int
    frame: float

    def outer(self, exhibit: Exhibit) -> tuple[float, float]:
        """Width and height on the wall; screens have no frame."""
        border = 0.0 if exhibit.kind == "video" else 2 * self.frame
        return exhibit.size[0] + border, exhibit.size[1] + border


def columns(exhibits: Sequence[Exhibit], height: float, rules: Rules) -> list[Column]:
    """Put consecutive works above each other where the hang is dense and the wall is high."""
    most = min(height - LOWEST - BELOW_CEILING, _TALLEST_STACK)
    stacks: list[list[Exhibit]] = []
    for exhibit in exhibits:
        if stacks and _stacks(stacks[-1], exhibit, most, rules):
            stacks[-1].append(exhibit)
        else:
            stacks.append([exhibit])
    return [_column(stack, rules) for stack in stacks]


def _stacks(stack: list[Exhibit], exhibit: Exhibit, most: float, rules: Rules) -> bool:
    together = [*stack, exhibit]
    plain = all(e.kind == "painting" and e.fixed is None for e in together)
    widths = [rules.outer(e)[0] for e in together]
    similar = max(widths) <= 2.0 * min(widths)
    return (
        plain
        and similar
        and len(together) <= rules.rows
        and _column(together, rules).size[1] <= most
    )


def _column(stack: Sequence[Exhibit], rules: Rules) -> Column:
    sizes = [rules.outer(e) for e in stack]
    tall = sum(h for _, h in sizes) + rules.stack_gap * (len(stack) - 1)
    return Column(tuple(stack), (max(w for w, _ in sizes), tall))


def hang(
    exhibits: Sequence[Exhibit],
    faces: Sequence[Face],
    fixed: Sequence[tuple[Exhibit, Face, float]],
    rules: Rules,
) -> list[Placed] | None:
    """Hang the exhibits in their order along the faces; None where the walls are too short.

    Args:
        faces: in the order in which they are passed.
        fixed: exhibits whose middle has its place, in metres from the left end of a face.
    """
    height = min((f.height for f in faces), default=0.0)
    if any(rules.outer(e)[1] > height - LOWEST - BELOW_CEILING + 1e-6 for e in exhibits):
        return None
    pinned = [(_column([e], rules), face, along) for e, face, along in fixed]
    free = columns(exhibits, height, rules)
    free_walls = stretches(faces, pinned, rules.gap)
    if free_walls is None or not _spread(free, free_walls, rules.gap):
        return None
    out = [p for column, face, along in pinned for p in _place(column, face, along, rules)]
    for stretch in free_walls:
        widths = [c.size[0] for c in stretch.columns]
        if not widths:
            continue
        spare = stretch.length - sum(widths)
        gap = min(max(spare / len(widths), rules.gap), rules.widest_gap)
        along = stretch.low + (spare - gap * (len(widths) - 1)) / 2
        for column, width in zip(stretch.columns, widths, strict=True):
            out += _place(column, stretch.face, along + width / 2, rules)
            along += width + gap
    return out


def stretches(
    faces: Sequence[Face], pinned: Sequence[tuple[Column, Face, float]], gap: float
) -> list[Stretch] | None:
    """What is left of the walls between corners, doors and fixed works; None where these clash."""
    out = []
    for face in faces:
        taken = [(a - BESIDE_DOOR, b + BESIDE_DOOR) for a, b in face.openings]
        taken += [(-1.0, CORNER), (face.length - CORNER, face.length + 1.0)]
        for column, at, along in pinned:
            if at.wall == face.wall:
                low, high = along - column.size[0] / 2, along + column.size[0] / 2
                if any(low < b - 1e-9 and high > a + 1e-9 for a, b in taken):
                    return None
                taken.append((low - gap, high + gap))
        here = 0.0
        for low, high in sorted(taken):
            if low - here > 0.2:
                out.append(Stretch(face, here, low))
            here = max(here, high)
    return out


def _spread(free: Sequence[Column], stretches: Sequence[Stretch], gap: float) -> bool:
    """Divide the columns over the stretches, in order, with the widest gaps that still fit."""
    low, high = gap, 24.0
    if not _fill(free, stretches, low):
        return _fill_anywhere(free, stretches, low)
    for _ in range(12):
        middle = (low + high) / 2
        if _fill(free, stretches, middle):
            low = middle
        else:
            high = middle
    return _fill(free, stretches, low)


def _fill(free: Sequence[Column], stretches: Sequence[Stretch], gap: float) -> bool:
    for stretch in stretches:
        stretch.columns.clear()
    queue = list(free)
    for stretch in stretches:
        used = 0.0
        while queue:
            more = queue[0].size[0] + (gap if stretch.columns else 0.0)
            if used + more > stretch.length + 1e-9:
                break
            stretch.columns.append(queue.pop(0))
            used += more
    return not queue


def _fill_anywhere(free: Sequence[Column], stretches: Sequence[Stretch], gap: float) -> bool:
    """Widest first into the shortest stretch that holds it: the order suffers, the room does not."""
    for stretch in stretches:
        stretch.columns.clear()
    for column in sorted(free, key=lambda c: -c.size[0]):
        fits = [
            s
            for s in stretches
            if sum(c.size[0] + gap for c in s.columns) + column.size[0] <= s.length + 1e-9
        ]
        if not fits:
            return False
        tightest = min(fits, key=lambda s: s.length - sum(c.size[0] + gap for c in s.columns))
        tightest.columns.append(column)
    return True


def _place(column: Column, face: Face, along: float, rules: Rules) -> list[Placed]:
    width, tall = column.size
    low, high = LOWEST + tall / 2, face.height - BELOW_CEILING - tall / 2
    middle = float(np.clip(rules.center_line, low, high)) if low <= high else low
    top = middle + tall / 2
    beside = along + width / 2 + LABEL_GAP + LABEL[0] / 2
    step = LABEL[1] + 0.05
    first = rules.center_line - 0.13 + step * (len(column.exhibits) - 1) / 2
    out = []
    for i, exhibit in enumerate(column.exhibits):
        height = rules.outer(exhibit)[1]
        label = (beside, first - i * step)
        out.append(Placed(exhibit, face, along, top - height / 2, label))
        top -= height + rules.stack_gap
    return out
