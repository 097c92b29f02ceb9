"""Ceilings with what gives light in them: laylights, coves, beams."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from engine.gallery.charts import Chart, Plane, box_path, ceiling, polygon, sweep
from engine.gallery.kelvin import colour_of
from engine.gallery.looks import Finish, Look, look, trim
from engine.gallery.pieces import Piece, piece
from engine.gallery.polygons import signed_area
from engine.museum.schema import Light, Museum, Room

SHAFT = 0.3  # metres from the ceiling up to the glass of a laylight
TRAY = 0.22  # metres that the ceiling inside a cove is higher
_BAR = 0.035
_PANE = 1.1


def ceiling_pieces(museum: Museum, room: Room) -> Iterator[Piece]:
    """The ceiling of a room; nothing for a court."""
    if room.open_to_sky:
        return
    lights = [light for light in museum.lights if light.room == room.id]
    openings = [light for light in lights if light.kind in ("skylight", "cove") and light.size]
    corners = np.asarray(room.outline)
    plane = ceiling(room.height)
    plaster = Finish.of(room.ceiling)
    if not openings:
        plain = [polygon(plane, corners)]
        yield piece(room.id, "architecture", plaster, plain, sheet=_smooth(plaster))
    else:
        # A second opening, were there one, would lie in the first.
        yield from _opened(room, plane, corners, openings[0], plaster, trim(museum, room))
    if look(museum).beams:
        beams = list(_beams(room, look(museum)))
        yield piece(room.id, "architecture", Finish("metal", "#3c3d40", 0.6), beams)


def _smooth(finish: Finish) -> bool:
    """A ceiling of plaster shows no pattern from below: a band of the sheet will do, and no draw."""
    return finish.kind == "plaster"


def _opened(
    room: Room, plane: Plane, corners: np.ndarray, light: Light, plaster: Finish, bar: Finish
) -> Iterator[Piece]:
    assert light.size is not None
    width, depth = light.size
    x, _, z = light.position
    hole = box_path(width, depth) + (x, z)
    if light.kind == "cove" and len(corners) != 4:  # a cove follows the walls
        low, high = corners.min(0), corners.max(0)
        hole = (corners - (low + high) / 2) * ((width, depth) / (high - low)) + (x, z)
        hole = hole if signed_area(hole) < 0 else hole[::-1]
    rim = polygon(plane, corners, hole=hole)
    # In the plane of a ceiling the way clockwise has the opening on its right hand.
    if light.kind == "skylight":
        shaft = sweep(plane, hole, np.array([(0.0, 0.0), (0.0, -SHAFT)]), closed=True)
        yield piece(room.id, "architecture", plaster, [rim, *shaft], sheet=_smooth(plaster))
        glass = [polygon(ceiling(room.height + SHAFT), hole)]
        shine = Finish("glow", colour_of(light.kelvin), 1.0, glow=1.0)
        yield piece(room.id, "fixtures", shine, glass)
        yield piece(room.id, "fixtures", bar, list(_bars(room.height + SHAFT, hole)))
    else:
        walls = sweep(plane, hole, np.array([(0.0, 0.0), (0.0, -TRAY)]), closed=True)
        tray = polygon(ceiling(room.height + TRAY), hole)
        yield piece(room.id, "architecture", plaster, [rim, *walls, tray], sheet=_smooth(plaster))
        tube = sweep(
            ceiling(room.height + TRAY),
            hole,
            np.array([(-0.02, 0.0), (-0.02, 0.05), (-0.09, 0.05), (-0.09, 0.0)]),
            closed=True,
        )
        shine = Finish("glow", colour_of(light.kelvin), 1.0, glow=1.0)
        yield piece(room.id, "fixtures", shine, tube)


def _bars(y: float, hole: np.ndarray) -> Iterator[Chart]:
    """Glazing bars under the glass, in panes of about a metre."""
    low, high = hole.min(0), hole.max(0)
    plane = ceiling(y - 0.001)
    for axis in (0, 1):
        span = high[axis] - low[axis]
        panes = max(1, round(span / _PANE))
        for i in range(panes + 1):
            at = low[axis] + span * i / panes
            a, b = low.copy(), high.copy()
            a[axis], b[axis] = at - _BAR / 2, at + _BAR / 2
            yield from _batten(plane, a, b, 0.04)


def _batten(plane: Plane, low: np.ndarray, high: np.ndarray, out: float) -> Iterator[Chart]:
    """A flat box hanging from a ceiling: two long sides and its underside."""
    middle, size = (low + high) / 2, high - low
    ring = box_path(float(size[0]), float(size[1])) + middle
    yield from sweep(plane, ring, np.array([(0.0, 0.0), (0.0, out)]), closed=True)
    yield polygon(plane, ring, lift=out)


def _beams(room: Room, style: Look) -> Iterator[Chart]:
    """Steel beams across the shorter side."""
    corners = np.asarray(room.outline)
    low, high = corners.min(0), corners.max(0)
    long = int(np.argmax(high - low))
    count = max(1, round((high - low)[long] / style.beams) - 1)
    plane = ceiling(room.height)
    for i in range(count):
        at = low[long] + (high - low)[long] * (i + 1) / (count + 1)
        for wide, top, deep in ((0.1, 0.0, 0.28), (0.22, 0.26, 0.03)):
            a, b = low.copy(), high.copy()
            a[long], b[long] = at - wide / 2, at + wide / 2
            moved = ceiling(room.height - top)
            yield from _batten(moved if top else plane, a, b, deep)
