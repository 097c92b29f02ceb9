"""SDF-StyleGAN (Zheng et al. 2022) with colour and classes: a baseline of the tables of shapes.

The published plan is at this resolution: a feature volume of 32³ from widths of 256, 256, 256 and
128, a latent of 512 through eight layers, two critics of the distance and its gradient. Left out:
style mixing, path length regularisation and noise inputs, which polish long runs; the critic of
patches, which looks at a grid of 128³ there, looks at 8³ voxels of the field itself.
"""

from __future__ import annotations

from typing import Any, Self

from pydantic import Field, model_validator

from engine.gan.task import Nets
from engine.models.plain_shapes import PlainShapes
from engine.models.registry import register
from engine.models.textured_shapes import ShapeData
from engine.nets.sdf_stylegan import PATCH, SdfCritics, SdfGenerator


class SdfStyleGanConfig(ShapeData):
    """Nets and data of the SDF-StyleGAN baseline; the defaults are the published sizes."""

    z_dim: int = Field(512, ge=2, description="Latent size.")
    w_dim: int = Field(512, ge=2, description="Style size.")
    style_depth: int = Field(8, ge=1, description="Layers of the mapping network.")
    widths: tuple[int, ...] = Field(
        (256, 256, 256, 128), description="Channels of each stage, 4³ first; the critic's reversed."
    )
    local: tuple[int, ...] = Field(
        (128, 256), description="Channels of the critic of patches, 8³ first."
    )
    hidden: int = Field(128, ge=1, description="Width of the network that reads the features.")

    @model_validator(mode="after")
    def _stages_end_at_the_size(self) -> Self:
        end = 2 * 2 ** len(self.widths)
        if self.size != end:
            raise ValueError(f"{len(self.widths)} widths end at {end} voxels, not at {self.size}")
        if 2 ** (len(self.local) - 1) > PATCH:
            raise ValueError(f"{len(self.local)} stages are too many for patches of {PATCH} voxels")
        return self


@register("sdf_stylegan")
class SdfStyleGan(PlainShapes):
    """3-D StyleGAN2 of signed distance + colour with a critic of the whole and one of patches."""

    Config = SdfStyleGanConfig
    config: Any

    def build(self) -> Nets:
        c = self.config
        classes = max(1, len(c.classes))
        generator = SdfGenerator(
            classes=classes,
            z_dim=c.z_dim,
            w_dim=c.w_dim,
            style_depth=c.style_depth,
            widths=c.widths,
            hidden=c.hidden,
        )
        return Nets(generator, SdfCritics(classes=classes, widths=c.widths[::-1], local=c.local))
