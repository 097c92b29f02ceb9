"""Filtering of lightmaps: noise goes, borders of charts stay, gutters are filled."""

from __future__ import annotations

import numpy as np
from scipy import ndimage
from scipy.spatial import cKDTree

from engine.light.texels import Texels

_KERNEL = (1 / 8, 2 / 8, 2 / 8, 2 / 8, 1 / 8)
"""Blind to what repeats every four or two texels: exactly the pattern of `scatter`."""
_APART = 1e4  # metres that a texel of another chart counts as further away
_FLAT = 0.9  # cosine between normals that are still filtered together


def smooth(
    values: np.ndarray,
    grid: Texels,
    size: tuple[int, int],
    trust: np.ndarray,
    nearest: np.ndarray,
) -> np.ndarray:
    """Average neighbours within each chart.

    Args:
        values: (K, C) at the texels. trust: (K,) weights; texels of weight 0 (or False) take from
            others. nearest: (K,) for each texel a trusted one, for where none is in reach.
    """
    height, width = size
    image = np.zeros((height * width, values.shape[1] + 1), np.float32)
    image[grid.pixel, :-1] = values * trust[:, None]
    image[grid.pixel, -1] = trust
    chart = np.full(height * width, -1, np.int32)
    chart[grid.pixel] = grid.chart
    normal = np.zeros((height * width, 3), np.float32)
    normal[grid.pixel] = grid.normal
    image = image.reshape(height, width, -1)
    for axis in (0, 1):
        image = _pass(image, chart.reshape(size), normal.reshape(height, width, 3), axis)
    found = image.reshape(height * width, -1)[grid.pixel]
    weight = found[:, -1:]
    mean = found[:, :-1] / np.maximum(weight, 1e-9)
    return np.where(weight > 1e-9, mean, mean[nearest])


def _pass(image: np.ndarray, chart: np.ndarray, normal: np.ndarray, axis: int) -> np.ndarray:
    """One pass along one axis; weights that fall outside the chart go to the texel itself."""
    total = image * _KERNEL[2]
    length = image.shape[axis]
    for offset in (-2, -1, 1, 2):
        share = _KERNEL[offset + 2]
        rest = share * image
        if abs(offset) < length:
            here: list[slice] = [slice(None), slice(None)]
            there: list[slice] = [slice(None), slice(None)]
            here[axis] = slice(max(0, -offset), length - max(0, offset))
            there[axis] = slice(max(0, offset), length + min(0, offset))
            h, t = tuple(here), tuple(there)
            bend = np.einsum("ijk,ijk->ij", normal[h], normal[t])
            same = (chart[h] == chart[t]) & (bend > _FLAT)
            rest[h] = share * np.where(same[..., None], image[t], image[h])
        total += rest
    return total


def nearest(known: np.ndarray, grid: Texels) -> np.ndarray:
    """(K,) for each texel the nearest that is `known`: itself, or one of its chart if there is any."""
    index = np.arange(len(grid))
    if known.all() or not known.any():
        return index
    place = np.concatenate([grid.point, _APART * grid.chart[:, None]], axis=1)
    source = np.flatnonzero(known)
    tree = cKDTree(place[source], balanced_tree=False, compact_nodes=False)
    index[~known] = source[tree.query(place[~known])[1]]
    return index


def spread(values: np.ndarray, grid: Texels, size: tuple[int, int]) -> np.ndarray:
    """(H, W, C) picture of (K, C) values; texels of no chart repeat the nearest that has one."""
    height, width = size
    if not len(grid):
        return np.zeros((height, width, values.shape[1]), np.float32)
    empty = (grid.slot < 0).reshape(height, width)
    nearest = ndimage.distance_transform_edt(empty, return_distances=False, return_indices=True)
    index = grid.slot.reshape(height, width)[tuple(nearest)]
    return values[index].astype(np.float32)
