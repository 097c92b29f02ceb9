"""What a field looks like at points of its surface: colour with crisp borders, and direction."""

from __future__ import annotations

import numpy as np
from scipy import ndimage

from engine.data.paint import Paint
from engine.shape.surface import Solid

KNOWN = -0.3
"""Signed distance / REACH below which a voxel's colour counts for nothing."""
ALIKE = 0.12
"""sRGB distance within which neighbouring voxels are one colour."""
CRISP = 5.0
"""Power that decides between unlike neighbours: 0 blends them over a voxel."""
_BATCH = 1 << 17


class FieldLook:
    """Colours and outward directions of a field, at points x, y, z in its voxels."""

    def __init__(self, field: np.ndarray, solid: Solid, paint: Paint | None = None) -> None:
        """
        Args:
            field: (4, N, N, N) float32. solid: the body made of it.
            paint: where the colours are known better than the field holds them.
        """
        self._paint = paint
        weight = ((field[0] - KNOWN) / -KNOWN).clip(0, 1)
        colors = (field[1:].transpose(1, 2, 3, 0) + 1) / 2
        known = weight > 0
        if not known.all():  # a neck or a filled cavity may lie where there is no colour
            index = ndimage.distance_transform_edt(
                ~known, return_distances=False, return_indices=True
            )
            colors = np.where(known[..., None], colors, colors[tuple(index)])
        self._colors = np.pad(colors.astype(np.float32), ((1, 1),) * 3 + ((0, 0),), mode="edge")
        self._weight = np.pad(np.maximum(weight, 1e-4).astype(np.float32), 1, mode="edge")
        self._solid = solid
        z, y, x = np.gradient(ndimage.gaussian_filter(solid.distance, 0.7))
        self._outward = -np.stack([x, y, z])

    def outward(self, points: np.ndarray) -> np.ndarray:
        """(K, 3) unit directions away from the inside."""
        direction = self._solid.read(self._outward, points).T
        length = np.linalg.norm(direction, axis=1, keepdims=True)
        unit: np.ndarray = direction / np.maximum(length, 1e-9)
        return unit

    def color(self, points: np.ndarray) -> np.ndarray:
        """(K, 3) sRGB in [0, 1]: trilinear over the voxels that have a colour.

        Neighbours of unlike colour do not blend: the larger group of them wins, so that borders
        between flat colours are as sharp as the texture and not as wide as a voxel.
        """
        if self._paint is not None:
            return self._paint.at(points)
        batches = [
            self._batch(points[start : start + _BATCH]) for start in range(0, len(points), _BATCH)
        ]
        return np.concatenate(batches)

    def _batch(self, points: np.ndarray) -> np.ndarray:
        size = np.array(self._weight.shape[::-1])
        place = (points + 0.5).clip(0, size - 1.001)
        base = place.astype(np.int64)
        share = (place - base).astype(np.float32)
        x, y, z = base.T
        colors = np.empty((8, len(points), 3), np.float32)
        weights = np.empty((8, len(points)), np.float32)
        for corner in range(8):
            step = (corner & 1, corner >> 1 & 1, corner >> 2)
            cell = (z + step[2], y + step[1], x + step[0])
            part = np.where(step, share, 1 - share)
            colors[corner] = self._colors[cell]
            weights[corner] = self._weight[cell] * part[:, 0] * part[:, 1] * part[:, 2]
        weights /= weights.sum(0)
        mixed = np.flatnonzero(np.ptp(colors, axis=0).max(1) > ALIKE / 2)
        weights[:, mixed] = _decided(colors[:, mixed], weights[:, mixed])
        blended: np.ndarray = np.einsum("ikc,ik->kc", colors, weights)
        return blended


def _decided(colors: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """(8, K) weights of (8, K, 3) colours, each raised by the weight of those that are like it."""
    support = weights.copy()
    for one in range(8):
        for other in range(one):
            unlike = np.square(colors[one] - colors[other]).sum(-1)
            alike = np.exp(unlike * np.float32(-0.5 / ALIKE**2))
            support[one] += weights[other] * alike
            support[other] += weights[one] * alike
    decided = weights * support**CRISP
    return decided / decided.sum(0)
