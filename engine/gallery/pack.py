"""Lightmap charts into one square per room, at even density: shelves of rectangles."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

GUTTER = 2  # texels around a chart, so that neither filtering nor mips mix neighbours
SIZES = (128, 256, 512, 1024)
DENSITY = 12.0  # texels a metre that are wished for
_COARSER = 0.94


def pack(sizes: Sequence[np.ndarray]) -> tuple[int, float, np.ndarray]:
    """Place rectangles in the smallest square texture that holds them.

    Args:
        sizes: (width, height) in metres of each chart.
    Returns:
        Edge of the texture, texels a metre, and (n, 2) corners in texels, gutters included.

    The density is `DENSITY`, or less where even the largest texture would overflow.
    """
    wanted = np.asarray(sizes, float).reshape(-1, 2)
    density = DENSITY
    area = float((wanted * density + 2 * GUTTER).prod(1).sum())
    edge = next((size for size in SIZES if size * size > 1.15 * area), SIZES[-1])
    while True:
        corners = _shelves(np.ceil(wanted * density).astype(int) + 2 * GUTTER, edge)
        if corners is not None:
            return edge, density, corners
        larger = [size for size in SIZES if size > edge]
        if larger:
            edge = larger[0]
        else:
            density *= _COARSER


def _shelves(sizes: np.ndarray, edge: int) -> np.ndarray | None:
    """Highest first, in rows from the top; None where they do not fit."""
    if len(sizes) and sizes.max() > edge:
        return None
    corners = np.zeros((len(sizes), 2), int)
    x = y = high = 0
    for i in np.lexsort((-sizes[:, 0], -sizes[:, 1])):
        wide, tall = sizes[i]
        if x + wide > edge:
            x, y, high = 0, y + high, 0
        if y + tall > edge:
            return None
        corners[i] = x, y
        x += wide
        high = max(high, tall)
    return corners
