"""Models that change pictures instead of making things from seeds: they share what they are not."""

from __future__ import annotations

from typing import Any, ClassVar, Literal

import numpy as np
import torch
from torch import Tensor, nn

from engine.data.picture_crops import manifest_of, middles
from engine.data.picture_dataset import Picture, PictureDataset, to_pixels
from engine.models.base import Model


class PictureTool(Model):
    """A model whose input is a picture. It has no latents and nothing that seeds could make."""

    makes: ClassVar[Literal["voxels", "shapes", "pictures", "materials", "tool"]] = "tool"
    sets: dict[str, PictureDataset]

    def of(self, split: str) -> list[Picture]:
        """All pictures of a split, data set by data set."""
        return [p for s in self.sets.values() for p in s.pictures if p.split == split]

    def manifest(self) -> dict[str, Any]:
        return manifest_of(self.sets)

    def examples(self) -> tuple[list[str], Tensor]:
        """None: nothing is drawn from seeds, so nothing can be a copy."""
        return [], torch.empty(0, 3, 8, 8)

    def held_out(self, size: int) -> Tensor | None:
        """Middles of pictures that were never learned from."""
        unseen = self.of("validation")
        if not unseen:
            return None
        step = max(1, len(unseen) // size)
        return middles(unseen[::step][:size], self.config.crop)

    def latents(self, seeds: list[int]) -> Tensor:
        return torch.empty(len(seeds), 0)

    def synthesise(
        self,
        generator: nn.Module,
        z: Tensor,
        truncation: float = 1.0,
        label: Tensor | None = None,
    ) -> Tensor:
        raise TypeError("this model changes pictures; it makes none from seeds")

    def decode(self, sample: np.ndarray) -> np.ndarray:
        """(H, W, 3) uint8 of one output (3, H, W)."""
        return to_pixels(sample)
