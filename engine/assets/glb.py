"""Assets to binary glTF 2.0: one self-contained file, the same bytes for the same asset."""

from __future__ import annotations

import io
import json
import struct
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from engine.assets.asset import Asset, Clip, Hull, Joint, Material, Mesh
from engine.assets.provenance import xmp_packet
from engine.files import write_bytes

_FLOAT, _UINT, _USHORT, _UBYTE = 5126, 5125, 5123, 5121
_VERTICES, _INDICES = 34962, 34963
_NEAREST, _LINEAR, _LINEAR_MIPMAP_LINEAR = 9728, 9729, 9987
_CLAMP, _REPEAT = 33071, 10497
_COMPONENT = {"float32": _FLOAT, "uint32": _UINT, "uint16": _USHORT, "uint8": _UBYTE}
_SHAPE = {(): "SCALAR", (2,): "VEC2", (3,): "VEC3", (4,): "VEC4", (16,): "MAT4"}


def write_glb(asset: Asset, path: Path) -> None:
    """Write `asset` to `path` as GLB, all or nothing.

    Raises:
        CannotWrite: the folder is not writable or the disk is full.
    """
    write_bytes(path, glb_bytes(asset))


def glb_bytes(asset: Asset) -> bytes:
    """The GLB file of `asset`.

    Scene: each mesh is a root node, as skinned meshes must be; the skeleton hangs under a node of
    its own, which importers take as the armature. Coarser levels of detail and colliders are nodes
    of further scenes, so that a viewer, which shows the first, does not draw them; their `extras`
    say what they are. Provenance is in `asset.extras` and, as XMP, in KHR_xmp_json_ld; what the
    report states, but for the seconds it took, is in the file's `extras`, so that
    `vernissage check` can hold the file to it.
    """
    return _Writer(asset).finish()


class _Writer:
    """Collects the JSON and the binary chunk of one file."""

    def __init__(self, asset: Asset) -> None:
        self.asset = asset
        self.binary = bytearray()
        self.json: dict[str, Any] = {
            "asset": {"version": "2.0", "generator": "Vernissage"},
            "scene": 0,
            "scenes": [{"name": asset.name, "nodes": []}],
        }
        self.materials: dict[int, int] = {}

    def finish(self) -> bytes:
        """Both chunks, padded to four bytes."""
        self._provenance()
        stated = {key: value for key, value in self.asset.report.items() if key != "seconds"}
        if stated:
            self.json["extras"] = {"report": stated}
        if self.asset.skeleton:
            self._skeleton(self.asset.skeleton)
        first = self.json["scenes"][0]["nodes"]
        detail = {"role": "lod", "level": 0} if self.asset.lods else None
        first += [self._mesh(mesh, detail) for mesh in self.asset.meshes]
        for level, mesh in enumerate(self.asset.lods, 1):
            self._scene(f"LOD{level}", [self._mesh(mesh, {"role": "lod", "level": level})])
        if self.asset.hulls:
            self._scene("Collider", [self._hull(hull) for hull in self.asset.hulls])
        for clip in self.asset.clips:
            self._clip(clip)
        self._pad()
        self.json["buffers"] = [{"byteLength": len(self.binary)}]
        text = json.dumps(self.json, separators=(",", ":"), ensure_ascii=False).encode()
        text += b" " * (-len(text) % 4)
        size = 12 + 8 + len(text) + 8 + len(self.binary)
        header = struct.pack("<4sII", b"glTF", 2, size)
        first = struct.pack("<I4s", len(text), b"JSON")
        second = struct.pack("<I4s", len(self.binary), b"BIN\0")
        return b"".join([header, first, text, second, self.binary])

    def _add(self, key: str, value: dict[str, Any]) -> int:
        entries: list[dict[str, Any]] = self.json.setdefault(key, [])
        entries.append(value)
        return len(entries) - 1

    def _pad(self) -> None:
        self.binary.extend(bytes(-len(self.binary) % 4))

    def _view(self, data: bytes, target: int | None = None) -> int:
        self._pad()
        view = {"buffer": 0, "byteOffset": len(self.binary), "byteLength": len(data)}
        if target is not None:
            view["target"] = target
        self.binary.extend(data)
        return self._add("bufferViews", view)

    def _accessor(self, values: np.ndarray, target: int | None = None, bounds: bool = False) -> int:
        """Store an array whose rows are elements; `bounds` adds min and max."""
        values = np.ascontiguousarray(values)
        accessor: dict[str, Any] = {
            "bufferView": self._view(values.tobytes(), target),
            "componentType": _COMPONENT[values.dtype.name],
            "count": len(values),
            "type": _SHAPE[values.shape[1:]],
        }
        if bounds:
            rows = values.reshape(len(values), -1)
            accessor["min"], accessor["max"] = rows.min(0).tolist(), rows.max(0).tolist()
        return self._add("accessors", accessor)

    def _provenance(self) -> None:
        if not self.asset.provenance:
            return
        name = "KHR_xmp_json_ld"
        head = self.json["asset"]
        head["generator"] = self.asset.provenance.get("generator", head["generator"])
        if credit := self.asset.provenance.get("attribution"):
            head["copyright"] = f"Training data: {credit}"
        head["extras"] = self.asset.provenance
        head["extensions"] = {name: {"packet": 0}}
        packet = xmp_packet(self.asset.name, self.asset.provenance)
        self.json["extensionsUsed"] = [name]
        self.json["extensions"] = {name: {"packets": [packet]}}

    def _skeleton(self, joints: tuple[Joint, ...]) -> None:
        """Joints are nodes 0..J-1, so clips and skin use their own indices."""
        for joint in joints:
            start = np.zeros(3) if joint.parent is None else joints[joint.parent].head
            offset = (joint.head - start).astype(np.float32)
            node: dict[str, Any] = {"name": joint.name, "translation": offset.tolist()}
            children = [
                k
                for k, other in enumerate(joints)
                if other.parent is not None and joints[other.parent] is joint
            ]
            if children:
                node["children"] = children
            self._add("nodes", node)
        inverse = np.tile(np.eye(4, dtype=np.float32), (len(joints), 1, 1))
        inverse[:, 3, :3] = [-joint.head for joint in joints]  # column-major
        roots = [k for k, joint in enumerate(joints) if joint.parent is None]
        rig = self._add("nodes", {"name": f"{self.asset.name}_Armature", "children": roots})
        self.json["scenes"][0]["nodes"].append(rig)
        skin = {
            "name": f"{self.asset.name}_Armature",
            "inverseBindMatrices": self._accessor(inverse.reshape(-1, 16)),
            "skeleton": roots[0],
            "joints": list(range(len(joints))),
        }
        self._add("skins", skin)

    def _scene(self, name: str, nodes: list[int]) -> None:
        self._add("scenes", {"name": name, "nodes": nodes})

    def _mesh(self, mesh: Mesh, extras: dict[str, Any] | None = None) -> int:
        """Index of the node of a mesh."""
        attributes = {
            "POSITION": self._accessor(mesh.positions.astype(np.float32), _VERTICES, bounds=True),
            "NORMAL": self._accessor(mesh.normals.astype(np.float32), _VERTICES),
            "TEXCOORD_0": self._accessor(mesh.uvs.astype(np.float32), _VERTICES),
        }
        if mesh.tangents is not None:
            attributes["TANGENT"] = self._accessor(mesh.tangents.astype(np.float32), _VERTICES)
        node: dict[str, Any] = {"name": mesh.name}
        if extras is not None:
            node["extras"] = extras
        if mesh.joints is not None and mesh.weights is not None:
            joints = np.where(mesh.weights > 0, mesh.joints, 0).astype(np.uint8)
            attributes["JOINTS_0"] = self._accessor(joints, _VERTICES)
            attributes["WEIGHTS_0"] = self._accessor(mesh.weights.astype(np.float32), _VERTICES)
            node["skin"] = 0
        primitive = {
            "attributes": attributes,
            "indices": self._indices(mesh.faces, len(mesh.positions)),
            "material": self._material(mesh.material),
        }
        node["mesh"] = self._add("meshes", {"name": mesh.name, "primitives": [primitive]})
        return self._add("nodes", node)

    def _hull(self, hull: Hull) -> int:
        """Index of the node of a collider: positions only, no material."""
        place = self._accessor(hull.positions.astype(np.float32), _VERTICES, bounds=True)
        primitive = {
            "attributes": {"POSITION": place},
            "indices": self._indices(hull.faces, len(hull.positions)),
        }
        mesh = self._add("meshes", {"name": hull.name, "primitives": [primitive]})
        extras = {"role": "collider", "hidden": True}
        return self._add("nodes", {"name": hull.name, "mesh": mesh, "extras": extras})

    def _indices(self, faces: np.ndarray, points: int) -> int:
        kind = np.uint16 if points < 65535 else np.uint32
        return self._accessor(faces.astype(kind).reshape(-1), _INDICES)

    def _material(self, material: Material) -> int:
        """Index of the material; meshes that share the object share the entry."""
        if id(material) in self.materials:
            return self.materials[id(material)]
        entry: dict[str, Any] = {
            "name": material.name,
            "pbrMetallicRoughness": {
                "baseColorTexture": {
                    "index": self._texture(material.name, material.texture, material)
                },
                "metallicFactor": material.metallic,
                "roughnessFactor": material.roughness,
            },
        }
        if material.normal_texture is not None:
            name = f"{material.name} normals"
            texture = self._texture(name, material.normal_texture, material)
            entry["normalTexture"] = {"index": texture}
        if material.surface_texture is not None:
            texture = self._texture(f"{material.name} surface", material.surface_texture, material)
            entry["pbrMetallicRoughness"]["metallicRoughnessTexture"] = {"index": texture}
        if material.texture.shape[2] == 4:
            entry["alphaMode"] = "MASK"
        self.materials[id(material)] = self._add("materials", entry)
        return self.materials[id(material)]

    def _texture(self, name: str, picture: np.ndarray, material: Material) -> int:
        """Index of a texture with its image and how it is sampled."""
        png = io.BytesIO()
        Image.fromarray(picture).save(png, "PNG")
        image = {
            "name": name,
            "mimeType": "image/png",
            "bufferView": self._view(png.getvalue()),
        }
        sampler = {
            "magFilter": _NEAREST if material.pixelated else _LINEAR,
            "minFilter": _NEAREST if material.pixelated else _LINEAR_MIPMAP_LINEAR,
            "wrapS": _REPEAT if material.repeat else _CLAMP,
            "wrapT": _REPEAT if material.repeat else _CLAMP,
        }
        texture = {"sampler": self._add("samplers", sampler), "source": self._add("images", image)}
        return self._add("textures", texture)

    def _clip(self, clip: Clip) -> None:
        times = self._accessor(clip.times.astype(np.float32), bounds=True)
        samplers: list[dict[str, int]] = []
        channels: list[dict[str, Any]] = []

        def channel(joint: int, path: str, values: np.ndarray) -> None:
            output = self._accessor(values.astype(np.float32))
            samplers.append({"input": times, "output": output})
            target = {"node": joint, "path": path}
            channels.append({"sampler": len(samplers) - 1, "target": target})

        for joint, rotation in clip.rotations.items():
            channel(joint, "rotation", rotation)
        for joint, shift in clip.translations.items():
            rest = np.array(self.json["nodes"][joint]["translation"])
            channel(joint, "translation", rest + shift)
        entry = {"name": clip.name, "channels": channels, "samplers": samplers}
        self._add("animations", entry)
