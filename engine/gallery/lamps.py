"""Fixtures, each where its light is: spots, pendants, strips."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from engine.gallery.charts import Chart, Plane, box_path, ceiling, ground, polygon, sweep, turned
from engine.gallery.kelvin import colour_of
from engine.gallery.looks import Finish
from engine.gallery.pieces import Piece, piece
from engine.museum.schema import Light, Museum, Room

_BODY = {
    "baroque_enfilade": Finish("gilt", "#b58a38", 0.35),
    "small_cabinet": Finish("metal", "#a9874f", 0.35),
    "white_cube": Finish("metal", "#e8e8e6", 0.5),
    "sculpture_court": Finish("metal", "#8d7b5d", 0.5),
}
_BLACK = Finish("metal", "#151517", 0.5)
_ROD = 0.012


def lamps(museum: Museum, room: Room) -> Iterator[Piece]:
    """The fixtures of a room; laylights and coves are parts of its ceiling."""
    body = _BODY.get(museum.style.theme, _BLACK)
    for light in museum.lights:
        if light.room != room.id:
            continue
        shine = Finish("glow", colour_of(light.kelvin), 1.0, glow=1.0)
        metal, glass = _parts(light, room)
        if metal:
            yield piece(room.id, "fixtures", body, metal)
        if glass:
            yield piece(room.id, "fixtures", shine, glass)


def _parts(light: Light, room: Room) -> tuple[list[Chart], list[Chart]]:
    """Charts of the body and of what shines."""
    if light.kind == "spot" and light.target is not None:
        return _spot(light, room)
    if light.kind == "pendant":
        return _pendant(light, room)
    if light.kind == "strip" and light.size is not None:
        return _strip(light, room)
    return [], []


def _spot(light: Light, room: Room) -> tuple[list[Chart], list[Chart]]:
    """A can that points at the work, on a stem from the ceiling or a wire across the court."""
    at = np.asarray(light.position)
    aim = np.asarray(light.target) - at
    aim = aim / max(float(np.linalg.norm(aim)), 1e-9)
    side = np.cross(aim, (0.0, 1.0, 0.0))
    size = float(np.linalg.norm(side))
    side = side / size if size > 1e-6 else np.array([1.0, 0.0, 0.0])
    front = Plane(at, side, np.cross(aim, side))
    can = turned(
        front,
        np.array(
            [(0.0, -0.16), (0.03, -0.16), (0.042, -0.13), (0.042, 0.0), (0.034, 0.0), (0.03, -0.02)]
        ),
        12,
    )
    lens = turned(front, np.array([(0.031, -0.02), (0.0, -0.02)]), 12)
    metal = [can]
    back = at - 0.08 * aim
    if room.open_to_sky:
        wire = np.asarray(room.outline)
        left, right = float(wire[:, 0].min()), float(wire[:, 0].max())
        y = float(back[1]) + 0.05
        middle = Plane(np.array([(left + right) / 2, y, back[2]]), *_level())
        metal += _bar(middle, right - left, 0.008, 0.008)
    else:
        metal += _stem(back, room.height)
    return metal, [lens]


def _level() -> tuple[np.ndarray, np.ndarray]:
    return ground().right, ground().up


def _stem(foot: np.ndarray, top: float) -> list[Chart]:
    """A thin rod up to the ceiling, with a rose."""
    length = top - float(foot[1])
    if length < 0.02:
        return []
    plane = Plane(np.array([foot[0], foot[1], foot[2]]), *_level())
    rod = sweep(plane, box_path(_ROD, _ROD), np.array([(0.0, 0.0), (0.0, length)]), closed=True)
    rose = turned(
        Plane(np.array([foot[0], top, foot[2]]), *_level()),
        np.array([(0.0, -0.025), (0.045, -0.025), (0.05, 0.0)]), 10,
    )  # fmt: skip
    return [*rod, rose]


def _bar(plane: Plane, width: float, depth: float, height: float) -> list[Chart]:
    ring = box_path(width, depth)
    below = Plane(plane.origin, plane.right, -plane.up)
    return [
        *sweep(plane, ring, np.array([(0.0, 0.0), (0.0, height)]), closed=True),
        polygon(plane, ring, lift=height),
        polygon(below, ring),
    ]


def _pendant(light: Light, room: Room) -> tuple[list[Chart], list[Chart]]:
    """A shade with a shining bowl under it; a room that is high has a ring of lights below."""
    at = np.asarray(light.position)
    r = 0.5 * min(light.size or (0.5, 0.5))
    plane = Plane(at, *_level())
    if room.height > 4.5:
        return _chandelier(light, room, 2.0 * r)
    shade = np.array(
        [(0.92 * r, 0.02), (r, 0.0), (r, 0.02), (0.8 * r, 0.16), (0.35 * r, 0.26), (0.03, 0.3)]
    )
    bowl = np.array([(0.9 * r, 0.02), (0.75 * r, -0.02), (0.4 * r, -0.05), (0.0, -0.06)])
    glass = turned(plane, bowl[::-1], 20)
    stem = _stem(at + (0.0, 0.28, 0.0), room.height)
    return [turned(plane, shade, 20), *stem], [glass]


def _chandelier(light: Light, room: Room, r: float) -> tuple[list[Chart], list[Chart]]:
    at = np.asarray(light.position)
    hub = Plane(at, *_level())
    ring = np.array(
        [
            (r - 0.02, 0.0),
            (r + 0.02, 0.0),
            (r + 0.03, 0.03),
            (r + 0.02, 0.06),
            (r - 0.02, 0.06),
            (r - 0.02, 0.0),
        ]
    )
    post = np.array(
        [(0.0, -0.2), (0.05, -0.17), (0.07, -0.12), (0.04, -0.06), (0.03, 0.1), (0.05, 0.2),
         (0.08, 0.26), (0.05, 0.33), (0.02, 0.4), (0.0, 0.42)]
    )  # fmt: skip
    metal = [turned(hub, ring, 24), turned(hub, post, 12)]
    glass: list[Chart] = []
    count = 8
    for i in range(count):
        angle = 2 * np.pi * i / count
        ray = np.array([np.cos(angle), 0.0, np.sin(angle)])
        foot = at + r * ray + (0.0, 0.06, 0.0)
        cup = Plane(foot, *_level())
        metal.append(
            turned(
                cup,
                np.array([(0.0, -0.09), (0.02, -0.07), (0.03, 0.0), (0.015, 0.0), (0.012, 0.07)]),
                8,
            )
        )
        glass.append(
            turned(cup, np.array([(0.006, 0.07), (0.02, 0.095), (0.016, 0.125), (0.0, 0.16)]), 8)
        )
        if i % 2 == 0:
            arm = Plane(
                at + 0.5 * r * ray + (0.0, 0.02, 0.0), ray, np.array([ray[2], 0.0, -ray[0]])
            )
            metal += _bar(arm, r, 0.018, 0.018)
    return [*metal, *_stem(at + (0.0, 0.4, 0.0), room.height)], glass


def _strip(light: Light, room: Room) -> tuple[list[Chart], list[Chart]]:
    """A linear lamp: a housing that shines downwards, on rods where it hangs below the ceiling."""
    assert light.size is not None
    width, depth = light.size
    at = np.asarray(light.position)
    high = 0.05
    top = min(room.height, float(at[1]) + high) - float(at[1])
    ring = box_path(width, depth)
    plane = Plane(at, *_level())
    body = sweep(
        plane, ring, np.array([(-0.008, 0.004), (-0.004, 0.0), (0.0, 0.0), (0.0, max(top, 0.01))]),
        closed=True,
    )  # fmt: skip
    glass = [polygon(Plane(*_below(at)), ring - np.sign(ring) * 0.008, lift=-0.003)]
    return body, glass


def _below(at: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    under = ceiling(float(at[1]))
    return np.asarray(at), under.right, under.up
