"""Directions and jitter that neighbouring texels share out among them, so that little noise stays."""

from __future__ import annotations

import numpy as np

TILE = 4
"""Texels of a tile of 4 × 4 look in different directions; the filter averages one tile."""
_STEP = np.asarray([0.7548776662466927, 0.5698402909980532])  # R2, Roberts (2018)


def pattern(pixel: np.ndarray, width: int) -> np.ndarray:
    """(K,) place 0..15 of texels in their tile."""
    return ((pixel // width) % TILE) * TILE + (pixel % width) % TILE


def points(count: int, which: int, seed: int) -> np.ndarray:
    """(count, 2) evenly spread numbers in [0, 1) for place `which` of a tile.

    A Hammersley set, shifted round the square by another step of a low-discrepancy sequence for
    each place, so that the sixteen sets fall between each other.
    """
    index = np.arange(count)
    reverse = np.zeros(count)
    base, rest = 0.5, index.copy()
    while rest.any():
        reverse += base * (rest & 1)
        rest >>= 1
        base /= 2
    grid = np.stack([(index + 0.5) / count, reverse], axis=1)
    return (grid + (which + 1 + 16 * (seed % 4096)) * _STEP) % 1.0


def cosine_directions(spread: np.ndarray) -> np.ndarray:
    """(K, 3) unit vectors about +Z, as often as the cosine to it, for (K, 2) numbers in [0, 1)."""
    radius, angle = np.sqrt(spread[:, 0]), 2 * np.pi * spread[:, 1]
    up = np.sqrt(np.maximum(1.0 - spread[:, 0], 0.0))
    return np.stack([radius * np.cos(angle), radius * np.sin(angle), up], axis=1)


def frames(normals: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Two (K, 3) unit vectors at right angles to (K, 3) unit normals and to each other.

    Without a branch, after Duff et al. (2017).
    """
    x, y, z = normals.T
    sign = np.where(z >= 0, 1.0, -1.0)
    a = -1.0 / (sign + z)
    b = x * y * a
    first = np.stack([1.0 + sign * x * x * a, sign * b, -sign * x], axis=1)
    second = np.stack([b, sign + y * y * a, -y], axis=1)
    return first.astype(np.float32), second.astype(np.float32)
