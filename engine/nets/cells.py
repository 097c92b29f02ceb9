"""Fields whose 2x2x2 voxels lie in the channels of one cell, and the convolutions that read them.

Between the data set and the exported field nothing is unfolded, which halves a step's time on a
CPU, where copying costs more than convolving.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from engine.nets.folded import conv3
from engine.nets.style import activate, scaled_init

START = 4
"""Edge of the coarsest feature map."""
SUB = 8
"""Voxels in a cell."""
CHANNELS = 4
"""Distance and colour."""


PROPORTIONS = 3
"""Channels that say how a filled cube is to be squeezed: one value everywhere, 2 p - 1."""
FOLDED = SUB * CHANNELS + PROPORTIONS


def fold(samples: Tensor) -> Tensor:
    """(B, 7, N, N, N) → (B, FOLDED, n, n, n), n = N/2, in channels-last memory, voxel by voxel."""
    field = _pack(samples[:, :CHANNELS])
    proportions = samples[:, CHANNELS:].mean((2, 3, 4))
    return attach(field, proportions)


def unfold(folded: Tensor) -> Tensor:
    """(B, FOLDED, n, n, n) → (B, 7, 2 n, 2 n, 2 n): the inverse of `fold`."""
    field = _unpack(folded[:, : SUB * CHANNELS])
    proportions = proportions_of(folded)[..., None, None, None].expand(-1, -1, *field.shape[2:])
    return torch.cat([field, proportions.to(field.dtype)], 1)


def attach(field: Tensor, proportions: Tensor) -> Tensor:
    """Folded voxels (B, 32, n, n, n) and proportions (B, 3) in [-1, 1] → (B, FOLDED, n, n, n)."""
    wide = proportions[:, None, None, None].expand(-1, *field.shape[2:], -1)
    return cells(torch.cat([field.permute(0, 2, 3, 4, 1), wide.to(field.dtype)], -1))


def proportions_of(folded: Tensor) -> Tensor:
    """(B, 3) in [-1, 1] from (B, FOLDED, n, n, n)."""
    return folded[:, SUB * CHANNELS :].mean((2, 3, 4))


def _pack(field: Tensor) -> Tensor:
    """(B, C, N, N, N) → (B, 8 C, n, n, n)."""
    b, c, size = *field.shape[:2], field.shape[2]
    n = size // 2
    x = field.reshape(b, c, n, 2, n, 2, n, 2).permute(0, 2, 4, 6, 3, 5, 7, 1)
    return cells(x.reshape(b, n, n, n, SUB * c))


def _unpack(folded: Tensor) -> Tensor:
    """(B, 8 C, n, n, n) → (B, C, 2 n, 2 n, 2 n)."""
    b, channels, n = folded.shape[:3]
    c = channels // SUB
    x = folded.permute(0, 2, 3, 4, 1).reshape(b, n, n, n, 2, 2, 2, c)
    return x.permute(0, 7, 1, 4, 2, 5, 3, 6).reshape(b, c, 2 * n, 2 * n, 2 * n)


def unfold_channels(parts: Tensor) -> Tensor:
    """(B, n, n, n, 8, C), as `voxels` views it, → (B, C, 2 n, 2 n, 2 n)."""
    return _unpack(cells(parts.flatten(-2)))


def voxels(folded: Tensor, channels: int) -> Tensor:
    """View the first 8 C channels of (B, *, n, n, n) as (B, n, n, n, 8, C)."""
    return folded.permute(0, 2, 3, 4, 1)[..., : SUB * channels].unflatten(-1, (SUB, channels))


def cells(x: Tensor) -> Tensor:
    """View (B, n, n, n, C) as (B, C, n, n, n) in channels-last memory."""
    return x.permute(0, 4, 1, 2, 3)


def shell(field: Tensor) -> Tensor:
    """(B, 32, n, n, n): colour faded out where there is no surface and it means nothing."""
    parts = voxels(field, CHANNELS)
    distance, color = parts[..., :1], parts[..., 1:]
    faded = color * (1 - distance.abs()).clamp(0, 1)
    return cells(torch.cat([distance, faded], -1).flatten(-2))


def normals(field: Tensor) -> Tensor:
    """(B, 24, n, n, n): slope of the distance along z, y, x by central differences, in [-1, 1]."""
    distance = _unpack(cells(voxels(field, CHANNELS)[..., 0]))[:, 0]
    slopes = [distance.roll(-1, axis) - distance.roll(1, axis) for axis in (1, 2, 3)]
    return _pack(torch.stack(slopes, 1).clamp(-1, 1))


class Tower(nn.Module):
    """A convolution and strided ones, each halving the edge."""

    def __init__(self, channels: int, widths: tuple[int, ...]) -> None:
        super().__init__()
        self.enter = conv3(channels, widths[0])
        pairs = zip(widths[:-1], widths[1:], strict=True)
        self.downs = nn.ModuleList([nn.Conv3d(a, b, 4, 2, 1) for a, b in pairs])
        for layer in self.downs:
            assert isinstance(layer, nn.Conv3d)
            assert layer.bias is not None
            scaled_init(layer.weight, layer.in_channels * 64)
            nn.init.zeros_(layer.bias)

    def forward(self, x: Tensor) -> Tensor:
        x = activate(self.enter(x))
        for down in self.downs:
            x = activate(down(x))
        return x
