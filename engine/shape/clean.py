"""One solid body: crumbs removed, enclosed cavities filled."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import ndimage

from engine.data.voxels import VoxelGrid
from engine.errors import EmptyShape

_TOUCHING = np.ones((3, 3, 3), dtype=bool)  # faces, edges and corners: 26 neighbours


@dataclass(frozen=True)
class CleanReport:
    """What the clean-up found.

    Attributes:
        kept: share of the solid voxels that belong to the body that stays, 0..1.
        crumbs: number of bodies removed.
        filled: number of empty voxels enclosed by the body and now solid.
    """

    kept: float
    crumbs: int
    filled: int


def keep_body(grid: VoxelGrid) -> tuple[VoxelGrid, CleanReport]:
    """Keep the largest 26-connected body and fill what it encloses.

    A cavity is empty space that no path through voxel faces connects with the outside; it takes
    the colours of the nearest solid voxels. Of two bodies of one size the lower one stays.

    Raises:
        EmptyShape: no voxel is solid.
    """
    labels, count = ndimage.label(grid.solid, structure=_TOUCHING)
    if count == 0:
        raise EmptyShape("The shape has no solid voxel")
    sizes = np.bincount(labels.ravel())[1:]
    body = labels == 1 + int(sizes.argmax())
    solid = ndimage.binary_fill_holes(body)
    nearest = ndimage.distance_transform_edt(~body, return_distances=False, return_indices=True)
    colors = np.where(solid[..., None], grid.colors[tuple(nearest)], 0).astype(np.uint8)
    report = CleanReport(
        kept=float(sizes.max() / sizes.sum()),
        crumbs=count - 1,
        filled=int(solid.sum() - body.sum()),
    )
    return VoxelGrid(solid, colors), report
