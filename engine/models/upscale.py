"""Super-resolution, and mending at the same size: the models behind `vernissage upscale`."""

from __future__ import annotations

from pathlib import Path
from typing import ClassVar

import numpy as np
import torch
from pydantic import BaseModel, ConfigDict, Field
from torch import Tensor, nn
from torch.nn.functional import conv2d, interpolate, l1_loss, pad

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

    scale: int = Field(
        2, ge=1, le=4, description="Times as many pixels along each side; 1 to mend alone."
    )
    harm: float = Field(
        0.0,
        ge=0,
        le=1,
        description="How blurred, noisy and blocky a picture is before it is mended.",
    )
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


def harmed(x: Tensor, strength: float, rng: torch.Generator) -> Tensor:
    """(B, 3, H, W) in [-1, 1], each picture blurred, then noisy, then cut to 8 x 8 blocks by chance.

    At strength 1 the blur has up to 2 pixels of standard deviation, the noise up to a tenth of the
    range, and blocks lose up to the finest three quarters of their cosines, as JPEG takes them.
    """
    blur, noise, loss = strength * torch.rand(3, len(x), 1, 1, 1, generator=rng)
    away = torch.arange(-4.0, 5.0)
    line = torch.exp(-away.square() / (2 * (2 * blur.view(-1, 1)).clamp(min=1e-3).square()))
    line = (line / line.sum(1, keepdim=True)).repeat_interleave(3, 0)
    padded = pad(x, (4, 4, 4, 4), mode="reflect").flatten(0, 1)[None]
    soft = conv2d(padded, line[:, None, :, None], groups=len(line))
    soft = conv2d(soft, line[:, None, None, :], groups=len(line)).view_as(x)
    soft = soft + 0.2 * noise * torch.randn(x.shape, generator=rng)
    return _blocks(soft, 0.75 * loss).clamp(-1, 1)


def _blocks(x: Tensor, loss: Tensor) -> Tensor:
    """Whole blocks of 8 x 8 without a share `loss` (B, 1, 1, 1) of their finest cosines."""
    at = torch.arange(8)
    cosines = torch.cos(torch.pi / 8 * (at[None] + 0.5) * at[:, None]) * 0.5
    cosines[0] *= 0.5**0.5
    order = (at[:, None] + at).flatten().argsort(stable=True).argsort().view(8, 8)
    high, wide = (n // 8 * 8 for n in x.shape[2:])
    cells = x[..., :high, :wide].unflatten(3, (-1, 8)).unflatten(2, (-1, 8))
    waves = torch.einsum("bcyhxw,ih,jw->bcyxij", cells, cosines, cosines)
    kept = waves * (order < 64 * (1 - loss[..., None, None]))
    out = x.clone()
    back = torch.einsum("bcyxij,ih,jw->bcyhxw", kept, cosines, cosines)
    out[..., :high, :wide] = back.flatten(4, 5).flatten(2, 3)
    return out


def shrink(x: Tensor, scale: int) -> Tensor:
    """(B, 3, H, W) to a `scale`-th of its sides by bicubic resampling without aliasing."""
    if scale == 1:
        return x
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
        real = self._crops.draw(size, streams.numpy("batch", step))
        return Batch(real, self.spoilt(real, streams.torch("harm", step)).flatten(1))

    def spoilt(self, real: Tensor, rng: torch.Generator) -> Tensor:
        """What is to be made good: pictures (B, 3, H, W) smaller by `scale`, and harmed."""
        small = shrink(real, self.config.scale)
        return harmed(small, self.config.harm, rng) if self.config.harm else small

    def fake(self, generator: nn.Module, batch: Batch) -> Tensor:
        edge = self.config.crop // self.config.scale
        fake: Tensor = generator(batch.z.view(-1, 3, edge, edge))
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
        """Held-out middles: shrunk and harmed, made good, true."""
        true = self.held_out(8)
        if true is None:
            return None
        small = self.spoilt(true, torch.Generator().manual_seed(0))
        small = small.to(next(generator.parameters()).device)
        with torch.no_grad():
            made = generator(small).float().cpu()
        repeated = interpolate(small.cpu(), scale_factor=self.config.scale, mode="nearest")
        rows = [np.concatenate(list(to_pixels(x.numpy())), 1) for x in (repeated, made, true)]
        return np.concatenate(rows)
