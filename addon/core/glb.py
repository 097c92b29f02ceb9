# SPDX-License-Identifier: GPL-3.0-or-later
"""Reading the GLB files that the engine writes, into Blender's frame: metres, Z up, facing -Y.

Only what the engine writes is understood: triangles, one UV set, textures inside the file, one
skin, linear clips, levels of detail and colliders as nodes whose extras say so. Blender's own
importer is not used, because it is an add-on that can be switched off, and because it leaves helper
objects behind.
"""

from __future__ import annotations

from array import array
from dataclasses import dataclass, field, replace
from typing import Any

from .frame import Place, Quaternion, Vector, matrix, times, up, up_turn, wxyz
from .gltf import Document, Material, Mesh, reading


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
    return reading(path, lambda document: _Reader(document).model())


class _Reader:
    def __init__(self, document: Document) -> None:
        self.file = document
        self.doc = document.doc

    def model(self) -> Model:
        skins = self.doc.get("skins", [])
        joints: list[int] = skins[0]["joints"] if skins else []
        meshes = [
            m for index, node in enumerate(self.file.nodes) for m in self._meshes(index, node)
        ]
        materials = self.file.materials()
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
        place = self._skinned() if "skin" in node else self.file.standing(index)
        name = str(node.get("name") or mesh.get("name") or "Mesh")
        extras = node.get("extras", {})
        level, collider = extras.get("level", 0), extras.get("role") == "collider"
        if not isinstance(level, int) or level < 0:
            raise ValueError("a level of detail is a whole number")
        return [
            replace(self.file.primitive(name, value, place), level=level, collider=collider)
            for value in mesh["primitives"]
        ]

    def _skinned(self) -> Place:
        """Where the skin puts its mesh at rest: moved and scaled, where a node above its bones is."""
        skin = self.doc["skins"][0]
        if "inverseBindMatrices" not in skin or not skin["joints"]:
            return Place()
        bound = self.file.numbers(skin["inverseBindMatrices"], "f")[:16]
        m = times(self.file.world(skin["joints"][0]), matrix({"matrix": bound}))
        scale = m[0][0]
        even = all(
            abs(m[row][column] - (scale if row == column else 0.0)) < 1e-4 * abs(scale)
            for row in range(3)
            for column in range(3)
        )
        if not even or scale <= 0.0:
            raise ValueError("a skin turns or stretches its mesh")
        move = (m[0][3], m[1][3], m[2][3])
        if abs(scale - 1.0) < 1e-6 and all(abs(part) < 1e-6 for part in move):
            return Place()
        return Place(move, scale=scale)

    def _bone(self, node: int, joints: list[int]) -> Bone:
        parent = self.file.parents.get(node)
        place, own = self.file.place(node), Place.of(self.file.nodes[node])
        return Bone(
            str(self.file.nodes[node].get("name", f"bone_{node}")),
            joints.index(parent) if parent in joints else None,
            up(place.move),
            up_turn(own.turn),
            up(_scaled(own.move, place.scale / own.scale)),
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
            when = self.file.numbers(sampler["input"], "f")
            flat = self.file.numbers(sampler["output"], "f")
            if target["path"] == "rotation":
                turns = [wxyz(flat[i : i + 4]) for i in range(0, len(flat), 4)]
                clip.rotations[bone] = _track(when, [up_turn(turn) for turn in turns])
            elif target["path"] == "translation":
                moves = [(flat[i], flat[i + 1], flat[i + 2]) for i in range(0, len(flat), 3)]
                node = target["node"]
                scale = self.file.place(node).scale / Place.of(self.file.nodes[node]).scale
                clip.offsets[bone] = _track(when, [up(_scaled(move, scale)) for move in moves])
        return clip


def _scaled(v: Vector, scale: float) -> Vector:
    return (scale * v[0], scale * v[1], scale * v[2])


def _track(times: array[float], values: list[Any]) -> Track:
    if len(times) != len(values):
        raise ValueError("a clip has more values than times")
    return Track(times, values)
