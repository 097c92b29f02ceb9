"""Simple polygons to triangles, by cutting off ears; one opening is joined to the rim by a cut."""

from __future__ import annotations

import numpy as np


def signed_area(corners: np.ndarray) -> float:
    """Positive for corners that run counter-clockwise."""
    x, y = corners.T
    return float((x * np.roll(y, -1) - np.roll(x, -1) * y).sum() / 2)


def triangulate(
    corners: np.ndarray, hole: np.ndarray | None = None
) -> tuple[np.ndarray, np.ndarray]:
    """Cut a simple polygon into triangles.

    Args:
        corners: (n, 2) in turn, either way round. hole: (k, 2) corners of an opening inside it.
    Returns:
        (N, 2) points and (M, 3) counter-clockwise triangles.
    """
    points = corners if signed_area(corners) > 0 else corners[::-1]
    ring = list(range(len(points)))
    if hole is not None:
        inner = hole if signed_area(hole) < 0 else hole[::-1]
        ring = _joined(points, inner)
        points = np.concatenate([points, inner])
    faces = []
    while len(ring) > 3:
        ear = next((i for i in range(len(ring)) if _is_ear(points, ring, i)), None)
        if ear is None:  # nothing but slivers is left
            ear = max(range(len(ring)), key=lambda i: _turn(points, ring, i))
        faces.append((ring[ear - 1], ring[ear], ring[(ear + 1) % len(ring)]))
        ring.pop(ear)
    faces.append((ring[0], ring[1], ring[2]))
    return points, np.asarray(faces)


def _joined(outer: np.ndarray, inner: np.ndarray) -> list[int]:
    """One ring around both: out to the nearest corner that sees the opening, around, and back."""
    apart = np.linalg.norm(outer[:, None] - inner[None], axis=2)
    order = np.argsort(apart, axis=None, kind="stable")
    for flat in order:
        i, j = np.unravel_index(flat, apart.shape)
        if not _crosses(outer[i], inner[j], outer) and not _crosses(outer[i], inner[j], inner):
            break
    n, k = len(outer), len(inner)
    around = [n + (int(j) + step) % k for step in range(k + 1)]
    return [*range(int(i) + 1), *around, *range(int(i), n)]


def _crosses(a: np.ndarray, b: np.ndarray, ring: np.ndarray) -> bool:
    for c, d in zip(ring, np.roll(ring, -1, 0), strict=True):
        if any(np.array_equal(p, q) for p in (a, b) for q in (c, d)):
            continue
        sides = _side(a, b, c) * _side(a, b, d), _side(c, d, a) * _side(c, d, b)
        if sides[0] < 0 and sides[1] < 0:
            return True
    return False


def _side(a: np.ndarray, b: np.ndarray, c: np.ndarray) -> float:
    return float((b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0]))


def _turn(points: np.ndarray, ring: list[int], i: int) -> float:
    return _side(points[ring[i - 1]], points[ring[i]], points[ring[(i + 1) % len(ring)]])


def _is_ear(points: np.ndarray, ring: list[int], i: int) -> bool:
    a, b, c = (points[ring[k]] for k in (i - 1, i, (i + 1) % len(ring)))
    if _side(a, b, c) <= 1e-12:
        return False
    others = points[[k for k in ring if not any(np.array_equal(points[k], p) for p in (a, b, c))]]
    if not len(others):
        return True
    inside = np.ones(len(others), bool)
    for p, q in ((a, b), (b, c), (c, a)):
        d = q - p
        inside &= d[0] * (others[:, 1] - p[1]) - d[1] * (others[:, 0] - p[0]) >= 0
    return not inside.any()
