"""Fields of bodies whose volume, area and genus are known in closed form."""

from __future__ import annotations

import numpy as np

from engine.data.voxel_field import REACH

SIZE = 32


def _axes() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """z, y, x of the cell centres from the middle of the box, in voxels."""
    z, y, x = np.indices((SIZE, SIZE, SIZE)) - (SIZE - 1) / 2
    return z, y, x


def field_of(distance: np.ndarray, colors: np.ndarray | None = None) -> np.ndarray:
    """A field of a signed distance in voxels, grey or in (3, N, N, N) uint8 colours."""
    field = np.zeros((4, SIZE, SIZE, SIZE), np.float32)
    field[0] = (distance / REACH).clip(-1, 1)
    shown = colors if colors is not None else np.full((3, SIZE, SIZE, SIZE), 128)
    field[1:] = np.where(distance > -1, shown / 127.5 - 1, 0)
    return field


def ball(radius: float = 10.0, at: tuple[float, float, float] = (0, 0, 0)) -> np.ndarray:
    """Signed distance of a ball; `at` is x, y, z."""
    z, y, x = _axes()
    return radius - np.sqrt((x - at[0]) ** 2 + (y - at[1]) ** 2 + (z - at[2]) ** 2)


def ring(large: float = 9.0, small: float = 4.0) -> np.ndarray:
    """Signed distance of a torus that stands upright, its axis along y."""
    z, y, x = _axes()
    return small - np.hypot(np.hypot(x, z) - large, y)


def box(*half: float) -> np.ndarray:
    """Signed distance of a box with these half sides along x, y, z."""
    z, y, x = _axes()
    beyond = np.stack([np.abs(x) - half[0], np.abs(y) - half[1], np.abs(z) - half[2]])
    return -(np.linalg.norm(np.maximum(beyond, 0), axis=0) + np.minimum(beyond.max(0), 0))


def left_red_right_blue() -> np.ndarray:
    """(3, N, N, N) uint8: red where x is below the middle, blue above."""
    _, _, x = _axes()
    red = x < 0
    return np.stack([np.where(red, 220, 30), np.full(x.shape, 60), np.where(red, 40, 210)])


def noise(seed: int) -> np.ndarray:
    """Signed distance, roughly, of a sponge with crumbs and cavities, clear of the border."""
    from scipy import ndimage

    waves = ndimage.gaussian_filter(np.random.default_rng(seed).normal(size=(SIZE,) * 3), 2.2)
    z, y, x = _axes()
    inside = 12 - np.maximum(np.abs(z), np.maximum(np.abs(y), np.abs(x)))
    return np.minimum(waves / waves.std() * 2 + 0.3, inside)
