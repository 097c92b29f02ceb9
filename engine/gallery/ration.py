"""What the page draws of a museum from one place: `engine/viewer/src/ration.js` and `works.js` say the same.

All walls of a room are one draw, all pictures that hang in it one, all bodies that stand in it one. The
nearest works are sharp, a draw each. `tests/viewer` counts in Chromium and compares.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from math import hypot
from pathlib import Path

from engine.gallery.costs import Cost, shell_costs, small_cost, work_cost
from engine.gallery.far import far_name
from engine.gallery.sight import OUTSIDE, Sight, View, Wedge
from engine.museum.schema import AnySlot, Museum

DRAWS = 46
"""What the page keeps to: as many as a Quest 3 has time for."""
_SKY = 1
_SKY_TRIANGLES = 24 * 12 * 2
_NEAR = 7.0  # metres within which a work may be sharp
_SHARP, _SHARP_PIXELS, _OPEN_PIXELS = 6, 1024, 2048
_BODIES, _BODY_TRIANGLES = 8, 100_000
_FILMS = 2
FLAT, SOLID, FILM = "flat", "solid", "film"


@dataclass
class Drawn:
    """Of one view: draw calls and triangles; `left` are rooms in sight that no call is left for.

    Attributes:
        textures: bytes of all that has to be in memory, by name.
    """

    draws: int = 0
    triangles: int = 0
    left: int = 0
    textures: dict[str, int] = field(default_factory=dict)

    def add(self, *costs: Cost) -> None:
        for cost in costs:
            self.draws += cost.draws
            self.triangles += cost.triangles
            self.textures |= cost.textures


@dataclass(frozen=True)
class _Hung:
    """A slot with the work that it shows: how, and what it costs as it is."""

    slot: AnySlot
    kind: str
    cost: Cost

    @property
    def place(self) -> tuple[float, float]:
        return self.slot.position[0], self.slot.position[2]

    @property
    def radius(self) -> float:
        return hypot(self.slot.size[0], (*self.slot.size, 0.0)[2]) / 2 + 0.1


class Viewer:
    """A museum's costs, and the rules by which the page spends them. Raises `BadAsset`."""

    def __init__(self, museum: Museum, folder: Path) -> None:
        self.sight = Sight(museum)
        self._corners = {room.id: room.outline for room in museum.rooms}
        self._shell = shell_costs(museum, folder)
        files = {work.id: work.file for work in museum.works}
        self._hung: dict[str, list[_Hung]] = {room.id: [] for room in museum.rooms}
        far: dict[str, list[str]] = {}
        for slot in museum.slots:
            file = files[slot.works[0]]
            if file is None:
                continue
            kind = FLAT if file.endswith(".webp") else SOLID if file.endswith(".glb") else FILM
            hung = _Hung(slot, kind, work_cost(file, folder, _SHARP_PIXELS))
            self._hung[slot.room].append(hung)
            if kind == SOLID:
                far.setdefault(slot.room, []).append(far_name(file))
        self._open = max(
            (
                work_cost(f, folder, _OPEN_PIXELS)
                for f in files.values()
                if f and f.endswith(".webp")
            ),
            key=lambda cost: sum(cost.textures.values()),
            default=Cost(),
        )
        self._works = {
            room: [*_pictures(room, hung), *_crowd(room, far.get(room, ()), folder)]
            for room, hung in self._hung.items()
        }

    def draw(self, view: View) -> Drawn:
        """What is drawn of a view."""
        seen = self.sight.rooms(view)
        drawn = Drawn()
        drawn.add(self._shell.tiles, *self._sharp(view, seen))
        drawn.add(self._shell.walls[view.room], *self._works[view.room])
        drawn.add(*self._shell.labels.get(view.room, ()))
        if OUTSIDE in seen:
            drawn.add(Cost(_SKY, _SKY_TRIANGLES), self._shell.walls[OUTSIDE])
        beside = self.sight.neighbours(view.room)
        others = sorted(
            (room for room in seen if room not in (view.room, OUTSIDE)),
            key=lambda room: (room not in beside, self._away(view, room)),
        )
        shown = [room for room in others if self._take(drawn, [self._shell.walls[room]])]
        drawn.left = len(others) - len(shown)
        for room in shown:
            self._take(drawn, self._works[room])
        for room in shown:
            self._take(drawn, self._shell.labels.get(room, []))
        for room in beside:  # their light is fetched before it is seen
            drawn.textures |= self._shell.walls[room].textures
        drawn.textures |= {f"open {name}": size for name, size in self._open.textures.items()}
        return drawn

    def _take(self, drawn: Drawn, costs: list[Cost]) -> bool:
        """Draw something if there are calls left for it."""
        fits = drawn.draws + sum(cost.draws for cost in costs) <= DRAWS
        if fits:
            drawn.add(*costs)
        return fits

    def _away(self, view: View, room: str) -> float:
        return min(hypot(x - view.x, z - view.z) for x, z in self._corners[room])

    def _sharp(self, view: View, seen: dict[str, Wedge]) -> Iterable[Cost]:
        """What the nearest works cost besides; those that are near but out of view, only memory."""
        close: list[tuple[float, bool, _Hung]] = []
        films = 0
        for room in dict.fromkeys((view.room, *seen)):
            for hung in self._hung.get(room, ()):
                x, z = hung.place
                visible = room in seen and view.touches(seen[room], x, z, hung.radius)
                films += room == view.room and visible and hung.kind == FILM
                away = hypot(x - view.x, z - view.z)
                if away < _NEAR and (room == view.room or visible):
                    close.append((away, visible, hung))
        close.sort(key=lambda one: one[0])
        yield Cost(min(films, _FILMS), 2 * min(films, _FILMS))
        chosen = [one for one in close if one[2].kind == FLAT][:_SHARP]
        draws = triangles = 0
        for one in close:
            cost = one[2].cost
            fits = draws + cost.draws <= _BODIES
            if one[2].kind == SOLID and fits and triangles + cost.triangles <= _BODY_TRIANGLES:
                draws, triangles = draws + cost.draws, triangles + cost.triangles
                chosen.append(one)
        for _, visible, hung in chosen:
            yield hung.cost if visible else Cost(textures=hung.cost.textures)
        lit = [one[2].cost for one in close if one[2].kind == FILM][:_FILMS]
        yield from (Cost(textures=cost.textures) for cost in lit)


def _pictures(room: str, hung: list[_Hung]) -> Iterable[Cost]:
    """All pictures of a room, small: one draw."""
    count = sum(one.kind == FLAT for one in hung)
    if count:
        yield small_cost(f"pictures of {room}", count, 2 * count)


def _crowd(room: str, files: Iterable[str], folder: Path) -> Iterable[Cost]:
    """All bodies of a room, coarse: one draw."""
    triangles = [work_cost(file, folder).triangles for file in files]
    if triangles:
        yield small_cost(f"bodies of {room}", len(triangles), sum(triangles))
