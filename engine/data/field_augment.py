"""Variations of textured fields that are as good shapes as the originals: training data for free."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn.functional import affine_grid, grid_sample

STRETCH = 0.15
HUE = 0.25
"""Standard deviation of the turn about the grey axis, radians."""
SATURATION = 0.2
LIGHT = 0.12


def vary(fields: Tensor, rng: torch.Generator) -> Tensor:
    """Mirror, squeeze and recolour fields (B, 4, N, N, N); every sample draws its own changes.

    Half are mirrored left-right, half squeezed along each axis by up to STRETCH (never enlarged:
    nothing may leave the grid), all recoloured a little.
    """

    def uniform(*shape: int) -> Tensor:
        return torch.rand(shape, generator=rng)

    count = len(fields)
    mirrored = (uniform(count) < 0.5).view(-1, 1, 1, 1, 1)
    fields = torch.where(mirrored, fields.flip(-1), fields)
    squeeze = (1 + STRETCH * uniform(count, 3)).where(uniform(count, 1) < 0.5, torch.ones(1))
    chosen = (squeeze > 1).any(1)
    if chosen.any():
        matrix = torch.zeros(int(chosen.sum()), 3, 4)
        matrix[:, range(3), range(3)] = squeeze[chosen]
        grid = affine_grid(matrix, [len(matrix), *fields.shape[1:]], align_corners=False)
        fields[chosen] = grid_sample(
            fields[chosen], grid, padding_mode="border", align_corners=False
        )
    return torch.cat([fields[:, :1], _recolor(fields[:, 1:], rng)], 1)


def _recolor(color: Tensor, rng: torch.Generator) -> Tensor:
    """Turn (B, 3, *space) in [-1, 1] about the grey axis, and change saturation and brightness."""
    count = len(color)
    angle = HUE * torch.randn(count, 1, 1, generator=rng)
    saturation = 1 + SATURATION * (2 * torch.rand(count, 1, 1, generator=rng) - 1)
    light = LIGHT * (2 * torch.rand(count, 1, 1, generator=rng) - 1)
    axis = torch.full((3, 3), 1 / 3)
    cross = torch.tensor([[0.0, -1, 1], [1, 0, -1], [-1, 1, 0]]) / 3**0.5
    turn = axis + saturation * (angle.cos() * (torch.eye(3) - axis) + angle.sin() * cross)
    flat = color.flatten(2)
    return (turn @ flat + light).clamp(-1, 1).view_as(color)
