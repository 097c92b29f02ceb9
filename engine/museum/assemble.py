"""From decisions to the file: rooms, walls, slots, labels and lights of `museum.json`."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from engine.museum.fixtures import ceiling_lights, spot
from engine.museum.furnish import SEAT, Standing
from engine.museum.hang import LABEL, Face, Placed
from engine.museum.openings import Opening
from engine.museum.reasons import Hung
from engine.museum.schema import (
    AnySlot,
    Bench,
    Door,
    FloorSlot,
    Frame,
    Label,
    Light,
    Plinth,
    PlinthSlot,
    Room,
    ScreenSlot,
    Wall,
    WallSlot,
)
from engine.museum.shell import Shell
from engine.museum.solids import axes
from engine.museum.themes import Theme
from engine.museum.words import label_text, room_text

PANEL = (0.4, 0.5)
_OFF_WALL = 0.005  # metres that a label stands off, so that it does not flicker
_NOWHERE = (0.0, 0.0)  # the stand of a slot before one is found


@dataclass(frozen=True)
class RoomPlan:
    """Everything decided about one room.

    Attributes:
        number: in the layout; 0 is the hall, foyer or court. place: on the route, from 0.
        entered: the door by which the route comes in. benches: (x, z, yaw).
    """

    number: int
    place: int
    hung: Hung
    shell: Shell
    entered: Opening | None
    placed: tuple[Placed, ...]
    standing: tuple[Standing, ...]
    benches: tuple[tuple[float, float, float], ...]

    @property
    def id(self) -> str:
        return room_id(self.place)


def room_id(place: int) -> str:
    """Rooms are counted along the route."""
    return f"room-{place + 1:02d}"


def room_part(plan: RoomPlan, theme: Theme) -> Room:
    first = plan.number == 0
    kind = theme.room.first_kind if first else theme.room.kind
    works = [work for e in plan.hung.exhibits for work in e.works]
    court = kind == "court"
    return Room(
        id=plan.id,
        kind=kind,
        title=plan.hung.title,
        text=room_text(works, plan.hung.reason),
        outline=plan.shell.outline,
        height=plan.shell.height,
        open_to_sky=court,
        wall=theme.walls[plan.place % len(theme.walls)],
        floor=theme.court_floor if court and theme.court_floor else theme.floor,
        ceiling=theme.ceiling,
        skirting=theme.skirting,
    )


def wall_parts(plan: RoomPlan) -> Iterator[Wall]:
    for face in plan.shell.faces:
        owner = face.wall.rpartition("-")[0] if face.wall[-1] in "ab" else None
        yield Wall(
            id=face.wall,
            room=plan.id,
            start=face.right,
            end=face.left,
            height=face.height,
            partition=owner,
        )


def door_part(opening: Opening, number: int, places: dict[int, int], theme: Theme) -> Door:
    a, b = opening.rooms
    return Door(
        id="entrance" if b is None else f"door-{number + 1:02d}",
        rooms=(room_id(places[a]), None if b is None else room_id(places[b])),
        center=(round(opening.center[0], 3), round(opening.center[1], 3)),
        yaw=opening.yaw,
        width=theme.room.door[0],
        height=theme.room.door[1],
        depth=theme.room.wall,
    )


def slot_parts(plan: RoomPlan, theme: Theme) -> Iterator[AnySlot]:
    """Slots in the order of the walls, then those on the floor; their stands are still open."""
    for i, p in enumerate(plan.placed):
        x, z = p.face.point(p.along)
        common = {
            "id": f"{plan.id}-s{i + 1:02d}",
            "room": plan.id,
            "works": tuple(work.id for work in p.exhibit.works),
            "yaw": yaw_of(p.face.normal),
            "stand": _NOWHERE,
            "wall": p.face.wall,
            "position": (round(x, 3), round(p.y, 3), round(z, 3)),
            "size": p.exhibit.size[:2],
        }
        if p.exhibit.kind == "video":
            yield ScreenSlot(**common)
        else:
            hang = theme.hang
            frame = Frame(material=hang.frame, width=hang.frame_width, depth=hang.frame_depth)
            yield WallSlot(**common, frame=frame)
    for i, s in enumerate(plan.standing):
        common = {
            "id": f"{plan.id}-f{i + 1:02d}",
            "room": plan.id,
            "works": tuple(work.id for work in s.exhibit.works),
            "yaw": _towards_door(plan, s),
            "stand": _NOWHERE,
            "size": s.exhibit.size,
        }
        place = (round(s.x, 3), s.base[1] if s.base else 0.0, round(s.z, 3))
        if s.base:
            base = Plinth(shape=theme.hang.plinth_shape, size=s.base, material=theme.hang.plinth)
            yield PlinthSlot(**common, position=place, plinth=base)
        else:
            yield FloorSlot(**common, position=place)


def yaw_of(direction: Sequence[float] | np.ndarray) -> float:
    """The yaw that looks along a direction on the ground."""
    return round(float(np.degrees(np.arctan2(direction[0], direction[1]))), 3) + 0.0


def _towards_door(plan: RoomPlan, standing: Standing) -> float:
    """Figures look to where visitors come from, in quarter turns so that rows stay rows."""
    if plan.entered is None:
        return 0.0
    x, z = plan.entered.center
    exact = yaw_of((x - standing.x, z - standing.z))
    return round(exact / 90.0) * 90.0 % 360.0


def label_parts(plan: RoomPlan, slots: Sequence[AnySlot]) -> Iterator[Label]:
    """A label for every slot: beside pictures, on plinths, on the floor before guests."""
    for slot, p in zip(slots, plan.placed, strict=False):
        x, z = _off(p.face, p.label[0])
        yield Label(
            id=f"label-{slot.id}",
            room=plan.id,
            kind="work",
            slot=slot.id,
            position=(x, round(p.label[1], 3), z),
            yaw=slot.yaw,
            size=LABEL,
            title=p.exhibit.first.title,
            text=label_text(p.exhibit.works),
        )
    for slot, s in zip(slots[len(plan.placed) :], plan.standing, strict=True):
        _, ahead = axes(slot.yaw)
        out = s.exhibit.size[2] / 2 + 0.2
        height = 0.005
        if s.base:
            out, height = s.base[2] / 2 + _OFF_WALL, max(s.base[1] - 0.16, s.base[1] / 2)
        low = bool(s.base) and s.base is not None and s.base[1] < LABEL[1] + 0.06
        yield Label(
            id=f"label-{slot.id}",
            room=plan.id,
            kind="work",
            slot=slot.id,
            position=(
                round(s.x + out * float(ahead[0]), 3),
                round(height, 3),
                round(s.z + out * float(ahead[1]), 3),
            ),
            yaw=slot.yaw,
            size=(LABEL[0], 0.1) if low else LABEL,
            lying=s.base is None,
            title=s.exhibit.first.title,
            text=label_text(s.exhibit.works),
        )


def panel_parts(
    plan: RoomPlan, theme: Theme, center_line: float, show: tuple[str, str] | None
) -> Iterator[Label]:
    """The panel of a room at the right of its entrance, and above it that of the whole show."""
    at = _beside(plan, theme.room.door[0])
    if at is None:
        return
    face, along = at
    x, z = _off(face, along)
    texts = [("room", plan.hung.title, room_part(plan, theme).text)]
    if show:
        texts.insert(0, ("show", *show))
    for i, (kind, title, text) in enumerate(texts):
        lift = (len(texts) - 1 - 2 * i) * (PANEL[1] + 0.1) / 2
        yield Label.model_validate(
            {
                "id": f"panel-{kind}-{plan.id}",
                "room": plan.id,
                "kind": kind,
                "position": (x, round(center_line + lift, 3), z),
                "yaw": yaw_of(face.normal),
                "size": PANEL,
                "title": title,
                "text": text,
            }
        )


def _beside(plan: RoomPlan, width: float) -> tuple[Face, float] | None:
    """The face and place for a panel: 10 cm to the right of the door that one comes through."""
    if plan.entered is None:
        return None
    door = np.asarray(plan.entered.center)
    for face in plan.shell.faces:
        for low, high in face.openings:
            middle = np.asarray(face.point((low + high) / 2))
            if float(np.abs(middle - door).max()) < width / 2:
                return face, high + 0.1 + PANEL[0] / 2
    return None


def _off(face: Face, along: float) -> tuple[float, float]:
    x, z = face.point(along)
    nx, nz = face.normal
    return round(x + _OFF_WALL * nx, 3), round(z + _OFF_WALL * nz, 3)


def bench_parts(plan: RoomPlan, theme: Theme) -> Iterator[Bench]:
    for i, (x, z, yaw) in enumerate(plan.benches):
        yield Bench(
            id=f"{plan.id}-bench-{i + 1}",
            room=plan.id,
            position=(round(x, 3), round(z, 3)),
            yaw=yaw,
            size=SEAT,
            material=theme.hang.bench,
        )


def light_parts(plan: RoomPlan, slots: Sequence[AnySlot], theme: Theme) -> Iterator[Light]:
    inner, height = plan.shell.inner, plan.shell.height
    yield from ceiling_lights(plan.id, inner, height, theme, first=plan.number == 0)
    for slot in slots:
        if light := spot(slot, height, inner, theme):
            yield light
