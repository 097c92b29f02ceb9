"""A game small enough to watch: points in the plane, fully connected players (the playground's task)."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Literal

import torch
from torch import Tensor, nn

from engine.gan.rng import Streams
from engine.gan.task import Batch, Nets, Task
from engine.nets.mlp import MlpCritic, mlp
from engine.nets.normalise import spectrally_normalised

Shape = Literal["grid", "ring", "spiral"]
SPREAD = 0.05
"""Standard deviation of each mode."""
NEAR = 4.0
"""Standard deviations within which a point belongs to a mode."""


def centres(shape: Shape = "grid") -> Tensor:
    """(M, 2) middles of the modes, all within [-2.2, 2.2]: 25 on a grid, 8 on a ring, 20 on a spiral."""
    if shape == "grid":
        axis = torch.arange(5.0) - 2
        return torch.cartesian_prod(axis, axis)
    count, turns = (8, 1.0) if shape == "ring" else (20, 2.0)
    share = torch.arange(count) / count
    radius = torch.full((count,), 1.8) if shape == "ring" else 0.3 + 1.7 * (share + 1 / count)
    angle = 2 * math.pi * turns * share
    return torch.stack([radius * angle.cos(), radius * angle.sin()], 1)


def modes_hit(points: Tensor, middles: Tensor) -> tuple[Tensor, float]:
    """Which modes are hit, (M,) bool; and the share of points (N, 2) near any.

    A mode is hit where at least a quarter as many points are near it as would be if all were spread
    evenly over the modes: stray points on their way to elsewhere hit nothing.
    """
    distances, mode = torch.cdist(points.float(), middles).min(1)
    near = distances < NEAR * SPREAD
    counts = torch.bincount(mode[near], minlength=len(middles))
    return counts >= len(points) / len(middles) / 4, float(near.float().mean())


def steepened(net: nn.Module) -> nn.Module:
    """The same with hidden weights half as large again: narrow modes need steep maps to begin with."""
    *hidden, _ = (m for m in net.modules() if isinstance(m, nn.Linear))
    with torch.no_grad():
        for layer in hidden:
            layer.weight.mul_(1.5)
    return net


class TwoPoints(nn.Module):
    """Two critics of points, for D2GAN."""

    def __init__(self, first: nn.Module, second: nn.Module) -> None:
        super().__init__()
        self.first, self.second = first, second

    def forward(self, x: Tensor) -> list[Tensor]:
        return [self.first(x), self.second(x)]


class Plane(Task):
    """Gaussians in the plane.

    Args:
        hidden: width of the three hidden layers of both players.
        critics: 2 for the loss d2gan.
        spectral: the critic's layers are normalised.
    """

    def __init__(
        self, shape: Shape = "grid", *, hidden: int = 128, critics: int = 1, spectral: bool = False
    ) -> None:
        self.middles = centres(shape)
        self.hidden, self.critics, self.spectral = hidden, critics, spectral

    def load(self, folder: Path, streams: Streams) -> None:
        """Nothing to read."""

    def build(self) -> Nets:
        hidden = (self.hidden,) * 3
        generator = steepened(mlp(2, hidden, 2))
        critics = [steepened(MlpCritic(2, hidden)) for _ in range(self.critics)]
        critic: nn.Module = critics[0] if self.critics == 1 else TwoPoints(*critics)
        return Nets(generator, spectrally_normalised(critic) if self.spectral else critic)

    def batch(self, size: int, step: int, streams: Streams) -> Batch:
        rng = streams.torch("batch", step)
        which = torch.randint(len(self.middles), (size,), generator=rng)
        real = self.middles[which] + SPREAD * torch.randn(size, 2, generator=rng)
        return Batch(real, torch.randn(size, 2, generator=rng))

    def fake(self, generator: nn.Module, batch: Batch) -> Tensor:
        points: Tensor = generator(batch.z)
        return points

    def judge(self, critic: nn.Module, x: Tensor, label: Tensor | None) -> list[Tensor]:
        heads = critic(x)
        return heads if isinstance(heads, list) else [heads]

    def held_out(self, size: int) -> Tensor:
        return self.batch(size, 10**6, Streams(1)).real
