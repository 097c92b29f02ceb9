"""Variations of textured fields that are as good shapes as the originals: training data for free."""

from __future__ import annotations

import torch
from torch import Tensor

from engine.data.proportions import NARROWEST

STRETCH = 0.1
"""Standard deviation of the logarithm of each proportion."""
HUE = 0.25
"""Standard deviation of the turn about the grey axis, radians."""
SATURATION = 0.2
LIGHT = 0.12


def vary(samples: Tensor, rng: torch.Generator, casts: Tensor | None = None) -> Tensor:
    """Mirror, stretch and recolour; every sample draws its own changes.

    Half are mirrored left-right; all change their proportions and colours a little.

    Args:
        samples: (B, 7, N, N, N): distance, colour, and proportions 2 p - 1 that are constant.
        casts: (M, 3) in [-1, 1]: materials, one of which is drawn in place of a sample's colours.
    """
    count = len(samples)
    mirrored = (torch.rand(count, generator=rng) < 0.5).view(-1, 1, 1, 1, 1)
    samples = torch.where(mirrored, samples.flip(-1), samples)
    share = (samples[:, 4:, 0, 0, 0] + 1) / 2
    share = share * torch.exp(STRETCH * torch.randn(count, 3, generator=rng))
    share = (share / share.amax(1, keepdim=True)).clamp(min=NARROWEST) * 2 - 1
    wide = share[..., None, None, None].expand(-1, -1, *samples.shape[2:])
    if casts is None:
        return torch.cat([samples[:, :1], _recolor(samples[:, 1:4], rng), wide], 1)
    drawn = torch.randint(len(casts), (count,), generator=rng)
    return torch.cat([cast(samples[:, :4], casts[drawn]), wide], 1)


def cast(samples: Tensor, color: Tensor) -> Tensor:
    """The same shapes (B, C, *space) with colours (B, 3) in channels 1 to 3, whatever was there."""
    flat = color.view(len(color), 3, *(1,) * (samples.ndim - 2)).to(samples.dtype)
    painted = flat.expand(-1, -1, *samples.shape[2:])
    return torch.cat([samples[:, :1], painted, samples[:, 4:]], 1)


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
