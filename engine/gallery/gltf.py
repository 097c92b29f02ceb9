"""Scenes to binary glTF 2.0: nodes with `extras`, meshes of several materials, shared textures."""

from __future__ import annotations

import json
import struct
from dataclasses import dataclass, field
from typing import Any

import numpy as np

_COMPONENT = {"float32": 5126, "uint32": 5125, "uint16": 5123, "uint8": 5121}
_SHAPE = {(): "SCALAR", (2,): "VEC2", (3,): "VEC3", (4,): "VEC4"}
_VERTICES, _INDICES = 34962, 34963
_LINEAR, _LINEAR_MIPMAP_LINEAR = 9729, 9987
_REPEAT, _CLAMP = 10497, 33071
WRAP = {"repeat": (_REPEAT, _REPEAT), "clamp": (_CLAMP, _CLAMP), "band": (_REPEAT, _CLAMP)}


@dataclass(frozen=True)
class Surface:
    """Triangles with one material.

    Attributes:
        attributes: glTF's names to (n, k) float32. faces: (m, 3).
        material: index that `Glb.material` gave; None where nothing is drawn.
    """

    attributes: dict[str, np.ndarray]
    faces: np.ndarray
    material: int | None = None


@dataclass
class Glb:
    """A file that grows: add textures, materials, nodes; then take its bytes."""

    name: str
    head: dict[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._binary = bytearray()
        self.json: dict[str, Any] = {
            "asset": {"version": "2.0", "generator": "Vernissage", **self.head},
            "scene": 0,
            "scenes": [{"name": self.name, "nodes": []}],
        }

    def image(self, name: str, data: bytes, mime: str, wrap: str = "repeat") -> int:
        """Index of a texture that shows encoded image bytes."""
        view = self._view(data)
        source = self._add("images", {"name": name, "mimeType": mime, "bufferView": view})
        how = {
            "magFilter": _LINEAR,
            "minFilter": _LINEAR_MIPMAP_LINEAR,
            "wrapS": WRAP[wrap][0],
            "wrapT": WRAP[wrap][1],
        }
        samplers = self.json.setdefault("samplers", [])
        if how not in samplers:
            samplers.append(how)
        return self._add("textures", {"sampler": samplers.index(how), "source": source})

    def material(self, name: str, values: dict[str, Any]) -> int:
        """Index of a material; `values` are glTF's own."""
        return self._add("materials", {"name": name, **values})

    def node(
        self,
        name: str,
        extras: dict[str, Any],
        surfaces: list[Surface] | None = None,
        *,
        scene: int | None = 0,
        **place: Any,
    ) -> int:
        """Add a node with its own mesh, or an empty one; returns its index."""
        node: dict[str, Any] = {"name": name, **place}
        if extras:
            node["extras"] = extras
        if surfaces:
            primitives = [self._primitive(surface) for surface in surfaces]
            node["mesh"] = self._add("meshes", {"name": name, "primitives": primitives})
        index = self._add("nodes", node)
        if scene is not None:
            self.json["scenes"][scene]["nodes"].append(index)
        return index

    def scene(self, name: str) -> int:
        """Add a scene that viewers do not show at first."""
        return self._add("scenes", {"name": name, "nodes": []})

    def data(self) -> bytes:
        """The file."""
        self._pad()
        self.json["buffers"] = [{"byteLength": len(self._binary)}]
        text = json.dumps(self.json, separators=(",", ":"), ensure_ascii=False).encode()
        return pack_glb(text, bytes(self._binary))

    def _add(self, key: str, value: dict[str, Any]) -> int:
        entries: list[dict[str, Any]] = self.json.setdefault(key, [])
        entries.append(value)
        return len(entries) - 1

    def _pad(self) -> None:
        self._binary.extend(bytes(-len(self._binary) % 4))

    def _view(self, data: bytes, target: int | None = None) -> int:
        self._pad()
        view: dict[str, Any] = {
            "buffer": 0,
            "byteOffset": len(self._binary),
            "byteLength": len(data),
        }
        if target is not None:
            view["target"] = target
        self._binary.extend(data)
        return self._add("bufferViews", view)

    def _accessor(self, values: np.ndarray, target: int, *, bounds: bool = False) -> int:
        values = np.ascontiguousarray(values)
        accessor: dict[str, Any] = {
            "bufferView": self._view(values.tobytes(), target),
            "componentType": _COMPONENT[values.dtype.name],
            "count": len(values),
            "type": _SHAPE[values.shape[1:]],
        }
        if bounds:
            accessor["min"], accessor["max"] = values.min(0).tolist(), values.max(0).tolist()
        return self._add("accessors", accessor)

    def _primitive(self, surface: Surface) -> dict[str, Any]:
        attributes = {
            name: self._accessor(values.astype(np.float32), _VERTICES, bounds=name == "POSITION")
            for name, values in surface.attributes.items()
        }
        points = len(surface.attributes["POSITION"])
        kind = np.uint16 if points < 65_535 else np.uint32
        indices = self._accessor(surface.faces.astype(kind).reshape(-1), _INDICES)
        primitive: dict[str, Any] = {"attributes": attributes, "indices": indices}
        if surface.material is not None:
            primitive["material"] = surface.material
        return primitive


def pack_glb(text: bytes, binary: bytes) -> bytes:
    """Both chunks of a GLB, padded to four bytes."""
    text += b" " * (-len(text) % 4)
    binary += bytes(-len(binary) % 4)
    size = 12 + 8 + len(text) + (8 + len(binary) if binary else 0)
    parts = [struct.pack("<4sII", b"glTF", 2, size), struct.pack("<I4s", len(text), b"JSON"), text]
    if binary:
        parts += [struct.pack("<I4s", len(binary), b"BIN\0"), binary]
    return b"".join(parts)
