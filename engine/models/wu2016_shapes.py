"""The 3D-GAN of Wu et al. (2016) with colour and classes: a baseline of the tables of shapes.

The paper's plan without its finest stage: 4³, 8³, 16³, then the output at 32³. Its widths, 512, 256
and 128, are halved as ports to this size do. The paper trains one class at a time; here the class
is a learnt vector, concatenated to the latent and, as further channels that are the same
everywhere, to what the critic sees (Mirza & Osindero 2014). Occupancy, losses and the rest are as
in `engine.models.wu2016`.
"""

from __future__ import annotations

from typing import Any, Self

import numpy as np
import torch
from pydantic import Field, model_validator
from scipy.ndimage import distance_transform_edt
from torch import Tensor, nn

from engine.gan.rng import Streams
from engine.gan.task import Batch, Nets
from engine.models.plain_shapes import PlainShapes
from engine.models.registry import register
from engine.models.textured_shapes import ShapeData
from engine.models.wu2016 import occupancy
from engine.nets.cells import CHANNELS
from engine.nets.dc import DCCritic, DCGenerator


class Wu2016ShapesConfig(ShapeData):
    """Nets and data of the 3D-GAN baseline of shapes."""

    z_dim: int = Field(200, ge=2, description="Latent size.")
    widths: tuple[int, ...] = Field((256, 128, 64), description="Channels of each stage, 4³ first.")
    embed: int = Field(8, ge=1, description="Size of a class's vector, for each player.")

    @model_validator(mode="after")
    def _stages_end_at_the_size(self) -> Self:
        end = 4 * 2 ** len(self.widths)
        if self.size != end:
            raise ValueError(f"{len(self.widths)} widths end at {end} voxels, not at {self.size}")
        return self


class ClassedGenerator(nn.Module):
    """z (B, Z), label (B,) → (B, 4, N, N, N) in [-1, 1]."""

    def __init__(self, *, classes: int, z_dim: int, widths: tuple[int, ...], embed: int) -> None:
        super().__init__()
        self.embed = nn.Embedding(classes, embed)
        self.plan = DCGenerator(ndim=3, channels=CHANNELS, widths=widths, z_dim=z_dim + embed)

    def forward(self, z: Tensor, label: Tensor, truncation: float = 1.0) -> Tensor:
        field: Tensor = self.plan(torch.cat([truncation * z, self.embed(label)], 1))
        return field


class ClassedCritic(nn.Module):
    """Logits (B,) of (B, 4, N, N, N) and labels (B,)."""

    def __init__(self, *, classes: int, widths: tuple[int, ...], embed: int) -> None:
        super().__init__()
        self.embed = nn.Embedding(classes, embed)
        self.plan = DCCritic(ndim=3, channels=CHANNELS + embed, widths=widths)

    def forward(self, field: Tensor, label: Tensor) -> Tensor:
        told = self.embed(label)[..., None, None, None].expand(-1, -1, *field.shape[2:])
        logits: Tensor = self.plan(torch.cat([field, told.to(field.dtype)], 1))
        return logits


@register("wu2016_shapes")
class Wu2016Shapes(PlainShapes):
    """Plain transposed convolutions on binary occupancy + RGB of a class (Wu et al. 2016)."""

    Config = Wu2016ShapesConfig
    config: Any

    def encode(self, field: np.ndarray) -> Tensor:
        return occupancy(super().encode(field)[None])[0]

    def build(self) -> Nets:
        c = self.config
        classes = max(1, len(c.classes))
        generator = ClassedGenerator(classes=classes, z_dim=c.z_dim, widths=c.widths, embed=c.embed)
        return Nets(generator, ClassedCritic(classes=classes, widths=c.widths[::-1], embed=c.embed))

    def batch(self, size: int, step: int, streams: Streams) -> Batch:
        soft = super().batch(size, step, streams)
        # Recolouring has touched what is empty, too.
        return Batch(occupancy(soft.real), soft.z, soft.label)

    def judge(self, critic: nn.Module, x: Tensor, label: Tensor | None) -> list[Tensor]:
        return [critic(x, label)]

    def decode(self, sample: np.ndarray) -> np.ndarray:
        """The black of the empty voxels must not tint the surface: they take the nearest colour."""
        solid = sample[0] > 0
        if not solid.any():
            return super().decode(sample)
        nearest = distance_transform_edt(~solid, return_distances=False, return_indices=True)
        return super().decode(np.concatenate([sample[:1], sample[1:][:, *np.asarray(nearest)]]))
