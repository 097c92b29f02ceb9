"""Voxels as a field a network can learn: truncated signed distance and colour, and back.

Why distance and not occupancy: with {0, 1} volumes the generator falls into the empty volume
within a thousand steps; a clipped distance gives it a slope to climb from everywhere.
"""

from __future__ import annotations

import numpy as np
from scipy.ndimage import distance_transform_edt

from engine.data.voxels import VoxelGrid

REACH = 2.0
"""Distance in voxels at which the signed distance is clipped."""


def encode(grid: VoxelGrid) -> np.ndarray:
    """Field of a grid: (4, D, H, W) float32 in [-1, 1].

    Channel 0 is the signed distance to the surface in voxels / REACH, positive inside, clipped.
    Channels 1-3 are sRGB / 127.5 - 1 of the nearest visible voxel, inside and up to one voxel
    outside the body (so that the critic cannot look at the edge of the colour), 0 beyond.
    """
    solid = np.pad(grid.solid, 1)
    inside = distance_transform_edt(solid)[1:-1, 1:-1, 1:-1]
    visible = grid.solid & (inside <= 1)
    outside, nearest = distance_transform_edt(~grid.solid, return_indices=True)
    inward = distance_transform_edt(~visible, return_distances=False, return_indices=True)
    source = np.where(grid.solid, inward, nearest)
    color = grid.colors[tuple(source)].astype(np.float32) / 127.5 - 1
    color[outside > 1] = 0
    distance = np.where(grid.solid, inside - 0.5, 0.5 - outside) / REACH
    return np.concatenate(
        [distance[None].clip(-1, 1), color.transpose(3, 0, 1, 2)], dtype=np.float32
    )


def decode(field: np.ndarray) -> VoxelGrid:
    """Grid of a (4, D, H, W) field: solid where the distance is positive, colours rounded.

    The result is as the network made it: crumbs and near-equal colours are the surface path's job.
    """
    solid = field[0] > 0
    color = ((field[1:].transpose(1, 2, 3, 0) + 1) * 127.5).round().clip(0, 255)
    color[~solid] = 0
    return VoxelGrid(solid, color.astype(np.uint8))
