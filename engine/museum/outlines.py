"""Distances and overlaps of outlines on the ground; simple polygons as (n, 2) corners in turn."""

from __future__ import annotations

import numpy as np

_RASTER = 32


def to_segments(points: np.ndarray, start: np.ndarray, end: np.ndarray) -> np.ndarray:
    """(n, m) distances in metres from n points to m segments."""
    along = end - start
    square = np.maximum((along**2).sum(1), 1e-12)
    share = ((points[:, None] - start) * along).sum(2) / square
    nearest = start + np.clip(share, 0.0, 1.0)[..., None] * along
    return np.linalg.norm(points[:, None] - nearest, axis=2)


def to_outline(corners: np.ndarray, outline: np.ndarray) -> float:
    """Smallest distance between two outlines that do not cross; inside or outside alike."""
    a, b = corners, outline
    here = to_segments(a, b, np.roll(b, -1, 0)).min()
    return float(min(here, to_segments(b, a, np.roll(a, -1, 0)).min()))


def inside(points: np.ndarray, outline: np.ndarray) -> np.ndarray:
    """(n,) bool: which points are in the polygon, by crossings."""
    x, z = points[:, :1], points[:, 1:]
    (ax, az), (bx, bz) = outline.T, np.roll(outline, -1, 0).T
    with np.errstate(divide="ignore", invalid="ignore"):
        at = ax + (z - az) / (bz - az) * (bx - ax)
    crosses = ((az > z) != (bz > z)) & (x < at)
    return crosses.sum(1) % 2 == 1


def overlap(a: np.ndarray, b: np.ndarray, by: float = 0.002) -> bool:
    """Whether two polygons share more than `by` metres of ground."""
    low = np.maximum(a.min(0), b.min(0)) + by / 2
    high = np.minimum(a.max(0), b.max(0)) - by / 2
    if (low >= high).any():
        return False
    return _reaches(a, b, by) or _reaches(b, a, by) or _cross(a, b, by) or _share(a, b, low, high)


def _share(a: np.ndarray, b: np.ndarray, low: np.ndarray, high: np.ndarray) -> bool:
    """Whether a raster of points finds ground of both: equal outlines cross nowhere."""
    steps = (np.arange(_RASTER) + 0.5) / _RASTER
    points = low + np.stack(np.meshgrid(steps, steps), -1).reshape(-1, 2) * (high - low)
    return bool((inside(points, a) & inside(points, b)).any())


def _reaches(a: np.ndarray, b: np.ndarray, by: float) -> bool:
    """Whether a corner or the middle of a is deeper than `by` in b."""
    points = np.vstack([a, a.mean(0)])
    deep = to_segments(points, b, np.roll(b, -1, 0)).min(1) > by
    return bool((inside(points, b) & deep).any())


def _cross(a: np.ndarray, b: np.ndarray, by: float) -> bool:
    """Whether an edge of a crosses one of b, ends touching aside."""
    p, r = a, np.roll(a, -1, 0) - a
    q, s = b, np.roll(b, -1, 0) - b
    turn = r[:, None, 0] * s[:, 1] - r[:, None, 1] * s[:, 0]
    gap = q - p[:, None]
    with np.errstate(divide="ignore", invalid="ignore"):
        t = (gap[..., 0] * s[:, 1] - gap[..., 1] * s[:, 0]) / turn
        u = (gap[..., 0] * r[:, None, 1] - gap[..., 1] * r[:, None, 0]) / turn
    edge_t = by / np.maximum(np.linalg.norm(r, axis=1), 1e-9)[:, None]
    edge_u = by / np.maximum(np.linalg.norm(s, axis=1), 1e-9)
    hit = (t > edge_t) & (t < 1 - edge_t) & (u > edge_u) & (u < 1 - edge_u)
    return bool((hit & (np.abs(turn) > 1e-9)).any())
