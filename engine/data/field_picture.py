"""A quick look at a field: its surface by sphere tracing, no mesh needed."""

from __future__ import annotations

import numpy as np
from scipy.ndimage import map_coordinates

from engine.data.voxel_field import REACH

AZIMUTH, ELEVATION = np.radians(32.0), np.radians(20.0)
SAMPLES = 2  # a side, in each pixel
STEPS = 160
_KEY = np.array([-0.40, -0.55, 0.75])
_PAPER = np.array([0.93, 0.92, 0.90])


def picture_of_field(field: np.ndarray, size: int = 160) -> np.ndarray:
    """Draw the surface where the distance of a field is 0, seen from the front, right and above.

    Args:
        field: (4, N, N, N) as `engine.data.voxel_field.encode` gives it.
        size: edge of the picture in pixels.
    Returns:
        (size, size, 3) uint8 sRGB.
    """
    # One empty voxel around closes what touches the border.
    distance = np.pad(field[0].astype(np.float32) * REACH, 1, constant_values=-REACH)
    known = (distance > -1).astype(np.float32)
    color = np.pad((field[1:].astype(np.float32) + 1) / 2, ((0, 0), (1, 1), (1, 1), (1, 1)))
    side = distance.shape[0]
    toward = np.array(
        [
            np.sin(AZIMUTH) * np.cos(ELEVATION),
            -np.cos(AZIMUTH) * np.cos(ELEVATION),
            np.sin(ELEVATION),
        ]
    )
    right = np.array([np.cos(AZIMUTH), np.sin(AZIMUTH), 0.0])
    line = ((np.arange(size * SAMPLES) + 0.5) / (size * SAMPLES) - 0.5) * side * 1.25
    across, down = np.meshgrid(line, line)
    start = across[..., None] * right - down[..., None] * np.cross(toward, right)
    start = start.reshape(-1, 3) + side / 2 + toward * side
    place, hit = _trace(distance, start, -toward)
    picture = np.tile(_PAPER, (len(start), 1))
    if hit.any():
        spot = place[hit]
        normal = _normal(distance, spot)
        weight = np.maximum(_read(known, spot), 1e-3)
        albedo = np.stack([_read(c * known, spot) for c in color], -1) / weight[:, None]
        picture[hit] = _shade(distance, spot, normal, albedo.clip(0, 1))
    small = picture.reshape(size, SAMPLES, size, SAMPLES, 3).mean((1, 3))
    drawn: np.ndarray = (small.clip(0, 1) * 255).round().astype(np.uint8)
    return drawn


def _read(volume: np.ndarray, points: np.ndarray) -> np.ndarray:
    """(P,) values at points x, y, z in voxels; voxel i has its centre at i + 0.5."""
    values: np.ndarray = map_coordinates(
        volume, points.T[::-1] - 0.5, order=1, mode="nearest", prefilter=False
    )
    return values


def _trace(
    distance: np.ndarray, start: np.ndarray, way: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """(P, 3) where rays stop and (P,) whether they met the surface."""
    low, high = _around(distance)
    with np.errstate(divide="ignore"):
        gates = np.stack([(low - start) / way, (high - start) / way])
    entry, leave = gates.min(0).max(-1), gates.max(0).min(-1)
    travelled = np.maximum(entry, 0) + 1e-3
    hit = np.zeros(len(start), bool)
    active = np.flatnonzero(entry < leave)
    for _ in range(STEPS):
        if not len(active):
            break
        value = _read(distance, start[active] + travelled[active, None] * way)
        arrived = value > -0.02
        hit[active[arrived]] = True
        travelled[active] += np.where(arrived, value, np.maximum(-value * 0.8, 0.05))
        active = active[~arrived & (travelled[active] < leave[active])]
    return start + travelled[:, None] * way, hit


def _around(distance: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """(3,) x, y, z of a box beyond which there is nothing to meet: most of a cube is empty."""
    near = distance > -REACH
    low, high = np.zeros(3), np.zeros(3)
    for axis in range(3):
        line = np.flatnonzero(near.any(tuple({0, 1, 2} - {2 - axis})))
        if len(line):
            low[axis], high[axis] = line[0] - 1, line[-1] + 2
    return low, high


def _normal(distance: np.ndarray, spot: np.ndarray) -> np.ndarray:
    steps = np.eye(3) * 0.6
    slope = np.stack([_read(distance, spot - s) - _read(distance, spot + s) for s in steps], -1)
    normal: np.ndarray = slope / np.maximum(np.linalg.norm(slope, axis=-1, keepdims=True), 1e-6)
    return normal


def _shade(
    distance: np.ndarray, spot: np.ndarray, normal: np.ndarray, albedo: np.ndarray
) -> np.ndarray:
    """(P, 3) sRGB: key light, sky, and less of both in corners."""
    key = np.maximum(normal @ (_KEY / np.linalg.norm(_KEY)), 0)
    sky = 0.5 + 0.5 * normal[:, 2]
    free = -_read(distance, spot + normal * 1.8) / 1.8
    light = (0.35 + 0.45 * key + 0.35 * sky) * (0.55 + 0.45 * free.clip(0, 1))
    shaded: np.ndarray = albedo * light[:, None] ** (1 / 2.2)
    return shaded
