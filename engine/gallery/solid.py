"""Solid works: GLB files measured, wrapped so that they stand in their slot, and copied."""

from __future__ import annotations

import json
import struct
from pathlib import Path
from typing import Any

import numpy as np

from engine.errors import BadAsset
from engine.gallery.gltf import pack_glb

MAX_BYTES = 64_000_000


def read_glb(path: Path) -> tuple[dict[str, Any], bytes]:
    """JSON and binary chunk of a GLB. Raises `BadAsset`."""
    try:
        if path.stat().st_size > MAX_BYTES:
            raise BadAsset(f"{path.name} is larger than {MAX_BYTES // 1_000_000} MB")
        data = path.read_bytes()
    except OSError as error:
        raise BadAsset(f"{path.name} could not be read: {error.strerror}") from error
    return split_glb(data, path.name)


def split_glb(data: bytes, name: str) -> tuple[dict[str, Any], bytes]:
    """JSON and binary chunk of the bytes of a GLB. Raises `BadAsset`."""
    try:
        magic, version, length = struct.unpack_from("<4sII", data)
        size, kind = struct.unpack_from("<I4s", data, 12)
        if (magic, version, kind) != (b"glTF", 2, b"JSON") or length > len(data):
            raise BadAsset(f"{name} is no GLB, version 2")
        scene = json.loads(data[20 : 20 + size])
        rest = data[20 + size : length]
        binary = b""
        if len(rest) >= 8:
            size, kind = struct.unpack_from("<I4s", rest)
            binary = rest[8 : 8 + size] if kind == b"BIN\0" else b""
    except (struct.error, ValueError, RecursionError) as error:
        raise BadAsset(f"{name} is damaged") from error
    if not isinstance(scene, dict):
        raise BadAsset(f"{name} is damaged")
    return scene, binary


def bounds(scene: dict[str, Any], name: str) -> tuple[np.ndarray, np.ndarray]:
    """Lowest and highest corner of what the first scene shows, at rest. Raises `BadAsset`."""
    low, high = np.full(3, np.inf), np.full(3, -np.inf)
    try:
        nodes = scene.get("nodes", [])
        todo = [(i, np.eye(4)) for i in scene["scenes"][scene.get("scene", 0)].get("nodes", [])]
        seen = 0
        while todo:
            index, above = todo.pop()
            seen += 1
            if seen > 100_000:
                raise BadAsset(f"the nodes of {name} go round in circles")
            node = nodes[index]
            here = above @ local_matrix(node)
            todo += [(child, here) for child in node.get("children", [])]
            if "mesh" not in node:
                continue
            for primitive in scene["meshes"][node["mesh"]]["primitives"]:
                accessor = scene["accessors"][primitive["attributes"]["POSITION"]]
                box = np.array([accessor["min"], accessor["max"]], float)
                corners = np.array(np.meshgrid(*box.T)).reshape(3, -1)
                matrix = above if "skin" in node else here  # at rest joints carry it
                points = matrix[:3, :3] @ corners + matrix[:3, 3:]
                low, high = np.minimum(low, points.min(1)), np.maximum(high, points.max(1))
    except (KeyError, IndexError, TypeError, ValueError) as error:
        raise BadAsset(f"{name} is damaged") from error
    if not np.isfinite([low, high]).all() or (high - low).max() <= 0:
        raise BadAsset(f"there is nothing to see in {name}")
    return low, high


def local_matrix(node: dict[str, Any]) -> np.ndarray:
    """(4, 4) of a node's own transform."""
    if "matrix" in node:
        return np.asarray(node["matrix"], float).reshape(4, 4).T
    x, y, z, w = node.get("rotation", (0.0, 0.0, 0.0, 1.0))
    turn = np.array(
        [
            [1 - 2 * (y * y + z * z), 2 * (x * y - z * w), 2 * (x * z + y * w)],
            [2 * (x * y + z * w), 1 - 2 * (x * x + z * z), 2 * (y * z - x * w)],
            [2 * (x * z - y * w), 2 * (y * z + x * w), 1 - 2 * (x * x + y * y)],
        ]
    )
    matrix = np.eye(4)
    matrix[:3, :3] = turn * np.asarray(node.get("scale", (1.0, 1.0, 1.0)), float)
    matrix[:3, 3] = node.get("translation", (0.0, 0.0, 0.0))
    return matrix


def standing(
    data: bytes, name: str, size: tuple[float, float, float]
) -> tuple[bytes, tuple[float, float, float]]:
    """The same GLB, scaled to fit a box at its own proportions, standing on the origin.

    Args:
        size: (width, height, depth) in metres that there is room for.
    Returns:
        The file, and the (width, height, depth) that the work takes.
    Raises:
        BadAsset: it is damaged or shows nothing.
    """
    scene, binary = split_glb(data, name)
    low, high = bounds(scene, name)
    extent = np.maximum(high - low, 1e-9)
    scale = float((np.asarray(size) / extent).min())
    middle = (low + high) / 2
    shift = -scale * np.array([middle[0], low[1], middle[2]])
    if abs(scale - 1.0) > 1e-6 or np.abs(shift).max() > 1e-6:
        shown = scene["scenes"][scene.get("scene", 0)]
        root = {
            "name": name,
            "scale": [scale] * 3,
            "translation": [float(v) for v in shift],
            "children": shown.get("nodes", []),
        }
        scene["nodes"].append(root)
        shown["nodes"] = [len(scene["nodes"]) - 1]
    text = json.dumps(scene, separators=(",", ":"), ensure_ascii=False).encode()
    taken = extent * scale
    return pack_glb(text, binary), (float(taken[0]), float(taken[1]), float(taken[2]))
