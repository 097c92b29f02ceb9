# SPDX-License-Identifier: GPL-3.0-or-later
"""The parts of a GLB file that assets and museums share: numbers, meshes, materials, pictures."""

from __future__ import annotations

import json
import struct
from array import array
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

from . import problems
from .frame import Affine, Place, Rows, matrix, times, z_up

_CODES = {5120: "b", 5121: "B", 5122: "h", 5123: "H", 5125: "I", 5126: "f"}
_WIDTHS = {"SCALAR": 1, "VEC2": 2, "VEC3": 3, "VEC4": 4, "MAT4": 16}
_NEAREST = (9728, 9984, 9986)
NONSENSE = (
    ArithmeticError,
    AttributeError,
    LookupError,
    RecursionError,
    TypeError,
    ValueError,
    struct.error,
)
"""What reading values that are not what they should be can raise."""


@dataclass(frozen=True)
class Material:
    """Metallic-roughness material; its pictures are files as bytes, where there are any.

    `picture` is the base colour, `normals` a tangent-space normal map, `finish` has roughness in
    green and metal in blue, each to be multiplied with the number of the whole surface. `glow` is
    light of its own, linear, times `glow_picture` where there is one. `alpha` is how the opacity of
    the base colour counts: OPAQUE, MASK or BLEND.
    """

    name: str
    picture: bytes | None
    normals: bytes | None
    finish: bytes | None
    color: tuple[float, float, float, float]
    metallic: float
    roughness: float
    pixelated: bool
    glow: tuple[float, float, float] = (0.0, 0.0, 0.0)
    glow_picture: bytes | None = None
    alpha: str = "OPAQUE"


@dataclass(frozen=True)
class Mesh:
    """Triangles; flat arrays: positions and normals 3 a vertex, uvs 2 (v upwards), faces 3.

    `light_uvs`, where there are any, are a second set: where each vertex is in a lightmap.
    `bones` and `weights` hold 4 numbers a vertex, or nothing without a skin. `level` is the level of
    detail, 0 the finest; a `collider` stands in for the shape in a physics engine and is not drawn.
    """

    name: str
    positions: array[float]
    normals: array[float]
    uvs: array[float]
    faces: array[int]
    material: int | None
    bones: array[int]
    weights: array[float]
    level: int = 0
    collider: bool = False
    light_uvs: array[float] = field(default_factory=lambda: array("f"))


Read = TypeVar("Read")


def reading(path: str, read: Callable[[Document], Read]) -> Read:
    """What `read` finds in the GLB file `path`.

    Raises:
        Problem: E_RESULT, and nothing else, whatever the file holds.
    """
    try:
        return read(Document(Path(path).read_bytes()))
    except OSError as error:
        sentence = f"{path} could not be read: {error.strerror}."
        raise problems.result_unreadable(sentence) from error
    except NONSENSE as e:
        sentence = f"{path} is not a GLB file that this add-on understands."
        raise problems.result_unreadable(sentence) from e


class Document:
    """One GLB file. What is not as it should be raises one of `NONSENSE`."""

    def __init__(self, data: bytes) -> None:
        magic, version, length = struct.unpack_from("<4sII", data)
        if magic != b"glTF" or version != 2 or length != len(data):
            raise ValueError("no GLB")
        size, kind = struct.unpack_from("<I4s", data, 12)
        if kind != b"JSON":
            raise ValueError("no JSON chunk")
        self.doc = json.loads(data[20 : 20 + size])
        start = 20 + size
        size, kind = struct.unpack_from("<I4s", data, start)
        if kind != b"BIN\0" or start + 8 + size > len(data):
            raise ValueError("no binary chunk")
        self.binary = memoryview(data)[start + 8 : start + 8 + size]
        self.nodes: list[dict[str, Any]] = self.doc.get("nodes", [])
        self.parents = {
            child: index
            for index, node in enumerate(self.nodes)
            for child in node.get("children", ())
        }
        self._pictures: dict[int, bytes] = {}

    def materials(self) -> list[Material]:
        """All of the file's materials."""
        return [self._material(value) for value in self.doc.get("materials", [])]

    def primitive(self, name: str, value: dict[str, Any], place: Place | Affine) -> Mesh:
        """One primitive of a mesh as it stands at `place`, in Blender's frame."""
        if value.get("mode", 4) != 4:
            raise ValueError("only triangles are understood")
        attributes = value["attributes"]
        positions = z_up(place.points(self.numbers(attributes["POSITION"], "f")))
        count = len(positions) // 3
        normals = self._optional(attributes, "NORMAL", 3 * count)
        uvs, light_uvs = (self._uvs(attributes, f"TEXCOORD_{i}", count) for i in (0, 1))
        bones, weights = array("I"), array("f")
        if "JOINTS_0" in attributes:
            bones = array("I", self.numbers(attributes["JOINTS_0"]))
            weights = self.numbers(attributes["WEIGHTS_0"], "f")
        faces = array("I", self.numbers(value["indices"]) if "indices" in value else range(count))
        if len(faces) % 3 or (faces and max(faces) >= count):
            raise ValueError("an index points beyond the vertices")
        if isinstance(place, Affine) and place.mirrors:
            faces[1::3], faces[2::3] = faces[2::3], faces[1::3]
        if len(bones) != len(weights) or len(bones) not in (0, 4 * count):
            raise ValueError("joints and weights do not fit the vertices")
        normals = z_up(place.turned(normals))
        return Mesh(
            name,
            positions,
            normals,
            uvs,
            faces,
            value.get("material"),
            bones,
            weights,
            light_uvs=light_uvs,
        )

    def _uvs(self, attributes: dict[str, int], key: str, count: int) -> array[float]:
        uvs = self._optional(attributes, key, 2 * count)
        uvs[1::2] = array("f", [1.0 - v for v in uvs[1::2]])
        return uvs

    def _optional(self, attributes: dict[str, int], key: str, length: int) -> array[float]:
        if key not in attributes:
            return array("f")
        values = self.numbers(attributes[key], "f")
        if len(values) != length:
            raise ValueError(f"{key} does not fit the vertices")
        return values

    def numbers(self, index: int, code: str | None = None) -> array[Any]:
        """The numbers of an accessor in a row; integers become fractions where `code` is f."""
        accessor = self.doc["accessors"][index]
        stored = _CODES[accessor["componentType"]]
        width = _WIDTHS[accessor["type"]]
        values: array[Any] = array(stored)
        packed, count = width * values.itemsize, accessor["count"]
        data, stride = self._view(accessor["bufferView"])
        data = data[accessor.get("byteOffset", 0) :]
        stride = stride or packed
        if count < 0 or stride < packed or (count and len(data) < stride * (count - 1) + packed):
            raise ValueError("an accessor is longer than its buffer")
        if stride == packed:
            values.frombytes(data[: packed * count])
        else:
            for item in range(count):
                values.frombytes(data[item * stride : item * stride + packed])
        if code == "f" and stored != "f":
            if not accessor.get("normalized"):
                return array("f", values)
            most = 256**values.itemsize - 1
            if stored in "bh":
                most //= 2
            return array("f", [max(value / most, -1.0) for value in values])
        return values

    def _view(self, index: int) -> tuple[memoryview, int | None]:
        view = self.doc["bufferViews"][index]
        start = view.get("byteOffset", 0)
        if view.get("buffer", 0) != 0 or start < 0 or start + view["byteLength"] > len(self.binary):
            raise ValueError("a view is longer than its buffer")
        return self.binary[start : start + view["byteLength"]], view.get("byteStride")

    def _material(self, value: dict[str, Any]) -> Material:
        pbr = value.get("pbrMetallicRoughness", {})
        base = pbr.get("baseColorTexture")
        r, g, b, a = pbr.get("baseColorFactor", (1.0, 1.0, 1.0, 1.0))
        strength = value.get("extensions", {}).get("KHR_materials_emissive_strength", {})
        glow = [
            float(part) * float(strength.get("emissiveStrength", 1.0))
            for part in value.get("emissiveFactor", (0.0, 0.0, 0.0))
        ]
        return Material(
            str(value.get("name", "Material")),
            self._picture(base),
            self._picture(value.get("normalTexture")),
            self._picture(pbr.get("metallicRoughnessTexture")),
            (float(r), float(g), float(b), float(a)),
            float(pbr.get("metallicFactor", 1.0)),
            float(pbr.get("roughnessFactor", 1.0)),
            self._pixelated(base),
            (glow[0], glow[1], glow[2]),
            self._picture(value.get("emissiveTexture")),
            str(value.get("alphaMode", "OPAQUE")),
        )

    def _picture(self, use: dict[str, Any] | None) -> bytes | None:
        """The file of the texture that a material uses for something; the same one only once."""
        if use is None:
            return None
        texture = self.doc["textures"][use["index"]]
        webp = texture.get("extensions", {}).get("EXT_texture_webp", {})
        source = webp["source"] if "source" in webp else texture["source"]
        if source not in self._pictures:
            view, _ = self._view(self.doc["images"][source]["bufferView"])
            self._pictures[source] = bytes(view)
        return self._pictures[source]

    def _pixelated(self, use: dict[str, Any] | None) -> bool:
        if use is None or "sampler" not in (texture := self.doc["textures"][use["index"]]):
            return False
        return self.doc["samplers"][texture["sampler"]].get("magFilter") in _NEAREST

    def standing(self, node: int) -> Place | Affine:
        """Where a node stands in the file's frame, whatever is done to it there."""
        try:
            return self.place(node)
        except ValueError:
            return Affine(self.world(node))

    def place(self, node: int) -> Place:
        """Where a node stands in the file's frame; only even scales are understood."""
        place = Place.of(self.nodes[node])
        for _ in self.nodes:
            if node not in self.parents:
                return place
            node = self.parents[node]
            place = Place.of(self.nodes[node]).then(place)
        raise ValueError("nodes run in a circle")

    def world(self, node: int) -> Rows:
        """The matrix of a node in the file's frame, of any kind."""
        rows = matrix(self.nodes[node])
        for _ in self.nodes:
            if node not in self.parents:
                return rows
            node = self.parents[node]
            rows = times(matrix(self.nodes[node]), rows)
        raise ValueError("nodes run in a circle")
