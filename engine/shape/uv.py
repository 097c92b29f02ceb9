"""Unwrapping: every level of detail of a shape in one atlas, without overlaps, and its figures."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import xatlas

from engine.shape.mesh import TriMesh, cross_products
from engine.shape.overlap import overlapping_faces
from engine.shape.raster import cover

GUTTER = 4
"""Texels between charts: two mip levels and linear filtering do not bleed."""
_COSTS = (2.0, 1.0, 0.5)  # of growing a chart; a flatter chart cannot fold onto itself
_ROUNDS = 3
_SPOT = 0.01  # of a face's size in the atlas, where it lay on another


@dataclass(frozen=True)
class Unwrapped:
    """A mesh whose corners are split where charts end.

    Attributes:
        points: (V, 3) float64. faces: (M, 3) int64 into `points`, in the order of the mesh.
        uvs: (V, 2) float64 in [0, 1], v downwards (row 0 of the texture is v = 0).
        source: (V,) index of the mesh's point that each corner came from.
    """

    points: np.ndarray
    faces: np.ndarray
    uvs: np.ndarray
    source: np.ndarray


@dataclass(frozen=True)
class UvReport:
    """What the unwrapping of an atlas gave.

    Attributes:
        charts: islands. coverage: share of the texture that faces cover. overlaps: pairs of faces
            that lie on each other. density: texels along a unit of length on the first mesh, the mean by area.
        stretch: largest over smallest scale of a face, the mean by area; 1 keeps angles and area.
    """

    charts: int
    coverage: float
    overlaps: int
    density: float
    stretch: float


def unwrap(
    meshes: Sequence[TriMesh], texture: int, ratio: float = 0.5
) -> tuple[list[Unwrapped], UvReport]:
    """Unwrap meshes into one square atlas.

    Levels of detail share the texture by lying beside each other in it, each drawn `ratio` times
    as large as the one before, as it is seen from further away. All of them together cost a third
    more area than the first alone, and none needs the chart borders of another.

    Args:
        texture: edge of the texture in texels.
    Returns:
        A part for each mesh, and the figures. Where a chart folds onto itself, charts are made
        smaller until none does.
    """
    best: tuple[list[Unwrapped], UvReport] | None = None
    for cost in _COSTS:
        parts, charts = _atlas(meshes, texture, ratio, cost)
        report = _report(parts, charts, texture)
        if best is None or report.overlaps < best[1].overlaps:
            best = parts, report
        if not report.overlaps:
            break
    assert best is not None
    parts, report = best
    for _ in range(_ROUNDS):
        if not report.overlaps:
            break
        parts = _apart(parts, texture)
        report = _report(parts, report.charts, texture)
    return parts, report


def _apart(parts: list[Unwrapped], texture: int) -> list[Unwrapped]:
    """Shrink the smaller of two faces that lie on each other to a spot of its own colour.

    What is left over after charts were made as flat as they get are slivers of a texel or two.
    """
    corners = np.concatenate([part.uvs[part.faces] for part in parts]) * texture
    pairs = overlapping_faces(corners)
    side, beside = corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0]
    size = np.abs(side[:, 0] * beside[:, 1] - side[:, 1] * beside[:, 0])
    small = np.zeros(len(corners), bool)
    small[np.where(size[pairs[:, 0]] < size[pairs[:, 1]], pairs[:, 0], pairs[:, 1])] = True
    result, start = [], 0
    for part in parts:
        here = np.flatnonzero(small[start : start + len(part.faces)])
        start += len(part.faces)
        own = part.faces[here].reshape(-1)
        middle = part.uvs[part.faces[here]].mean(1).repeat(3, 0)
        faces = part.faces.copy()
        faces[here] = len(part.points) + np.arange(len(own)).reshape(-1, 3)
        result.append(
            Unwrapped(
                np.concatenate([part.points, part.points[own]]),
                faces,
                np.concatenate([part.uvs, middle + (part.uvs[own] - middle) * _SPOT]),
                np.concatenate([part.source, part.source[own]]),
            )
        )
    return result


def _atlas(
    meshes: Sequence[TriMesh], texture: int, ratio: float, cost: float
) -> tuple[list[Unwrapped], int]:
    """One run of xatlas: the parts and the number of charts."""
    atlas = xatlas.Atlas()
    for level, mesh in enumerate(meshes):
        points = (mesh.points * ratio**level).astype(np.float32)
        atlas.add_mesh(points, mesh.faces.astype(np.uint32))
    pack = xatlas.PackOptions()
    pack.resolution = texture
    pack.padding = GUTTER + 1  # the atlas comes out somewhat larger and is scaled to the texture
    pack.bilinear = True
    charts = xatlas.ChartOptions()
    charts.max_cost = cost
    atlas.generate(charts, pack)
    size = np.array([atlas.width, atlas.height]) / max(atlas.width, atlas.height)
    parts = []
    for level, mesh in enumerate(meshes):
        source, faces, uvs = atlas.get_mesh(level)
        placed = (uvs.astype(np.float64) * size).clip(0, 1)
        parts.append(
            Unwrapped(mesh.points[source], faces.astype(np.int64), placed, source.astype(np.int64))
        )
    return parts, int(atlas.chart_count)


def _report(parts: Sequence[Unwrapped], charts: int, texture: int) -> UvReport:
    corners = np.concatenate([part.uvs[part.faces] for part in parts]) * texture
    covered = len(np.unique(cover(corners, texture, texture).pixel))
    density, stretch = _scales(parts[0], texture)
    overlaps = len(overlapping_faces(corners))
    return UvReport(charts, covered / texture**2, overlaps, density, stretch)


def _scales(part: Unwrapped, texture: int) -> tuple[float, float]:
    """Mean texels a unit of length, and mean ratio of the largest to the smallest scale."""
    mesh = TriMesh(part.points, part.faces)
    cross = cross_products(mesh)
    size = np.linalg.norm(cross, axis=1)
    a, b, c = mesh.corners.transpose(1, 0, 2)
    along = (b - a) / np.maximum(np.linalg.norm(b - a, axis=1, keepdims=True), 1e-12)
    across = np.cross(cross / np.maximum(size, 1e-12)[:, None], along)
    flat = np.stack(
        [
            np.stack([np.einsum("mc,mc->m", side, axis) for axis in (along, across)], -1)
            for side in (b - a, c - a)
        ],
        -1,
    )
    uv = part.uvs[part.faces] * texture
    painted = np.stack([uv[:, 1] - uv[:, 0], uv[:, 2] - uv[:, 0]], -1)
    real = size > 1e-9 * size.max()
    stretch = np.linalg.svd(painted[real] @ np.linalg.inv(flat[real]), compute_uv=False)
    weight = size[real] / size[real].sum()
    density = float(weight @ np.sqrt(stretch.prod(1)))
    ratio = stretch[:, 0] / np.maximum(stretch[:, 1], 1e-9)
    return density, float(weight @ np.minimum(ratio, 1e3))
