"""Super-resolution by two: the model behind `vernissage upscale`."""

from __future__ import annotations

from pathlib import Path
from typing import ClassVar

import numpy as np
import torch
from pydantic import BaseModel, ConfigDict, Field
from torch import Tensor, nn
from torch.nn.functional import interpolate, l1_loss

from engine.data.picture_crops import Crops, read_folders
from engine.data.picture_dataset import to_pixels
from engine.gan.rng import Streams
from engine.gan.task import Batch, Nets
from engine.models.registry import register
from engine.models.tool import PictureTool
from engine.nets.upscaler import PatchCritic, Upscaler


class UpscaleConfig(BaseModel):
    """Nets and data of `upscale`."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    scale: int = Field(2, ge=2, le=4, description="Times as many pixels along each side.")
    crop: int = Field(64, ge=16, description="Edge of the crops that are learned from, in pixels.")
    folders: tuple[str, ...] = Field(
        ("paintings", "photos", "textures"), description="Data sets below the data root."
    )
    validation: float = Field(0.1, ge=0, le=0.5, description="Share of families set aside.")
    width: int = Field(48, ge=4, description="Channels of each convolution.")
    depth: int = Field(8, ge=1, description="Convolutions between the first and the last.")
    critic: tuple[int, ...] = Field((32, 64, 96), description="Channels of the critic's stages.")
    fidelity: float = Field(
        30.0, ge=0, description="Weight of the absolute difference beside the critic's word."
    )


def shrink(x: Tensor, scale: int) -> Tensor:
    """(B, 3, H, W) to a `scale`-th of its sides by bicubic resampling without aliasing."""
    return interpolate(x, scale_factor=1 / scale, mode="bicubic", antialias=True).clamp(-1, 1)


@register("upscale")
class Upscale(PictureTool):
    """What shrinking took away, learned by difference first and by a critic of patches then (SRGAN)."""

    Config: ClassVar[type[BaseModel]] = UpscaleConfig
    config: UpscaleConfig

    def load(self, folder: Path, streams: Streams) -> None:
        c = self.config
        self.sets = read_folders(folder, c.folders, c.validation)
        self._crops = Crops([s.of("train") for s in self.sets.values()], c.crop)

    def build(self) -> Nets:
        c = self.config
        return Nets(
            Upscaler(scale=c.scale, width=c.width, depth=c.depth), PatchCritic(c.critic, grid=4)
        )

    def batch(self, size: int, step: int, streams: Streams) -> Batch:
        return Batch(self._crops.draw(size, streams.numpy("batch", step)), torch.empty(size, 0))

    def fake(self, generator: nn.Module, batch: Batch) -> Tensor:
        fake: Tensor = generator(shrink(batch.real, self.config.scale))
        return fake

    def judge(self, critic: nn.Module, x: Tensor, label: Tensor | None) -> list[Tensor]:
        heads: list[Tensor] = critic(x)
        return heads

    def auxiliary(
        self, generator: nn.Module, batch: Batch, fake: Tensor, rng: torch.Generator
    ) -> dict[str, Tensor]:
        edge = self.config.scale * 2  # zeros beyond the border are no picture
        inner = (..., slice(edge, -edge), slice(edge, -edge))
        return {"difference": self.config.fidelity * l1_loss(fake[inner], batch.real[inner])}

    def picture(self, generator: nn.Module) -> np.ndarray | None:
        """Held-out middles: shrunk, upscaled, true."""
        true = self.held_out(8)
        if true is None:
            return None
        small = shrink(true, self.config.scale).to(next(generator.parameters()).device)
        with torch.no_grad():
            made = generator(small).float().cpu()
        repeated = interpolate(small.cpu(), scale_factor=self.config.scale, mode="nearest")
        rows = [np.concatenate(list(to_pixels(x.numpy())), 1) for x in (repeated, made, true)]
        return np.concatenate(rows)
