"""Models with a part cut away, open where the cut went: what completion is for."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from engine.data.mesh_soup import Soup


def cut(soup: Soup, axis: int, place: float, keep_low: bool = True) -> Soup:
    """Keep what lies below (or above) a plane across an axis, triangles clipped, the hole left open.

    Args:
        axis: 0 x, 1 y, 2 z. place: in the soup's units.
    """
    side = 1.0 if keep_low else -1.0
    height = (place - soup.corners[:, :, axis]) * side  # positive is kept
    corners, uvs, tints, paint = [], [], [], []
    for index in np.flatnonzero((height > 0).any(1)):
        polygon = _clip(height[index])
        for a, b in zip(polygon[1:-1], polygon[2:], strict=True):
            weights = np.stack([polygon[0], a, b])
            corners.append(weights @ soup.corners[index])
            uvs.append(weights @ soup.uvs[index])
            tints.append(weights @ soup.tints[index])
            paint.append(soup.paint[index])
    return replace(
        soup,
        corners=np.stack(corners),
        uvs=np.stack(uvs),
        tints=np.stack(tints),
        paint=np.array(paint),
    )


def _clip(height: np.ndarray) -> list[np.ndarray]:
    """Barycentric corners of the part of a triangle where `height` is positive, in order."""
    polygon = []
    for a, b in ((0, 1), (1, 2), (2, 0)):
        if height[a] > 0:
            polygon.append(np.eye(3)[a])
        if (height[a] > 0) != (height[b] > 0):
            # From the lower end always, so that neighbours meet in the same point.
            low, high = (a, b) if height[a] < height[b] else (b, a)
            share = height[low] / (height[low] - height[high])
            polygon.append(np.eye(3)[low] * (1 - share) + np.eye(3)[high] * share)
    return polygon
