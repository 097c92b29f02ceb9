"""`museum.glb`: house, works and lamps in one file, for game engines. `extras` keep ids and roles."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from engine.gallery.charts import Plane
from engine.gallery.furniture import picture_offset
from engine.gallery.gltf import Glb, Surface, pack_glb
from engine.gallery.solid import read_glb, split_glb
from engine.light.colour import kelvin_to_rgb
from engine.museum.schema import AnySlot, Light, Museum, ScreenSlot, WallSlot, Work

NAME = "museum.glb"
_LARGEST = 1024  # pixels of a picture in it


def single_file(museum: Museum, folder: Path) -> bytes:
    """The bytes of `museum.glb` of a bundle: the shell, every work in its slot, every lamp.

    Raises:
        BadAsset: a file of the bundle is damaged.
    """
    assert museum.bundle is not None
    scene, binary = read_glb(folder / museum.bundle.shell)
    file = _File(scene, bytearray(binary))
    slots = {
        node["extras"]["id"]: node
        for node in scene["nodes"]
        if node.get("extras", {}).get("role") == "slot"
    }
    works = {work.id: work for work in museum.works}
    for slot in museum.slots:
        work = works[slot.works[0]]
        root = _work(file, slot, work, folder)
        if root is not None:
            slots[slot.id]["children"] = [root]
    _lights(scene, museum)
    scene["buffers"] = [{"byteLength": len(file.binary)}]
    text = json.dumps(scene, separators=(",", ":"), ensure_ascii=False).encode()
    return pack_glb(text, bytes(file.binary))


class _File:
    """A glTF file that takes others in."""

    def __init__(self, scene: dict[str, Any], binary: bytearray) -> None:
        self.scene = scene
        self.binary = binary

    def take(self, other: dict[str, Any], data: bytes, name: str, extras: dict[str, Any]) -> int:
        """Add everything that another file shows; the index of a node that holds it."""
        self.binary.extend(bytes(-len(self.binary) % 4))
        start = len(self.binary)
        self.binary.extend(data)
        kinds = ("bufferViews", "accessors", "images", "samplers", "textures", "materials",
                 "meshes", "skins", "nodes", "animations")  # fmt: skip
        first = {kind: len(self.scene.get(kind, [])) for kind in kinds}
        moved = _moved(other, first)
        for view in moved.get("bufferViews", []):
            view["buffer"] = 0
            view["byteOffset"] = view.get("byteOffset", 0) + start
        for kind in kinds:
            if moved.get(kind):
                self.scene.setdefault(kind, []).extend(moved[kind])
        used = {*self.scene.get("extensionsUsed", []), *other.get("extensionsUsed", [])}
        used.discard("KHR_xmp_json_ld")
        if used:
            self.scene["extensionsUsed"] = sorted(used)
        shown = other["scenes"][other.get("scene", 0)].get("nodes", [])
        root = {"name": name, "extras": extras, "children": [i + first["nodes"] for i in shown]}
        self.scene["nodes"].append(root)
        return len(self.scene["nodes"]) - 1


_POINTS: dict[str, str] = {
    "bufferView": "bufferViews",
    "indices": "accessors",
    "material": "materials",
    "mesh": "meshes",
    "skin": "skins",
    "skeleton": "nodes",
    "inverseBindMatrices": "accessors",
    "node": "nodes",
    "input": "accessors",
    "output": "accessors",
}
_LISTS = {"children": "nodes", "joints": "nodes"}


def _moved(other: dict[str, Any], first: dict[str, int]) -> dict[str, Any]:
    """A copy of a file's arrays whose references count from where they will stand."""

    def visit(value: Any, key: str, within: str) -> Any:
        if isinstance(value, dict):
            if key in ("attributes", "targets"):
                return {k: v + first["accessors"] for k, v in value.items()}
            return {
                k: v if k in ("extras", "extensions") and within == "nodes" else visit(v, k, within)
                for k, v in value.items()
            }
        if isinstance(value, list):
            if key in _LISTS:
                return [v + first[_LISTS[key]] for v in value]
            return [visit(v, key, within) for v in value]
        if isinstance(value, int) and not isinstance(value, bool):
            return value + _shift(key, within, first)
        return value

    return {kind: [visit(entry, "", kind) for entry in other.get(kind, [])] for kind in first}


def _shift(key: str, within: str, first: dict[str, int]) -> int:
    if key in _POINTS:
        return first[_POINTS[key]]
    if within == "textures" and key == "source":
        return first["images"]
    if within == "textures" and key == "sampler":
        return first["samplers"]
    if within == "materials" and key == "index":
        return first["textures"]
    return 0  # an animation's sampler counts within the animation; the rest are no references


def _work(file: _File, slot: AnySlot, work: Work, folder: Path) -> int | None:
    extras = {"id": work.id, "role": "work"}
    if work.file is None:
        return None
    if work.file.endswith(".glb"):
        scene, data = read_glb(folder / work.file)
        origin = work.origin.model_dump(mode="json", exclude_none=True)
        return file.take(scene, data, work.id, {**extras, "origin": origin})
    if not work.file.endswith(".webp") or not isinstance(slot, WallSlot | ScreenSlot):
        return None
    scene, data = split_glb(_picture(slot, folder / work.file, work.id), work.id)
    return file.take(scene, data, work.id, extras)


def _picture(slot: WallSlot | ScreenSlot, path: Path, name: str) -> bytes:
    """A quad in the frame of its slot, with the picture as JPEG, which all engines read."""
    with Image.open(path) as image:
        small = image.convert("RGB")
    small.thumbnail((_LARGEST, _LARGEST), Image.Resampling.LANCZOS)
    data = io.BytesIO()
    small.save(data, "JPEG", quality=88)
    glb = Glb(name)
    texture = glb.image(name, data.getvalue(), "image/jpeg", "clamp")
    look = {"baseColorTexture": {"index": texture}, "metallicFactor": 0.0, "roughnessFactor": 0.7}
    material = glb.material(name, {"pbrMetallicRoughness": look})
    plane = Plane(np.zeros(3), np.array([1.0, 0.0, 0.0]), np.array([0.0, 1.0, 0.0]))
    w, h = slot.size[0] / 2, slot.size[1] / 2
    corners = np.array([(-w, -h), (w, -h), (w, h), (-w, h)])
    attributes = {
        "POSITION": plane.place(corners, picture_offset(slot)),
        "NORMAL": np.tile(plane.out, (4, 1)),
        "TEXCOORD_0": np.array([(0, 1), (1, 1), (1, 0), (0, 0)], float),
    }
    faces = np.array([(0, 1, 2), (0, 2, 3)])
    glb.node(name, {}, [Surface(attributes, faces, material)])
    return glb.data()


def _lights(scene: dict[str, Any], museum: Museum) -> None:
    """Lamps as KHR_lights_punctual; surfaces that shine become points below them."""
    lights: list[dict[str, Any]] = []
    for light in museum.lights:
        white = kelvin_to_rgb(light.kelvin)
        colour = [round(float(c), 4) for c in white / white.max()]
        entry: dict[str, Any] = {"name": light.id, "color": colour}
        node: dict[str, Any] = {
            "name": light.id,
            "translation": list(light.position),
            "extras": {"id": light.id, "role": "light"},
            "extensions": {"KHR_lights_punctual": {"light": len(lights)}},
        }
        if light.kind == "spot" and light.target is not None:
            half = np.radians(min(light.cone, 175.0)) / 2
            entry |= {
                "type": "spot",
                "intensity": round(light.lumens / (2 * np.pi * (1 - float(np.cos(half)))), 3),
                "spot": {"innerConeAngle": 0.7 * float(half), "outerConeAngle": float(half)},
            }
            node["rotation"] = _aim(light)
        else:
            entry |= {"type": "point", "intensity": round(light.lumens / (4 * np.pi), 3)}
        lights.append(entry)
        scene["nodes"].append(node)
        scene["scenes"][0]["nodes"].append(len(scene["nodes"]) - 1)
    if lights:
        scene.setdefault("extensions", {})["KHR_lights_punctual"] = {"lights": lights}
        used = {*scene.get("extensionsUsed", []), "KHR_lights_punctual"}
        scene["extensionsUsed"] = sorted(used)


def _aim(light: Light) -> list[float]:
    """The quaternion that turns -Z, where glTF's lamps shine, towards the target."""
    to = np.subtract(light.target or light.position, light.position)
    to = to / max(float(np.linalg.norm(to)), 1e-9)
    start = np.array([0.0, 0.0, -1.0])
    axis, w = np.cross(start, to), 1.0 + float(start @ to)
    quaternion = np.array([*axis, w]) if w > 1e-6 else np.array([0.0, 1.0, 0.0, 0.0])
    return [float(v) for v in quaternion / np.linalg.norm(quaternion)]
