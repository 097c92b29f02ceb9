"""Coloured voxels to a finished asset: exact colours, exact height, rigged if asked for."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from scipy import ndimage

from engine.assets.asset import Asset, Clip, Joint, Material, Mesh
from engine.assets.idle import idle_clip
from engine.data.voxels import VoxelGrid
from engine.errors import EmptyShape
from engine.shape.quads import edge_contacts, greedy_quads, is_closed, triangulate
from engine.shape.rig import BONES, INDEX, Rig, fit_rig

BLOCK = 8  # texels a side for each colour: three mip levels and LINEAR filtering do not bleed


def voxel_asset(
    grid: VoxelGrid, *, name: str, height: float, rig: bool, provenance: Mapping[str, Any]
) -> Asset:
    """Mesh a voxel body and stand it on the origin.

    Args:
        height: metres from the lowest to the highest voxel.
        rig: fit the humanoid armature, with rigid weights and an idle clip.
        provenance: JSON values that travel with the asset.
    Returns:
        An asset of one flat-shaded mesh with one palette texture. Its report holds counts and
        whether the surface is closed.
    Raises:
        EmptyShape: no voxel is solid.
    """
    if not grid.solid.any():
        raise EmptyShape("The shape has no solid voxel")
    solid = np.argwhere(grid.solid)
    low, high = solid.min(0)[::-1], solid.max(0)[::-1] + 1
    unit = height / float(high[2] - low[2])
    origin = np.array([(low[0] + high[0]) / 2, (low[1] + high[1]) / 2, low[2]])
    fitted = fit_rig(grid) if rig else None
    quads = greedy_quads(grid.colors, grid.solid, None if fitted is None else fitted.marks)
    surface = triangulate(quads)
    texture, uvs = palette_texture(surface.colors)
    joints, weights = _skin(fitted, surface.points)
    mesh = Mesh(
        name=name,
        positions=_to_gltf(surface.points - origin, unit),
        normals=_to_gltf(surface.normals, 1.0),
        uvs=uvs,
        faces=surface.faces,
        material=Material(name="Palette", texture=texture, pixelated=True),
        joints=joints,
        weights=weights,
    )
    skeleton, clips = _skeleton(fitted, origin, unit)
    report: dict[str, Any] = {
        "vertices": len(surface.points),
        "triangles": len(surface.faces),
        "quads": len(quads.corners),
        "voxels": len(solid),
        "colours": len(np.unique(surface.colors, axis=0)),
        "closed": is_closed(surface.points, surface.faces),
        "bodies": int(ndimage.label(grid.solid, structure=np.ones((3, 3, 3)))[1]),
        "edge_contacts": edge_contacts(grid.solid),
        "height_m": float(height),
        "size_m": [round(float(side) * unit, 6) for side in high - low],
        "bones": len(skeleton),
    }
    if fitted is not None:
        arms = fitted.landmarks.arms
        report["limbs"] = {
            "left_arm": arms[0],
            "right_arm": arms[1],
            "legs": fitted.landmarks.legs,
        }
    return Asset(name, (mesh,), skeleton, clips, dict(provenance), report)


def _to_gltf(vectors: np.ndarray, unit: float) -> np.ndarray:
    """(N, 3) of x right, y depth, z up in voxels to float32 of x right, y up, z to the viewer."""
    turned = np.stack([vectors[:, 0], vectors[:, 2], -vectors[:, 1].astype(np.float64)], -1)
    return (turned * unit + 0.0).astype(np.float32)  # + 0.0 makes -0.0 positive


def palette_texture(colors: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """A square power-of-two texture with one block for each colour, and (N, 2) UVs to its blocks.

    Unused blocks repeat the last colour.
    """
    shades, place = np.unique(colors, axis=0, return_inverse=True)
    side = 1
    while side * side < len(shades):
        side *= 2
    blocks = shades[np.minimum(np.arange(side * side), len(shades) - 1)].reshape(side, side, 3)
    texture = np.ascontiguousarray(blocks.repeat(BLOCK, 0).repeat(BLOCK, 1))
    row, column = np.divmod(place.ravel(), side)
    uvs = (np.stack([column, row], -1) + 0.5) / side
    return texture, uvs.astype(np.float32)


def _skin(fitted: Rig | None, points: np.ndarray) -> tuple[np.ndarray | None, np.ndarray | None]:
    """Rigid weights: each vertex follows the bone of its lattice point."""
    if fitted is None:
        return None, None
    x, y, z = points.T
    joints = np.zeros((len(points), 4), dtype=np.uint8)
    joints[:, 0] = fitted.marks[z, y, x]
    weights = np.zeros((len(points), 4), dtype=np.float32)
    weights[:, 0] = 1.0
    return joints, weights


def _skeleton(
    fitted: Rig | None, origin: np.ndarray, unit: float
) -> tuple[tuple[Joint, ...], tuple[Clip, ...]]:
    if fitted is None:
        return (), ()
    heads = _to_gltf(fitted.heads - origin, unit)
    skeleton = tuple(
        Joint(name, None if parent is None else INDEX[parent], head)
        for (name, parent), head in zip(BONES, heads, strict=True)
    )
    return skeleton, (idle_clip(skeleton, unit),)
