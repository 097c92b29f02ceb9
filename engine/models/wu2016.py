"""The 3D-GAN of Wu et al. (2016) with colour: the baseline that every voxel table carries.

The paper's plan without its two finest stages: 4³, 8³, then the output at 16³. Its widths, 512 and
256, are halved as ports to small grids do: at a quarter of the cost the baseline gets four times
the steps in the same time. Three colour channels are added to the occupancy. Everything else is
the paper's: a latent of 200, batch normalisation, binary occupancy, a single logit. Its sigmoid to
[0, 1] is written as the equivalent tanh to [-1, 1].
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import torch
from pydantic import Field
from torch import Tensor, nn

from engine.gan.rng import Streams
from engine.gan.task import Nets
from engine.models.registry import register
from engine.models.voxel_characters import CHANNELS, VoxelCharacters, VoxelData
from engine.nets.dc import DCCritic, DCGenerator


class Wu2016Config(VoxelData):
    """Nets and data of the 3D-GAN baseline."""

    z_dim: int = Field(200, ge=2, description="Latent size.")
    widths: tuple[int, ...] = Field((256, 128), description="Channels of each stage, 4³ first.")


@register("wu2016")
class Wu2016(VoxelCharacters):
    """Plain transposed convolutions on binary occupancy + RGB (Wu et al. 2016)."""

    Config = Wu2016Config
    config: Any

    def load(self, folder: Path, streams: Streams) -> None:
        super().load(folder, streams)
        self._pool, self._held_out = occupancy(self._pool), occupancy(self._held_out)

    def examples(self) -> tuple[list[str], Tensor]:
        names, fields = super().examples()
        return names, occupancy(fields)

    def build(self) -> Nets:
        c = self.config
        generator = DCGenerator(ndim=3, channels=CHANNELS, widths=c.widths, z_dim=c.z_dim)
        critic = DCCritic(ndim=3, channels=CHANNELS, widths=c.widths[::-1])
        return Nets(generator, critic)

    def judge(self, critic: nn.Module, x: Tensor, label: Tensor | None) -> list[Tensor]:
        return [critic(x)]

    def synthesise(
        self,
        generator: nn.Module,
        z: Tensor,
        truncation: float = 1.0,
        label: Tensor | None = None,
    ) -> Tensor:
        fields: Tensor = generator(truncation * z)
        return fields


def occupancy(fields: Tensor) -> Tensor:
    """Signed distance + colour (N, 4, D, H, W) to occupancy + colour: ±1, and black where empty."""
    solid = fields[:, :1] > 0
    full, empty = fields.new_tensor(1.0), fields.new_tensor(-1.0)
    return torch.cat(
        [torch.where(solid, full, empty), torch.where(solid, fields[:, 1:], empty)], dim=1
    )
