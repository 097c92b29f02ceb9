"""What pictures consist of, learned without labels: the features that pictures are compared by."""

from __future__ import annotations

from pathlib import Path
from typing import ClassVar

import numpy as np
import torch
from pydantic import BaseModel, ConfigDict, Field
from torch import Tensor, nn

from engine.data.picture_crops import Crops, read_folders
from engine.data.picture_dataset import to_pixels
from engine.gan.rng import Streams
from engine.gan.task import Batch, Nets
from engine.models.registry import register
from engine.models.tool import PictureTool
from engine.nets.picture_coder import PictureCoder
from engine.nets.upscaler import PatchCritic


class PerceptConfig(BaseModel):
    """Nets and data of `percept`."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    crop: int = Field(64, ge=16, description="Edge of the crops that are learned from, in pixels.")
    folders: tuple[str, ...] = Field(
        ("paintings", "photos", "textures"), description="Data sets below the data root."
    )
    validation: float = Field(0.1, ge=0, le=0.5, description="Share of families set aside.")
    channels: int = Field(16, ge=1, description="Numbers in a code of 8 x 8 pixels.")
    widths: tuple[int, int, int] = Field(
        (48, 96, 128), description="Channels at a half, a quarter and an eighth of the size."
    )
    noise: float = Field(0.1, ge=0, description="Noise on codes that the decoder learns.")
    critic: tuple[int, ...] = Field((32, 64, 96), description="Channels of the critic's stages.")
    fidelity: float = Field(10.0, ge=0, description="Weight of the differences beside the critic.")


def difference(made: Tensor, real: Tensor) -> Tensor:
    """Mean absolute difference of pixels, and of their steps to both sides, which blur takes away."""
    error = made.float() - real
    steps = error.diff(dim=-1).abs().mean() + error.diff(dim=-2).abs().mean()
    return error.abs().mean() + 0.5 * steps


@register("percept")
class PerceptModel(PictureTool):
    """An auto-encoder of picture detail, sharpened by a critic of patches (after Esser et al. 2021)."""

    Config: ClassVar[type[BaseModel]] = PerceptConfig
    config: PerceptConfig

    def load(self, folder: Path, streams: Streams) -> None:
        c = self.config
        self.sets = read_folders(folder, c.folders, c.validation)
        self._crops = Crops([s.of("train") for s in self.sets.values()], c.crop)

    def build(self) -> Nets:
        c = self.config
        coder = PictureCoder(channels=c.channels, widths=c.widths)
        return Nets(coder, PatchCritic(c.critic, grid=4))

    def batch(self, size: int, step: int, streams: Streams) -> Batch:
        # The noise on the codes is the latent of this game.
        edge = self.config.crop // 8
        noise = torch.randn(
            size, self.config.channels, edge, edge, generator=streams.torch("noise", step)
        )
        return Batch(self._crops.draw(size, streams.numpy("batch", step)), noise)

    def fake(self, generator: nn.Module, batch: Batch) -> Tensor:
        assert isinstance(generator, PictureCoder)
        code = generator.encode(batch.real)
        return generator.decode(code + self.config.noise * batch.z.to(code))

    def judge(self, critic: nn.Module, x: Tensor, label: Tensor | None) -> list[Tensor]:
        heads: list[Tensor] = critic(x)
        return heads

    def auxiliary(
        self, generator: nn.Module, batch: Batch, fake: Tensor, rng: torch.Generator
    ) -> dict[str, Tensor]:
        return {"difference": self.config.fidelity * difference(fake, batch.real)}

    def picture(self, generator: nn.Module) -> np.ndarray | None:
        """Held-out middles above what the codes keep of them."""
        true = self.held_out(24)
        if true is None:
            return None
        with torch.no_grad():
            made = generator(true.to(next(generator.parameters()).device)).float().cpu()
        rows = []
        for first in range(0, len(true), 12):
            rows += [
                np.concatenate(list(to_pixels(x[first : first + 12].numpy())), 1)
                for x in (true, made)
            ]
        return np.concatenate(rows)
