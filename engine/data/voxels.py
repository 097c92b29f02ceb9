"""Coloured voxel grids: the one in-memory form that readers, models and meshers share."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from engine.errors import EmptyShape


@dataclass(frozen=True)
class VoxelGrid:
    """A box of coloured voxels.

    Axis order is z (up), y (depth; index 0 is the front), x (right as the viewer sees the front),
    which is Blender's frame: Z up, facing -Y.

    Attributes:
        solid: (D, H, W) bool.
        colors: (D, H, W, 3) uint8 sRGB; meaningful only where `solid`, zero elsewhere.
    """

    solid: np.ndarray
    colors: np.ndarray

    def __post_init__(self) -> None:
        if self.solid.ndim != 3 or self.colors.shape != (*self.solid.shape, 3):
            raise ValueError(f"solid {self.solid.shape} and colors {self.colors.shape} disagree")
        if self.solid.dtype != np.bool_ or self.colors.dtype != np.uint8:
            raise ValueError("solid must be bool and colors uint8")


def crop(grid: VoxelGrid) -> VoxelGrid:
    """Cut a grid down to the box that its solid voxels occupy.

    Raises:
        EmptyShape: no voxel is solid.
    """
    if not grid.solid.any():
        raise EmptyShape("the voxel grid has no solid voxel")
    box = tuple(
        slice(int(where[0]), int(where[-1]) + 1)
        for where in (
            np.flatnonzero(grid.solid.any(axis=(1, 2))),
            np.flatnonzero(grid.solid.any(axis=(0, 2))),
            np.flatnonzero(grid.solid.any(axis=(0, 1))),
        )
    )
    return VoxelGrid(grid.solid[box].copy(), grid.colors[box].copy())
