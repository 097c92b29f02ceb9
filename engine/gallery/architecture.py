"""The rooms themselves: walls with thickness, floors, skirtings, doors, free-standing walls."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from engine.gallery.charts import (
    Chart,
    Plane,
    box_path,
    ground,
    polygon,
    sheet,
    sweep,
    upright,
)
from engine.gallery.looks import Finish, Look, hung, look, trim
from engine.gallery.pieces import Piece, piece
from engine.museum.schema import Door, Museum, Room
from engine.museum.solids import axes

SILL = 0.0
_SKIRT = 0.014  # metres that a skirting stands off the wall


@dataclass(frozen=True)
class Side:
    """One wall of a room, as a visitor facing it sees it.

    Attributes:
        plane: its origin is the left end on the floor. doors: (from, to, height), left to right.
    """

    plane: Plane
    length: float
    doors: tuple[tuple[float, float, float, Door], ...]


def sides(museum: Museum, room: Room) -> Iterator[Side]:
    """The walls of a room in the order of its outline."""
    corners = np.asarray(room.outline)
    for start, end in zip(corners, np.roll(corners, -1, 0), strict=True):
        d = end - start
        length = float(np.hypot(*d))
        # The room is on the left hand from start to end; who faces the wall has `end` on the left.
        out = np.array([d[1], -d[0]]) / length
        yaw = float(np.degrees(np.arctan2(out[0], out[1])))
        plane = upright((end[0], 0.0, end[1]), yaw)
        holes = []
        for door in museum.doors:
            if room.id in door.rooms:
                to = np.asarray(door.center) - end
                along = float(to @ plane.right[[0, 2]])
                off = float(to @ out)
                if abs(off + door.depth / 2) < 0.05 and 0 < along < length:
                    half = door.width / 2
                    top = min(door.height, room.height - 0.05)
                    holes.append((along - half, along + half, top, door))
        yield Side(plane, length, tuple(sorted(holes, key=lambda hole: hole[0])))


def architecture(museum: Museum, room: Room) -> Iterator[Piece]:
    """Floor, walls, mouldings and the passages that belong to a room; the ceiling is apart."""
    style, around = look(museum), list(sides(museum, room))
    corners = np.asarray(room.outline) * (1.0, -1.0)
    floors = [polygon(ground(), corners)]
    jambs: list[Chart] = []
    for door in museum.doors:
        if door.rooms[0] == room.id:
            passage, sill = reveal(door, room.height)
            jambs += passage
            floors.append(sill)
    yield piece(room.id, "architecture", Finish.of(room.floor), floors, sheet=False)
    low = style.dado if style.dado < room.height / 2 else 0.0
    walls = [_wall(side, low, room.height) for side in around]
    walls += list(_partitions(museum, room))
    yield piece(room.id, "architecture", hung(museum, room), walls, sheet=False)
    mouldings = list(_mouldings(room, style, around))
    if low:
        mouldings += [_wall(side, 0.0, low) for side in around]
    if mouldings:
        yield piece(room.id, "architecture", trim(museum, room), mouldings)
    jambs += [chart for side in around for chart in _architraves(side, style)]
    if jambs:
        yield piece(room.id, "architecture", Finish.of(museum.style.door), jambs)


def _wall(side: Side, low: float, high: float) -> Chart:
    """A wall between two heights, without its doors."""
    columns = [0.0, side.length]
    rows = [low, high]
    for left, right, top, _ in side.doors:
        columns += [left, right]
        if low < top < high:
            rows.append(top)
    x, y = np.unique(np.round(columns, 4)), np.unique(np.round(rows, 4))
    keep = np.ones((len(y) - 1, len(x) - 1), bool)
    for left, right, top, _ in side.doors:
        inside = (x[:-1] >= left - 1e-3) & (x[1:] <= right + 1e-3)
        keep[np.ix_(y[1:] <= top + 1e-3, inside)] = False
    return sheet(side.plane, x, y, keep)


def reveal(door: Door, height: float) -> tuple[list[Chart], Chart]:
    """The passage through the wall: two jambs and the soffit in one sweep, and its floor."""
    _, ahead = axes(door.yaw)
    middle = np.asarray(door.center)
    back = middle - door.depth / 2 * ahead
    plane = upright((back[0], 0.0, back[1]), door.yaw + 180.0)
    half, top = door.width / 2, min(door.height, height - 0.05)
    path = np.array([(-half, 0.0), (-half, top), (half, top), (half, 0.0)])
    passage = sweep(plane, path, np.array([(0.0, 0.0), (0.0, -door.depth)]))
    front = middle + door.depth / 2 * ahead
    across = plane.right[[0, 2]] * half
    sill = np.array([back - across, back + across, front + across, front - across])
    return passage, polygon(ground(), sill * (1.0, -1.0))


def _architraves(side: Side, style: Look) -> Iterator[Chart]:
    """Frames around the doors of a wall, with a cornice on top where the look has one."""
    width, depth = style.architrave
    if not width:
        return
    step = depth * 0.6
    profile = np.array(
        [
            (width, 0.0),
            (width, depth),
            (width * 0.72, depth),
            (width * 0.6, step),
            (0.0, step),
            (0.0, 0.0),
        ]
    )
    for left, right, top, _ in side.doors:
        path = np.array([(left, 0.0), (left, top), (right, top), (right, 0.0)])
        yield from sweep(side.plane, path, profile)
        if style.lintel:
            high = style.lintel
            yield from _cornice_board(side.plane, left - width, right + width, top + width, high)


def _cornice_board(
    plane: Plane, left: float, right: float, y: float, high: float
) -> Iterator[Chart]:
    """A little cornice over a door: a frieze and a moulded shelf, returned at both ends."""
    out = 0.45 * high
    profile = np.array(
        [(0.02, 0.0), (0.02, 0.55 * high), (0.4 * out, 0.66 * high), (0.5 * out, 0.8 * high),
         (out, 0.86 * high), (out, high), (0.0, high)]
    )  # fmt: skip
    # Seen from above the wall is a line; the board goes round three sides of a flat box.
    base = Plane(plane.place(np.array([[0.0, y]]))[0], plane.right, -plane.out)
    path = np.array([(left, 0.0), (left, -0.001), (right, -0.001), (right, 0.0)])
    yield from sweep(base, path[::-1], profile)


def _mouldings(room: Room, style: Look, around: Sequence[Side]) -> Iterator[Chart]:
    """Skirting and dado rail, broken at doors, and the cornice under the ceiling."""
    gap = style.architrave[0]
    runs = _runs(room, around, gap)
    if style.skirting and (room.skirting or style.dado):
        high = style.skirting
        profile = np.array(
            [(_SKIRT, 0.0), (_SKIRT, high - 0.012), (0.5 * _SKIRT, high), (0.0, high)]
        )
        for closed, path in runs:
            yield from sweep(ground(), path, profile, closed=closed)
    if style.dado:
        y = style.dado
        rail = np.array(
            [(0.0, y - 0.05), (0.02, y - 0.035), (0.035, y - 0.01), (0.035, y), (0.0, y + 0.012)]
        )
        for closed, path in runs:
            yield from sweep(ground(), path, rail, closed=closed)
    if style.cornice and not room.open_to_sky:
        c, y = style.cornice, room.height
        steps = [(0.0, 1.0), (0.06, 1.0), (0.1, 0.86), (0.16, 0.82), (0.2, 0.62), (0.34, 0.4),
                 (0.55, 0.26), (0.6, 0.18), (0.8, 0.12), (0.9, 0.0)]  # fmt: skip
        if c < 0.2:
            steps = [(0.0, 1.0), (0.15, 1.0), (0.2, 0.8), (0.45, 0.4), (0.8, 0.2), (0.85, 0.0)]
        profile = np.array([(c * out, y - c * down) for out, down in steps])
        outline = np.asarray(room.outline) * (1.0, -1.0)
        yield from sweep(ground(), outline, profile, closed=True)


def _runs(room: Room, around: Sequence[Side], gap: float) -> list[tuple[bool, np.ndarray]]:
    """The foot of the walls as paths on the ground with the room on the left, without doors."""
    corners = np.asarray(room.outline)
    pieces: list[list[np.ndarray]] = [[]]
    for i, side in enumerate(around):
        pieces[-1].append(corners[i])
        right, left = side.plane.right[[0, 2]], side.plane.origin[[0, 2]]
        for low, high, _, _ in reversed(side.doors):  # from start to end is from right to left
            pieces[-1].append(left + (high + gap) * right)
            pieces.append([left + (low - gap) * right])
    if len(pieces) == 1:
        return [(True, corners * (1.0, -1.0))]
    pieces[0] = [*pieces.pop(), *pieces[0]]
    return [(False, np.asarray(points) * (1.0, -1.0)) for points in pieces]


def _partitions(museum: Museum, room: Room) -> Iterator[Chart]:
    for wall in museum.partitions:
        if wall.room == room.id:
            angle = np.radians(wall.yaw)
            plane = Plane(
                np.array([wall.center[0], 0.0, wall.center[1]]),
                np.array([np.cos(angle), 0.0, -np.sin(angle)]),
                np.array([-np.sin(angle), 0.0, -np.cos(angle)]),
            )
            path = box_path(wall.length, wall.thickness)
            upward = np.array([(0.0, 0.0), (0.0, wall.height)])
            yield from sweep(plane, path, upward, closed=True)
            yield polygon(plane, path, lift=wall.height)
