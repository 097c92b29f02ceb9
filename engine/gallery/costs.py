"""What the files of a bundle cost a headset: draw calls, triangles and memory of textures."""

from __future__ import annotations

import io
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from PIL import Image

from engine.errors import BadAsset
from engine.gallery.sight import OUTSIDE
from engine.gallery.solid import read_glb
from engine.museum.schema import Museum

SMALL = 256
"""Pixels of a work's small picture, and of a far body's skin."""
_TILE, _FINISH = 512, 256  # pixels of a material's layers: colours, and relief


@dataclass(frozen=True)
class Cost:
    """Of a part: draw calls, triangles, and bytes of each texture by its name."""

    draws: int = 0
    triangles: int = 0
    textures: dict[str, int] = field(default_factory=dict)


@dataclass(frozen=True)
class Shell:
    """Of the house.

    Attributes:
        tiles: all materials, which lie in two textures. walls: of each room, and of `OUTSIDE`, with
            all that is fixed in it. labels: of each room, one for each sheet that they are on.
    """

    tiles: Cost
    walls: dict[str, Cost]
    labels: dict[str, list[Cost]]


def shell_costs(museum: Museum, folder: Path) -> Shell:
    """Costs of the house; lightmaps count to their room. Raises `BadAsset`."""
    assert museum.bundle is not None
    scene, binary = read_glb(folder / museum.bundle.shell)
    sizes = _textures(scene, binary, "shell")
    triangles = dict.fromkeys((*(room.id for room in museum.rooms), OUTSIDE), 0)
    labels: dict[str, list[Cost]] = {}
    materials = set()
    for node in scene["nodes"]:
        extras = node.get("extras", {})
        room = extras.get("id", OUTSIDE)
        if "mesh" not in node or extras.get("role") == "walkable":
            continue
        primitives = scene["meshes"][node["mesh"]]["primitives"]
        if extras.get("role") == "labels":
            labels[room] = [_primitive(scene, primitive, sizes) for primitive in primitives]
            continue
        materials |= {primitive["material"] for primitive in primitives}
        triangles[room] += sum(_primitive(scene, p, sizes).triangles for p in primitives)
    light = {}
    for baked in museum.bundle.lightmaps:
        with Image.open(folder / baked.file) as image:
            light[baked.room] = {baked.file: texture_bytes(image.width, image.height)}
    layers = len(materials)
    tiles = layers * (texture_bytes(_TILE, _TILE) + texture_bytes(_FINISH, _FINISH))
    walls = {room: Cost(1, count, light.get(room, {})) for room, count in triangles.items()}
    return Shell(Cost(textures={"tiles": tiles}), walls, labels)


def small_cost(name: str, count: int, triangles: int) -> Cost:
    """Many small pictures or skins as layers of one texture, in one draw."""
    return Cost(1, triangles, {name: count * texture_bytes(SMALL, SMALL)})


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
    return Cost(1, 2, {file: texture_bytes(width, height)})


def _meshes(scene: dict[str, Any], nodes: list[int], depth: int = 0) -> Iterator[int]:
    if depth > 64:
        raise BadAsset("a scene is nested too deeply")
    for index in nodes:
        node = scene["nodes"][index]
        if "mesh" in node:
            yield node["mesh"]
        yield from _meshes(scene, node.get("children", []), depth + 1)


def _mesh(scene: dict[str, Any], index: int, sizes: list[tuple[str, int]]) -> Cost:
    parts = [_primitive(scene, p, sizes) for p in scene["meshes"][index]["primitives"]]
    textures = {name: size for part in parts for name, size in part.textures.items()}
    return Cost(len(parts), sum(part.triangles for part in parts), textures)


def _primitive(
    scene: dict[str, Any], primitive: dict[str, Any], sizes: list[tuple[str, int]]
) -> Cost:
    counted = primitive.get("indices", primitive["attributes"]["POSITION"])
    textures = {}
    if "material" in primitive:
        for texture in _used(scene["materials"][primitive["material"]]):
            name, size = sizes[scene["textures"][texture]["source"]]
            textures[name] = size
    return Cost(1, scene["accessors"][counted]["count"] // 3, textures)


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
        out.append((f"{name}/{i}", texture_bytes(width, height)))
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


def texture_bytes(width: int, height: int) -> int:
    """Of RGBA with mips."""
    return int(width * height * 4 * 4 / 3)
