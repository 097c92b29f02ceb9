"""Textured fields on a coarser grid, in their true proportions."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn.functional import avg_pool3d, interpolate

from engine.data.voxel_field import REACH

KNOWN = -0.6
"""Signed distance / REACH below which a voxel of a data set has no colour worth keeping."""


def coarsen(field: Tensor, size: int) -> Tensor:
    """(4, M, M, M) of a data set → (4, size, size, size): distance in coarse voxels, clipped at 1.

    All grows by half a voxel of the finer grid, since what is too thin for the coarser would tear.

    Args:
        size: a divisor of M.
    """
    edge = field.shape[-1] // size
    if edge == 1:
        return torch.cat([(field[:1] * REACH).clamp(-1, 1), field[1:]])
    distance, color = field[:1].float(), field[1:].float()
    weight = (distance > KNOWN).float() + 1e-3
    mean = avg_pool3d(color * weight, edge) / avg_pool3d(weight, edge)
    grown = (avg_pool3d(distance, edge) * REACH + 0.5) / edge
    return torch.cat([grown.clamp(-1, 1), mean])


def refine(field: Tensor, size: int) -> Tensor:
    """(4, N, N, N) as `coarsen` gives it → (4, size, size, size) as data sets hold it."""
    fine = field.float()
    if size != field.shape[-1]:
        fine = interpolate(fine[None], size=(size,) * 3, mode="trilinear", align_corners=False)[0]
    distance = fine[:1] * size / field.shape[-1] / REACH
    return torch.cat([distance.clamp(-1, 1), fine[1:].clamp(-1, 1)])
