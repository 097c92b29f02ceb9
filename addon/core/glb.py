# SPDX-License-Identifier: GPL-3.0-or-later
"""Reading the GLB files that the engine writes, into Blender's frame: metres, Z up, facing -Y.

Only what the engine writes is understood: triangles, one UV set, textures inside the file, one
skin, linear clips, levels of detail and colliders as nodes whose extras say so. Blender's own
importer is not used, because it is an add-on that can be switched off, and because it leaves helper
objects behind.
"""

from __future__ import annotations

import json
import struct
from array import array
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from . import problems
from .frame import Place, Quaternion, Vector, up, up_turn, wxyz, z_up

_CODES = {5121: "B", 5123: "H", 5125: "I", 5126: "f"}
_WIDTHS = {"SCALAR": 1, "VEC2": 2, "VEC3": 3, "VEC4": 4, "MAT4": 16}
_NEAREST = (9728, 9984, 9986)
_NONSENSE = (
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
    green and metal in blue, each to be multiplied with the number of the whole surface.
    """

    name: str
    picture: bytes | None
    normals: bytes | None
    finish: bytes | None
    color: tuple[float, float, float, float]
    metallic: float
    roughness: float
    pixelated: bool


@dataclass(frozen=True)
class Mesh:
    """Triangles; flat arrays: positions and normals 3 a vertex, uvs 2 (v upwards), faces 3.

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


@dataclass(frozen=True)
class Bone:
    """A joint: its rest position in the model's space and its rest rotation against its parent."""

    name: str
    parent: int | None
    head: Vector
    rest: Quaternion
    offset: Vector


@dataclass(frozen=True)
class Track:
    """Keys of one bone: times in seconds, and the local rotation or offset at each."""

    times: array[float]
    values: list[tuple[float, ...]]


@dataclass(frozen=True)
class Clip:
    """An animation by bone index."""

    name: str
    rotations: dict[int, Track] = field(default_factory=dict)
    offsets: dict[int, Track] = field(default_factory=dict)


@dataclass(frozen=True)
class Model:
    """Everything of one file."""

    meshes: list[Mesh]
    materials: list[Material]
    bones: list[Bone]
    clips: list[Clip]
    extras: dict[str, Any]


def read(path: str) -> Model:
    """Read a GLB file.

    Raises:
        Problem: E_RESULT, and nothing else, whatever the file holds.
    """
    try:
        return _Reader(Path(path).read_bytes()).model()
    except OSError as error:
        sentence = f"{path} could not be read: {error.strerror}."
        raise problems.result_unreadable(sentence) from error
    except _NONSENSE as e:
        sentence = f"{path} is not a GLB file that this add-on understands."
        raise problems.result_unreadable(sentence) from e


class _Reader:
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

    def model(self) -> Model:
        skins = self.doc.get("skins", [])
        joints: list[int] = skins[0]["joints"] if skins else []
        meshes = [m for index, node in enumerate(self.nodes) for m in self._meshes(index, node)]
        materials = [self._material(value) for value in self.doc.get("materials", [])]
        if not any(mesh.level == 0 and not mesh.collider for mesh in meshes):
            raise ValueError("there is nothing to be drawn")
        if any(mesh.material not in (None, *range(len(materials))) for mesh in meshes):
            raise ValueError("a mesh has a material that is not there")
        if any(mesh.bones and max(mesh.bones) >= len(joints) for mesh in meshes):
            raise ValueError("a vertex hangs on a bone that is not there")
        return Model(
            meshes,
            materials,
            [self._bone(node, joints) for node in joints],
            [self._clip(value, joints) for value in self.doc.get("animations", [])],
            dict(self.doc["asset"].get("extras", {})),
        )

    def _meshes(self, index: int, node: dict[str, Any]) -> list[Mesh]:
        if "mesh" not in node:
            return []
        mesh = self.doc["meshes"][node["mesh"]]
        # A skinned mesh lies where its skin puts it; its node's own place does not count.
        place = Place() if "skin" in node else self._place(index)
        name = str(node.get("name") or mesh.get("name") or "Mesh")
        extras = node.get("extras", {})
        level, collider = extras.get("level", 0), extras.get("role") == "collider"
        if not isinstance(level, int) or level < 0:
            raise ValueError("a level of detail is a whole number")
        return [
            replace(self._primitive(name, value, place), level=level, collider=collider)
            for value in mesh["primitives"]
        ]

    def _primitive(self, name: str, value: dict[str, Any], place: Place) -> Mesh:
        if value.get("mode", 4) != 4:
            raise ValueError("only triangles are understood")
        attributes = value["attributes"]
        positions = z_up(place.points(self._array(attributes["POSITION"], "f")))
        count = len(positions) // 3
        normals = self._optional(attributes, "NORMAL", 3 * count)
        uvs = self._optional(attributes, "TEXCOORD_0", 2 * count)
        uvs[1::2] = array("f", [1.0 - v for v in uvs[1::2]])
        bones, weights = array("I"), array("f")
        if "JOINTS_0" in attributes:
            bones = array("I", self._array(attributes["JOINTS_0"]))
            weights = self._array(attributes["WEIGHTS_0"], "f")
        faces = array("I", self._array(value["indices"]))
        if len(faces) % 3 or (faces and max(faces) >= count):
            raise ValueError("an index points beyond the vertices")
        if len(bones) != len(weights) or len(bones) not in (0, 4 * count):
            raise ValueError("joints and weights do not fit the vertices")
        normals = z_up(place.turned(normals))
        return Mesh(name, positions, normals, uvs, faces, value.get("material"), bones, weights)

    def _optional(self, attributes: dict[str, int], key: str, length: int) -> array[float]:
        if key not in attributes:
            return array("f")
        values = self._array(attributes[key], "f")
        if len(values) != length:
            raise ValueError(f"{key} does not fit the vertices")
        return values

    def _array(self, index: int, code: str | None = None) -> array[Any]:
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
                raise ValueError("whole numbers where fractions are due")
            most = 256**values.itemsize - 1
            return array("f", [value / most for value in values])
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
        return Material(
            str(value.get("name", "Material")),
            self._picture(base),
            self._picture(value.get("normalTexture")),
            self._picture(pbr.get("metallicRoughnessTexture")),
            (float(r), float(g), float(b), float(a)),
            float(pbr.get("metallicFactor", 1.0)),
            float(pbr.get("roughnessFactor", 1.0)),
            self._pixelated(base),
        )

    def _picture(self, use: dict[str, Any] | None) -> bytes | None:
        """The file of the texture that a material uses for something."""
        if use is None:
            return None
        image = self.doc["images"][self.doc["textures"][use["index"]]["source"]]
        return bytes(self._view(image["bufferView"])[0])

    def _pixelated(self, use: dict[str, Any] | None) -> bool:
        if use is None or "sampler" not in (texture := self.doc["textures"][use["index"]]):
            return False
        return self.doc["samplers"][texture["sampler"]].get("magFilter") in _NEAREST

    def _bone(self, node: int, joints: list[int]) -> Bone:
        parent = self.parents.get(node)
        place, own = self._place(node), Place.of(self.nodes[node])
        return Bone(
            str(self.nodes[node].get("name", f"bone_{node}")),
            joints.index(parent) if parent in joints else None,
            up(place.move),
            up_turn(own.turn),
            up(own.move),
        )

    def _clip(self, value: dict[str, Any], joints: list[int]) -> Clip:
        clip = Clip(str(value.get("name", "Clip")))
        for channel in value["channels"]:
            target, sampler = channel["target"], value["samplers"][channel["sampler"]]
            if target.get("node") not in joints:
                continue
            if sampler.get("interpolation", "LINEAR") == "CUBICSPLINE":
                raise ValueError("cubic clips are not understood")
            bone = joints.index(target["node"])
            times = self._array(sampler["input"], "f")
            flat = self._array(sampler["output"], "f")
            if target["path"] == "rotation":
                turns = [wxyz(flat[i : i + 4]) for i in range(0, len(flat), 4)]
                clip.rotations[bone] = _track(times, [up_turn(turn) for turn in turns])
            elif target["path"] == "translation":
                moves = [(flat[i], flat[i + 1], flat[i + 2]) for i in range(0, len(flat), 3)]
                clip.offsets[bone] = _track(times, [up(move) for move in moves])
        return clip

    def _place(self, node: int) -> Place:
        place = Place.of(self.nodes[node])
        for _ in self.nodes:
            if node not in self.parents:
                return place
            node = self.parents[node]
            place = Place.of(self.nodes[node]).then(place)
        raise ValueError("nodes run in a circle")


def _track(times: array[float], values: list[Any]) -> Track:
    if len(times) != len(values):
        raise ValueError("a clip has more values than times")
    return Track(times, values)
