"""Lightmap charts into one texture per room, at even density: shelves of rectangles."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

GUTTER = 2  # texels around a chart, so that neither filtering nor mips mix neighbours
LARGEST = 1024
DENSITY = 12.0  # texels a metre that are wished for
_COARSER = 0.94


def pack(sizes: Sequence[np.ndarray]) -> tuple[tuple[int, int], float, np.ndarray]:
    """Place rectangles in one texture that is as small as it can be.

    Args:
        sizes: (width, height) in metres of each chart.
    Returns:
        (width, height) of the texture in texels, multiples of 4; texels a metre; (n, 2) corners of
        the charts in texels, gutters included.

    The density is `DENSITY`, or less where even the largest texture would overflow.
    """
    wanted = np.asarray(sizes, float).reshape(-1, 2)
    density = DENSITY
    while True:
        texels = np.ceil(wanted * density).astype(int) + 2 * GUTTER
        wide = max(int(texels[:, 0].max()), int(np.sqrt(1.1 * texels.prod(1).sum())))
        wide = -(-wide // 4) * 4
        corners, high = _shelves(texels, wide)
        high = -(-high // 4) * 4
        if max(wide, high) <= LARGEST:
            return (wide, high), density, corners
        density *= _COARSER


def _shelves(sizes: np.ndarray, wide: int) -> tuple[np.ndarray, int]:
    """Corners in rows from the top, highest first, and how high all are together."""
    corners = np.zeros((len(sizes), 2), int)
    x = y = high = 0
    for i in np.lexsort((-sizes[:, 0], -sizes[:, 1])):
        w, h = sizes[i]
        if x + w > wide:
            x, y, high = 0, y + high, 0
        corners[i] = x, y
        x += int(w)
        high = max(high, int(h))
    return corners, y + high
