"""A floor plan as SVG: walls, works by kind, benches, the tour, room numbers and titles."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from xml.sax.saxutils import escape

import numpy as np

from engine.museum.parts import WorkKind
from engine.museum.schema import FloorSlot, Museum, PlinthSlot, Room, WallSlot
from engine.museum.solids import Solid, axes, door_corners, flat_slots, outer_size, solids

_KINDS: dict[WorkKind, tuple[str, str]] = {
    "painting": ("#b4432e", "picture"),
    "video": ("#2c6fbb", "screen"),
    "sculpture": ("#4f7d3a", "sculpture"),
    "prop": ("#c08a1e", "object"),
    "character": ("#7d4a92", "guest"),
}
_INK, _PAPER, _SOLID, _ROUTE = "#2b2826", "#fbfaf7", "#45403c", "#8d857c"
_MARGIN = 1.2
_SOLID_AT_NIGHT = "#aca59c"
_LEGEND = 22.0  # metres that the legend is wide
_HUNG = 0.22  # metres that a picture is drawn thick, so that it is seen


def floor_plan(museum: Museum) -> str:
    """Draw the museum from above, x to the right and z down; one unit of the drawing is a metre."""
    corners = np.asarray([p for room in museum.rooms for p in room.outline])
    wall = max((door.depth for door in museum.doors), default=0.3)
    low, high = corners.min(0) - wall, corners.max(0) + wall
    origin, size = low - _MARGIN, high - low + (2 * _MARGIN, 2 * _MARGIN + 1.2)
    size = np.maximum(size, (_LEGEND, 0.0))
    solid = _SOLID if _light(_tint(museum.rooms[0].floor.colour)) else _SOLID_AT_NIGHT
    unit = max(1.0, float(size.max()) / 45.0)  # text of large houses grows with them
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="{_n(*origin, *size)}" '
        'role="img" '
        'font-family="Helvetica, Arial, DejaVu Sans, sans-serif">',
        f"<title>{escape(museum.title)}: floor plan</title>",
        _rect(origin, size, _PAPER),
        _rect(low, high - low, solid),
    ]
    for room in museum.rooms:
        parts.append(_polygon(room.outline, _tint(room.floor.colour)))
    for door in museum.doors:
        parts.append(_polygon(door_corners(door), _tint(museum.rooms[0].floor.colour)))
    parts += [*_tour(museum), *_furniture(museum), *_pictures(museum)]
    parts += [part for room in museum.rooms for part in _name(room, museum, unit)]
    parts += [*_entrance(museum), *_legend(museum, low[0], float(high[1]) + 0.9), "</svg>"]
    return "\n".join(parts) + "\n"


def _furniture(museum: Museum) -> Iterator[str]:
    kinds = {work.id: work.kind for work in museum.works}
    slots = {slot.id: slot for slot in museum.slots}
    for solid in solids(museum):
        slot = slots.get(solid.name)
        if isinstance(slot, PlinthSlot):
            yield _plinth(slot, solid)
        if isinstance(slot, PlinthSlot | FloorSlot):
            x, _, z = slot.position
            radius = max(0.16, 0.4 * min(slot.size[0], slot.size[2]))
            colour = _KINDS[kinds[slot.works[0]]][0]
            yield f'<circle cx="{x:.2f}" cy="{z:.2f}" r="{radius:.2f}" fill="{colour}"/>'
            nose = np.asarray([x, z]) + axes(slot.yaw)[1] * (radius + 0.16)
            yield (
                f'<path d="M{_n(x, z)}L{_n(*nose)}" stroke="{colour}" stroke-width=".09" '
                'stroke-linecap="round"/>'
            )
        elif solid.kind == "bench":
            yield _polygon(solid.corners(), "#a58c6c", _INK, 0.03)
        elif solid.kind == "partition":
            yield _polygon(solid.corners(), _SOLID)


def _plinth(slot: PlinthSlot, solid: Solid) -> str:
    if slot.plinth.shape == "box":
        return _polygon(solid.corners(), "#ffffff", _INK, 0.04)
    x, z = solid.center
    return (
        f'<ellipse cx="{x:.2f}" cy="{z:.2f}" rx="{slot.plinth.size[0] / 2:.2f}" '
        f'ry="{slot.plinth.size[2] / 2:.2f}" fill="#fff" stroke="{_INK}" stroke-width=".04"/>'
    )


def _pictures(museum: Museum) -> Iterator[str]:
    kinds = {work.id: work.kind for work in museum.works}
    for slot in flat_slots(museum):
        _, ahead = axes(slot.yaw)
        x, _, z = slot.position
        middle = (x + ahead[0] * _HUNG / 2, z + ahead[1] * _HUNG / 2)
        half = (outer_size(slot)[0] / 2, _HUNG / 2)
        box = Solid(slot.id, slot.room, "picture", middle, half, slot.yaw, 0.0)
        edge = slot.frame.material.colour if isinstance(slot, WallSlot) else _INK
        yield _polygon(box.corners(), _KINDS[kinds[slot.works[0]]][0], edge, 0.05)


def _tour(museum: Museum) -> Iterator[str]:
    if museum.tours:
        points = [museum.spawns[0].position]
        points += [p for stop in museum.tours[0].stops for p in stop.path]
        line = " ".join(_n(*p) for p in points)
        yield (
            f'<polyline points="{line}" fill="none" stroke="{_ROUTE}" stroke-width=".06" '
            'stroke-dasharray=".22 .18" stroke-linejoin="round" opacity=".75"/>'
        )


def _name(room: Room, museum: Museum, unit: float) -> Iterator[str]:
    """Number and title, where they cover least."""
    outline = np.asarray(room.outline)
    low, high = outline.min(0), outline.max(0)
    number = str(1 + [r.id for r in museum.rooms].index(room.id))
    fits = (high[0] - low[0] - 1.2) / (0.56 * len(room.title))
    font = float(np.clip(fits, 0.28, 0.5 * unit))
    wide, tall = max(0.56 * font * len(room.title), 1.2 * font), 2.6 * font
    boxes = [s.corners() for s in solids(museum) if s.room == room.id]
    boxes += [np.asarray(s.position) + [[-0.5, -0.7], [0.5, 0.7]] for s in museum.spawns]
    middle = (low + high) / 2
    best = (np.inf, middle[0], middle[1])
    spare = max(0.0, high[0] - low[0] - wide - 1.2) / 2
    for down in (0.5, 0.4, 0.6, 0.3, 0.7, 0.22, 0.78, 0.15, 0.85):
        for across in (0.0, -0.5, 0.5, -1.0, 1.0):
            x, z = middle[0] + across * spare, low[1] + down * (high[1] - low[1])
            hidden = sum(_overlap(x, z, wide, tall, box) for box in boxes)
            best = min(best, (hidden + 0.02 * (abs(down - 0.5) + abs(across)), x, z))
    colour = _INK if _light(_tint(room.floor.colour)) else "#ffffff"
    halo = _tint(room.floor.colour)
    style = (
        f'text-anchor="middle" fill="{colour}" stroke="{halo}" stroke-width="{0.25 * font:.2f}" '
        'paint-order="stroke" stroke-linejoin="round"'
    )
    x, z = float(best[1]), float(best[2])
    yield (
        f'<text x="{x:.2f}" y="{z:.2f}" font-size="{1.3 * font:.2f}" font-weight="bold" '
        f"{style}>{number}</text>"
    )
    yield (
        f'<text x="{x:.2f}" y="{z + 1.15 * font:.2f}" font-size="{font:.2f}" {style}>'
        f"{escape(room.title)}</text>"
    )


def _overlap(x: float, z: float, wide: float, tall: float, box: np.ndarray) -> float:
    low, high = box.min(0), box.max(0)
    across = min(x + wide / 2, high[0]) - max(x - wide / 2, low[0])
    down = min(z + tall / 2, high[1]) - max(z - tall / 2, low[1])
    return float(max(across, 0.0) * max(down, 0.0))


def _entrance(museum: Museum) -> Iterator[str]:
    for spawn in museum.spawns:
        side, ahead = axes(spawn.yaw)
        at = np.asarray(spawn.position)
        tip, left, right = at + 0.55 * ahead, at + 0.3 * side, at - 0.3 * side
        yield _polygon((tip, left, right), "#111111", "#ffffff", 0.06)


def _legend(museum: Museum, x: float, z: float) -> Iterator[str]:
    shown = {work.kind for work in museum.works}
    for kind, (colour, word) in _KINDS.items():
        if kind in shown:
            yield f'<rect x="{x:.2f}" y="{z - 0.42:.2f}" width=".5" height=".5" fill="{colour}"/>'
            yield (
                f'<text x="{x + 0.7:.2f}" y="{z:.2f}" font-size=".55" fill="{_INK}">{word}</text>'
            )
            x += 1.5 + 0.32 * len(word)
    yield (
        f'<path d="M{_n(x + 0.3, z - 0.3)}v.2h5v-.2" fill="none" stroke="{_INK}" '
        'stroke-width=".08"/>'
    )
    yield f'<text x="{x + 5.6:.2f}" y="{z:.2f}" font-size=".55" fill="{_INK}">5 m</text>'


def _polygon(
    points: Iterable[Iterable[float]], fill: str, stroke: str | None = None, width: float = 0.0
) -> str:
    edge = f' stroke="{stroke}" stroke-width="{width}"' if stroke else ""
    return f'<polygon points="{" ".join(_n(*p) for p in points)}" fill="{fill}"{edge}/>'


def _rect(at: np.ndarray, size: np.ndarray, fill: str) -> str:
    return (
        f'<rect x="{at[0]:.2f}" y="{at[1]:.2f}" width="{size[0]:.2f}" height="{size[1]:.2f}" '
        f'fill="{fill}"/>'
    )


def _n(*values: float) -> str:
    return " ".join(f"{value:.2f}" for value in values)


def _tint(colour: str) -> str:
    """The floor's colour, halfway to paper, so that what stands on it is seen."""
    rgb = [int(colour[i : i + 2], 16) for i in (1, 3, 5)]
    share = 0.8 if sum(rgb) < 180 else 0.45  # the floor of a dark house stays dark
    return "#" + "".join(f"{round(share * c + (1 - share) * 247):02x}" for c in rgb)


def _light(colour: str) -> bool:
    return sum(int(colour[i : i + 2], 16) for i in (1, 3, 5)) > 380
