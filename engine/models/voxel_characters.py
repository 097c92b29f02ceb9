"""Coloured voxel people at 16³: the model behind `vernissage generate voxel_characters`."""

from __future__ import annotations

from pathlib import Path
from typing import Any, ClassVar, Self

import numpy as np
import torch
from pydantic import BaseModel, ConfigDict, Field, model_validator
from torch import Tensor, nn

from engine.data.voxel_augment import variant, wardrobe
from engine.data.voxel_dataset import VoxelDataset, read_dataset
from engine.data.voxel_field import decode, encode
from engine.data.voxels import VoxelGrid
from engine.gan.rng import Streams
from engine.gan.task import Batch, Nets
from engine.models.base import Model
from engine.models.registry import register
from engine.nets.folded import FoldedCritic
from engine.nets.palette import PaletteGenerator

CHANNELS = 4


class VoxelData(BaseModel):
    """Data of a voxel model, and stages that end at its size: the same keys, whatever the nets."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    size: int = Field(16, description="Edge of the cube in voxels: 4 doubled by each stage.")
    widths: tuple[int, ...] = Field((128, 64), description="Channels of each stage, 4³ first.")
    include: tuple[str, ...] = Field(("*",), description="File name patterns to train on.")
    validation: float = Field(0.2, ge=0, le=0.5, description="Share of families set aside.")
    pool: int = Field(8192, ge=1, description="Augmented people prepared before training.")
    remix: float = Field(0.5, ge=0, le=1, description="Chance of each join and of a new dress.")

    @model_validator(mode="after")
    def _stages_end_at_the_size(self) -> Self:
        end = 4 * 2 ** len(self.widths)
        if self.size != end:
            raise ValueError(f"{len(self.widths)} widths end at {end} voxels, not at {self.size}")
        return self


class VoxelConfig(VoxelData):
    """Nets and data of `voxel_characters`."""

    z_dim: int = Field(64, ge=2, description="Latent size.")
    w_dim: int = Field(128, ge=2, description="Style size.")
    colors: int = Field(12, ge=2, le=64, description="Palette entries of a figure.")
    depth: int = Field(1, ge=0, description="Residual convolutions in each stage.")


@register("voxel_characters")
class VoxelCharacters(Model):
    """Style-modulated folded 3-D convolutions, a palette a figure, RpGAN with R1 + R2 (after R3GAN)."""

    Config: ClassVar[type[VoxelData]] = VoxelConfig
    config: VoxelConfig
    dataset: VoxelDataset

    def load(self, folder: Path, streams: Streams) -> None:
        c = self.config
        self.dataset = read_dataset(folder, c.size, c.include, c.validation)
        families = self.dataset.families("train")
        clothes = wardrobe(self.dataset.grids("train"))
        rng = streams.numpy("pool", 0)
        self._pool = _fields([variant(families, clothes, rng, c.remix) for _ in range(c.pool)])
        held_out = self.dataset.grids("validation")
        self._held_out = _fields(held_out) if held_out else self._pool[:0]

    def build(self) -> Nets:
        c = self.config
        generator = PaletteGenerator(
            colors=c.colors, z_dim=c.z_dim, w_dim=c.w_dim, widths=c.widths, depth=c.depth
        )
        return Nets(generator, FoldedCritic(channels=CHANNELS, widths=c.widths, depth=c.depth))

    def batch(self, size: int, step: int, streams: Streams) -> Batch:
        generator = streams.torch("batch", step)
        index = torch.randint(len(self._pool), (size,), generator=generator)
        z = torch.randn(size, self.config.z_dim, generator=generator)
        return Batch(self._pool[index].float(), z)

    def fake(self, generator: nn.Module, batch: Batch) -> Tensor:
        fake: Tensor = generator(batch.z)
        return fake

    def judge(self, critic: nn.Module, x: Tensor, label: Tensor | None) -> list[Tensor]:
        heads: list[Tensor] = critic(x)
        return heads

    def held_out(self, size: int) -> Tensor | None:
        return self._held_out[:size].float() if len(self._held_out) else None

    def manifest(self) -> dict[str, Any]:
        return self.dataset.manifest()

    def examples(self) -> tuple[list[str], Tensor]:
        return self.dataset.names("train"), _fields(self.dataset.grids("train"))

    def picture(self, generator: nn.Module) -> np.ndarray:
        """Front and side views of seeds 0-63, eight a row, four pixels a voxel."""
        z = self.latents(list(range(64))).to(next(generator.parameters()).device)
        grids = [self.decode(f) for f in self.synthesise(generator, z).cpu().numpy()]
        tiles = [np.concatenate([_view(g, 1), _view(g, 2)], 1) for g in grids]
        rows = [np.concatenate(tiles[i : i + 8], 1) for i in range(0, 64, 8)]
        return np.kron(np.concatenate(rows), np.ones((4, 4, 1), np.uint8))

    def synthesise(
        self,
        generator: nn.Module,
        z: Tensor,
        truncation: float = 1.0,
        label: Tensor | None = None,
    ) -> Tensor:
        fields: Tensor = generator(z, truncation=truncation)
        return fields

    def decode(self, sample: np.ndarray) -> VoxelGrid:
        return decode(sample)


def _fields(grids: list[VoxelGrid]) -> Tensor:
    """(N, C, D, H, W) float16: enough for values in [-1, 1], at half the memory."""
    return torch.stack([torch.from_numpy(encode(grid)).half() for grid in grids])


def _view(grid: VoxelGrid, axis: int) -> np.ndarray:
    """(D, W, 3) uint8: the first solid voxel along `axis` (1 front, 2 left side), ground at the bottom."""
    first = grid.solid.argmax(axis)
    index = np.expand_dims(first, (axis, 3))
    color = np.take_along_axis(grid.colors, index, axis).squeeze(axis)
    color[~grid.solid.any(axis)] = 235
    return color[::-1]
