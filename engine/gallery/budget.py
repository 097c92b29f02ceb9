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
from engine.museum.schema import AnySlot, Museum, ScreenSlot, WallSlot
from engine.museum.walk import Walk

BUDGETS = {"quest2": (26, 150_000, 192.0), "quest3": (46, 300_000, 256.0)}
"""Draw calls for an eye, triangles, and MiB of textures at any place."""
_WIDE = np.radians(104.0)  # what a headset's eye sees, with a margin
_RAYS = 360
_FAR = 60.0


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

    A viewer is assumed that hides rooms of which nothing is seen through doors, as ours does, and
    keeps large textures for the room that one is in. Nothing is assumed to hide behind a wall
    within a room. Raises `BadAsset`, `BadMuseum`.
    """
    rooms, beyond = shell_costs(museum, folder)
    works = {slot.id: slot_cost(museum, slot, folder) for slot in museum.slots}
    walk = Walk(museum)
    most = Worst(0, 0, 0.0, (0.0, 0.0))
    for place in _places(museum):
        seen = _visible(walk, place)
        for turn in np.arange(8) * np.pi / 4:
            inside = np.abs((seen[0] - turn + np.pi) % (2 * np.pi) - np.pi) <= _WIDE / 2
            indices = {int(i) for i in np.unique(seen[1][inside]) if i >= 0}
            names = [museum.rooms[i].id for i in indices]
            costs = [cost for name in names for cost in rooms.get(name, [])]
            if (seen[1][inside] == -2).any():
                costs += beyond
            for slot in museum.slots:
                if slot.room in names and _in_view(slot, place, turn):
                    costs += works[slot.id]
            draws = sum(c.draws for c in costs)
            triangles = sum(c.triangles for c in costs)
            if draws > most.draws:
                most = Worst(draws, max(triangles, most.triangles), most.texture_mib, place)
            elif triangles > most.triangles:
                most = Worst(most.draws, triangles, most.texture_mib, most.place)
        loaded = _memory(museum, rooms, beyond, works, {int(i) for i in np.unique(seen[1])})
        if loaded > most.texture_mib:
            most = Worst(most.draws, most.triangles, loaded, most.place)
    return most


def _memory(
    museum: Museum,
    rooms: dict[str, list[Cost]],
    beyond: list[Cost],
    works: dict[str, list[Cost]],
    indices: set[int],
) -> float:
    """MiB of textures of all rooms that are seen from a place, in whatever direction."""
    names = [museum.rooms[i].id for i in indices if i >= 0]
    textures: dict[str, int] = {}
    for costs in (beyond, *(rooms.get(name, []) for name in names)):
        for cost in costs:
            textures |= cost.textures
    for slot in museum.slots:
        if slot.room in names:
            for cost in works[slot.id]:
                textures |= cost.textures
    return sum(textures.values()) / 2**20


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


def slot_cost(museum: Museum, slot: AnySlot, folder: Path) -> list[Cost]:
    """What the work that a slot shows first costs."""
    work = next(work for work in museum.works if work.id == slot.works[0])
    if work.file is None:
        return []
    if work.file.endswith(".glb"):
        scene, binary = read_glb(folder / work.file)
        sizes = _textures(scene, binary, work.id)
        shown = scene["scenes"][scene.get("scene", 0)].get("nodes", [])
        return [_mesh(scene, mesh, sizes) for mesh in _meshes(scene, shown)]
    if work.file.endswith(".webp"):
        with Image.open(folder / work.file) as image:
            return [Cost(1, 2, {work.file: _bytes(image.width, image.height)})]
    return [Cost(1, 2, {work.file: _bytes(1280, 720)})]


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


def _visible(walk: Walk, place: tuple[float, float]) -> tuple[np.ndarray, np.ndarray]:
    """Angles of rays from a place and which rooms they meet: (k,) each; -2 is outside."""
    angles = np.linspace(0, 2 * np.pi, _RAYS, endpoint=False)
    steps = np.arange(0.05, _FAR, 0.1)
    x = place[0] + steps * np.sin(angles)[:, None]
    z = place[1] + steps * np.cos(angles)[:, None]
    cells = np.floor((np.stack([x, z], -1) - walk.origin) / 0.1).astype(int)
    size = np.asarray(walk.floor.shape[::-1])
    outside = ((cells < 0) | (cells >= size)).any(-1)
    cells = np.clip(cells, 0, size - 1)
    open_floor = walk.floor[cells[..., 1], cells[..., 0]] & ~outside
    reach = np.logical_and.accumulate(open_floor, axis=1)
    rooms = np.where(reach, walk.room[cells[..., 1], cells[..., 0]], -1)
    ray, step = np.nonzero(np.diff(rooms, axis=1, prepend=-9) != 0)
    return angles[ray], rooms[ray, step]


def _in_view(slot: AnySlot, place: tuple[float, float], turn: float) -> bool:
    to = np.asarray([slot.position[0] - place[0], slot.position[2] - place[1]])
    away = float(np.hypot(*to))
    off = abs((np.arctan2(to[0], to[1]) - turn + np.pi) % (2 * np.pi) - np.pi)
    wide = np.arctan2(slot.size[0] / 2, max(away, 0.1))
    if isinstance(slot, WallSlot | ScreenSlot):
        angle = np.radians(slot.yaw)
        if to @ np.asarray([np.sin(angle), np.cos(angle)]) > 0:
            return False  # seen from behind
    return bool(off <= _WIDE / 2 + wide or away < 1.0)
