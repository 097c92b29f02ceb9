"""A repaired mesh with the look of the model it came from: its UVs, its flat colours, or a bake."""

from __future__ import annotations

from typing import Any

import igl
import numpy as np

from engine.assets.asset import Asset, Material, Mesh
from engine.assets.mesh_asset import to_gltf
from engine.assets.voxel_asset import palette_texture
from engine.data.mesh_paint import point_colors, to_linear, to_srgb
from engine.shape.bake import bake_color, texels
from engine.shape.mesh import TriMesh, bodies, cross_products, vertex_normals
from engine.shape.repair import Repaired
from engine.shape.uv import unwrap

CREASE = 40.0
"""Degrees between faces from which the edge between them is shaded hard."""
TEXTURE = 1024


def repaired_asset(made: Repaired, name: str) -> Asset:
    """An asset in the model's own place and size.

    Its texture coordinates and texture are the model's own where it has one texture and the faces
    were kept; flat colours become a palette; anything else is baked into a new atlas.
    """
    soup, look = made.soup, "baked"
    flat = all(paint.texture is None for paint in soup.paints)
    plain = np.ptp(soup.tints.reshape(-1, 9), axis=1).max() < 1e-6 if len(soup.tints) else True
    whole = soup.tints.min() > 0.999
    inside = soup.uvs.min() > -1e-3 and soup.uvs.max() < 1.001
    if made.source is not None and flat and plain:
        look = "palette"
        uvs, texture = _palette(made, made.source)
    elif made.source is not None and len(soup.paints) == 1 and whole and inside:
        look = "own"
        uvs, texture = _own(made, made.source)
    else:
        uvs, texture = _baked(made)
    material = Material(f"{name} surface", texture, roughness=0.9, pixelated=look == "palette")
    points, normals, corners, faces = _split(made.mesh, uvs)
    mesh = Mesh(name, to_gltf(points), to_gltf(normals), corners, faces, material)
    report: dict[str, Any] = {
        "vertices": len(points),
        "triangles": len(made.mesh.faces),
        "watertight": made.watertight,
        "bodies": bodies(made.mesh)[0],
        "look": look,
        "added": round(made.added, 5),
        "lost": round(made.lost, 5),
        "done": list(made.done),
        "failed": list(made.failed),
    }
    return Asset(name, (mesh,), report=report)


def _palette(made: Repaired, source: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """(M, 3, 2) UVs and the texture of flat colours."""
    soup = made.soup
    light = np.stack([paint.factor for paint in soup.paints])[soup.paint] * soup.tints[:, 0]
    colors = np.rint(to_srgb(light) * 255).astype(np.uint8)[source]
    texture, uvs = palette_texture(colors)
    return np.repeat(uvs[:, None], 3, axis=1), texture


def _own(made: Repaired, source: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """(M, 3, 2) UVs in the model's own texture; what closes a hole repeats the face beside it."""
    soup, paint = made.soup, made.soup.paints[0]
    weights = made.shell.weights(
        np.repeat(source, 3), made.mesh.points[made.mesh.faces.reshape(-1)]
    )
    uvs = np.einsum("nk,nkc->nc", weights, np.repeat(soup.uvs[source], 3, axis=0))
    assert paint.texture is not None
    light = to_linear(paint.texture[..., :3] / 255.0) * paint.factor
    texture = np.rint(to_srgb(light) * 255).astype(np.uint8)
    uvs = np.stack([uvs[:, 0], 1 - uvs[:, 1]], -1)
    return uvs.reshape(-1, 3, 2), texture


def _baked(made: Repaired) -> tuple[np.ndarray, np.ndarray]:
    """(M, 3, 2) UVs of a new atlas, and the colours of the nearest points of the model in it."""
    soup, shell = made.soup, made.shell

    def color(points: np.ndarray) -> np.ndarray:
        _, face, foot = igl.point_mesh_squared_distance(
            np.ascontiguousarray(points), shell.vertices, shell.faces
        )
        weights = shell.weights(face, foot)
        light = point_colors(
            soup.paints, soup.paint[face], soup.uvs[face], soup.tints[face], weights
        )
        return to_srgb(light)

    parts, _ = unwrap([made.mesh], TEXTURE)
    texture = bake_color(parts, texels(parts, TEXTURE), color)
    return parts[0].uvs[parts[0].faces], texture


def _split(mesh: TriMesh, uvs: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Points, normals, UVs and faces with corners split at creases and where UVs differ."""
    smooth = vertex_normals(mesh)[mesh.faces]
    flat = cross_products(mesh)
    flat /= np.maximum(np.linalg.norm(flat, axis=1, keepdims=True), 1e-30)
    hard = np.einsum("mkc,mc->mk", smooth, flat) < np.cos(np.radians(CREASE / 2))
    normals = np.where(hard[..., None], flat[:, None], smooth)
    rows = np.concatenate(
        [
            mesh.faces.reshape(-1, 1),
            np.rint(normals.reshape(-1, 3) * 1e4),
            np.rint(uvs.reshape(-1, 2) * 1e6),
        ],
        axis=1,
    )
    _, first, index = np.unique(rows, axis=0, return_index=True, return_inverse=True)
    return (
        mesh.points[mesh.faces.reshape(-1)[first]],
        normals.reshape(-1, 3)[first],
        uvs.reshape(-1, 2)[first].astype(np.float32),
        index.reshape(-1, 3).astype(np.uint32),
    )
