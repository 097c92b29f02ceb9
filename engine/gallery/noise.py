"""Noise and patterns on a tile: everything here repeats without a seam."""

from __future__ import annotations

import hashlib

import numpy as np
from scipy.spatial import cKDTree


def seed_of(*names: object) -> np.random.Generator:
    """A generator that depends on names alone."""
    digest = hashlib.sha256("/".join(map(str, names)).encode()).digest()
    return np.random.default_rng(int.from_bytes(digest[:8], "big"))


def grid(size: int) -> tuple[np.ndarray, np.ndarray]:
    """(size, size) u and v in 0..1 at pixel centres; v runs down."""
    line = (np.arange(size) + 0.5) / size
    u, v = np.meshgrid(line, line)
    return u, v


def cloud(
    rng: np.random.Generator,
    size: int,
    *,
    slope: float = 1.5,
    low: float = 1.0,
    high: float = 1e9,
    stretch: float = 1.0,
) -> np.ndarray:
    """(size, size) noise of mean 0 and deviation 1 with a power-law spectrum.

    Args:
        slope: fall of amplitude with frequency; larger is softer.
        low, high: waves in a tile between which there is any. stretch: how much longer along u.
    """
    f = np.fft.fftfreq(size) * size
    fv, fu = np.meshgrid(f, np.fft.rfftfreq(size) * size, indexing="ij")
    radius = np.hypot(fu * stretch, fv)
    radius[0, 0] = 1.0
    weight = np.where((radius >= low) & (radius <= high), radius**-slope, 0.0)
    weight[0, 0] = 0.0
    spectrum = np.fft.rfft2(rng.standard_normal((size, size))) * weight
    field = np.fft.irfft2(spectrum, (size, size))
    return np.asarray(field / max(float(field.std()), 1e-12))


def cells(
    rng: np.random.Generator, size: int, count: int
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Voronoi cells of random points, repeated.

    Returns:
        (size, size) index of the cell; distance to its point and to the second nearest, in tiles.
    """
    points = rng.random((count, 2))
    around = np.concatenate([points + (i, j) for i in (-1, 0, 1) for j in (-1, 0, 1)])
    u, v = grid(size)
    away, which = cKDTree(around).query(np.stack([u, v], -1).reshape(-1, 2), k=2)
    shape = (size, size)
    return (
        (which[:, 0] % count).reshape(shape),
        away[:, 0].reshape(shape),
        away[:, 1].reshape(shape),
    )


def step(values: np.ndarray, low: float, high: float) -> np.ndarray:
    """0 below `low`, 1 above `high`, smooth between."""
    t = np.clip((values - low) / (high - low), 0.0, 1.0)
    return np.asarray(t * t * (3 - 2 * t))


def normals(height: np.ndarray, strength: float) -> np.ndarray:
    """(H, W, 3) uint8 tangent-space normals of a height field, green up."""
    du = (np.roll(height, -1, 1) - np.roll(height, 1, 1)) * strength
    dv = (np.roll(height, -1, 0) - np.roll(height, 1, 0)) * strength
    n = np.stack([-du, dv, np.ones_like(height)], -1)
    n /= np.linalg.norm(n, axis=2, keepdims=True)
    return np.rint(n * 127.5 + 127.5).astype(np.uint8)
