"""A user's mesh in a material: laid on from three sides, so that no seam shows, and baked."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from scipy.ndimage import map_coordinates

from engine.assets.asset import Asset, Material, Mesh
from engine.assets.mesh_asset import to_gltf
from engine.shape.bake import bake_normals, frames, texels
from engine.shape.material_maps import Maps
from engine.shape.mesh import TriMesh
from engine.shape.uv import unwrap

SHARPNESS = 6.0
"""How soon one side's picture gives way to another's where a surface turns."""
_PLANES = ((1, 2), (0, 2), (0, 1))
"""For each axis the two others, along which the tile lies: upright on walls."""


def clad_asset(
    mesh: TriMesh,
    maps: Maps,
    name: str,
    *,
    texture: int,
    scale: float = 1.0,
    unit: float = 1.0,
    provenance: Mapping[str, Any],
    report: Mapping[str, Any],
) -> Asset:
    """The mesh with a new atlas: base colour, normals, roughness and metallic.

    What a point looks like depends on its place and on which way the surface faces there, never on
    the atlas: both sides of a chart's border show the same.

    Args:
        mesh: points in Blender's frame. unit: metres in one of its units.
        texture: edge of the atlas in texels. scale: of the tile, 1 for its true size.
    """
    parts, figures = unwrap([mesh], texture)
    shading = [frames(parts[0], mesh)]
    spots = texels(parts, texture)
    places = spots.blend(parts[0].points[parts[0].faces]) * unit / (maps.kind.edge * scale)
    facing = spots.blend(shading[0].normals[parts[0].faces])
    facing /= np.maximum(np.linalg.norm(facing, axis=1, keepdims=True), 1e-9)
    color = spots.picture(three_sided(maps.albedo / 255.0, places, facing))
    rough = three_sided(maps.roughness[..., None], places, facing)
    packed = np.concatenate(
        [np.ones_like(rough), rough, np.full_like(rough, maps.kind.metallic)], 1
    )
    outward = bumpy(maps.normal / 127.5 - 1, places, facing)
    relief = bake_normals(parts, shading, spots, lambda _: outward)
    material = Material(
        f"{name} surface",
        color,
        metallic=1.0,
        roughness=1.0,
        normal_texture=relief,
        surface_texture=spots.picture(packed),
    )
    tangents = to_gltf(shading[0].tangents[:, :3])
    made = Mesh(
        name,
        to_gltf(parts[0].points),
        _unit(to_gltf(shading[0].normals)),
        parts[0].uvs.astype(np.float32),
        parts[0].faces.astype(np.uint32),
        material,
        tangents=np.concatenate([_unit(tangents), shading[0].tangents[:, 3:]], 1).astype(
            np.float32
        ),
    )
    facts = {
        "triangles": len(mesh.faces),
        "vertices": len(parts[0].points),
        "texture": texture,
        "charts": figures.charts,
        "tile_m": round(maps.kind.edge * scale, 4),
    }
    return Asset(name, (made,), provenance=dict(provenance), report=facts | dict(report))


def three_sided(tile: np.ndarray, places: np.ndarray, facing: np.ndarray) -> np.ndarray:
    """(K, C) of a tile (H, W, C) at places (K, 3) in tiles, seen from the sides that they face."""
    share = _shares(facing)
    sides = (_sampled(tile, places[:, list(plane)]) for plane in _PLANES)
    mixed: np.ndarray = sum(share[:, axis : axis + 1] * side for axis, side in enumerate(sides))
    return mixed


def bumpy(tile: np.ndarray, places: np.ndarray, facing: np.ndarray) -> np.ndarray:
    """(K, 3) unit directions: the surface's own, bent by the tile's normals (H, W, 3)."""
    share = _shares(facing)
    total = facing.astype(np.float64)
    for axis, (across, up) in enumerate(_PLANES):
        bent = _sampled(tile, places[:, [across, up]])
        total[:, across] += share[:, axis] * bent[:, 0]
        total[:, up] += share[:, axis] * bent[:, 1]
    return total / np.maximum(np.linalg.norm(total, axis=1, keepdims=True), 1e-9)


def _shares(facing: np.ndarray) -> np.ndarray:
    weights = np.abs(facing.astype(np.float64)) ** SHARPNESS + 1e-9
    shares: np.ndarray = weights / weights.sum(1, keepdims=True)
    return shares


def _sampled(tile: np.ndarray, at: np.ndarray) -> np.ndarray:
    """(K, C) of a tile at (K, 2) places in tiles, right and up, bilinear, going on beyond its edges."""
    height, width = tile.shape[:2]
    rows, columns = (-at[:, 1] % 1.0) * height - 0.5, (at[:, 0] % 1.0) * width - 0.5
    planes = [
        map_coordinates(tile[..., c], [rows, columns], order=1, mode="grid-wrap")
        for c in range(tile.shape[2])
    ]
    return np.stack(planes, -1)


def _unit(vectors: np.ndarray) -> np.ndarray:
    wide = vectors.astype(np.float64)
    unit: np.ndarray = wide / np.maximum(np.linalg.norm(wide, axis=1, keepdims=True), 1e-12)
    return unit.astype(np.float32)
