"""Triangles to pixels, and closed meshes to solid cells, in plain NumPy: no display, no driver."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Fragments:
    """Samples covered by triangles.

    Attributes:
        triangle: (K,) index of the triangle. pixel: (K,) row * width + column.
        weights: (K, 3) barycentric weights in the picture plane.
    """

    triangle: np.ndarray
    pixel: np.ndarray
    weights: np.ndarray


def cover(corners: np.ndarray, width: int, height: int) -> Fragments:
    """Sample centres that lie in triangles; nothing is hidden, order is by triangle.

    Args:
        corners: (M, 3, 2) column and row of the corners in pixels, either winding. Pixel (c, r)
            has its centre at (c + 0.5, r + 0.5).
    """
    slope_x, slope_y, rest = _barycentric_planes(corners)
    first = np.clip(np.ceil(corners[:, :, 1].min(1) - 0.5), 0, height).astype(np.int64)
    beyond = np.clip(np.floor(corners[:, :, 1].max(1) - 0.5) + 1, 0, height).astype(np.int64)
    owner, row = _ranges(first, np.maximum(beyond, first))
    # On one row each weight is ≥ 0 on one side of a column; three of them bound a span.
    at_left = slope_y[owner] * (row + 0.5)[:, None] + rest[owner]
    across = slope_x[owner]
    with np.errstate(divide="ignore", invalid="ignore"):
        crossing = -at_left / across
    never = (across == 0) & (at_left < 0)
    left = np.where(across > 0, crossing, np.where(never, np.inf, -np.inf)).max(1)
    right = np.where(across < 0, crossing, np.inf).min(1)
    start = np.clip(np.ceil(left - 0.5), 0, width).astype(np.int64)
    end = np.clip(np.floor(right - 0.5) + 1, start, width).astype(np.int64)
    span, column = _ranges(start, end)
    triangle = owner[span]
    near = at_left[span, :2] + across[span, :2] * (column + 0.5)[:, None]
    weights = np.concatenate([near, 1.0 - near.sum(1, keepdims=True)], axis=1)
    return Fragments(triangle, row[span] * width + column, weights)


def _ranges(start: np.ndarray, end: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Each integer in start[i]..end[i]-1 for all i: the indices i, and the integers."""
    size = end - start
    owner = np.repeat(np.arange(len(start)), size)
    offset = np.repeat(start - (np.cumsum(size) - size), size)
    return owner, np.arange(len(owner)) + offset


def _barycentric_planes(corners: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The weights as affine functions of the place: (M, 3) slopes along x and y, and constants.

    A triangle seen edge-on gets weights that are never all positive.
    """
    x, y = corners.astype(np.float64).transpose(2, 0, 1)
    x1, x2 = np.roll(x, -1, 1), np.roll(x, -2, 1)
    y1, y2 = np.roll(y, -1, 1), np.roll(y, -2, 1)
    area = (x1[:, 0] - x[:, 0]) * (y2[:, 0] - y[:, 0]) - (y1[:, 0] - y[:, 0]) * (x2[:, 0] - x[:, 0])
    flat = np.abs(area) < 1e-12
    area = np.where(flat, 1.0, area)[:, None]
    slope_x, slope_y = (y1 - y2) / area, (x2 - x1) / area
    rest = np.where(flat[:, None], -1.0, (x1 * y2 - x2 * y1) / area)
    slope_x[flat] = slope_y[flat] = 0.0
    return slope_x, slope_y, rest


def nearest(fragments: Fragments, closeness: np.ndarray, pixels: int) -> np.ndarray:
    """(pixels,) index into `fragments` of the one with the greatest closeness, -1 where none is."""
    best = np.full(pixels, -np.inf)
    np.maximum.at(best, fragments.pixel, closeness)
    winners = np.flatnonzero(closeness == best[fragments.pixel])
    front = np.full(pixels, -1)
    front[fragments.pixel[winners]] = winners
    return front


def solid_cells(
    corners: np.ndarray, low: np.ndarray, cell: float, shape: tuple[int, int, int]
) -> np.ndarray:
    """(X, Y, Z) bool: cells whose centres lie inside a closed mesh.

    Args:
        corners: (M, 3, 3) positions of the triangles, counter-clockwise seen from outside.
        low: corner of the box. cell: edge of a cell, in the units of `corners`.

    Columns along y are filled from each face that enters the body to the next that leaves it.
    """
    wide, tall, deep = shape
    placed = (corners - low) / cell
    a, b, c = placed.transpose(1, 0, 2)
    upward = np.cross(b - a, c - a)[:, 1]
    level = np.abs(upward) > 1e-9
    # Shifted by an odd hair, so that no column runs exactly along an edge between triangles.
    seen = cover(placed[level][:, :, [0, 2]] + (0.00137, 0.00071), wide, deep)
    height = np.einsum("nk,nk->n", placed[level][:, :, 1][seen.triangle], seen.weights)
    start = np.clip(np.ceil(height - 0.5), 0, tall).astype(np.int64)
    change = np.zeros((wide * deep, tall + 1), dtype=np.int32)
    np.add.at(change, (seen.pixel, start), np.where(upward[level][seen.triangle] < 0, 1, -1))
    filled = change.cumsum(1)[:, :tall] > 0
    return filled.reshape(deep, wide, tall).transpose(1, 2, 0)
