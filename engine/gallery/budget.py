"""What a headset has to draw at the worst place: draw calls, triangles and textures in view."""

from __future__ import annotations

import io
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from engine.errors import BadAsset
from engine.gallery.solid import read_glb
from engine.museum.schema import Museum, ScreenSlot, WallSlot
from engine.museum.walk import CELL, Walk

BUDGETS = {"quest2": (26, 150_000, 192.0), "quest3": (46, 300_000, 256.0)}
"""Draw calls for an eye, triangles, and MiB of textures at any place."""
_WIDE = np.radians(96.0)  # what an eye sees in a headset, across
_RAYS = 360
_ANGLES = np.linspace(0.0, 2 * np.pi, _RAYS, endpoint=False)
_FAR = 60.0
_OUTSIDE = -2
_NEAR, _SHARP, _SHARP_PIXELS = 7.0, 8, 1024  # pictures that a viewer keeps sharp


@dataclass(frozen=True)
class Cost:
    """Of one node or file: draw calls, triangles, and bytes of each texture by its name."""

    draws: int = 0
    triangles: int = 0
    textures: dict[str, int] = field(default_factory=dict)


@dataclass(frozen=True)
class Worst:
    """The most that is in view at once, and in memory at one place; `place` is (x, z)."""

    draws: int
    triangles: int
    texture_mib: float
    place: tuple[float, float]


def worst_view(museum: Museum, folder: Path) -> Worst:
    """Look round from the places where visitors stand, and from doors.

    A viewer is assumed that draws what doors leave to be seen, as ours does: rooms and solid works
    within the angle of a door, all pictures of a room at once from small versions, and the nearest
    ones at 1,024 pixels besides. Nothing is assumed to hide behind anything within a room.
    Raises `BadAsset`, `BadMuseum`.
    """
    rooms, beyond = shell_costs(museum, folder)
    walk = Walk(museum)
    shown = _Shown(museum, folder)
    names = [room.id for room in museum.rooms]
    most = Worst(0, 0, 0.0, (0.0, 0.0))
    for place in _places(museum):
        around = _visible(walk, place)
        seen, sharp = shown.from_place(place, around)
        here = [int(i) for i in np.unique(around) if i >= 0]
        memory = [cost for i in here for cost in rooms.get(names[i], [])]
        memory += [shown.works[k] for k in np.flatnonzero(seen)]
        memory += [shown.sharp[k] for k in sharp] + shown.small(here) + beyond
        textures = {name: size for cost in memory for name, size in cost.textures.items()}
        loaded = sum(textures.values()) / 2**20
        for turn in np.arange(8) * np.pi / 4:
            ahead = np.abs((_ANGLES - turn + np.pi) % (2 * np.pi) - np.pi) <= _WIDE / 2
            inside = [int(i) for i in np.unique(around[:, ahead]) if i >= 0]
            costs = [cost for i in inside for cost in rooms.get(names[i], [])]
            costs += beyond if _sees_out(museum, here, place, turn) else []
            in_view = seen & shown.ahead(place, turn)
            costs += [shown.works[k] for k in np.flatnonzero(in_view)]
            costs += [shown.sharp[k] for k in sharp if in_view[k]]
            costs += [Cost(1, 0)] * sum(
                bool((in_view & shown.flat)[shown.room == i].any()) for i in inside
            )
            draws, triangles = sum(c.draws for c in costs), sum(c.triangles for c in costs)
            place_of = place if draws > most.draws else most.place
            most = Worst(
                max(draws, most.draws),
                max(triangles, most.triangles),
                max(loaded, most.texture_mib),
                place_of,
            )
    return most


def _sees_out(museum: Museum, rooms: list[int], place: tuple[float, float], turn: float) -> bool:
    """Whether the entrance of a room in sight is in the angle of view."""
    names = {museum.rooms[i].id for i in rooms}
    for door in museum.doors:
        if door.rooms[1] is None and door.rooms[0] in names:
            x, z = door.center[0] - place[0], door.center[1] - place[1]
            off = abs((np.arctan2(x, z) - turn + np.pi) % (2 * np.pi) - np.pi)
            if off <= _WIDE / 2 + np.arctan2(door.width / 2, max(np.hypot(x, z), 0.1)):
                return True
    return False


class _Shown:
    """The works that slots show first, as arrays.

    Attributes:
        works: what each costs as it is seen from afar: pictures two triangles of their room's one
            draw. sharp: what a picture costs besides when it is near. flat: (n,) bool.
        room: (n,) number of the room.
    """

    def __init__(self, museum: Museum, folder: Path) -> None:
        files = {work.id: work.file for work in museum.works}
        numbers = {room.id: i for i, room in enumerate(museum.rooms)}
        slots = museum.slots
        self.flat = np.array([isinstance(s, WallSlot | ScreenSlot) for s in slots], bool)
        self.room = np.array([numbers[s.room] for s in slots], int)
        self._at = np.array([(s.position[0], s.position[2]) for s in slots]).reshape(-1, 2)
        self._half = np.array([np.hypot(s.size[0], (*s.size, 0.0)[2]) / 2 for s in slots])
        yaw = np.radians([s.yaw for s in slots])
        self._out = np.stack([np.sin(yaw), np.cos(yaw)], 1)
        self.works: list[Cost] = []
        self.sharp: list[Cost] = []
        for slot in slots:
            file = files[slot.works[0]]
            still = file is not None and file.endswith(".webp")
            own = Cost(0, 2) if still else work_cost(file, folder)
            self.works.append(own)
            near = work_cost(file, folder, _SHARP_PIXELS) if still else Cost()
            self.sharp.append(near)

    def small(self, rooms: list[int]) -> list[Cost]:
        """Small versions of all pictures of rooms."""
        counts = {i: int((self.flat & (self.room == i)).sum()) for i in rooms}
        return [Cost(textures={f"small/{i}": n * _bytes(256, 256)}) for i, n in counts.items()]

    def from_place(
        self, place: tuple[float, float], around: np.ndarray
    ) -> tuple[np.ndarray, list[int]]:
        """(n,) bool: works that walls leave to be seen; and the pictures that are near."""
        to = self._at - place
        away = np.linalg.norm(to, axis=1)
        angle = np.arctan2(to[:, 0], to[:, 1])
        margin = np.arcsin(np.clip((self._half + 0.1) / np.maximum(away, 1e-6), 0, 1))
        seen = np.zeros(len(to), bool)
        for k in range(len(to)):
            rays = (around == self.room[k]).any(0)
            if rays.any():
                off = np.abs((_ANGLES[rays] - angle[k] + np.pi) % (2 * np.pi) - np.pi)
                seen[k] = away[k] < 1.0 or off.min() <= margin[k] + np.pi / _RAYS
        front = ~self.flat | ((to * self._out).sum(1) < 0)
        seen &= front
        near = np.flatnonzero(seen & self.flat & (away < _NEAR))
        return seen, [int(k) for k in near[np.argsort(away[near])][:_SHARP]]

    def ahead(self, place: tuple[float, float], turn: float) -> np.ndarray:
        """(n,) bool: works within the angle of view."""
        to = self._at - place
        away = np.linalg.norm(to, axis=1)
        off = np.abs((np.arctan2(to[:, 0], to[:, 1]) - turn + np.pi) % (2 * np.pi) - np.pi)
        margin = np.arctan2(self._half, np.maximum(away, 0.1))
        return np.asarray((off <= _WIDE / 2 + margin) | (away < 1.0))


def shell_costs(museum: Museum, folder: Path) -> tuple[dict[str, list[Cost]], list[Cost]]:
    """Costs of the nodes of each room, and of the outside. Lightmaps count to their room."""
    assert museum.bundle is not None
    scene, binary = read_glb(folder / museum.bundle.shell)
    sizes = _textures(scene, binary, "shell")
    rooms: dict[str, list[Cost]] = {}
    beyond: list[Cost] = []
    for node in scene["nodes"]:
        extras = node.get("extras", {})
        if "mesh" not in node or extras.get("role") == "walkable":
            continue
        cost = _mesh(scene, node["mesh"], sizes)
        if extras.get("role") == "outside":
            beyond.append(cost)
        else:
            rooms.setdefault(extras.get("id", ""), []).append(cost)
    for baked in museum.bundle.lightmaps:
        with Image.open(folder / baked.file) as image:
            memory = {baked.file: _bytes(image.width, image.height)}
        rooms.setdefault(baked.room, []).append(Cost(textures=memory))
    return rooms, beyond


def work_cost(file: str | None, folder: Path, most: int = 2048) -> Cost:
    """What a work's file costs, a picture brought to `most` pixels. Raises `BadAsset`."""
    if file is None:
        return Cost()
    if file.endswith(".glb"):
        scene, binary = read_glb(folder / file)
        sizes = _textures(scene, binary, file)
        shown = scene["scenes"][scene.get("scene", 0)].get("nodes", [])
        parts = [_mesh(scene, mesh, sizes) for mesh in _meshes(scene, shown)]
        textures = {name: size for part in parts for name, size in part.textures.items()}
        return Cost(sum(p.draws for p in parts), sum(p.triangles for p in parts), textures)
    width, height = 1280, 720  # a film
    if file.endswith(".webp"):
        with Image.open(folder / file) as image:
            scale = min(1.0, most / max(image.size))
            width, height = round(image.width * scale), round(image.height * scale)
    return Cost(1, 2, {file: _bytes(width, height)})


def _meshes(scene: dict[str, Any], nodes: list[int], depth: int = 0) -> Iterator[int]:
    if depth > 64:
        raise BadAsset("a scene is nested too deeply")
    for index in nodes:
        node = scene["nodes"][index]
        if "mesh" in node:
            yield node["mesh"]
        yield from _meshes(scene, node.get("children", []), depth + 1)


def _mesh(scene: dict[str, Any], index: int, sizes: list[tuple[str, int]]) -> Cost:
    draws, triangles, textures = 0, 0, {}
    for primitive in scene["meshes"][index]["primitives"]:
        draws += 1
        counted = primitive.get("indices", primitive["attributes"]["POSITION"])
        triangles += scene["accessors"][counted]["count"] // 3
        if "material" in primitive:
            for texture in _used(scene["materials"][primitive["material"]]):
                name, size = sizes[scene["textures"][texture]["source"]]
                textures[name] = size
    return Cost(draws, triangles, textures)


def _used(value: Any) -> Iterator[int]:
    """Indices of the textures that a material refers to."""
    if isinstance(value, dict):
        for key, inner in value.items():
            if key.endswith("Texture") and isinstance(inner, dict) and "index" in inner:
                yield inner["index"]
            else:
                yield from _used(inner)


def _textures(scene: dict[str, Any], binary: bytes, name: str) -> list[tuple[str, int]]:
    """(name, bytes in memory) of each image of a file."""
    out = []
    for i, entry in enumerate(scene.get("images", [])):
        width, height = image_size(scene, binary, entry)
        out.append((f"{name}/{i}", _bytes(width, height)))
    return out


def image_size(scene: dict[str, Any], binary: bytes, entry: dict[str, Any]) -> tuple[int, int]:
    """(width, height) of an image inside a GLB. Raises `BadAsset`."""
    try:
        view = scene["bufferViews"][entry["bufferView"]]
        start = view.get("byteOffset", 0)
        with Image.open(io.BytesIO(binary[start : start + view["byteLength"]])) as image:
            return image.size
    except (KeyError, IndexError, OSError) as error:
        raise BadAsset("a texture is damaged") from error


def _bytes(width: int, height: int) -> int:
    """RGBA with mips."""
    return int(width * height * 4 * 4 / 3)


def _places(museum: Museum) -> list[tuple[float, float]]:
    places = [*(s.position for s in museum.spawns), *(d.center for d in museum.doors)]
    places += [slot.stand for slot in museum.slots]
    rough = {(round(x), round(z)): (x, z) for x, z in places}  # one for each square metre
    return list(rough.values())


def _visible(walk: Walk, place: tuple[float, float]) -> np.ndarray:
    """(steps, rays) numbers of the rooms that rays around a place pass; -1 none, -2 outside."""
    steps = np.arange(0.05, _FAR, 0.2)
    x = place[0] + steps[:, None] * np.sin(_ANGLES)
    z = place[1] + steps[:, None] * np.cos(_ANGLES)
    cells = np.floor((np.stack([x, z], -1) - walk.origin) / CELL).astype(int)
    size = np.asarray(walk.floor.shape[::-1])
    beyond = ((cells < 0) | (cells >= size)).any(-1)
    cells = np.clip(cells, 0, size - 1)
    free = walk.floor[cells[..., 1], cells[..., 0]] | beyond
    reach = np.logical_and.accumulate(free, axis=0)
    rooms = np.where(beyond, _OUTSIDE, walk.room[cells[..., 1], cells[..., 0]])
    return np.where(reach, rooms, -1)
