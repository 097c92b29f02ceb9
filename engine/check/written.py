"""A GLB file as its bytes say it: parts with their roles, pictures, materials, statements."""

from __future__ import annotations

import json
import struct
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from engine.errors import BadAsset
from engine.shape.mesh import TriMesh

_TYPES = {5120: "<i1", 5121: "<u1", 5122: "<i2", 5123: "<u2", 5125: "<u4", 5126: "<f4"}
_WIDTHS = {"SCALAR": 1, "VEC2": 2, "VEC3": 3, "VEC4": 4, "MAT4": 16}
_TRIANGLES = 4
MOST_BYTES = 1 << 30


@dataclass(frozen=True)
class Part:
    """One node with triangles, placed in the scene; metres, Y up.

    Attributes:
        points: (V, 3) float64, as split in the file. faces: (M, 3) int64. normals: (V, 3) or None.
        uvs: (V, 2) or None. material: index, or None. extras: what the node says it is.
    """

    name: str
    points: np.ndarray
    faces: np.ndarray
    normals: np.ndarray | None
    uvs: np.ndarray | None
    material: int | None
    extras: dict[str, Any]

    @property
    def welded(self) -> TriMesh:
        """The surface with corners of the very same place made one."""
        points, place = np.unique(self.points, axis=0, return_inverse=True)
        return TriMesh(points, place.reshape(-1)[self.faces].astype(np.int64))


@dataclass(frozen=True)
class Written:
    """A file's content.

    Attributes:
        drawn: parts of the first scene, which viewers show. levels: coarser ones, finest first.
        colliders: parts that are never drawn. doc: the JSON. binary: the BIN chunk.
    """

    doc: dict[str, Any]
    binary: bytes = field(repr=False)
    drawn: tuple[Part, ...]
    levels: tuple[Part, ...]
    colliders: tuple[Part, ...]

    @property
    def stated(self) -> dict[str, Any]:
        """The report that was written with the file, or nothing."""
        extras = self.doc.get("extras")
        report = extras.get("report") if isinstance(extras, dict) else None
        return report if isinstance(report, dict) else {}

    @property
    def chain(self) -> tuple[Part, ...]:
        """The drawn part and its coarser levels; of several drawn parts there is no chain."""
        return (*self.drawn, *self.levels)

    @property
    def size(self) -> float:
        """Diagonal of what is drawn, in metres."""
        points = np.concatenate([part.points for part in self.drawn])
        return float(np.linalg.norm(np.ptp(points, axis=0)))

    def picture(self, texture: int) -> tuple[bytes, dict[str, Any]]:
        """The bytes of a texture's image, and its sampler.

        Raises:
            KeyError, IndexError, TypeError: there is no such image in the file.
        """
        entry = self.doc["textures"][texture]
        image = self.doc["images"][entry["source"]]
        sampler = self.doc["samplers"][entry["sampler"]] if "sampler" in entry else {}
        return bytes(_view(self.doc, self.binary, image["bufferView"])), sampler


def read_written(path: Path) -> Written:
    """Read a GLB file.

    Raises:
        BadAsset: it is no GLB, damaged, empty, or needs an extension that is not understood.
    """
    try:
        size = path.stat().st_size
        data = path.read_bytes() if size <= MOST_BYTES else None
    except OSError as error:
        raise BadAsset(f"{path.name} cannot be read: {error.strerror or error}") from error
    if data is None:
        raise BadAsset(f"{path.name} is larger than {MOST_BYTES >> 20} MB")
    doc, binary = _chunks(data, path.name)
    needed = doc.get("extensionsRequired")
    if needed:
        raise BadAsset(f"{path.name} needs {needed}, which are not understood here")
    try:
        with np.errstate(over="ignore", invalid="ignore"):
            return _written(doc, binary)
    except BadAsset as error:
        raise BadAsset(f"{path.name}: {error}") from error
    except (AttributeError, IndexError, KeyError, RecursionError, TypeError, ValueError) as error:
        raise BadAsset(f"{path.name} is damaged: {type(error).__name__} {error}") from error


def _chunks(data: bytes, name: str) -> tuple[dict[str, Any], bytes]:
    try:
        magic, version, length = struct.unpack_from("<4sII", data)
        size, kind = struct.unpack_from("<I4s", data, 12)
    except struct.error as error:
        raise BadAsset(f"{name} is too short for a GLB file") from error
    if magic != b"glTF" or version != 2 or kind != b"JSON":
        raise BadAsset(f"{name} is no binary glTF 2.0 file")
    if length > len(data):
        raise BadAsset(f"{name} is cut off: {len(data)} of {length} bytes")
    try:
        doc = json.loads(data[20 : 20 + size])
    except (ValueError, RecursionError) as error:
        raise BadAsset(f"{name} holds no JSON: {error}") from error
    if not isinstance(doc, dict):
        raise BadAsset(f"{name} holds JSON that is no object")
    rest = data[20 + size :]
    if len(rest) < 8:
        return doc, b""
    size, _ = struct.unpack_from("<I4s", rest)
    return doc, rest[8 : 8 + size]


def _written(doc: dict[str, Any], binary: bytes) -> Written:
    scenes = doc.get("scenes") or [{"nodes": list(range(len(doc.get("nodes", []))))}]
    first = doc.get("scene", 0)
    drawn = tuple(_parts(doc, binary, scenes[first].get("nodes", [])))
    others = [
        part
        for index, scene in enumerate(scenes)
        if index != first
        for part in _parts(doc, binary, scene.get("nodes", []))
    ]
    if not drawn:
        raise BadAsset("there are no triangles in its first scene")
    levels = [part for part in others if part.extras.get("role") == "lod"]
    colliders = tuple(part for part in others if part.extras.get("role") == "collider")
    levels.sort(key=lambda part: int(part.extras.get("level", 0)))
    return Written(doc, binary, drawn, tuple(levels), colliders)


def _parts(doc: dict[str, Any], binary: bytes, roots: list[int]) -> Iterator[Part]:
    """The parts below some nodes, in the order of a walk."""
    waiting = [(root, np.eye(4)) for root in reversed(roots)]
    seen: set[int] = set()
    while waiting:
        index, above = waiting.pop()
        if index in seen:
            raise BadAsset(f"node {index} is its own ancestor or in the scene twice")
        seen.add(index)
        node = doc["nodes"][index]
        place = above @ _matrix(node)
        waiting += [(child, place) for child in reversed(node.get("children", []))]
        if "mesh" in node:
            # A skin, not its node, places a mesh.
            world = np.eye(4) if "skin" in node else place
            mesh = doc["meshes"][node["mesh"]]
            for primitive in mesh["primitives"]:
                yield _part(doc, binary, node, primitive, world)


def _part(
    doc: dict[str, Any],
    binary: bytes,
    node: dict[str, Any],
    primitive: dict[str, Any],
    world: np.ndarray,
) -> Part:
    name = str(node.get("name", "a node without a name"))
    if primitive.get("mode", _TRIANGLES) != _TRIANGLES:
        raise BadAsset(f"{name} is drawn with lines, points or strips, not triangles")
    given = primitive["attributes"]
    points = _array(doc, binary, given["POSITION"]).astype(np.float64)
    if not len(points):
        raise BadAsset(f"{name} has no vertices")
    if not np.isfinite(points).all():
        raise BadAsset(f"{name} has positions that are no numbers")
    if "indices" in primitive:
        faces = _array(doc, binary, primitive["indices"]).reshape(-1, 3).astype(np.int64)
    else:
        faces = np.arange(len(points), dtype=np.int64).reshape(-1, 3)
    if not len(faces):
        raise BadAsset(f"{name} has no triangles")
    if faces.max() >= len(points):
        raise BadAsset(f"{name} has a face whose corner {faces.max()} does not exist")
    linear = world[:3, :3]
    normals = uvs = None
    if "NORMAL" in given:
        normals = _array(doc, binary, given["NORMAL"]) @ np.linalg.inv(linear)
    if "TEXCOORD_0" in given:
        uvs = _array(doc, binary, given["TEXCOORD_0"]).astype(np.float64)
    extras = node.get("extras")
    return Part(
        name,
        points @ linear.T + world[:3, 3],
        faces if np.linalg.det(linear) > 0 else faces[:, ::-1],
        normals,
        uvs,
        primitive.get("material"),
        extras if isinstance(extras, dict) else {},
    )


def _matrix(node: dict[str, Any]) -> np.ndarray:
    """(4, 4) place of a node in its parent."""
    if "matrix" in node:
        return np.array(node["matrix"], float).reshape(4, 4).T
    x, y, z, w = node.get("rotation", (0.0, 0.0, 0.0, 1.0))
    turn = np.array(
        [
            [1 - 2 * (y * y + z * z), 2 * (x * y - z * w), 2 * (x * z + y * w)],
            [2 * (x * y + z * w), 1 - 2 * (x * x + z * z), 2 * (y * z - x * w)],
            [2 * (x * z - y * w), 2 * (y * z + x * w), 1 - 2 * (x * x + y * y)],
        ]
    )
    place = np.eye(4)
    place[:3, :3] = turn * np.array(node.get("scale", (1.0, 1.0, 1.0)), float)
    place[:3, 3] = node.get("translation", (0.0, 0.0, 0.0))
    return place


def _view(doc: dict[str, Any], binary: bytes, index: int) -> memoryview:
    view = doc["bufferViews"][index]
    start, size = view.get("byteOffset", 0), view["byteLength"]
    if view.get("buffer", 0) != 0 or start < 0 or start + size > len(binary):
        raise BadAsset(f"buffer view {index} runs beyond the file")
    return memoryview(binary)[start : start + size]


def _array(doc: dict[str, Any], binary: bytes, index: int) -> np.ndarray:
    """(count,) or (count, width) values of an accessor; normalised integers become fractions."""
    accessor = doc["accessors"][index]
    if "sparse" in accessor or "bufferView" not in accessor:
        raise BadAsset("it has sparse accessors, which are not understood here")
    kind = np.dtype(_TYPES[accessor["componentType"]])
    width, count = _WIDTHS[accessor["type"]], accessor["count"]
    data = _view(doc, binary, accessor["bufferView"])
    stride = doc["bufferViews"][accessor["bufferView"]].get("byteStride", kind.itemsize * width)
    start = accessor.get("byteOffset", 0)
    end = start + stride * (count - 1) + kind.itemsize * width
    if start < 0 or count < 0 or (count and end > len(data)):
        raise BadAsset(f"accessor {index} runs beyond its buffer view")
    values: np.ndarray = np.ndarray(
        (count, width), kind, data, start, (stride, kind.itemsize)
    ).copy()
    if accessor.get("normalized"):
        values = values / float(np.iinfo(kind).max)
    return values[:, 0] if width == 1 else values
