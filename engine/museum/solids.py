"""Everything of a museum that takes floor: as oriented boxes, read from the file alone."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from engine.museum.schema import Door, FloorSlot, Museum, PlinthSlot, ScreenSlot, WallSlot


@dataclass(frozen=True)
class Solid:
    """An upright box.

    Attributes:
        name: id of the thing, for sentences. room: id.
        kind: plinth, figure, bench or partition.
        center: (x, z). half: half of (width, depth). yaw: degrees. top: metres.
    """

    name: str
    room: str
    kind: str
    center: tuple[float, float]
    half: tuple[float, float]
    yaw: float
    top: float

    def corners(self) -> np.ndarray:
        """(4, 2) corners on the ground, in turn."""
        across, along = axes(self.yaw)
        signs = ((-1, -1), (1, -1), (1, 1), (-1, 1))
        return np.asarray(
            [
                np.asarray(self.center) + a * self.half[0] * across + b * self.half[1] * along
                for a, b in signs
            ]
        )


def axes(yaw: float) -> tuple[np.ndarray, np.ndarray]:
    """Unit vectors on the ground: to the left hand of a thing that looks along `yaw`, and ahead."""
    angle = np.radians(yaw)
    ahead = np.asarray([np.sin(angle), np.cos(angle)])
    return np.asarray([ahead[1], -ahead[0]]), ahead


def solids(museum: Museum) -> Iterator[Solid]:
    """All that stands on the floor, doors and outer walls aside."""
    for p in museum.partitions:
        half = (p.length / 2, p.thickness / 2)
        yield Solid(p.id, p.room, "partition", p.center, half, p.yaw, p.height)
    for slot in museum.slots:
        if isinstance(slot, PlinthSlot):
            width = max(slot.size[0], slot.plinth.size[0])
            depth = max(slot.size[2], slot.plinth.size[2])
            x, y, z = slot.position
            top = y + slot.size[1]
            yield Solid(slot.id, slot.room, "plinth", (x, z), (width / 2, depth / 2), slot.yaw, top)
        elif isinstance(slot, FloorSlot):
            half = (slot.size[0] / 2, slot.size[2] / 2)
            x, _, z = slot.position
            yield Solid(slot.id, slot.room, "figure", (x, z), half, slot.yaw, slot.size[1])
    for bench in museum.benches:
        half = (bench.size[0] / 2, bench.size[2] / 2)
        yield Solid(bench.id, bench.room, "bench", bench.position, half, bench.yaw, bench.size[1])


def door_corners(door: Door, width: float | None = None) -> np.ndarray:
    """(4, 2) corners of the passage through the wall, a little into both rooms."""
    half = ((width or door.width) / 2, door.depth / 2 + 0.02)
    return Solid(door.id, "", "door", door.center, half, door.yaw, 0.0).corners()


def flat_slots(museum: Museum) -> Iterator[WallSlot | ScreenSlot]:
    """What hangs on walls."""
    yield from (s for s in museum.slots if isinstance(s, WallSlot | ScreenSlot))


def outer_size(slot: WallSlot | ScreenSlot) -> tuple[float, float]:
    """(width, height) on the wall, with the frame."""
    border = 2 * slot.frame.width if isinstance(slot, WallSlot) else 0.0
    return slot.size[0] + border, slot.size[1] + border
