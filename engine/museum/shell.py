"""Rooms in space: outlines, the faces of their walls, and free-standing walls."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from engine.museum.hang import Face
from engine.museum.layout import Rect
from engine.museum.openings import Opening
from engine.museum.parts import Ground
from engine.museum.schema import Partition

PARTITION_DEPTH = 0.3
_PARTITIONS = 6
_AISLE = 3.6  # metres between free-standing walls, and from them to the room's
_END = 2.2  # metres from the ends of a free-standing wall to the room's


@dataclass(frozen=True)
class Shell:
    """A room's geometry.

    Attributes:
        inner: the rectangle between the inner faces of its walls.
        outline: its corners, with the room on the left hand.
        faces: those of partitions, then of the walls in the order in which a visitor meets them
            who turns left at the first door.
        bays: free rectangles between the walls and partitions.
    """

    inner: Rect
    outline: tuple[Ground, ...]
    height: float
    faces: tuple[Face, ...]
    partitions: tuple[Partition, ...]
    bays: tuple[Rect, ...]


def outline(inner: Rect, cut: float) -> tuple[Ground, ...]:
    """Corners of a room, room on the left hand; `cut` metres are cut off its corners."""
    x0, z0, x1, z1 = inner.x0, inner.z0, inner.x1, inner.z1
    if not cut:
        return ((x0, z1), (x1, z1), (x1, z0), (x0, z0))
    return (
        (x0 + cut, z1), (x1 - cut, z1), (x1, z1 - cut), (x1, z0 + cut),
        (x1 - cut, z0), (x0 + cut, z0), (x0, z0 + cut), (x0, z1 - cut),
    )  # fmt: skip


def build(
    room: str,
    cell: Rect,
    thickness: float,
    height: float,
    *,
    cut: float,
    openings: Sequence[Opening],
    entered: Opening | None,
    door_width: float,
    partitions: int,
) -> Shell:
    """Make the shell of one room.

    Args:
        cell: its rectangle on the centre lines of the walls.
        openings: its doors. entered: the one by which the route comes in.
        partitions: how many free-standing walls to put in, at most.
    """
    inner = cell.shrunk(thickness / 2)
    corners = [(round(x, 3), round(z, 3)) for x, z in outline(inner, cut)]
    faces = []
    first = 0
    for i, (start, end) in enumerate(zip(corners, corners[1:] + corners[:1], strict=True)):
        face = Face(f"{room}-w{i + 1}", left=end, right=start, height=height)
        holes = []
        for opening in openings:
            along = _along(face, opening.center, thickness)
            if along is not None:
                holes.append((along - door_width / 2, along + door_width / 2))
                first = i if opening is entered else first
        faces.append(Face(face.wall, end, start, height, tuple(sorted(holes))))
    # Facing inwards at a door and turning left, walls are met against the order of the outline.
    ordered = [faces[(first - 1 - i) % len(faces)] for i in range(len(faces))]
    walls, bays = _partitions(room, inner, height, partitions)
    sides = [
        Face(f"{wall.id}-{side}", left, right, wall.height)
        for wall in walls
        for side, (left, right) in zip("ab", partition_sides(wall), strict=True)
    ]
    return Shell(inner, tuple(corners), height, (*sides, *ordered), walls, bays)


def _along(face: Face, point: tuple[float, float], thickness: float) -> float | None:
    """Where a door in the middle of the wall lies on this face of it; None if it does not."""
    d = np.subtract(face.right, face.left) / face.length
    to = np.subtract(point, face.left)
    along, off = float(to @ d), float(to @ np.asarray(face.normal))
    on_it = abs(off + thickness / 2) < 0.01 and 0 < along < face.length
    return along if on_it else None


def partition_sides(wall: Partition) -> tuple[tuple[Ground, Ground], tuple[Ground, Ground]]:
    """(left, right) ends of its two long sides as visitors facing them see them."""
    angle = np.radians(wall.yaw)
    normal = np.asarray([np.sin(angle), np.cos(angle)])
    # Facing against the normal, the right hand points along (normal z, -normal x).
    right = np.asarray([normal[1], -normal[0]])
    sides = []
    for sign in (1.0, -1.0):
        middle = np.asarray(wall.center) + sign * wall.thickness / 2 * normal
        half = sign * wall.length / 2 * right
        ends = [
            (round(float(p[0]), 3), round(float(p[1]), 3)) for p in (middle - half, middle + half)
        ]
        sides.append((ends[0], ends[1]))
    return sides[0], sides[1]


def _partitions(
    room: str, inner: Rect, height: float, most: int
) -> tuple[tuple[Partition, ...], tuple[Rect, ...]]:
    """Free-standing walls across the longer axis, and the bays that they leave."""
    wide = inner.width >= inner.depth
    long, short = max(inner.width, inner.depth), min(inner.width, inner.depth)
    # An even number, so that none stands in the axis of the room and its entrance.
    count = min(most, _PARTITIONS, int((long - _AISLE) / (_AISLE + PARTITION_DEPTH))) // 2 * 2
    length = short - 2 * _END
    if count < 1 or length < 2.5:
        return (), (inner,)
    pitch = long / (count + 1)
    walls, bays, last = [], [], (inner.x0 if wide else inner.z0)
    for i in range(count):
        at = (inner.x0 if wide else inner.z0) + pitch * (i + 1)
        middle = (at, inner.center[1]) if wide else (inner.center[0], at)
        walls.append(
            Partition(
                id=f"{room}-p{i + 1}",
                room=room,
                center=(round(middle[0], 3), round(middle[1], 3)),
                yaw=90.0 if wide else 0.0,
                length=round(length, 3),
                thickness=PARTITION_DEPTH,
                height=min(height - 0.5, 4.2),
            )
        )
        edge = at - PARTITION_DEPTH / 2
        bays.append(
            Rect(last, inner.z0, edge, inner.z1) if wide else Rect(inner.x0, last, inner.x1, edge)
        )
        last = at + PARTITION_DEPTH / 2
    bays.append(
        Rect(last, inner.z0, inner.x1, inner.z1)
        if wide
        else Rect(inner.x0, last, inner.x1, inner.z1)
    )
    return tuple(walls), tuple(bays)
