"""Distances between all pairs of two sets of voxel shapes, by linear algebra.

Three of them, all symmetric, all zero for equal shapes:

chamfer  mean distance from the surface voxels of one shape to the nearest surface voxel of the
         other, plus the same the other way round. In voxels, not squared.
iou      1 - intersection over union of the filled bodies. In [0, 1].
looks    0.5 * iou + 0.5 * mean CIE76 difference / 100 of the colours, over the voxels that are
         visible in both shapes (1 where there are none). In [0, 1].
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from scipy import ndimage

from engine.data.voxel_dataset import stand
from engine.data.voxels import VoxelGrid
from engine.shape.palette import srgb_to_lab, surface_voxels

LAB_RANGE = 100.0
"""CIE76 distance between black and white, which counts as 1."""

_DECIMALS = 9  # equal shapes must tie exactly, whatever order a matrix product adds in


@dataclass(frozen=True)
class Shapes:
    """n shapes standing in one common cube of `side` voxels, each flattened to a row.

    Attributes:
        solid: (n, side³) float64 of {0, 1}: the body with its closed cavities filled.
        surface: (n, side³) bool: voxels of the body with a face to the open air.
        away: (n, side³) float64: voxels to the nearest surface voxel; for an empty shape the
            diagonal of the cube everywhere.
        lab: (side³, n, 3) float32 CIE Lab / LAB_RANGE, zero off the surface.
    """

    side: int
    solid: np.ndarray
    surface: np.ndarray
    away: np.ndarray
    lab: np.ndarray

    def __len__(self) -> int:
        return len(self.solid)

    def take(self, index: np.ndarray | slice) -> Shapes:
        """The shapes at `index`, in that order."""
        return Shapes(
            self.side,
            self.solid[index],
            self.surface[index],
            self.away[index],
            self.lab[:, index],
        )


Distance = Callable[[Shapes, Shapes], np.ndarray]
"""(n shapes, m shapes) to (n, m) float64."""


def common_side(*sets: Sequence[VoxelGrid]) -> int:
    """Side in voxels of the smallest cube that holds the box of every grid of every set."""
    return max((max(grid.solid.shape) for grids in sets for grid in grids), default=1)


def prepare(grids: Sequence[VoxelGrid], side: int) -> Shapes:
    """Stand every grid in the middle of a cube, so that where it stood does not count.

    Hidden cavities are filled: a hollow body and a full one look and measure the same.
    """
    count, cells = len(grids), side**3
    solid = np.zeros((count, cells), bool)
    surface = np.zeros((count, cells), bool)
    away = np.full((count, cells), side * np.sqrt(3.0))
    lab = np.zeros((cells, count, 3), np.float32)
    for row, grid in enumerate(grids):
        if not grid.solid.any():
            continue
        placed = stand(grid, side)
        body = _filled(placed.solid)
        skin = surface_voxels(body)
        solid[row], surface[row] = body.ravel(), skin.ravel()
        away[row] = ndimage.distance_transform_edt(~skin).ravel()
        lab[skin.ravel(), row] = srgb_to_lab(placed.colors[skin]) / LAB_RANGE
    return Shapes(side, solid.astype(np.float64), surface, away, lab)


def mirrored(grids: Sequence[VoxelGrid]) -> list[VoxelGrid]:
    """The grids with left and right exchanged."""
    return [VoxelGrid(g.solid[:, :, ::-1].copy(), g.colors[:, :, ::-1].copy()) for g in grids]


def chamfer(a: Shapes, b: Shapes) -> np.ndarray:
    """(n, m) Chamfer distance in voxels; empty against solid is twice the cube's diagonal."""
    there, back = _mean_away(a, b), _mean_away(b, a).T
    distance = there + back
    distance[np.ix_(_empty(a), _empty(b))] = 0.0
    return distance.round(_DECIMALS)


def iou_distance(a: Shapes, b: Shapes) -> np.ndarray:
    """(n, m) 1 - intersection over union; two empty shapes are equal."""
    both = a.solid @ b.solid.T
    either = a.solid.sum(1)[:, None] + b.solid.sum(1)[None] - both
    return (1.0 - np.where(either > 0, both / np.maximum(either, 1), 1.0)).round(_DECIMALS)


def looks_distance(a: Shapes, b: Shapes) -> np.ndarray:
    """(n, m) half shape, half colour; see the module."""
    return (0.5 * iou_distance(a, b) + 0.5 * color_distance(a, b)).round(_DECIMALS)


def color_distance(a: Shapes, b: Shapes) -> np.ndarray:
    """(n, m) mean CIE76 difference / LAB_RANGE, at most 1, over voxels visible in both."""
    distance = np.ones((len(a), len(b)))
    visible_b = np.ascontiguousarray(b.surface.T)
    for row in range(len(a)):
        cells = np.flatnonzero(a.surface[row])
        shared = visible_b[cells]
        apart = b.lab[cells] - a.lab[cells, row, None]
        apart = np.sqrt(np.einsum("kmc,kmc->km", apart, apart))
        count = shared.sum(0)
        total = np.einsum("km,km->m", apart, shared, dtype=np.float64)
        distance[row] = np.where(count > 0, total / np.maximum(count, 1), 1.0)
    distance[np.ix_(_empty(a), _empty(b))] = 0.0
    return np.minimum(distance, 1.0)


DISTANCES: dict[str, Distance] = {
    "chamfer": chamfer,
    "iou": iou_distance,
    "looks": looks_distance,
}

UNITS = {"chamfer": "voxels", "iou": "1 - IoU", "looks": "0..1"}


def _mean_away(a: Shapes, b: Shapes) -> np.ndarray:
    """(n, m) mean over the surface of a[i] of the distance to the surface of b[j]."""
    count = a.surface.sum(1)
    mean = (a.surface.astype(np.float64) @ b.away.T) / np.maximum(count, 1)[:, None]
    mean[count == 0] = a.side * np.sqrt(3.0)
    return mean


def _empty(shapes: Shapes) -> np.ndarray:
    return ~shapes.surface.any(1)


def _filled(solid: np.ndarray) -> np.ndarray:
    """The body and every cavity that no path through faces joins to the outside."""
    air, _ = ndimage.label(np.pad(~solid, 1, constant_values=True))
    filled: np.ndarray = (air != air[0, 0, 0])[1:-1, 1:-1, 1:-1]
    return filled
