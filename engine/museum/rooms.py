"""One room: how much floor it needs, and everything in it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from engine.museum import furnish
from engine.museum.assemble import RoomPlan, room_id, yaw_of
from engine.museum.hang import BESIDE_DOOR, CORNER, Face, Placed, Rules, columns, hang, stretches
from engine.museum.layout import Layout, route_of
from engine.museum.openings import Opening
from engine.museum.reasons import Hung
from engine.museum.route import spawn
from engine.museum.schema import Hang
from engine.museum.shell import Shell, build
from engine.museum.spec import Fixed, MuseumRequest
from engine.museum.themes import Theme
from engine.museum.works import Exhibit

_ABOVE = 1.0  # metres of wall that a room has above and below its highest work
_HERO = 1.25  # times the median area: the work that a room is entered towards
_SIDES = {"north": (0.0, 1.0), "south": (0.0, -1.0), "west": (1.0, 0.0), "east": (-1.0, 0.0)}


@dataclass(frozen=True)
class House:
    """What stays the same while rooms grow."""

    request: MuseumRequest
    theme: Theme
    rooms: tuple[Hung, ...]
    rules: Rules
    measures: Hang

    @property
    def order(self) -> tuple[int, ...]:
        """Numbers of the rooms in the layout, in the order of the route."""
        return route_of(len(self.rooms), self.theme.plan)

    def least(self, place: int) -> float:
        """Shortest side of a room in metres."""
        room, first = self.theme.room, self.order[place] == 0 and len(self.rooms) > 1
        return room.first_least if first and room.first_least else room.least

    def height(self, place: int) -> float:
        """Floor to ceiling in metres: the theme's, or what its highest work needs."""
        room = self.theme.room
        usual = room.first_height if self.order[place] == 0 else room.height
        tallest = max(e.size[1] for e in self.rooms[place].exhibits)
        return max(usual, round(tallest + 2 * self.rules.frame + _ABOVE, 2))


def need(house: House, place: int) -> float:
    """Floor in m² that a room needs, as a first guess."""
    found, rules, room = house.rooms[place].exhibits, house.rules, house.theme.room
    flat = [e for e in found if e.flat]
    stacks = columns(flat, house.height(place), rules)
    wall = sum(c.size[0] + 1.15 * rules.gap for c in stacks) + 8 * CORNER
    wall += 2.5 * (room.door[0] + 2 * BESIDE_DOOR)
    if house.theme.plan.partitions and house.order[place] == 0:
        wall *= 0.62
    feet = [furnish.footprint(e, rules.center_line) for e in found if not e.flat]
    stood = (max(feet) + house.measures.clearance + 0.3) ** 2 * len(feet) if feet else 0.0
    side = np.sqrt(stood) + house.measures.clearance if feet else 0.0
    widest = max((c.size[0] for c in stacks), default=0.0) + 2 * CORNER
    deep = max((1.5 * float(np.hypot(*c.size)) + 0.8 for c in stacks), default=0.0)
    least = max(house.least(place), min(deep, 6.0))
    return room.spacious * max(
        1.35 * (wall / 4.7) ** 2, float(side) ** 2, 1.25 * least**2, widest * least
    )


def furnished(
    house: House, layout: Layout, cuts: Sequence[float], doors: Sequence[Opening], place: int
) -> RoomPlan | None:
    """One room with everything in it; None where it does not fit."""
    style, rules, hung = house.theme, house.rules, house.rooms[place]
    number = layout.route[place]
    flat = [e for e in hung.exhibits if e.flat]
    mine = [d for d in doors if number in d.rooms]
    entered = doors[0] if place == 0 else _entered(layout, mine, place)
    shell = build(
        room_id(place),
        layout.rects[number],
        style.room.wall,
        house.height(place),
        cut=cuts[number],
        openings=mine,
        entered=entered,
        door_width=style.room.door[0],
        partitions=len(flat) // 4 if style.plan.partitions and number == 0 else 0,
    )
    fixed = [(e, *_pinned(e.fixed, shell, rules.outer(e)[0])) for e in flat if e.fixed]
    loose = [e for e in flat if not e.fixed]
    if not fixed and (hero := _hero(loose, shell, entered, rules)):
        fixed, loose = [hero], [e for e in loose if e is not hero[0]]
    placed = hang(loose, shell.faces, fixed, rules)
    if placed is None and not any(e.fixed for e in flat):
        placed = hang(flat, shell.faces, [], rules)  # without a place of honour
    bays = [bay.shrunk(cuts[number] / 2) for bay in shell.bays]
    centers = [d.center for d in mine]
    if place == 0:  # nobody begins with the nose at a plinth
        centers.append(spawn(doors[0].center, doors[0].yaw + 180.0).position)
    standing = furnish.stand(
        [e for e in hung.exhibits if not e.flat],
        bays,
        house.measures.clearance,
        rules.center_line,
        centers,
    )
    if placed is None or standing is None:
        return None
    seen = {face.wall: i for i, face in enumerate(shell.faces)}
    placed.sort(key=lambda p: (seen[p.face.wall], p.along, -p.y))
    taken = [(s.x, s.z, float(np.hypot(*s.foot)) / 2) for s in standing]
    slow = house.request.visitor is not None and house.request.visitor.pace == "slow"
    seats = furnish.benches(
        _seats(placed, shell), bays, taken, centers, most=3 if slow or len(placed) > 14 else 2
    )
    return RoomPlan(
        number, place, hung, shell, entered, tuple(placed), tuple(standing), tuple(seats)
    )


def _entered(layout: Layout, mine: Sequence[Opening], place: int) -> Opening | None:
    """The door through which the route comes: from the room before, else from any before it."""
    number, before = layout.route[place], layout.route[:place]
    for other in reversed(before):
        for door in mine:
            if set(door.rooms) == {number, other}:
                return door
    return mine[0] if mine else None


def _pinned(fixed: Fixed, shell: Shell, width: float) -> tuple[Face, float]:
    """The face and the middle of a place that the user insists on."""
    wanted = np.asarray(_SIDES[fixed.wall])
    face = max(shell.faces, key=lambda f: (round(float(wanted @ f.normal), 6), f.length))
    span = max(face.length - 2 * CORNER - width, 0.0)
    return face, CORNER + width / 2 + fixed.along * span


def _hero(
    found: Sequence[Exhibit], shell: Shell, entered: Opening | None, rules: Rules
) -> tuple[Exhibit, Face, float] | None:
    """The largest work, in the middle of the wall that one sees on entering."""
    paintings = [e for e in found if rules.rows == 1 or e.kind == "video"]
    if len(found) < 3 or not paintings or entered is None:
        return None
    areas = [e.size[0] * e.size[1] for e in paintings]
    best = int(np.argmax(areas))
    if areas[best] < _HERO * float(np.median(areas)):
        return None
    inward = np.subtract(shell.inner.center, entered.center)
    axis = np.asarray([0.0, inward[1]] if entered.axis == "x" else [inward[0], 0.0])
    axis = axis / max(float(np.abs(axis).max()), 1e-9)
    opposite = [f for f in shell.faces if float(axis @ f.normal) < -0.99]
    free = [s for s in stretches(opposite, [], rules.gap) or [] if s.length > 0]
    if not free:
        return None
    widest = max(free, key=lambda s: round(s.length, 3))
    width = rules.outer(paintings[best])[0]
    if width > widest.length:
        return None
    return paintings[best], widest.face, (widest.low + widest.high) / 2


def _seats(placed: Sequence[Placed], shell: Shell) -> list[tuple[float, float, float]]:
    """Wished places of benches (x, z, yaw): before screens, before large works, in the middle."""
    ranked = sorted(
        placed, key=lambda p: (p.exhibit.kind != "video", -p.exhibit.size[0] * p.exhibit.size[1])
    )
    wishes = []
    for p in ranked[:6]:
        (x, z), normal = p.face.point(p.along), np.asarray(p.face.normal)
        usual = 1.8 * p.exhibit.size[0] if p.exhibit.kind == "video" else 2.8
        for away in (float(np.clip(usual, 2.4, 5.0)), 2.4):
            at = np.asarray([x, z]) + away * normal
            wishes.append((float(at[0]), float(at[1]), yaw_of(-normal)))
    for bay in shell.bays:
        wishes.append((*bay.center, 0.0 if bay.width >= bay.depth else 90.0))
    # A bench is square to the walls, whatever it looks at.
    return [(x, z, round(yaw / 90.0) * 90.0 % 360.0) for x, z, yaw in wishes]
