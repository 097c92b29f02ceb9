"""The colour of a point on a triangle: material × texture × vertex colour, as an artist sees it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.ndimage import distance_transform_edt

CLEAR = 128
"""Alpha below which a texel is a hole: it takes the colour of the nearest texel that is not."""


@dataclass(frozen=True)
class Paint:
    """Base colour of a material.

    Attributes:
        factor: (3,) float64 linear RGB. Alpha is left out: glass keeps its colour.
        texture: (H, W, 3) uint8 sRGB, row 0 at the top; None where the material is plain.
    """

    factor: np.ndarray
    texture: np.ndarray | None = None


def paint_of(material: Any, *, linear: bool) -> Paint:
    """The base colour of a trimesh material, or white where there is none.

    Args:
        linear: the factor is linear RGB, as glTF says. MTL files and others mean sRGB.
    """
    if material is None:
        return Paint(np.ones(3))
    # glTF materials speak of base colour, OBJ materials of diffuse.
    image = getattr(material, "baseColorTexture", None) or getattr(material, "image", None)
    factor = getattr(material, "baseColorFactor", None)
    if factor is None:
        # An MTL file's Kd is repeated beside its map and is often black or grey there.
        factor = None if image is not None else getattr(material, "diffuse", None)
    color = np.ones(3) if factor is None else np.asarray(factor, np.float64)[:3] / 255
    texture = None if image is None else _opaque(np.asarray(image.convert("RGBA")))
    return Paint(color if linear else to_linear(color), texture)


def point_colors(
    paints: tuple[Paint, ...],
    paint: np.ndarray,
    uvs: np.ndarray,
    tints: np.ndarray,
    weights: np.ndarray,
) -> np.ndarray:
    """Colours of points on triangles.

    Args:
        paint: (P,) index of each point's paint. uvs: (P, 3, 2) and tints: (P, 3, 3) of the corners
            of each point's triangle. weights: (P, 3) barycentric.
    Returns:
        (P, 3) float64 linear RGB. Textures are read at the nearest texel, so that a palette
        texture gives the colours of its cells and no others.
    """
    color = np.einsum("pkc,pk->pc", tints, weights)
    # Triangles inside one tile never wrap, not even at u = 1.
    local = uvs - np.floor(uvs.min(1, keepdims=True) + 1e-6)
    place = np.einsum("pkc,pk->pc", local, weights)
    tiled = (local > 1 + 1e-6).any((1, 2))
    place = np.where(tiled[:, None], place % 1.0, place)
    for index, one in enumerate(paints):
        here = paint == index
        color[here] *= one.factor
        if one.texture is not None:
            rows, columns = one.texture.shape[:2]
            column = np.floor(place[here, 0] * columns).astype(np.int64).clip(0, columns - 1)
            row = np.floor((1 - place[here, 1]) * rows).astype(np.int64).clip(0, rows - 1)
            color[here] *= _LINEAR[one.texture[row, column]]
    return color


def to_linear(srgb: np.ndarray) -> np.ndarray:
    """sRGB in [0, 1] to linear light."""
    return np.where(srgb <= 0.04045, srgb / 12.92, ((srgb + 0.055) / 1.055) ** 2.4)


def to_srgb(light: np.ndarray) -> np.ndarray:
    """Linear light, clipped to [0, 1], to sRGB in [0, 1]."""
    light = light.clip(0, 1)
    return np.where(light <= 0.0031308, light * 12.92, 1.055 * light ** (1 / 2.4) - 0.055)


def _opaque(rgba: np.ndarray) -> np.ndarray:
    """(H, W, 3): what is under the holes of a cut-out leaf is never meant to be seen."""
    hole = rgba[..., 3] < CLEAR
    if hole.any() and not hole.all():
        nearest = distance_transform_edt(hole, return_distances=False, return_indices=True)
        return rgba[tuple(nearest)][..., :3]
    return rgba[..., :3].copy()


_LINEAR = to_linear(np.arange(256) / 255.0)
