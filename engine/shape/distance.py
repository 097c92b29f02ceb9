"""How far two surfaces are apart: the Hausdorff distance, measured on points spread over both."""

from __future__ import annotations

from dataclasses import dataclass

import igl
import numpy as np

from engine.shape.mesh import TriMesh, cross_products

SAMPLES = 4000


@dataclass(frozen=True)
class Deviation:
    """Distances between two surfaces, in the unit of their points.

    Attributes:
        hausdorff: the largest of both directions. mean: of both directions.
    """

    hausdorff: float
    mean: float


def spread(mesh: TriMesh, count: int) -> np.ndarray:
    """(≥ count, 3) points on a mesh, evenly by area and always the same, corners included."""
    size = np.linalg.norm(cross_products(mesh), axis=1)
    reach = np.cumsum(size)
    mark = (np.arange(count) + 0.5) / count * reach[-1]
    face = np.searchsorted(reach, mark).clip(0, len(size) - 1)
    # Additive recurrence of the plastic number (Roberts 2018): even in the plane, no generator.
    first, second = np.modf(np.arange(1, count + 1)[:, None] * (0.7548776662, 0.5698402910))[0].T
    over = first + second > 1
    first, second = np.where(over, 1 - first, first), np.where(over, 1 - second, second)
    a, b, c = mesh.corners[face].transpose(1, 0, 2)
    inner = a + first[:, None] * (b - a) + second[:, None] * (c - a)
    return np.concatenate([inner, mesh.points[np.unique(mesh.faces)]])


def away(points: np.ndarray, mesh: TriMesh) -> np.ndarray:
    """(K,) exact distances of (K, 3) points to the nearest point of a mesh."""
    squared, _, _ = igl.point_mesh_squared_distance(
        np.ascontiguousarray(points, dtype=np.float64), mesh.points, mesh.faces
    )
    return np.sqrt(squared)


def deviation(one: TriMesh, other: TriMesh, samples: int = SAMPLES) -> Deviation:
    """Hausdorff and mean distance of two surfaces, from `samples` points and all corners of each.

    The distance of each point is exact; what lies between the points may be further away by no
    more than their spacing.
    """
    there, back = away(spread(one, samples), other), away(spread(other, samples), one)
    worst = max(float(there.max()), float(back.max()))
    return Deviation(worst, float(there.mean() + back.mean()) / 2)
