"""A ball that wears a material: what a material looks like."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from engine.assets.asset import Asset, Material, Mesh
from engine.shape.material_maps import Maps

_ROWS, _COLUMNS = 24, 48


def material_ball(
    name: str, maps: Maps, *, provenance: Mapping[str, Any], report: Mapping[str, Any]
) -> Asset:
    """A ball on which the tile lies at its true size, four times around; its base at the origin."""
    radius = 4 * maps.kind.edge / (2 * np.pi)
    theta, phi = np.meshgrid(
        np.linspace(0, np.pi, _ROWS + 1), np.linspace(0, 2 * np.pi, _COLUMNS + 1), indexing="ij"
    )
    normals = np.stack(
        [np.sin(theta) * np.sin(phi), np.cos(theta), np.sin(theta) * np.cos(phi)], -1
    ).reshape(-1, 3)
    tangents = np.stack([np.cos(phi), 0 * phi, -np.sin(phi), np.ones_like(phi)], -1).reshape(-1, 4)
    uvs = np.stack([phi / (2 * np.pi) * 4, theta / np.pi * 2], -1).reshape(-1, 2)
    first = (np.arange(_ROWS)[:, None] * (_COLUMNS + 1) + np.arange(_COLUMNS)).ravel()
    below = first + _COLUMNS + 1
    faces = np.concatenate(
        [np.stack([first, below, below + 1], 1), np.stack([first, below + 1, first + 1], 1)]
    )
    keep = np.linalg.norm(
        np.cross(
            normals[faces[:, 1]] - normals[faces[:, 0]], normals[faces[:, 2]] - normals[faces[:, 0]]
        ),
        axis=1,
    )
    points = normals * radius + (0, radius, 0)
    mesh = Mesh(
        name,
        points.astype(np.float32),
        normals.astype(np.float32),
        uvs.astype(np.float32),
        faces[keep > 1e-9].astype(np.uint32),
        surface(name, maps),
        tangents=tangents.astype(np.float32),
    )
    facts = {"triangles": len(mesh.faces), "vertices": len(points)}
    return Asset(name, (mesh,), provenance=dict(provenance), report=facts | dict(report))


def surface(name: str, maps: Maps) -> Material:
    """The glTF material of a tile."""
    return Material(
        name,
        maps.albedo,
        metallic=1.0,
        roughness=1.0,
        normal_texture=maps.normal,
        surface_texture=maps.metallic_roughness(),
        repeat=True,
    )
