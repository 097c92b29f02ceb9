"""Little voxel people drawn in sight, for tests that must not need real data."""

from __future__ import annotations

import numpy as np

from engine.data.voxels import VoxelGrid

SKIN, EYE, SHOE = (252, 204, 152), (16, 16, 16), (32, 32, 32)


def person(
    hair: tuple[int, int, int] = (100, 48, 0),
    shirt: tuple[int, int, int] = (0, 100, 152),
    skin: tuple[int, int, int] = SKIN,
    hat: int = 0,
) -> VoxelGrid:
    """A figure 8 wide, 5 deep, 10 + `hat` tall: feet, trousers, torso with arms, head, hair."""
    solid = np.zeros((10 + hat, 5, 8), bool)
    colors = np.zeros((10 + hat, 5, 8, 3), np.uint8)

    def box(z: slice, y: slice, x: slice, color: tuple[int, int, int]) -> None:
        solid[z, y, x] = True
        colors[z, y, x] = color

    box(slice(0, 1), slice(1, 4), slice(1, 3), SHOE)
    box(slice(0, 1), slice(1, 4), slice(5, 7), SHOE)
    box(slice(1, 3), slice(1, 4), slice(1, 7), (68, 68, 68))
    box(slice(3, 6), slice(0, 5), slice(0, 8), shirt)
    box(slice(3, 4), slice(2, 3), slice(0, 8), skin)
    box(slice(6, 10), slice(0, 4), slice(1, 7), skin)
    box(slice(7, 8), slice(0, 1), slice(2, 3), EYE)
    box(slice(7, 8), slice(0, 1), slice(5, 6), EYE)
    box(slice(9, 10 + hat), slice(0, 5), slice(1, 7), hair)
    return VoxelGrid(solid, colors)
