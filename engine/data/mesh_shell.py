"""A soup as one surface that answers: how far, which triangle, inside or not."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import igl
import numpy as np

from engine.data.mesh_soup import Soup
from engine.errors import BadMesh

WELD = 1e-4
"""Voxels within which two corners are one vertex."""
HALF = 0.5
"""Turns from which a point is inside."""
ACCURACY = 1.25
"""How many times its own radius a cluster of triangles is away before it counts as one (Barill et
al. 2018). libigl's 2 takes three times as long and decides no voxel otherwise."""
ROUND = 0.02
"""Volume / area^1.5 above which an open patch has an inside; a cube has 0.07, a sheet 0."""


@dataclass(frozen=True)
class Shell:
    """Welded triangles.

    Attributes:
        vertices: (V, 3) float64 voxels. faces: (M, 3) int64, corners in the order of the soup.
        outward: (M, 3) int64, the same triangles with every part turned outward.
    """

    vertices: np.ndarray
    faces: np.ndarray
    outward: np.ndarray

    @cached_property
    def corners(self) -> np.ndarray:
        """(M, 3, 3) float64."""
        corners: np.ndarray = self.vertices[self.faces]
        return corners

    @cached_property
    def normals(self) -> np.ndarray:
        """(M, 3) float64 unit normals."""
        normal = _area_vectors(self.corners)
        unit: np.ndarray = normal / np.linalg.norm(normal, axis=-1, keepdims=True)
        return unit

    @cached_property
    def _hierarchy(self) -> igl.FastWindingNumberBVH:
        hierarchy = igl.FastWindingNumberBVH()
        hierarchy.init(self.vertices, self.outward)
        return hierarchy

    def turns(self, points: np.ndarray) -> np.ndarray:
        """(P,) generalised winding number: 1 inside one closed part, 2 inside two, 0 outside."""
        if not len(points):
            return np.zeros(0)
        number: np.ndarray = self._hierarchy.winding_number(np.ascontiguousarray(points), ACCURACY)
        return number

    def inside(self, points: np.ndarray) -> np.ndarray:
        """(P,) bool: half a turn or more, either way round."""
        within: np.ndarray = np.abs(self.turns(points)) >= HALF
        return within

    def nearest(
        self, points: np.ndarray, reach: float
    ) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Distance (P,), NaN beyond `reach`; triangle (P,) and point on it (P, 3), valid within."""
        if not len(points):
            return np.zeros(0), np.zeros(0, np.int64), np.zeros((0, 3))
        distance, face, foot, _ = igl.signed_distance(
            np.ascontiguousarray(points),
            self.vertices,
            self.faces,
            igl.SIGNED_DISTANCE_TYPE_UNSIGNED,
            -reach,
            reach,
        )
        return distance, np.where(np.isfinite(distance), face, 0), foot

    def towards_middle(self, face: np.ndarray, foot: np.ndarray, step: float) -> np.ndarray:
        """Points moved by up to `step` from the rim of their triangle towards its middle."""
        way = self.corners[face].mean(1) - foot
        length = np.linalg.norm(way, axis=-1, keepdims=True)
        moved: np.ndarray = foot + way * np.minimum(1, step / np.maximum(length, 1e-9))
        return moved

    def weights(self, face: np.ndarray, point: np.ndarray) -> np.ndarray:
        """(P, 3) barycentric weights of points in the plane of a triangle, pulled inside it."""
        a, b, c = self.corners[face].transpose(1, 0, 2)
        ab, ac, ap = b - a, c - a, point - a
        bb, bc, cc = (np.einsum("pc,pc->p", *pair) for pair in ((ab, ab), (ab, ac), (ac, ac)))
        pb, pc = np.einsum("pc,pc->p", ap, ab), np.einsum("pc,pc->p", ap, ac)
        whole = np.maximum(bb * cc - bc * bc, 1e-30)
        second, third = (cc * pb - bc * pc) / whole, (bb * pc - bc * pb) / whole
        raw = np.stack([1 - second - third, second, third], -1).clip(0)
        inside: np.ndarray = raw / raw.sum(-1, keepdims=True)
        return inside


def weld(soup: Soup) -> tuple[Shell, Soup]:
    """Join corners that coincide and turn every part outward.

    Returns:
        The shell, and the soup without the triangles that welding made degenerate: triangle and
        corner i of one are triangle and corner i of the other.
    Raises:
        BadMesh: nothing is left.
    """
    keys = np.round(soup.corners.reshape(-1, 3) / WELD).astype(np.int64)
    _, first, index = np.unique(keys, axis=0, return_index=True, return_inverse=True)
    faces = index.reshape(-1, 3).astype(np.int64)
    vertices = np.ascontiguousarray(soup.corners.reshape(-1, 3)[first])
    area = np.linalg.norm(_area_vectors(vertices[faces]), axis=-1)
    distinct = (faces != np.roll(faces, 1, axis=1)).all(1) & (area > 1e-9)
    if not distinct.any():
        raise BadMesh("no triangle has any width")
    if not distinct.all():
        lost = int((~distinct).sum())
        soup = soup.take(distinct, f"{lost} triangles too thin to matter were dropped")
        faces = faces[distinct]
    faces = np.ascontiguousarray(faces)
    over = _turned_over(vertices, faces)[:, None]
    return Shell(vertices, faces, np.ascontiguousarray(np.where(over, faces[:, ::-1], faces))), soup


def _turned_over(vertices: np.ndarray, faces: np.ndarray) -> np.ndarray:
    """(M,) bool: triangles to turn so that neighbours agree and parts with a volume face out."""
    oriented, patch = igl.bfs_orient(faces)
    turned = (oriented != faces).any(1)
    corners = vertices[oriented]
    vectors = _area_vectors(corners) / 2
    areas = np.linalg.norm(vectors, axis=-1)
    count = int(patch.max()) + 1

    def total(values: np.ndarray) -> np.ndarray:
        flat = values.reshape(len(values), -1).T
        return np.stack([np.bincount(patch, column, count) for column in flat], -1)

    area = total(areas)[:, 0]
    middle = total(corners.mean(1) * areas[:, None]) / area[:, None]
    height = np.einsum("mc,mc->m", corners[:, 0] - middle[patch], vectors)
    volume = total(height / 3)[:, 0]
    closed = np.linalg.norm(total(vectors), axis=-1) < 1e-3 * area
    has_inside = closed | (np.abs(volume) > ROUND * area**1.5)
    mostly_turned = total(np.where(turned, areas, 0))[:, 0] > area / 2
    # A sheet has no inside: keep it as most of it was drawn.
    back = np.where(has_inside & (volume != 0), volume < 0, mostly_turned)
    return turned ^ back[patch]


def _area_vectors(corners: np.ndarray) -> np.ndarray:
    """(M, 3) normals as long as twice the area of the triangles."""
    vectors: np.ndarray = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    return vectors
