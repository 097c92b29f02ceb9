"""The checker's eye for walls: what hangs does not overlap, and hangs where museums hang it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from engine.museum.schema import Museum, Wall
from engine.museum.solids import axes, flat_slots, outer_size

if TYPE_CHECKING:
    from engine.museum.check import Fault

LOWEST, BELOW_CEILING = 0.6, 0.3
BESIDE_DOOR = 0.3
OFF_LINE = 0.02
ON_WALL = 0.03  # metres from a wall up to which something hangs on it


@dataclass(frozen=True)
class Patch:
    """A rectangle on a wall, metres from its start and from the floor."""

    name: str
    low: float
    high: float
    bottom: float
    top: float

    def meets(self, other: Patch, by: float) -> bool:
        """Whether both share more than `by` metres."""
        across = min(self.high, other.high) - max(self.low, other.low)
        return across > by and min(self.top, other.top) - max(self.bottom, other.bottom) > by


def wall_faults(museum: Museum, tolerance: float) -> Iterator[Fault]:
    """W1 inside its wall, W2 apart, W3 on the centre line, W4 clear of doors, W5 labels, W6 walls."""
    from engine.museum.check import Fault

    hung: dict[str, list[Patch]] = {wall.id: [] for wall in museum.walls}
    walls = {wall.id: wall for wall in museum.walls}
    outlines = {room.id: {tuple(p) for p in room.outline} for room in museum.rooms}
    for wall in museum.walls:
        ends_known = {tuple(wall.start), tuple(wall.end)} <= outlines[wall.room]
        if wall.partition is None and not ends_known:
            yield Fault("W6", wall.id, f"{wall.id} is no side of {wall.room}")
    for slot in flat_slots(museum):
        wall = walls[slot.wall]
        along, off = _on(wall, (slot.position[0], slot.position[2]))
        if abs(off) > tolerance or float(axes(slot.yaw)[1] @ _normal(wall)) < 0.999:
            yield Fault("W1", slot.id, f"{slot.id} does not lie on {wall.id}")
        width, height = outer_size(slot)
        y = slot.position[1]
        patch = Patch(slot.id, along - width / 2, along + width / 2, y - height / 2, y + height / 2)
        if patch.low < -tolerance or patch.high > _length(wall) + tolerance:
            yield Fault("W1", slot.id, f"{slot.id} is wider than its place on {wall.id}")
        hung[wall.id].append(patch)
    for wall in museum.walls:
        works = hung[wall.id]
        doors, labels = _doors(museum, wall), _labels(museum, wall)
        for i, a in enumerate(works):
            for b in works[i + 1 :]:
                if not _apart(a, b, museum, tolerance):
                    yield Fault("W2", a.name, f"{a.name} and {b.name} are too close")
            for door in doors:
                if a.low < door.high + BESIDE_DOOR and a.high > door.low - BESIDE_DOOR:
                    yield Fault("W4", a.name, f"{a.name} is too close to {door.name}")
        for group in _stacks(works):
            if not _on_line(group, wall, museum.hang.center_line):
                yield Fault("W3", group[0].name, f"{group[0].name} is off the centre line")
        for i, label in enumerate(labels):
            others = [*works, *doors, *labels[i + 1 :]]
            if met := next((o for o in others if label.meets(o, tolerance)), None):
                yield Fault("W5", label.name, f"{label.name} covers {met.name}")
            if label.low < -tolerance or label.high > _length(wall) + tolerance:
                yield Fault("W5", label.name, f"{label.name} does not fit on {wall.id}")
    labelled = {label.slot for label in museum.labels}
    for any_slot in museum.slots:
        if any_slot.id not in labelled:
            yield Fault("W5", any_slot.id, f"{any_slot.id} has no label")


def _length(wall: Wall) -> float:
    return float(np.hypot(wall.end[0] - wall.start[0], wall.end[1] - wall.start[1]))


def _normal(wall: Wall) -> np.ndarray:
    """Into the room, which is on the left hand on the way from start to end."""
    along = np.subtract(wall.end, wall.start) / _length(wall)
    return np.asarray([along[1], -along[0]])


def _on(wall: Wall, point: Sequence[float]) -> tuple[float, float]:
    """Metres along the wall from its start, and off it into the room."""
    to = np.subtract(point, wall.start)
    along = np.subtract(wall.end, wall.start) / _length(wall)
    return float(to @ along), float(to @ _normal(wall))


def _doors(museum: Museum, wall: Wall) -> list[Patch]:
    out = []
    for door in museum.doors:
        if wall.room in door.rooms and wall.partition is None:
            along, off = _on(wall, door.center)
            if abs(off + door.depth / 2) < 0.02 and 0 < along < _length(wall):
                half = door.width / 2
                out.append(Patch(door.id, along - half, along + half, 0.0, door.height))
    return out


def _labels(museum: Museum, wall: Wall) -> list[Patch]:
    out = []
    for label in museum.labels:
        if label.room != wall.room or label.lying:
            continue
        along, off = _on(wall, (label.position[0], label.position[2]))
        faces = float(axes(label.yaw)[1] @ _normal(wall)) > 0.999
        if faces and 0 <= off <= ON_WALL and -1 < along < _length(wall) + 1:
            (width, height), y = label.size, label.position[1]
            half = width / 2
            out.append(Patch(label.id, along - half, along + half, y - height / 2, y + height / 2))
    return out


def _apart(a: Patch, b: Patch, museum: Museum, tolerance: float) -> bool:
    """Side by side with the gap of the house, or above each other with that of stacks."""
    beside = max(a.low, b.low) - min(a.high, b.high)
    above = max(a.bottom, b.bottom) - min(a.top, b.top)
    if beside >= museum.hang.gap - tolerance:
        return True
    return beside < 0 and above >= museum.hang.stack_gap - tolerance


def _stacks(works: list[Patch]) -> list[list[Patch]]:
    """Works above each other."""
    groups: list[list[Patch]] = []
    for work in sorted(works, key=lambda w: w.low):
        if groups and work.low < max(w.high for w in groups[-1]):
            groups[-1].append(work)
        else:
            groups.append([work])
    return groups


def _on_line(group: list[Patch], wall: Wall, line: float) -> bool:
    """Whether a stack's middle is on the line, or as near as the floor and the ceiling let it."""
    bottom, top = min(w.bottom for w in group), max(w.top for w in group)
    lowest, highest = LOWEST, wall.height - BELOW_CEILING
    if bottom < lowest - OFF_LINE or top > highest + OFF_LINE:
        return False
    off = (bottom + top) / 2 - line
    clamped = bottom < lowest + OFF_LINE if off > 0 else top > highest - OFF_LINE
    return abs(off) <= OFF_LINE or clamped
