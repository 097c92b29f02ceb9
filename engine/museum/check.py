"""The checker: reads a museum as it was written and says what a visitor would stumble over.

It knows nothing of the planner. Rules have a letter: F floor, W walls, S standing things, V views,
T the way.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from engine.museum.check_walls import wall_faults
from engine.museum.outlines import inside, overlap, to_outline
from engine.museum.parts import Ground
from engine.museum.schema import Museum, ScreenSlot, WallSlot
from engine.museum.solids import Solid, axes, door_corners, solids
from engine.museum.walk import Walk
from engine.museum.ways import bridges

TOLERANCE = 0.005  # metres; the file is rounded to millimetres
DOOR = (0.915, 2.1)
AT_DOORS = 1.0  # metres of free floor in front of a door
BENCH = 0.915  # metres around a bench
ASIDE = 45.0  # degrees
NEAR, FAR = 0.95, 5.0
_ISLAND = 25  # cells: a quarter of a square metre that nobody can reach


@dataclass(frozen=True)
class Fault:
    """One broken rule: its letter and number, the id of the thing, and a sentence."""

    rule: str
    thing: str
    sentence: str


def check(museum: Museum) -> list[Fault]:
    """All faults of a museum; an empty list is the proof that it can be visited."""
    walk = Walk(museum)
    return [
        *_floor(museum),
        *wall_faults(museum, TOLERANCE),
        *_standing(museum),
        *_views(museum, walk),
        *_ways(museum, walk),
    ]


def _floor(museum: Museum) -> Iterator[Fault]:
    """F1 rooms apart, F2 doors between walls, F3 doors wide, F4 nobody turns back, F5 all shown."""
    outlines = {room.id: np.asarray(room.outline) for room in museum.rooms}
    boxes = np.asarray([[*o.min(0), *o.max(0)] for o in outlines.values()])
    names = list(outlines)
    for i, a in enumerate(names):
        near = (boxes[i, :2] < boxes[:, 2:]).all(1) & (boxes[:, :2] < boxes[i, 2:]).all(1)
        for j in np.flatnonzero(near):
            if j > i and overlap(outlines[a], outlines[names[j]]):
                yield Fault("F1", a, f"{a} and {names[j]} overlap")
    for door in museum.doors:
        corners = door_corners(door)
        for name in door.rooms:
            if name is not None and not inside(corners, outlines[name]).any():
                yield Fault("F2", door.id, f"{door.id} does not lead into {name}")
        if door.width < DOOR[0] or door.height < DOOR[1]:
            yield Fault("F3", door.id, f"{door.id} is narrower or lower than a visitor needs")
    pairs = [(a, b) for a, b in (d.rooms for d in museum.doors) if b is not None]
    if len(museum.rooms) > 1:
        exits = Counter(name for pair in pairs for name in pair)
        for room in museum.rooms:
            if exits[room.id] < 2:
                yield Fault("F4", room.id, f"{room.id} is a dead end")
        for a, b in bridges(pairs):
            yield Fault("F4", a, f"from {a} to {b} there is one way only, and the same back")
    shown = Counter(name for slot in museum.slots for name in slot.works)
    for work in museum.works:
        if shown[work.id] != 1:
            yield Fault("F5", work.id, f"{work.id} is shown in {shown[work.id]} places")


def _standing(museum: Museum) -> Iterator[Fault]:
    """S1 in its room, S2 apart from walls and others, S3 not before a door."""
    outlines = {room.id: np.asarray(room.outline) for room in museum.rooms}
    everything = list(solids(museum))
    corners = {s.name: s.corners() for s in everything}
    doors = {room.id: [d for d in museum.doors if room.id in d.rooms] for room in museum.rooms}
    for i, a in enumerate(everything):
        shape, outline = corners[a.name], outlines[a.room]
        if not inside(shape, outline).all():
            yield Fault("S1", a.name, f"{a.name} stands outside {a.room}")
            continue
        need = _space(a, museum.hang.clearance)
        if to_outline(shape, outline) < need - TOLERANCE:
            yield Fault("S2", a.name, f"{a.name} is nearer than {need:g} m to a wall")
        for b in everything[i + 1 :]:
            if b.room != a.room:
                continue
            need = min(_space(a, museum.hang.clearance), _space(b, museum.hang.clearance))
            apart = 0.0 if overlap(shape, corners[b.name]) else to_outline(shape, corners[b.name])
            if apart < need - TOLERANCE:
                yield Fault("S2", a.name, f"{a.name} and {b.name} are {apart:.2f} m apart")
        for door in doors[a.room]:
            if to_outline(shape, door_corners(door)) < AT_DOORS - TOLERANCE:
                yield Fault("S3", a.name, f"{a.name} is in the way at {door.id}")


def _space(solid: Solid, clearance: float) -> float:
    return BENCH if solid.kind == "bench" else clearance


def _views(museum: Museum, walk: Walk) -> Iterator[Fault]:
    """V1 the stand is reachable and in the room, V2 near and not aslant, V3 nothing in between."""
    home = walk.region_at(museum.spawns[0].position)
    rooms = {room.id: i for i, room in enumerate(museum.rooms)}
    for slot in museum.slots:
        if not home or walk.region_at(slot.stand) != home:
            yield Fault("V1", slot.id, f"nobody can reach the stand of {slot.id}")
            continue
        if int(walk.room[walk.cell(slot.stand)]) != rooms[slot.room]:
            yield Fault("V1", slot.id, f"the stand of {slot.id} is in another room")
        to = np.asarray(slot.stand) - np.asarray([slot.position[0], slot.position[2]])
        away = float(np.linalg.norm(to))
        far = max(FAR, 2.0 * float(np.hypot(slot.size[0], slot.size[1])))
        if not NEAR <= away <= far:
            yield Fault("V2", slot.id, f"the stand of {slot.id} is {away:.1f} m away")
        cosine = float(axes(slot.yaw)[1] @ to) / max(away, 1e-9)
        if isinstance(slot, WallSlot | ScreenSlot) and cosine < np.cos(np.radians(ASIDE)) - 1e-3:
            yield Fault("V2", slot.id, f"{slot.id} is seen aslant from its stand")
        if not walk.views(slot, slot.stand, museum.hang.eye):
            yield Fault("V3", slot.id, f"something hides {slot.id} from its stand")


def _ways(museum: Museum, walk: Walk) -> Iterator[Fault]:
    """T1 one floor, T2 spawns free, T3 doors open, T4 tours can be walked."""
    home = walk.region_at(museum.spawns[0].position)
    sizes = np.bincount(walk.region[walk.clear], minlength=walk.regions + 1)
    for region in range(1, walk.regions + 1):
        if region != home and sizes[region] >= _ISLAND:
            spot = walk.point(tuple(np.argwhere(walk.region == region)[0]))
            yield Fault("T1", "floor", f"nobody can reach the floor at {spot}")
    for spawn in museum.spawns:
        ahead = np.asarray(spawn.position) + axes(spawn.yaw)[1]
        if not home or walk.region_at(spawn.position) != home:
            yield Fault("T2", spawn.id, f"{spawn.id} is blocked")
        elif not walk.line_is_clear(spawn.position, _ground(ahead)):
            yield Fault("T2", spawn.id, f"{spawn.id} looks at something a step away")
    for door in museum.doors:
        if door.rooms[1] is not None and (not home or walk.region_at(door.center) != home):
            yield Fault("T3", door.id, f"nobody gets through {door.id}")
    stands = {slot.id: slot.stand for slot in museum.slots}
    for tour in museum.tours:
        here = museum.spawns[0].position
        for stop in tour.stops:
            if stop.path[-1] != stop.stand or stop.stand != stands[stop.slot]:
                yield Fault("T4", tour.id, f"{tour.id} misses the stand of {stop.slot}")
            for there in stop.path:
                if not walk.line_is_clear(here, there):
                    yield Fault("T4", tour.id, f"{tour.id} runs into something at {there}")
                here = there


def _ground(point: np.ndarray) -> Ground:
    return float(point[0]), float(point[1])
