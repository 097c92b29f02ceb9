"""Critics of textured fields at two scales."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from engine.nets.cells import (
    CHANNELS,
    PROPORTIONS,
    START,
    SUB,
    Tower,
    cells,
    normals,
    shell,
    voxels,
)
from engine.nets.folded import conv3
from engine.nets.style import activate, scaled_init


class FieldCritic(nn.Module):
    """Two scales of critics of distance, normals and colour (after SDF-StyleGAN, Zheng et al. 2022).

    The coarse one sees the whole shape at half the resolution, its proportions and its class (projection,
    Miyato & Koyama 2018); the fine one sees neighbourhoods at full resolution.

    Args:
        coarse: channels at n/1, n/2 ... 4; fine: the same, ending earlier.
    """

    def __init__(self, *, coarse: tuple[int, ...], fine: tuple[int, ...], classes: int) -> None:
        super().__init__()
        self.coarse = Tower(CHANNELS + 3 + PROPORTIONS, coarse)
        self.flat = nn.Linear(coarse[-1] * START**3, coarse[-1])
        scaled_init(self.flat.weight, self.flat.in_features)
        self.whole = nn.Linear(coarse[-1], 1)
        self.embed = nn.Embedding(classes, coarse[-1])
        self.fine = Tower(SUB * (CHANNELS + 3), fine)
        self.patch = conv3(fine[-1], 1, gain=1.0)

    def forward(self, field: Tensor, label: Tensor) -> list[Tensor]:
        seen = torch.cat([shell(field), normals(field)], 1)
        shape, slope = seen.split([SUB * CHANNELS, SUB * 3], 1)
        proportions = field.permute(0, 2, 3, 4, 1)[..., SUB * CHANNELS :].to(seen.dtype)
        half = torch.cat(
            [voxels(shape, CHANNELS).mean(-2), voxels(slope, 3).mean(-2), proportions], -1
        )
        flat = activate(self.flat(self.coarse(cells(half)).flatten(1)))
        whole = self.whole(flat).squeeze(1)
        whole = whole + (flat * self.embed(label)).sum(1) / flat.shape[1] ** 0.5
        return [whole, self.patch(self.fine(seen)).flatten(1).mean(1)]
