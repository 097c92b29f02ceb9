"""The house from outside: facade with a base and a parapet, roofs, rooflights, and the ground."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
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
from engine.gallery.looks import Finish, Look, look
from engine.gallery.pieces import OUTSIDE, Piece, piece
from engine.museum.schema import Door, Museum

ROOF = 0.45  # metres from a ceiling to the roof above it
PARAPET = 0.3
_GLASS = Finish("glass", "#1c262d", 0.15)
GROUND = 14.0  # metres of ground around the house


@dataclass(frozen=True)
class Field:
    """The house as heights over a grid: `lines` along x and z, `top` (nz, nx) metres, 0 is open.

    `inner` marks cells inside a court: the walls there are the court's own.
    """

    x: np.ndarray
    z: np.ndarray
    top: np.ndarray
    inner: np.ndarray


def field_of(museum: Museum) -> Field:
    thick = {room.id: 0.3 for room in museum.rooms}
    for door in museum.doors:
        for name in door.rooms:
            if name is not None:
                thick[name] = door.depth
    boxes = []
    for room in museum.rooms:
        o = np.asarray(room.outline)
        boxes.append((room, o.min(0), o.max(0), thick[room.id]))
    xs = np.unique(
        np.round([v for _, a, b, t in boxes for v in (a[0] - t, b[0] + t, a[0], b[0])], 3)
    )
    zs = np.unique(
        np.round([v for _, a, b, t in boxes for v in (a[1] - t, b[1] + t, a[1], b[1])], 3)
    )
    mx, mz = (xs[1:] + xs[:-1]) / 2, (zs[1:] + zs[:-1]) / 2
    top = np.zeros((len(mz), len(mx)))
    inner = np.zeros(top.shape, bool)
    for room, a, b, t in boxes:
        here = np.ix_((mz > a[1] - t) & (mz < b[1] + t), (mx > a[0] - t) & (mx < b[0] + t))
        high = room.height + (0.0 if room.open_to_sky else ROOF)
        top[here] = np.maximum(top[here], high)
    for room, a, b, _ in boxes:
        if room.open_to_sky:
            here = np.ix_((mz > a[1]) & (mz < b[1]), (mx > a[0]) & (mx < b[0]))
            top[here], inner[here] = 0.0, True
    return Field(xs, zs, top, inner)


def outside(museum: Museum) -> Iterator[Piece]:
    style, house = look(museum), field_of(museum)
    walls, bases, panes = [], [], []
    entrances = [door for door in museum.doors if door.rooms[1] is None]
    for plane, length, low, high in _faces(house):
        hole = None if low > 0 else _door_in(plane, length, entrances)
        walls.append(_face(plane, length, low, high, hole))
        if style.base and low == 0.0:
            bases += list(_base(plane, length, hole))
        walls += _coping(plane, length, high)
        if style.bays and low == 0.0:
            stone, glass = _bays(style, plane, length, high, hole)
            bases += stone
            panes += glass
    yield piece(OUTSIDE, "outside", style.facade, walls, sheet=False)
    roofs = list(_roofs(house))
    if roofs:
        yield piece(OUTSIDE, "outside", style.roof, roofs, sheet=False)
    if bases:
        yield piece(OUTSIDE, "outside", style.base or Finish.of(museum.style.door), bases)
    if panes:
        yield piece(OUTSIDE, "outside", _GLASS, panes)
    frames = [chart for door in entrances for chart in _portal(door)]
    if frames:
        yield piece(OUTSIDE, "outside", Finish.of(museum.style.door), frames)
    yield piece(OUTSIDE, "outside", style.ground, list(_ground(house)), sheet=False)


def _faces(house: Field) -> Iterator[tuple[Plane, float, float, float]]:
    """Upright faces between cells of different heights, joined along straight lines."""
    top = np.pad(house.top, 1)
    inner = np.pad(house.inner, 1)
    x = np.concatenate([house.x[:1] - 1, house.x, house.x[-1:] + 1])
    z = np.concatenate([house.z[:1] - 1, house.z, house.z[-1:] + 1])
    for yaw, step in ((0.0, (1, 0)), (180.0, (-1, 0)), (90.0, (0, 1)), (-90.0, (0, -1))):
        beyond = np.roll(top, (-step[0], -step[1]), (0, 1))
        court = np.roll(inner, (-step[0], -step[1]), (0, 1))
        wall = (top > beyond + 1e-6) & ~court
        heights = np.where(wall, top, -1.0), np.where(wall, beyond, -1.0)
        high, low = heights if step[0] else (heights[0].T, heights[1].T)
        for line in range(high.shape[0]):
            new = (np.diff(high[line]) != 0) | (np.diff(low[line]) != 0)
            edges = [0, *(np.flatnonzero(new) + 1), high.shape[1]]
            for start, end in itertools.pairwise(edges):
                if high[line, start] > 0:
                    span = float(low[line, start]), float(high[line, start])
                    yield _stretch(x, z, step, yaw, line, int(start), int(end), span)


def _stretch(
    x: np.ndarray,
    z: np.ndarray,
    step: tuple[int, int],
    yaw: float,
    line: int,
    start: int,
    end: int,
    span: tuple[float, float],
) -> tuple[Plane, float, float, float]:
    """The plane of one face with its left end as origin, its length, and from where to where."""
    across, along = (z, x) if step[0] else (x, z)
    at = across[line + (1 if sum(step) > 0 else 0)]
    a, b = along[start], along[end]
    # The left end as one sees it who faces the wall from outside.
    left = a if yaw in (0.0, -90.0) else b
    origin = (left, 0.0, at) if step[0] else (at, 0.0, left)
    return upright(origin, yaw), float(b - a), *span


def _door_in(plane: Plane, length: float, doors: list[Door]) -> tuple[float, float, float] | None:
    for door in doors:
        to = np.array([door.center[0], 0.0, door.center[1]]) - plane.origin
        along, off = float(to @ plane.right), float(to @ plane.out)
        if abs(off + door.depth / 2) < 0.06 and 0 < along < length:
            return along - door.width / 2, along + door.width / 2, door.height
    return None


def _face(
    plane: Plane, length: float, low: float, high: float, hole: tuple[float, float, float] | None
) -> Chart:
    if hole is None:
        return sheet(plane, np.array([0.0, length]), np.array([low, high]), np.ones((1, 1), bool))
    x = np.unique(np.round([0.0, hole[0], hole[1], length], 4))
    y = np.unique(np.round([low, hole[2], high], 4))
    keep = np.ones((len(y) - 1, len(x) - 1), bool)
    inside = (x[:-1] >= hole[0] - 1e-3) & (x[1:] <= hole[1] + 1e-3)
    keep[np.ix_(y[1:] <= hole[2] + 1e-3, inside)] = False
    return sheet(plane, x, y, keep)


def _base(plane: Plane, length: float, hole: tuple[float, float, float] | None) -> Iterator[Chart]:
    """A course of stone along the foot."""
    profile = np.array([(0.05, 0.0), (0.05, 0.55), (0.02, 0.6), (0.0, 0.6)])
    base = Plane(plane.origin, plane.right, -plane.out)
    stretches = [(length + 0.05, -0.05)]
    if hole is not None:
        stretches = [(hole[0] - 0.2, -0.05), (length + 0.05, hole[1] + 0.2)]
    for right, left in stretches:
        if right - left > 0.1:
            yield from sweep(base, np.array([(right, 0.0), (left, 0.0)]), profile)


def _bays(
    style: Look,
    plane: Plane,
    length: float,
    high: float,
    hole: tuple[float, float, float] | None,
) -> tuple[list[Chart], list[Chart]]:
    """Pilasters and blind windows in even bays: charts of stone, and of dark glass."""
    stone: list[Chart] = []
    glass: list[Chart] = []
    count = int(length / style.bays)
    foot, top = (0.6 if style.base else 0.0), high - 0.3
    for i in range(count + 1 if style.pilasters and count else 0):
        at = 0.45 + (length - 0.9) * i / count
        if not _hits(hole, at, 0.25):
            stone += _pilaster(plane, at, foot, top)
    width, tall = style.window
    for i in range(count if width else 0):
        at = 0.45 + (length - 0.9) * (i + 0.5) / count
        rows = [1.1] if high < 5.5 else [1.1, high - 1.2 - 0.6 * tall]
        for row, sill in enumerate(rows):
            size = (width, tall if row == 0 else 0.6 * tall)
            if sill + size[1] > top or (row == 0 and _hits(hole, at, width / 2)):
                continue
            middle = plane.place(np.array([[at, sill + size[1] / 2]]))[0]
            frame = Plane(middle, plane.right, plane.up)
            ring = box_path(*size)
            profile = [
                (0.14, 0.0),
                (0.14, 0.06),
                (0.1, 0.08),
                (0.04, 0.05),
                (0.0, 0.05),
                (0.0, 0.005),
            ]
            stone += sweep(frame, ring, np.array(profile), closed=True)
            for x in np.linspace(-size[0] / 2, size[0] / 2, max(2, round(size[0] / 0.6)) + 1)[1:-1]:
                stone += _bar(frame, (x, 0.0), (0.03, size[1] / 2))
            for y in np.linspace(-size[1] / 2, size[1] / 2, max(2, round(size[1] / 0.6)) + 1)[1:-1]:
                stone += _bar(frame, (0.0, y), (size[0] / 2, 0.03))
            glass.append(polygon(frame, ring, lift=0.006))
    return stone, glass


def _bar(plane: Plane, at: tuple[float, float], half: tuple[float, float]) -> list[Chart]:
    return [polygon(plane, box_path(2 * half[0], 2 * half[1]) + at, lift=0.02)]


def _hits(hole: tuple[float, float, float] | None, at: float, half: float) -> bool:
    return hole is not None and hole[0] - 0.5 < at + half and at - half < hole[1] + 0.5


def _pilaster(plane: Plane, at: float, foot: float, top: float) -> list[Chart]:
    """A flat pillar with a base and a capital."""
    base = Plane(plane.place(np.array([[at, 0.0]]))[0], plane.right, -plane.out)
    profile = [
        (0.04, foot), (0.04, foot + 0.18), (0.0, foot + 0.24), (0.0, top - 0.4),
        (0.05, top - 0.34), (0.05, top - 0.18), (0.09, top - 0.12), (0.09, top),
    ]  # fmt: skip
    half, out = 0.24, -0.09
    path = np.array([(half, 0.0), (half, out), (-half, out), (-half, 0.0)])
    return sweep(base, path, np.array(profile))


def _coping(plane: Plane, length: float, high: float) -> list[Chart]:
    """A moulded edge under the sky."""
    profile = np.array(
        [(0.0, high - 0.26), (0.03, high - 0.22), (0.05, high - 0.1), (0.12, high - 0.06),
         (0.12, high), (-0.3, high)]
    )  # fmt: skip
    base = Plane(plane.origin, plane.right, -plane.out)
    return sweep(base, np.array([(length + 0.1, 0.0), (-0.1, 0.0)]), profile)


def _roofs(house: Field) -> Iterator[Chart]:
    for row in range(house.top.shape[0]):
        start = 0
        for i in range(1, house.top.shape[1] + 1):
            end = i == house.top.shape[1] or house.top[row, i] != house.top[row, start]
            if end:
                high = float(house.top[row, start])
                if high > 0:
                    a, b = house.x[start], house.x[i]
                    c, d = house.z[row], house.z[row + 1]
                    corners = np.array([(a, -c), (b, -c), (b, -d), (a, -d)])
                    yield polygon(ground(high), corners)
                start = i


def _portal(door: Door) -> Iterator[Chart]:
    """The frame of the entrance on the facade, with a canopy."""
    angle = np.radians(door.yaw)
    ahead = np.array([np.sin(angle), 0.0, np.cos(angle)])
    origin = np.array([door.center[0], 0.0, door.center[1]]) + door.depth / 2 * ahead
    plane = upright(origin, door.yaw)
    half, top, wide = door.width / 2, door.height, 0.2
    path = np.array([(-half, 0.0), (-half, top), (half, top), (half, 0.0)])
    profile = np.array(
        [(wide, 0.0), (wide, 0.09), (0.13, 0.09), (0.11, 0.06), (0.0, 0.06), (0.0, 0.0)]
    )
    yield from sweep(plane, path, profile)
    shelf = Plane(plane.place(np.array([[0.0, top + wide]]))[0], plane.right, -plane.out)
    edge = np.array(
        [(half + 0.3, 0.0), (half + 0.3, -0.7), (-half - 0.3, -0.7), (-half - 0.3, 0.0)]
    )
    yield from sweep(shelf, edge, np.array([(0.0, 0.05), (0.0, 0.15), (-0.05, 0.2)]))
    yield polygon(shelf, edge, lift=0.2)
    below = Plane(shelf.origin, plane.right, plane.out)
    yield polygon(below, edge * (1.0, -1.0), lift=-0.05)


def _ground(house: Field) -> Iterator[Chart]:
    """Ground around the house; under it there is none, because floors lie at the same height."""
    x0, x1, z0, z1 = house.x[0], house.x[-1], house.z[0], house.z[-1]
    g = GROUND
    outer = np.array(
        [(x0 - g, -(z0 - g)), (x1 + g, -(z0 - g)), (x1 + g, -(z1 + g)), (x0 - g, -(z1 + g))]
    )
    inner = np.array([(x0, -z0), (x1, -z0), (x1, -z1), (x0, -z1)])
    yield polygon(ground(-0.002), outer, hole=inner)
    top = house.top
    for r, c in zip(*np.nonzero((top == 0) & ~house.inner), strict=True):
        a, b, d, e = house.x[c], house.x[c + 1], house.z[r], house.z[r + 1]
        yield polygon(ground(-0.002), np.array([(a, -d), (b, -d), (b, -e), (a, -e)]))
