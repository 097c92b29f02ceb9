"""Fields stretched to fill their cube, and back: thin things get all the voxels that there are.

A sword in a cube of its own length is two voxels wide. Stretched along each axis until its box fills
the cube it is eight, every class lies at the same place, and its proportions are three numbers that
a network learns beside it.
"""

from __future__ import annotations

import torch
from scipy.ndimage import distance_transform_edt
from torch import Tensor
from torch.nn.functional import affine_grid, grid_sample

from engine.data.voxel_field import REACH
from engine.errors import EmptyShape

NARROWEST = 0.2
"""Least proportion: a sheet is not stretched until its noise is a relief."""
RIM = 1.5
"""Voxels left free at each side of a filled cube."""
BORDER = 2.0
"""Voxels that a data set leaves free at each side of the longest axis."""
UNIT = 32
"""Filled distances are in 1/32 of the longest side, clipped at 1."""


def fill(field: Tensor, size: int) -> tuple[Tensor, Tensor]:
    """Stretch the box of a shape to a cube.

    Args:
        field: (4, M, M, M) float: distance and colour as `engine.data.voxel_field` describes it.
        size: edge of the result in voxels.
    Returns:
        (4, size, size, size), and the proportions (3,) of the box along z, y, x: 1 for the longest.
    Raises:
        EmptyShape: there is no inside.
    """
    inside = torch.nonzero(field[0] > 0).float()
    if not len(inside):
        raise EmptyShape("the field has no inside")
    sides = torch.stack([inside.amin(0), inside.amax(0) + 1], 1)
    return fill_box(field, sides, size)


def fill_box(field: Tensor, box: Tensor, size: int) -> tuple[Tensor, Tensor]:
    """`fill` for a box (3, 2) that is known, from and to along z, y, x in voxels of the field."""
    length = _length(box)
    filled = stretch(_painted(field), box, size)
    # What is too thin for the coarser grid would tear: all grows by half a voxel of the finer one.
    finer = REACH * UNIT / field.shape[1]
    grown = (filled[0] + 0.5 / REACH) * finer
    # Empty space is -1 still, or networks learn the shade of nothing as if it were a surface.
    emptiest = (1 - 0.5 / REACH) * finer
    filled[0] = torch.where(grown < 0, grown / min(1, emptiest), grown).clamp(-1, 1)
    return filled, length / length.max()


def _painted(field: Tensor) -> Tensor:
    """The field with colours everywhere, each the nearest there is.

    A field has none beyond a voxel outside, and a coarser grid that looks there blends in grey.
    """
    bare = (field[0] < -1 / REACH).numpy()
    if bare.all():
        return field
    nearest = distance_transform_edt(bare, return_distances=False, return_indices=True)
    return torch.cat([field[:1], field[1:][:, *torch.from_numpy(nearest).long()]])


def stretch(volumes: Tensor, box: Tensor, size: int) -> Tensor:
    """(C, M, M, M) → (C, size, size, size): values as they are, looked up where `fill` looks."""
    edge = volumes.shape[1]
    scale = _length(box) / edge * size / (size - 2 * RIM)
    return _sample(volumes, scale, box.mean(1) * 2 / edge - 1, size)


def _length(box: Tensor) -> Tensor:
    """(3,) sides of a box in voxels, none much shorter than the longest."""
    length = box[:, 1] - box[:, 0]
    return length.maximum(length.max() * NARROWEST)


def unfill(filled: Tensor, proportions: Tensor, size: int) -> Tensor:
    """The inverse of `fill`: a shape in its proportions, its longest side `size - 4` voxels.

    It stands on the floor, centred in x and y, as the items of a data set do.

    Args:
        filled: (4, N, N, N). proportions: (3,) along z, y, x, each above 0.
    Returns:
        (4, size, size, size) float32.
    """
    edge = filled.shape[1]
    scale, middle = _standing(proportions, edge, size)
    field = _sample(filled.float(), scale, middle * scale, size)
    # Beyond the filled cube there is nothing, whatever its last voxels say.
    line = (torch.arange(size) + 0.5) / size * 2 - 1
    inside = [((line + middle[axis]) * scale[axis]).abs() < 1 for axis in range(3)]
    within = inside[0][:, None, None] & inside[1][:, None] & inside[2]
    distance = (field[0] * size / (REACH * UNIT)).clamp(-1, 1)
    field[0] = torch.where(within, distance, torch.tensor(-1.0))
    return field


def filled_place(proportions: Tensor, edge: int, size: int) -> tuple[Tensor, Tensor]:
    """Where `unfill` looks for a point of its result: scale and offset (3,) along z, y, x.

    A point at p voxels, the box of the result being [0, size]³, lies at scale * p + offset cells of
    the filled field of `edge`³, whose first cell has its centre at 0.
    """
    scale, middle = _standing(proportions, edge, size)
    return scale * edge / size, ((middle - 1) * scale + 1) * edge / 2 - 0.5


def _standing(proportions: Tensor, edge: int, size: int) -> tuple[Tensor, Tensor]:
    """Scale and middle (3,) along z, y, x of a filled shape that stands in a cube of `size`."""
    length = proportions / proportions.max() * (size - 2 * BORDER)
    middle = torch.zeros(3)
    middle[0] = (size - 2 * BORDER - length[0]) / size  # how far its middle lies below the cube's
    return size / length * (edge - 2 * RIM) / edge, middle


def _sample(field: Tensor, scale: Tensor, middle: Tensor, size: int) -> Tensor:
    """Look at `middle + scale * position` of a field; both z, y, x in units of half its edge."""
    matrix = torch.zeros(1, 3, 4)
    matrix[0, range(3), range(3)] = scale.flip(0)
    matrix[0, :, 3] = middle.flip(0)
    grid = affine_grid(matrix, [1, 1, size, size, size], align_corners=False)
    return grid_sample(field[None], grid, padding_mode="border", align_corners=False)[0]
