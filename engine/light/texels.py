"""Texels of a lightmap: where on the surface each one lies, and which belong together."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import connected_components

_REACH = 1.0  # texels: bilinear filtering reads this far beyond the edge of a chart
_INSET = 0.012  # metres: points keep this far from edges, where walls and floors meet
_DEEPEST = 0.05  # of a face's height, so that thin faces keep a middle


@dataclass(frozen=True)
class Surface:
    """Triangles that share one lightmap, such as all of a room.

    Attributes:
        corners: (M, 3, 3) float32 metres, counter-clockwise seen from outside.
        normals: (M, 3, 3) unit normals that shade.
        albedo: (M, 3) linear RGB, how much light comes back.
        uv: (M, 3, 2) places in the lightmap, 0..1, v downwards.
        size: (height, width) of the lightmap in texels.
    """

    corners: np.ndarray
    normals: np.ndarray
    albedo: np.ndarray
    uv: np.ndarray
    size: tuple[int, int]


@dataclass(frozen=True)
class Texels:
    """Texels that a chart covers or that filtering reads beside it.

    Attributes:
        pixel: (K,) row * width + column, ascending. face: (K,) index of the triangle.
        point: (K, 3) on the surface, nearest to the middle of the texel. normal: (K, 3) shading.
        flat: (K, 3) normal of the triangle. chart: (K,) charts are counted from 0.
        slot: (height * width,) for each texel its index here, -1 where there is none.
    """

    pixel: np.ndarray
    face: np.ndarray
    point: np.ndarray
    normal: np.ndarray
    flat: np.ndarray
    chart: np.ndarray
    slot: np.ndarray

    def __len__(self) -> int:
        return len(self.pixel)


def flat_normals(corners: np.ndarray) -> np.ndarray:
    """(M, 3) unit normals of (M, 3, 3) triangles; zero where one has no area."""
    across = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    return across / np.maximum(np.linalg.norm(across, axis=1, keepdims=True), 1e-12)


def texels(surface: Surface) -> Texels:
    """Every texel that light is needed for.

    A texel whose middle lies beside its chart takes the nearest point of the chart: a point on the
    continued plane would lie within the next wall, and be dark.
    """
    height, width = surface.size
    corners = surface.uv * np.asarray([width, height], np.float32)
    face, pixel, weights, off = _candidates(corners.astype(np.float64), width, height)
    # Of several faces that want a texel take the one that it lies deepest in.
    order = np.lexsort((face, off, pixel))
    first = np.ones(len(order), bool)
    first[1:] = pixel[order][1:] != pixel[order][:-1]
    chosen = order[first]
    face, pixel, weights = face[chosen], pixel[chosen], weights[chosen]
    weights = _inset(weights, surface.corners[face])
    point = np.einsum("kc,kcx->kx", weights, surface.corners[face])
    normal = np.einsum("kc,kcx->kx", weights, surface.normals[face])
    normal /= np.maximum(np.linalg.norm(normal, axis=1, keepdims=True), 1e-12)
    slot = np.full(height * width, -1, np.int32)
    slot[pixel] = np.arange(len(pixel), dtype=np.int32)
    return Texels(
        pixel,
        face,
        point.astype(np.float32),
        normal.astype(np.float32),
        flat_normals(surface.corners)[face].astype(np.float32),
        charts(surface)[face],
        slot,
    )


def charts(surface: Surface) -> np.ndarray:
    """(M,) number of the chart of each triangle: faces that share an edge in UV and lie flat."""
    count = len(surface.uv)
    places = np.rint(surface.uv.reshape(-1, 2) * 65_536).astype(np.int64)
    vertex = np.unique(places[:, 0] << 32 | places[:, 1], return_inverse=True)[1].reshape(-1, 3)
    facing = np.rint(flat_normals(surface.corners) * 8).astype(np.int64)
    ends = np.concatenate([np.sort(vertex[:, [i, (i + 1) % 3]], axis=1) for i in range(3)])
    owner = np.tile(np.arange(count), 3)
    key = np.concatenate([ends, facing[owner]], axis=1)
    edge = np.unique(key, axis=0, return_inverse=True)[1].ravel()
    order = np.argsort(edge, kind="stable")
    same = edge[order][1:] == edge[order][:-1]
    one, other = owner[order][1:][same], owner[order][:-1][same]
    graph = coo_matrix((np.ones(len(one), bool), (one, other)), shape=(count, count))
    return connected_components(graph, directed=False)[1].astype(np.int32)


def _candidates(
    corners: np.ndarray, width: int, height: int
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """All pairs of a face and a texel within reach of it.

    Args:
        corners: (M, 3, 2) in texels.
    Returns:
        face, pixel: (N,). weights: (N, 3) barycentric. off: (N,) texels outside, 0 if inside.
    """
    low = np.clip(np.floor(corners.min(1) - 0.5 - _REACH + 1e-6), 0, [width - 1, height - 1])
    high = np.clip(np.ceil(corners.max(1) - 0.5 + _REACH - 1e-6), 0, [width - 1, height - 1])
    low, high = low.astype(np.int64), high.astype(np.int64)
    sides = high - low + 1
    count = sides.prod(1)
    face = np.repeat(np.arange(len(corners)), count)
    step = np.arange(len(face)) - np.repeat(np.cumsum(count) - count, count)
    column = low[face, 0] + step % sides[face, 0]
    row = low[face, 1] + step // sides[face, 0]
    middle = np.stack([column + 0.5, row + 0.5], axis=1)
    weights = _barycentric(corners, face, middle)
    off = np.zeros(len(face))
    outside = np.flatnonzero(weights.min(1) < 0)
    weights[outside], off[outside] = _nearest(corners[face[outside]], middle[outside])
    near = off <= 1.5 * _REACH
    return face[near], (row * width + column)[near], weights[near], off[near]


def _barycentric(corners: np.ndarray, face: np.ndarray, points: np.ndarray) -> np.ndarray:
    """(N, 3) weights of points in their faces; of a face without area, negative ones."""
    edge = np.roll(corners, -2, axis=1) - np.roll(corners, -1, axis=1)  # opposite each corner
    twice = edge[:, 2, 0] * edge[:, 0, 1] - edge[:, 2, 1] * edge[:, 0, 0]
    flat = np.abs(twice) < 1e-9
    weights = np.empty((len(face), 3))
    for i in range(3):
        to = points - corners[face, (i + 1) % 3]
        area = edge[face, i, 0] * to[:, 1] - edge[face, i, 1] * to[:, 0]
        weights[:, i] = area / np.where(flat, 1.0, twice)[face]
    weights[flat[face]] = -1.0
    return weights


def _nearest(corners: np.ndarray, points: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """(N, 3) weights of the points of (N, 3, 2) outlines nearest to points, and the distances."""
    count = len(points)
    best = np.full(count, np.inf)
    weights = np.zeros((count, 3))
    for i in range(3):
        start = corners[:, (i + 1) % 3]
        edge = corners[:, (i + 2) % 3] - start
        squared = np.maximum((edge * edge).sum(1), 1e-12)
        t = np.clip(((points - start) * edge).sum(1) / squared, 0.0, 1.0)
        off = np.linalg.norm(points - start - t[:, None] * edge, axis=1)
        closer = off < best
        best[closer] = off[closer]
        found = np.zeros((count, 3))
        found[:, (i + 1) % 3], found[:, (i + 2) % 3] = 1.0 - t, t
        weights[closer] = found[closer]
    return weights, best


def _inset(weights: np.ndarray, corners: np.ndarray) -> np.ndarray:
    """Weights moved into their faces, a little away from the edges."""
    twice = np.linalg.norm(
        np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0]), axis=1
    )
    across = np.roll(corners, -2, axis=1) - np.roll(corners, -1, axis=1)
    tall = twice[:, None] / np.maximum(np.linalg.norm(across, axis=2), 1e-9)
    least = np.minimum(_INSET / np.maximum(tall, 1e-9), _DEEPEST)
    held = np.maximum(weights, least)
    return held / held.sum(1, keepdims=True)
