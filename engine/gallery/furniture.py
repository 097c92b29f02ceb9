"""What works are shown on: frames, canvases, screens, plinths; and benches to sit on."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from engine.gallery.charts import Chart, Plane, box, box_path, polygon, sweep, turned, upright
from engine.gallery.looks import Finish
from engine.gallery.pieces import Piece, piece
from engine.museum.schema import AnySlot, Bench, Museum, PlinthSlot, Room, ScreenSlot, WallSlot
from engine.museum.works import FLAT_DEPTH

LINEN = Finish("fabric", "#d9d2c3", 0.95)
BLACK = Finish("metal", "#0d0d0f", 0.45)


def picture_offset(slot: WallSlot | ScreenSlot) -> float:
    """Metres from the face of the wall to the plane of the picture."""
    if isinstance(slot, ScreenSlot):
        return slot.depth + 0.001
    return min(FLAT_DEPTH, slot.frame.depth)


def furniture(museum: Museum, room: Room) -> Iterator[Piece]:
    """Everything that is not a wall and not a work, but belongs to one."""
    for slot in museum.slots:
        if slot.room == room.id:
            yield from _slot(slot)
    for bench in museum.benches:
        if bench.room == room.id:
            yield from _bench(bench)


def _slot(slot: AnySlot) -> Iterator[Piece]:
    if isinstance(slot, WallSlot):
        plane = upright(slot.position, slot.yaw)
        ring = box_path(*slot.size)
        deep = picture_offset(slot)
        if slot.frame.width:
            frame = sweep(plane, ring, _frame_profile(slot, deep), closed=True)
            yield piece(slot.room, "furniture", Finish.of(slot.frame.material), frame)
        else:
            canvas = sweep(plane, ring, np.array([(0.0, 0.0), (0.0, deep)]), closed=True)
            yield piece(slot.room, "furniture", LINEN, canvas)
        yield piece(slot.room, "furniture", LINEN, [polygon(plane, ring, lift=deep - 0.002)])
    elif isinstance(slot, ScreenSlot):
        plane, edge = upright(slot.position, slot.yaw), 0.02
        ring = box_path(slot.size[0], slot.size[1])
        d = slot.depth
        profile = np.array(
            [(edge - 0.015, 0.0), (edge, 0.015), (edge, d), (edge - 0.004, d + 0.004),
             (0.0, d + 0.004), (0.0, d)]
        )  # fmt: skip
        body = [*sweep(plane, ring, profile, closed=True), polygon(plane, ring, lift=d)]
        yield piece(slot.room, "furniture", BLACK, body)
    elif isinstance(slot, PlinthSlot):
        yield piece(slot.room, "furniture", Finish.of(slot.plinth.material), _plinth(slot))


def _frame_profile(slot: WallSlot, deep: float) -> np.ndarray:
    """From the wall outside, over the front, down to the picture; wide frames are moulded."""
    w, d = slot.frame.width, slot.frame.depth
    foot = deep - 0.004
    if w < 0.03:  # a plain bar with broken edges
        e = min(0.003, w / 4)
        steps = [(w, 0.0), (w, d - e), (w - e, d), (e, d), (0.0, d - e), (0.0, foot)]
    elif w < 0.08:  # a bar with a sloping sight edge
        steps = [(w, 0.0), (w, 0.85 * d), (0.9 * w, d), (0.55 * w, d), (0.45 * w, 0.93 * d),
                 (0.12 * w, deep + 0.004), (0.0, deep + 0.003), (0.0, foot)]  # fmt: skip
    else:  # a carved profile: outer bead, hollow, top, slope, sight bead
        low = deep + 0.012
        steps = [(w, 0.0), (w, 0.45 * d), (0.94 * w, 0.55 * d), (0.9 * w, 0.52 * d),
                 (0.84 * w, 0.62 * d), (0.76 * w, 0.86 * d), (0.68 * w, 0.98 * d), (0.6 * w, d),
                 (0.52 * w, 0.96 * d), (0.46 * w, 0.86 * d), (0.28 * w, 0.62 * d), (0.2 * w, low),
                 (0.14 * w, low + 0.006), (0.07 * w, low + 0.006), (0.0, low), (0.0, foot)]  # fmt: skip
    return np.asarray(steps)


def _floor_plane(x: float, z: float, yaw: float, y: float = 0.0) -> Plane:
    """A plane of the floor, turned: right and back of a thing that looks along `yaw`."""
    angle = np.radians(yaw)
    right = np.array([np.cos(angle), 0.0, -np.sin(angle)])
    back = np.array([-np.sin(angle), 0.0, -np.cos(angle)])
    return Plane(np.array([x, y, z]), right, back)


def _plinth(slot: PlinthSlot) -> list[Chart]:
    width, high, depth = slot.plinth.size
    x, _, z = slot.position
    plane = _floor_plane(x, z, slot.yaw)
    if slot.plinth.shape == "box":
        gap, inset, e = min(0.03, high / 4), 0.02, 0.006
        profile = np.array([(-inset, 0.0), (-inset, gap), (0.0, gap), (0.0, high - e), (-e, high)])
        ring = box_path(width, depth)
        lid = polygon(plane, box_path(width - 2 * e, depth - 2 * e), lift=high)
        return [*sweep(plane, ring, profile, closed=True), lid]
    r = min(width, depth) / 2
    e, foot, head = 0.008, min(0.09, high / 4), min(0.06, high / 5)
    profile = np.array(
        [(r, 0.0), (r, 0.6 * foot), (0.98 * r, 0.8 * foot), (0.97 * r, foot), (0.95 * r, 1.3 * foot),
         (0.95 * r, high - 1.4 * head), (0.96 * r, high - head), (r - e, high - 0.9 * head),
         (r, high - 0.7 * head), (r, high - e), (r - e, high), (0.0, high)]
    )  # fmt: skip
    return [turned(plane, profile, 32)]


def _bench(bench: Bench) -> Iterator[Piece]:
    width, high, depth = bench.size
    plane = _floor_plane(bench.position[0], bench.position[1], bench.yaw)
    finish = Finish.of(bench.material)
    raised = Plane(plane.origin + (0.0, 0.0, 0.0), plane.right, plane.up)
    if bench.material.kind == "fabric":  # an upholstered seat on a dark base
        base = box(raised, width - 0.16, depth - 0.14, high - 0.16)
        soft = np.array(
            [(-0.03, -0.16), (0.0, -0.14), (0.0, -0.035), (-0.012, -0.012), (-0.04, 0.0)]
        ) + (0.0, high)
        seat = sweep(plane, box_path(width, depth), soft, closed=True)
        seat += [
            polygon(plane, box_path(width - 0.08, depth - 0.08), lift=high),
            _underside(plane, width - 0.06, depth - 0.06, high - 0.16),
        ]
        yield piece(bench.room, "furniture", BLACK, base)
        yield piece(bench.room, "furniture", finish, seat)
    else:  # a slab on two blocks
        slab = np.array([(0.0, high - 0.07), (0.0, high - 0.006), (-0.006, high)])
        parts = sweep(plane, box_path(width, depth), slab, closed=True)
        parts += [
            polygon(plane, box_path(width - 0.012, depth - 0.012), lift=high),
            _underside(plane, width, depth, high - 0.07),
        ]
        for side in (-1.0, 1.0):
            foot = Plane(plane.place(np.array([[side * (width / 2 - 0.22), 0.0]]))[0],
                         plane.right, plane.up)  # fmt: skip
            parts += sweep(
                foot, box_path(0.1, depth - 0.08), np.array([(0.0, 0.0), (0.0, high - 0.07)]),
                closed=True,
            )  # fmt: skip
        yield piece(bench.room, "furniture", finish, parts)


def _underside(plane: Plane, width: float, depth: float, high: float) -> Chart:
    below = Plane(plane.origin + (0.0, high, 0.0), plane.right, -plane.up)
    return polygon(below, box_path(width, depth))
