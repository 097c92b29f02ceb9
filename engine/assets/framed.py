"""A picture as a thing: a canvas with thickness in a moulded frame, at its physical size."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from engine.assets.asset import Asset, Material, Mesh

CANVAS = 0.02
"""Metres from the front of a canvas to its back."""
REBATE = 0.006
"""Metres of the canvas that the frame covers at each edge."""


@dataclass(frozen=True)
class Moulding:
    """The section of a frame, and what it is made of.

    `section` are (across, up) shares of width and depth, from the inner edge over the front to the
    outer back edge; `color` is sRGB.
    """

    section: tuple[tuple[float, float], ...]
    width: float
    depth: float
    color: tuple[int, int, int]
    metallic: float
    roughness: float


_PROFILE = ((0.0, 0.35), (0.0, 0.62), (0.1, 0.72), (0.2, 0.62), (0.3, 0.6), (0.55, 0.78))
_CARVED = (*_PROFILE, (0.72, 0.97), (0.82, 1.0), (0.92, 0.95), (1.0, 0.8), (1.0, 0.0))
_SCOOP = ((0.0, 0.3), (0.0, 0.45), (0.12, 0.5), (0.5, 0.62), (0.8, 0.95), (0.9, 1.0), (1.0, 0.9))
_PLAIN = ((0.0, 0.4), (0.0, 0.95), (0.05, 1.0), (0.95, 1.0), (1.0, 0.95), (1.0, 0.0))

MOULDINGS: dict[str, Moulding] = {
    "gilt": Moulding(_CARVED, 0.075, 0.045, (196, 150, 72), 0.85, 0.38),
    "walnut": Moulding((*_SCOOP, (1.0, 0.0)), 0.055, 0.035, (86, 56, 36), 0.0, 0.45),
    "ebony": Moulding((*_SCOOP, (1.0, 0.0)), 0.045, 0.035, (34, 30, 28), 0.0, 0.35),
    "oak": Moulding(_PLAIN, 0.028, 0.035, (168, 128, 84), 0.0, 0.55),
}


def framed(
    name: str,
    picture: np.ndarray,
    height: float,
    *,
    relief: np.ndarray | None = None,
    moulding: str = "gilt",
    provenance: Mapping[str, Any],
    report: Mapping[str, Any] | None = None,
) -> Asset:
    """A framed picture, facing +Z, its origin in the middle of its base at the wall.

    Args:
        picture: (H, W, 3) uint8 sRGB. height: metres of the picture itself, without the frame.
        relief: (H', W', 3) uint8 normals of the paint.
        moulding: a key of MOULDINGS.
    """
    rows, columns = picture.shape[:2]
    inner = np.array([height * columns / rows, height])
    frame = MOULDINGS[moulding]
    middle = inner[1] / 2 + frame.width
    front = Material(f"{name} picture", picture, roughness=0.62, normal_texture=relief)
    linen = Material(f"{name} linen", _plain((201, 190, 168)), roughness=0.95)
    wood = Material(f"{name} {moulding}", _plain(frame.color), frame.metallic, frame.roughness)
    meshes = (
        _canvas(f"{name}_Canvas", inner, middle, front),
        _block(f"{name}_Linen", inner, middle, linen),
        _frame(f"{name}_Frame", inner, middle, frame, wood),
    )
    outer = inner + 2 * frame.width
    facts = {
        "size": [round(float(outer[0]), 4), round(float(outer[1]), 4), frame.depth],
        "picture_size": [round(float(inner[0]), 4), round(float(inner[1]), 4)],
        "pixels": [columns, rows],
        "frame": moulding,
        "triangles": sum(len(mesh.faces) for mesh in meshes),
        "vertices": sum(len(mesh.positions) for mesh in meshes),
    }
    return Asset(name, meshes, provenance=dict(provenance), report=facts | dict(report or {}))


def _canvas(name: str, size: np.ndarray, middle: float, material: Material) -> Mesh:
    """The front of the canvas: a rectangle with the whole picture."""
    half = size / 2
    corners = np.array([[-1, -1], [1, -1], [1, 1], [-1, 1]], float)
    points = np.column_stack([corners * half, np.full(4, CANVAS)])
    points[:, 1] += middle
    uvs = np.column_stack([(corners[:, 0] + 1) / 2, (1 - corners[:, 1]) / 2])
    tangents = np.tile([1.0, 0, 0, 1], (4, 1)) if material.normal_texture is not None else None
    return Mesh(
        name,
        points.astype(np.float32),
        np.tile([0.0, 0, 1], (4, 1)).astype(np.float32),
        uvs.astype(np.float32),
        np.array([[0, 1, 2], [0, 2, 3]], np.uint32),
        material,
        tangents=None if tangents is None else tangents.astype(np.float32),
    )


def _block(name: str, size: np.ndarray, middle: float, material: Material) -> Mesh:
    """Sides and back of the canvas."""
    x, y = size / 2
    corners = np.array([[-x, -y], [x, -y], [x, y], [-x, y]])
    quads = [
        [(*corners[j], 0), (*corners[i], 0), (*corners[i], CANVAS), (*corners[j], CANVAS)]
        for i, j in ((1, 0), (2, 1), (3, 2), (0, 3))
    ]
    quads = [quad[::-1] for quad in quads]
    quads.append([(*corner, 0) for corner in corners[::-1]])
    return _faceted(name, np.array(quads, float), middle, material)


def _frame(name: str, size: np.ndarray, middle: float, frame: Moulding, material: Material) -> Mesh:
    """The section swept around the picture, mitred at the corners, closed at its back."""
    section = np.array(frame.section)
    across = section[:, 0] * frame.width - REBATE * (section[:, 0] == 0)
    up = section[:, 1] * frame.depth
    signs = np.array([[-1, -1], [1, -1], [1, 1], [-1, 1]], float)
    rings = np.stack(
        [
            np.column_stack([signs * (size / 2 + a), np.full(4, max(z, 0))])
            for a, z in zip(across, up, strict=True)
        ]
    )
    # The back closes to the inner edge, and that to where the section begins.
    rings = np.concatenate([rings, rings[:1] * (1, 1, 0), rings[:1]])
    quads = [
        [rings[k, i], rings[k, j], rings[k + 1, j], rings[k + 1, i]]
        for k in range(len(rings) - 1)
        for i, j in ((0, 1), (1, 2), (2, 3), (3, 0))
    ]
    # From the inner edge outward over the front: seen from outside, against the clock.
    return _faceted(name, np.array(quads)[:, ::-1], middle, material)


def _faceted(name: str, quads: np.ndarray, middle: float, material: Material) -> Mesh:
    """Flat quads (Q, 4, 3), each with its own corners."""
    normals = np.cross(quads[:, 1] - quads[:, 0], quads[:, 2] - quads[:, 1])
    normals /= np.linalg.norm(normals, axis=1, keepdims=True) + 1e-12
    points = quads.reshape(-1, 3) + (0, middle, 0)
    first = 4 * np.arange(len(quads))[:, None]
    faces = np.concatenate([first + (0, 1, 2), first + (0, 2, 3)])
    return Mesh(
        name,
        points.astype(np.float32),
        np.repeat(normals, 4, 0).astype(np.float32),
        np.full((len(points), 2), 0.5, np.float32),
        faces.astype(np.uint32),
        material,
    )


def _plain(color: tuple[int, int, int]) -> np.ndarray:
    return np.full((4, 4, 3), color, np.uint8)
