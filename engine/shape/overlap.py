"""Triangles in the plane that lie on each other, exactly: separating axes, no raster."""

from __future__ import annotations

import numpy as np

DEPTH = 0.1
"""Texels by which faces may reach into each other: filtering does not see it."""
_PAIRS = 2_000_000  # compared at a time


def overlapping_faces(corners: np.ndarray) -> np.ndarray:
    """(K, 2) pairs of (M, 3, 2) triangles in texels that reach more than DEPTH into each other.

    The depth is the least over all directions across an edge of either (separating axes), so it is
    exact; no raster is involved.
    """
    low, high = corners.min(1), corners.max(1)
    thick = np.flatnonzero((high - low).min(1) > DEPTH)
    corners, low, high = corners[thick], low[thick], high[thick]
    first, second = _neighbours(low, high)
    found = [np.zeros((0, 2), np.int64)]
    for begin in range(0, len(first), _PAIRS):
        one, other = (side[begin : begin + _PAIRS] for side in (first, second))
        reach = (np.minimum(high[one], high[other]) - np.maximum(low[one], low[other])).min(1)
        near = reach > DEPTH
        one, other = one[near], other[near]
        depth = np.minimum(
            _depth(corners[one], corners[other]), _depth(corners[other], corners[one])
        )
        deep = depth > DEPTH
        found.append(np.stack([thick[one[deep]], thick[other[deep]]], -1))
    return np.concatenate(found)


def _depth(one: np.ndarray, other: np.ndarray) -> np.ndarray:
    """(K,) how far triangles reach into each other along the three directions across `one`."""
    side = np.roll(one, -1, 1) - one
    across = np.stack([side[..., 1], -side[..., 0]], -1)
    across /= np.maximum(np.linalg.norm(across, axis=-1, keepdims=True), 1e-12)
    own = np.einsum("kec,kvc->kev", across, one)
    their = np.einsum("kec,kvc->kev", across, other)
    shared = np.minimum(own.max(-1), their.max(-1)) - np.maximum(own.min(-1), their.min(-1))
    depth: np.ndarray = shared.min(-1)
    return depth


def _neighbours(low: np.ndarray, high: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Pairs of boxes that lie in one cell of a grid, each pair once."""
    if not len(low):
        return np.zeros(0, np.int64), np.zeros(0, np.int64)
    start, cells = low.min(0), max(16, int(len(low) ** 0.5))
    cell = max(float((high.max(0) - start).max()) / cells, 1e-9)
    first = ((low - start) / cell).astype(np.int64)
    span = ((high - start) / cell).astype(np.int64) - first + 1
    face, index = _ranges(span.prod(1))
    column, row = index % span[face, 0], index // span[face, 0]
    key = (first[face, 1] + row) * (cells + 1) + first[face, 0] + column
    order = np.argsort(key, kind="stable")
    face, key = face[order], key[order]
    _, begin, size = np.unique(key, return_index=True, return_counts=True)
    # Each entry meets those after it in the same cell.
    left = np.repeat(begin + size, size) - np.arange(len(key)) - 1
    entry, step = _ranges(left)
    one, other = face[entry], face[entry + step + 1]
    both = np.unique(np.minimum(one, other) * len(low) + np.maximum(one, other))
    return both // len(low), both % len(low)


def _ranges(size: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """For counts n: index of each of the n things, and its number 0..n-1."""
    owner = np.repeat(np.arange(len(size)), size)
    return owner, np.arange(len(owner)) - np.repeat(np.cumsum(size) - size, size)
