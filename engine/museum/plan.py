"""The planner: from a request to a museum that has been walked through.

Works are divided among rooms, rooms get the floor and wall they need, works are hung, and the
result is walked. A room where something does not fit, or cannot be seen, grows, and all is laid
out anew. Nothing is returned that has not been seen from a reachable place.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import numpy as np

from engine import __version__
from engine.errors import CannotPlan
from engine.museum import assemble, route
from engine.museum.curate import curate
from engine.museum.hang import Rules
from engine.museum.layout import Layout, lay_out, route_of
from engine.museum.openings import Opening, entrance, open_doors, shared_walls
from engine.museum.reasons import Hung
from engine.museum.rooms import House, furnished, need
from engine.museum.schema import Hang, Museum, Provenance, Sound, Style
from engine.museum.spec import MuseumRequest, Visitor
from engine.museum.themes import Theme, theme
from engine.museum.walk import Walk
from engine.museum.works import Measured, exhibits

_ROUNDS = 60
_ANEW = 12  # rounds after which doors are put elsewhere
_LARGEST = 60_000.0  # square metres
_GROW = 1.12
_GROW_ALL = 1.01
_MOST_PER_ROOM = 60
_SQUARE = 1.5  # sides of a room that may become an octagon, long to short
_CUT = 0.26  # share of its shorter side that an octagon loses at each corner


def plan(request: MuseumRequest, measured: Mapping[str, Measured] | None = None) -> Museum:
    """Plan a museum: the same request gives the same museum.

    Args:
        measured: by id, works that are made already; see `exhibits`.
    Raises:
        BadRequest: there is no such theme.
        CannotPlan: the wishes contradict each other; says which.
    """
    house = _curated(request, theme(request.theme), measured)
    areas = [need(house, place) for place in range(len(house.rooms))]
    tight: set[int] = set()
    for attempt in range(_ROUNDS):
        if sum(areas) > _LARGEST:
            break
        rooms, doors, tight = _arrange(house, areas, attempt)
        if not tight:
            museum = _write(house, rooms, doors)
            walk = Walk(museum)
            museum, lost = route.with_stands(museum, walk)
            tight = {int(name.split("-")[1]) - 1 for name in lost}
            if not lost:
                liked = _liked(house, museum)
                found = route.tours(museum, walk, liked, request.visitor)
                return museum.model_copy(update={"tours": found})
        # All grow a little: a room that takes its neighbours' place must not make them too small.
        areas = [a * (_GROW if place in tight else _GROW_ALL) for place, a in enumerate(areas)]
    pinned = [e.first.title for p in sorted(tight) for e in house.rooms[p].exhibits if e.fixed]
    if pinned:
        raise CannotPlan(
            f"No wall was found that holds {' and '.join(pinned[:4])} where they are fixed",
            remedy="Move them apart, away from doors, or to another wall or room.",
        )
    if request.rooms is None and len(house.rooms) < sum(len(r.exhibits) for r in house.rooms):
        # Nobody asked for so many: one more room shares the works out anew. Tried once.
        more = request.model_copy(update={"rooms": len(house.rooms) + 1})
        return plan(more, measured)
    titles = ", ".join(house.rooms[place].title for place in sorted(tight)[:4])
    raise CannotPlan(
        f"No plan was found for {titles}",
        remedy="Ask for more rooms or fewer works, or try another seed.",
    )


def _curated(
    request: MuseumRequest, style: Theme, measured: Mapping[str, Measured] | None
) -> House:
    sources = request.sources or style.sources
    found = exhibits(request, sources, style.hang.playlist, measured)
    count = request.rooms or max(1, round(len(found) / style.room.works + 0.35))
    if count > len(found):
        raise CannotPlan(
            f"{count} rooms for {len(found)} places to hang something leave rooms empty",
            remedy=f"Ask for {len(found)} rooms or fewer, or for more works.",
        )
    if len(found) > _MOST_PER_ROOM * count:
        raise CannotPlan(
            f"{len(found)} works are too many for {count} rooms",
            remedy=f"Ask for {-(-len(found) // 12)} rooms, or fewer works.",
        )
    order = route_of(count, style.plan)
    shares = [style.plan.first if number == 0 else 1.0 for number in order]
    court = style.room.first_kind in ("court", "hall") and count > 1
    rooms = curate(found, shares, request.visitor, solid_room=order.index(0) if court else None)
    rules = Rules(
        center_line=_center_line(request.visitor),
        gap=style.hang.gap,
        widest_gap=style.hang.widest_gap,
        stack_gap=0.15,
        rows=style.hang.rows,
        frame=style.hang.frame_width,
    )
    seated = request.visitor is not None and request.visitor.seated
    measures = Hang(
        center_line=rules.center_line,
        gap=rules.gap,
        stack_gap=rules.stack_gap,
        clearance=1.5 if seated else 1.2,
        eye=_eye(request.visitor),
    )
    return House(request, style, tuple(_moved(rooms)), rules, measures)


def _eye(visitor: Visitor | None) -> float:
    if visitor is None:
        return 1.6
    return round(visitor.height * (0.70 if visitor.seated else 0.936), 2)


def _center_line(visitor: Visitor | None) -> float:
    """1.50 m, or 10 cm below the visitor's eyes."""
    return 1.5 if visitor is None else round(float(np.clip(_eye(visitor) - 0.1, 1.0, 1.6)), 2)


def _moved(rooms: Sequence[Hung]) -> list[Hung]:
    """The rooms, with works that are fixed to a room in that room."""
    fixed = [e for room in rooms for e in room.exhibits if e.fixed]
    for exhibit in fixed:
        assert exhibit.fixed is not None
        if exhibit.fixed.room > len(rooms):
            raise CannotPlan(
                f"{exhibit.first.title} is fixed to room {exhibit.fixed.room} of {len(rooms)}",
                remedy="Ask for more rooms, or fix it to another.",
            )
    out = []
    for place, room in enumerate(rooms):
        here = [e for e in room.exhibits if e.fixed is None]
        here += [e for e in fixed if e.fixed and e.fixed.room == place + 1]
        if not here:
            raise CannotPlan(
                f"Room {place + 1} would be empty: its works are fixed to others",
                remedy="Ask for fewer rooms, or for more works.",
            )
        out.append(Hung(tuple(here), room.title, room.reason))
    return out


def _arrange(
    house: House, areas: Sequence[float], attempt: int
) -> tuple[list[assemble.RoomPlan], list[Opening], set[int]]:
    """One attempt: rooms, doors, and the places of the rooms that are too small."""
    style, order = house.theme, house.order
    by_number = {number: areas[place] for place, number in enumerate(order)}
    layout = lay_out([by_number[n] for n in range(len(order))], style.plan)
    thin = {
        place
        for place, number in enumerate(order)
        if min(layout.rects[number].width, layout.rects[number].depth)
        < house.least(place) + style.room.wall
    }
    if thin:
        return [], [], thin
    opened = _openings(house, layout, attempt)
    if opened is None:
        return [], [], set(range(len(order)))
    doors, cuts = opened
    rooms: list[assemble.RoomPlan] = []
    tight = set()
    for place in range(len(order)):
        room = furnished(house, layout, cuts, doors, place)
        if room is None:
            tight.add(place)
        else:
            rooms.append(room)
    return rooms, doors, tight


def _openings(
    house: House, layout: Layout, attempt: int
) -> tuple[list[Opening], list[float]] | None:
    """All doors, the entrance first, and what each room loses at its corners.

    Where octagons are wished, the squarest room that keeps space for its doors becomes one.
    """
    style = house.theme
    thickness, width = style.room.wall, style.room.door[0]
    for cuts in _cuts(layout, style):
        front = entrance(layout, cuts[layout.route[0]], thickness, width)
        walls = shared_walls(layout.rects, cuts, thickness, width)
        seed = house.request.seed
        inside = open_doors(layout, walls, style.plan, width, seed, attempt // _ANEW)
        if front is not None and inside is not None:
            return [front, *inside], cuts
    return None


def _cuts(layout: Layout, style: Theme) -> Iterator[list[float]]:
    """Ways to cut corners: of the squarest room, of the next ones, of none."""
    plain = [0.0] * len(layout.rects)
    if style.plan.octagon and len(plain) > 2:
        ratios = [max(r.width / r.depth, r.depth / r.width) for r in layout.rects]
        for number in np.argsort(np.round(ratios, 3), kind="stable"):
            if ratios[number] < _SQUARE:
                inner = layout.rects[number].shrunk(style.room.wall / 2)
                cut = round(_CUT * min(inner.width, inner.depth), 3)
                yield [cut if i == number else 0.0 for i in range(len(plain))]
    yield plain


def _write(house: House, rooms: Sequence[assemble.RoomPlan], doors: Sequence[Opening]) -> Museum:
    """The file, but for stands and tours."""
    style, request = house.theme, house.request
    places = {room.number: room.place for room in rooms}
    slots = [list(assemble.slot_parts(room, style)) for room in rooms]
    title = request.title or style.title
    text = request.text or style.text
    labels = [
        label
        for room, mine in zip(rooms, slots, strict=True)
        for label in (
            *assemble.panel_parts(
                room, style, house.measures.center_line, None if room.place else (title, text)
            ),
            *assemble.label_parts(room, mine),
        )
    ]
    return Museum(
        title=title,
        text=text,
        seed=request.seed,
        style=Style(
            theme=style.name,
            door=style.door,
            kelvin=style.light.kelvin,
            ambient=style.light.ambient,
            sky=style.light.sky,
        ),
        hang=house.measures,
        rooms=tuple(assemble.room_part(room, style) for room in rooms),
        doors=tuple(assemble.door_part(d, i, places, style) for i, d in enumerate(doors)),
        partitions=tuple(p for room in rooms for p in room.shell.partitions),
        walls=tuple(wall for room in rooms for wall in assemble.wall_parts(room)),
        slots=tuple(slot for mine in slots for slot in mine),
        works=tuple(w for room in rooms for e in room.hung.exhibits for w in e.works),
        labels=tuple(labels),
        benches=tuple(bench for room in rooms for bench in assemble.bench_parts(room, style)),
        lights=tuple(
            light
            for room, mine in zip(rooms, slots, strict=True)
            for light in assemble.light_parts(room, mine, style)
        ),
        sounds=tuple(_sounds(request, len(rooms))),
        spawns=(route.spawn(doors[0].center, (doors[0].yaw + 180.0) % 360.0),),
        provenance=Provenance(
            generator=f"Vernissage {__version__}",
            request_sha256=request.sha256(),
            visitor=_in_words(request.visitor),
        ),
    )


def _sounds(request: MuseumRequest, rooms: int) -> Iterator[Sound]:
    for i, wish in enumerate(request.sounds):
        if wish.room is not None and wish.room > rooms:
            raise CannotPlan(
                f"A sound is meant for room {wish.room} of {rooms}",
                remedy="Ask for more rooms, or name another.",
            )
        yield Sound(
            id=f"sound-{i + 1:02d}",
            room=None if wish.room is None else assemble.room_id(wish.room - 1),
            file=wish.file,
            gain_db=wish.gain_db,
            loop=wish.loop,
            caption=wish.caption,
        )


def _in_words(visitor: Visitor | None) -> str | None:
    if visitor is None:
        return None
    likes = f"likes {', '.join(visitor.likes)}" if visitor.likes else "likes anything"
    sits = ", seated" if visitor.seated else ""
    return f"{likes}; {visitor.pace} pace, {visitor.height:.2f} m{sits}"[:160]


def _liked(house: House, museum: Museum) -> set[str]:
    """Ids of the slots that show what the visitor likes."""
    if house.request.visitor is None:
        return set()
    likes = {like.lower() for like in house.request.visitor.likes}
    ids = {e.first.id for room in house.rooms for e in room.exhibits if e.traits() & likes}
    return {slot.id for slot in museum.slots if slot.works[0] in ids}
