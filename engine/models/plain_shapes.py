"""What the baselines of the shape tables share: plain fields in true proportions, no losses of their own."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from engine.data.coarse_field import coarsen, refine
from engine.data.field_augment import vary
from engine.gan.rng import Streams
from engine.gan.task import Batch
from engine.models.textured_shapes import PUBLIC, TexturedShapes
from engine.nets.cells import PROPORTIONS


class PlainShapes(TexturedShapes):
    """The data, classes and split of `textured_shapes`; a sample is the field (4, N, N, N) itself."""

    def encode(self, field: np.ndarray) -> Tensor:
        return coarsen(torch.from_numpy(field.astype(np.float32)), self.config.size)

    def decode(self, sample: np.ndarray) -> np.ndarray:
        field: np.ndarray = refine(torch.from_numpy(np.asarray(sample, np.float32)), PUBLIC).numpy()
        return field

    def batch(self, size: int, step: int, streams: Streams) -> Batch:
        rng = streams.torch("batch", step)
        index = torch.multinomial(self._weights, size, replacement=True, generator=rng)
        z = torch.randn(size, self.config.z_dim, generator=rng)
        plain = self._samples[index].float()
        # Mirrored and recoloured as ours are; the proportions are in the field and stay.
        unused = plain.new_ones(size, PROPORTIONS, *plain.shape[2:])
        real = vary(torch.cat([plain, unused], 1), rng)[:, : plain.shape[1]]
        return Batch(real, z, self._labels[index])

    def auxiliary(
        self, generator: nn.Module, batch: Batch, fake: Tensor, rng: torch.Generator
    ) -> dict[str, Tensor]:
        return {}

    def pretrain(
        self, generator: nn.Module, batch: Batch, rng: torch.Generator
    ) -> dict[str, Tensor]:
        return {}

    def finish(self, generator: nn.Module, **how: Any) -> None:
        """Nothing: these generators remember no examples."""

    def comparable(self, fields: Tensor) -> Tensor:
        """Colour fades out where there is no surface, as in `textured_shapes`."""
        distance, color = fields.float().split([1, 3], 1)
        return torch.cat([distance, color * (1 - distance.abs()).clamp(0, 1)], 1)

    def synthesise(
        self,
        generator: nn.Module,
        z: Tensor,
        truncation: float = 1.0,
        label: Tensor | None = None,
    ) -> Tensor:
        field: Tensor = generator(z, label, truncation)
        return field
