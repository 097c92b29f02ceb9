"""Triangles that share corners: what the surface path hands from room to room, and its measures."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import sparse


@dataclass(frozen=True)
class TriMesh:
    """Triangles with shared corners.

    Attributes:
        points: (N, 3) float64; x right, y depth, z up (the field's frame) unless said otherwise.
        faces: (M, 3) int64 indices, counter-clockwise seen from outside.
    """

    points: np.ndarray
    faces: np.ndarray

    @property
    def corners(self) -> np.ndarray:
        """(M, 3, 3) positions of the corners of each face."""
        return self.points[self.faces]


def cross_products(mesh: TriMesh) -> np.ndarray:
    """(M, 3) face normals, twice as long as the face's area."""
    a, b, c = mesh.corners.transpose(1, 0, 2)
    product: np.ndarray = np.cross(b - a, c - a)
    return product


def area(mesh: TriMesh) -> float:
    """Sum of the areas of the faces."""
    return float(np.linalg.norm(cross_products(mesh), axis=1).sum() / 2)


def volume(mesh: TriMesh) -> float:
    """Enclosed volume of a closed mesh; negative where it faces inward."""
    a, b, c = (mesh.corners - mesh.points.mean(0)).transpose(1, 0, 2)
    return float(np.einsum("nk,nk->", a, np.cross(b, c)) / 6)


def edge_keys(mesh: TriMesh) -> tuple[np.ndarray, np.ndarray]:
    """Directed edges as one integer each: (3 M,) as they run, and (3 M,) as they run back.

    Edge k of face f is at 3 f + k and runs from corner k to corner k + 1.
    """
    start = mesh.faces.reshape(-1)
    end = np.roll(mesh.faces, -1, axis=1).reshape(-1)
    count = len(mesh.points)
    return start * count + end, end * count + start


def open_edges(mesh: TriMesh) -> int:
    """Directed edges without exactly one partner that runs back: 0 for a closed, oriented mesh."""
    along, back = edge_keys(mesh)
    keys, counts = np.unique(along, return_counts=True)
    place = np.searchsorted(keys, back).clip(0, len(keys) - 1)
    lonely = (keys[place] != back) | (counts[place] != 1)
    return int(lonely.sum() + (counts > 1).sum())


def pinched_points(mesh: TriMesh) -> int:
    """Corners at which two sheets of a closed mesh touch: not manifold although no edge is open."""
    start = mesh.faces.reshape(-1)
    corner = np.arange(len(start))
    along, back = edge_keys(mesh)
    order = np.argsort(along)
    place = np.searchsorted(along, back, sorter=order).clip(0, len(along) - 1)
    partner = order[place]
    matched = along[partner] == back
    # The edge that leaves a corner has a partner that arrives there; the next one leaves it again.
    following = partner // 3 * 3 + (partner % 3 + 1) % 3
    ring = sparse.coo_matrix(
        (np.ones(matched.sum()), (corner[matched], following[matched])), (len(start), len(start))
    )
    fans, _ = sparse.csgraph.connected_components(ring, directed=False)
    return int(fans - len(np.unique(start)))


def is_watertight(mesh: TriMesh) -> bool:
    """Whether each edge joins exactly two faces that agree on what is outside."""
    return len(mesh.faces) > 0 and open_edges(mesh) == 0


def euler_number(mesh: TriMesh) -> int:
    """Corners - edges + faces: 2 for a ball, 0 for a ring, 2 less for each further handle."""
    along, back = edge_keys(mesh)
    edges = len(np.unique(np.minimum(along, back)))
    return len(np.unique(mesh.faces)) - edges + len(mesh.faces)


def bodies(mesh: TriMesh) -> tuple[int, np.ndarray]:
    """Number of parts that share no corner, and (M,) the part of each face."""
    a, b, c = mesh.faces.T
    count = len(mesh.points)
    links = sparse.coo_matrix(
        (np.ones(2 * len(a)), (np.concatenate([a, b]), np.concatenate([b, c]))), (count, count)
    )
    _, label = sparse.csgraph.connected_components(links, directed=False)
    used, part = np.unique(label[a], return_inverse=True)
    return len(used), part


def compact(mesh: TriMesh) -> TriMesh:
    """The same faces without the points that none of them uses."""
    used, place = np.unique(mesh.faces, return_inverse=True)
    return TriMesh(mesh.points[used], place.reshape(-1, 3).astype(np.int64))


def corner_angles(mesh: TriMesh) -> np.ndarray:
    """(M, 3) inner angles in radians."""
    corners = mesh.corners
    ahead = _unit(np.roll(corners, -1, 1) - corners)
    behind = _unit(np.roll(corners, 1, 1) - corners)
    angles: np.ndarray = np.arccos(np.einsum("mkc,mkc->mk", ahead, behind).clip(-1, 1))
    return angles


def vertex_normals(mesh: TriMesh) -> np.ndarray:
    """(N, 3) unit normals, each the mean of its faces' weighted by the angle they have there."""
    flat = _unit(cross_products(mesh))[:, None] * corner_angles(mesh)[..., None]
    total = np.zeros((len(mesh.points), 3))
    np.add.at(total, mesh.faces.reshape(-1), flat.reshape(-1, 3))
    length = np.linalg.norm(total, axis=1, keepdims=True)
    return np.where(length > 1e-9, total / np.maximum(length, 1e-9), (0.0, 0.0, 1.0))


def _unit(vectors: np.ndarray) -> np.ndarray:
    length = np.linalg.norm(vectors, axis=-1, keepdims=True)
    unit: np.ndarray = vectors / np.maximum(length, 1e-12)
    return unit
