"""A game small enough for seconds: points on a 5 x 5 grid of Gaussians (A1)."""

from __future__ import annotations

from pathlib import Path

import torch
from torch import Tensor, nn

from engine.gan.rng import Streams
from engine.gan.task import Batch, Nets, Task
from engine.nets.mlp import MlpCritic, mlp

SPREAD = 0.05
SPACING = 1.0


def centres() -> Tensor:
    """(25, 2) centres of the Gaussians."""
    axis = (torch.arange(5) - 2) * SPACING
    return torch.cartesian_prod(axis, axis).float()


def modes_hit(points: Tensor) -> int:
    """How many of the 25 modes have a point within four standard deviations."""
    distances = torch.cdist(points, centres())
    near, mode = distances.min(1)
    return len(mode[near < 4 * SPREAD].unique())


class Gaussians(Task):
    """25 Gaussians in the plane, fully connected players."""

    def __init__(self, hidden: int = 128, noise: bool = False) -> None:
        self.hidden = hidden
        self.noise = noise

    def load(self, folder: Path, streams: Streams) -> None:
        """Nothing to read."""

    def build(self) -> Nets:
        hidden = (self.hidden,) * 3
        return Nets(mlp(2, hidden, 2), MlpCritic(2, hidden))

    def batch(self, size: int, step: int, streams: Streams) -> Batch:
        generator = streams.torch("batch", step)
        which = torch.randint(25, (size,), generator=generator)
        real = centres()[which] + SPREAD * torch.randn(size, 2, generator=generator)
        return Batch(real, torch.randn(size, 2, generator=generator))

    def fake(self, generator: nn.Module, batch: Batch) -> Tensor:
        points: Tensor = generator(batch.z)
        return points

    def judge(self, critic: nn.Module, x: Tensor, label: Tensor | None) -> list[Tensor]:
        return [critic(x)]

    def auxiliary(
        self, generator: nn.Module, batch: Batch, fake: Tensor, rng: torch.Generator
    ) -> dict[str, Tensor]:
        return {"spread": 0.01 * (fake.square().mean() - 2).square()}

    def held_out(self, size: int) -> Tensor:
        return self.batch(size, 10**6, Streams(1)).real
