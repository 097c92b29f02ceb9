"""The visitor's way: where to begin, where to stand for each work, and guided tours."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from engine.museum.assemble import yaw_of
from engine.museum.parts import Ground
from engine.museum.schema import AnySlot, Museum, ScreenSlot, Spawn, Stop, Tour, WallSlot
from engine.museum.spec import Visitor
from engine.museum.walk import Walk

STEP_IN = 1.2  # metres behind the entrance
SECONDS = {"slow": 40.0, "normal": 20.0, "brisk": 10.0}
_HIGHLIGHTS = 12


def spawn(center: tuple[float, float], inward: float) -> Spawn:
    """The first place, behind the entrance, with the eyes on the room."""
    x, z = np.asarray(center) + STEP_IN * _toward(inward)
    return Spawn(id="spawn-1", position=(round(float(x), 3), round(float(z), 3)), yaw=inward)


def _toward(yaw: float) -> np.ndarray:
    """(x, z) of a step of a metre."""
    angle = np.radians(yaw)
    return np.array([np.sin(angle), np.cos(angle)])


def with_stands(museum: Museum, walk: Walk) -> tuple[Museum, list[str]]:
    """Give every slot a viewing point; also the ids of slots for which there is none.

    Nor is there room for those of the first room while they leave no step in front of the entrance.
    """
    spawn, first = museum.spawns[0], museum.doors[0].rooms[0]
    region = walk.region_at(spawn.position)
    ahead = np.asarray(spawn.position) + _toward(spawn.yaw)
    free = walk.line_is_clear(spawn.position, (float(ahead[0]), float(ahead[1])))
    places = {room.id: i for i, room in enumerate(museum.rooms)}
    lost, slots = [], []
    for slot in museum.slots:
        stand = None
        if region:
            stand = walk.find_stand(slot, museum.hang.eye, region, places[slot.room])
        if stand is None or (slot.room == first and not free):
            lost.append(slot.id)
        slots.append(slot.model_copy(update={"stand": stand or slot.stand}))
    return museum.model_copy(update={"slots": tuple(slots)}), lost


def tours(museum: Museum, walk: Walk, liked: set[str], visitor: Visitor | None) -> tuple[Tour, ...]:
    """A tour of everything, and a short one: what the visitor likes, or one work of each room.

    Args:
        liked: ids of slots that show what the visitor likes.
    """
    seconds = SECONDS[visitor.pace if visitor else "normal"]
    order = [slot for room in museum.rooms for slot in _round(museum, room.id)]
    found = [_tour("tour-all", "Everything", order, museum, walk, seconds)]
    short = [slot for slot in order if slot.id in liked]
    title = "For you"
    if not short:
        title = "Highlights"
        short = [max(s, key=_area) for room in museum.rooms if (s := _round(museum, room.id))]
    if len(short) > _HIGHLIGHTS:
        keep = np.round(np.linspace(0, len(short) - 1, _HIGHLIGHTS)).astype(int)
        short = [short[i] for i in keep]
    found.append(_tour("tour-short", title, short, museum, walk, seconds))
    return tuple(found)


def _area(slot: AnySlot) -> float:
    return slot.size[0] * slot.size[1]


def _round(museum: Museum, room: str) -> list[AnySlot]:
    """The slots of a room as one passes them: along the walls, others where they are nearest."""
    here = [s for s in museum.slots if s.room == room]
    out: list[AnySlot] = [s for s in here if isinstance(s, WallSlot | ScreenSlot)]
    for slot in here:
        if slot in out:
            continue
        detours = [_detour(out, i, slot) for i in range(len(out) + 1)]
        out.insert(int(np.argmin(detours)), slot)
    return out


def _detour(order: Sequence[AnySlot], at: int, slot: AnySlot) -> float:
    """Metres that a stop more adds when it is made as number `at`."""
    before = order[at - 1].stand if at else None
    after = order[at].stand if at < len(order) else None
    total = sum(_apart(p, slot.stand) for p in (before, after) if p is not None)
    return total - (_apart(before, after) if before is not None and after is not None else 0.0)


def _apart(a: Ground, b: Ground) -> float:
    return float(np.hypot(a[0] - b[0], a[1] - b[1]))


def _tour(
    name: str, title: str, order: Sequence[AnySlot], museum: Museum, walk: Walk, seconds: float
) -> Tour:
    here, stops = museum.spawns[0].position, []
    for slot in order:
        path = walk.way(here, slot.stand)
        assert path is not None  # every stand is in the region of the spawn
        look = (slot.position[0] - slot.stand[0], slot.position[2] - slot.stand[1])
        stops.append(
            Stop(slot=slot.id, stand=slot.stand, yaw=yaw_of(look), seconds=seconds, path=path)
        )
        here = slot.stand
    return Tour(id=name, title=title, stops=tuple(stops))
