"""How far two surfaces are apart: the Hausdorff distance, measured on points of both."""

from __future__ import annotations

from dataclasses import dataclass

import igl
import numpy as np

from engine.shape.mesh import TriMesh, cross_products

SAMPLES = 4000
"""Points that stand for a surface where not all of it can be measured."""
_FEW = 4000  # faces, of which the middles of edges are measured too
_SUSPECTS = 64  # faces that are looked at closely: those that seem furthest away
_PARTS = 10  # of each of their edges


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


def deviation(one: TriMesh, other: TriMesh) -> Deviation:
    """Hausdorff and mean distance of two surfaces.

    The distance of each point is exact. The largest is looked for at the corners and middles of
    all faces, then closely in those faces where it seems to lie: what a lattice of 91 points in
    every face finds is within a few per cent of it.
    """
    there, back = _distances(one, other), _distances(other, one)
    return Deviation(max(there[0], back[0]), (there[1] + back[1]) / 2)


def _distances(one: TriMesh, other: TriMesh) -> tuple[float, float]:
    """Largest distance of a surface's points to another surface, and the mean by area."""
    corners = one.corners
    places = [corners.mean(1)]
    if len(corners) <= _FEW:
        places += [(corners[:, k] + corners[:, k - 1]) / 2 for k in range(3)]
    inner = away(np.concatenate(places), other).reshape(len(places), -1)
    used, place = np.unique(one.faces, return_inverse=True)
    outer = away(one.points[used], other)[place.reshape(-1, 3)]
    seems = np.maximum(inner.max(0), outer.max(1))
    suspects = np.argsort(seems, kind="stable")[-_SUSPECTS:]
    close = away(np.einsum("kc,mcd->mkd", _lattice(), corners[suspects]).reshape(-1, 3), other)
    size = np.linalg.norm(cross_products(one), axis=1)
    mean = float(size @ (0.75 * inner[0] + 0.25 * outer.mean(1)) / max(float(size.sum()), 1e-30))
    return max(float(seems.max()), float(close.max())), mean


def _lattice() -> np.ndarray:
    """(K, 3) weights of points evenly over a triangle, its corners included."""
    first, second = np.indices((_PARTS + 1, _PARTS + 1)).reshape(2, -1) / _PARTS
    inside = first + second <= 1 + 1e-9
    return np.stack([first, second, 1 - first - second], -1)[inside]
