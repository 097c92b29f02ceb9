"""What a model must say to be trained. The trainer owns everything else."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn

from engine.gan.monitors import Finding
from engine.gan.rng import Streams


@dataclass(frozen=True)
class Nets:
    """The two players. The critic may hold several heads."""

    generator: nn.Module
    critic: nn.Module


@dataclass(frozen=True)
class Batch:
    """What one step sees.

    Attributes:
        real: (B, C, *space) samples in [-1, 1].
        z: (B, Z) latents, N(0, 1).
        label: (B,) int64 classes, or None for a model without classes.
        index: (B,) int64 which training examples these are, where a model wants to know.
    """

    real: Tensor
    z: Tensor
    label: Tensor | None = None
    index: Tensor | None = None


class Task(ABC):
    """An adversarial game: nets, data, and how they meet. No loop, no optimiser, no file."""

    @abstractmethod
    def load(self, folder: Path, streams: Streams) -> None:
        """Read the training data into memory.

        Raises:
            BadDataset: the folder holds too little.
        """

    @abstractmethod
    def build(self) -> Nets:
        """New nets; the trainer seeds torch before it calls this."""

    @abstractmethod
    def batch(self, size: int, step: int, streams: Streams) -> Batch:
        """The batch of a step, on the CPU: a function of its arguments alone."""

    @abstractmethod
    def fake(self, generator: nn.Module, batch: Batch) -> Tensor:
        """(B, C, *space) from the batch's latents and labels."""

    @abstractmethod
    def judge(self, critic: nn.Module, x: Tensor, label: Tensor | None) -> list[Tensor]:
        """(B,) logits for each head: higher is more real."""

    def layers(self, net: nn.Module) -> list[list[nn.Module]]:
        """What a phase may hold, from the input of a player on: one list of modules for a layer."""
        return [[m] for m in net.modules() if any(True for _ in m.parameters(recurse=False))]

    def advance(self, player: nn.Module, progress: float) -> None:  # noqa: B027 (most need it not)
        """Set in a player, in its buffers, what depends on how far the run is: growth, a late condition.

        Args:
            progress: share of the whole run that is done, in [0, 1].
        """

    def auxiliary(
        self, generator: nn.Module, batch: Batch, fake: Tensor, rng: torch.Generator
    ) -> dict[str, Tensor]:
        """Further generator losses, already weighted, by name. `rng` is the step's own."""
        return {}

    def lesson(
        self, critic: nn.Module, batch: Batch, fake: Tensor, rng: torch.Generator
    ) -> dict[str, Tensor]:
        """Further critic losses, already weighted, by name."""
        return {}

    def advice(
        self, critic: nn.Module, batch: Batch, fake: Tensor, rng: torch.Generator
    ) -> dict[str, Tensor]:
        """Further generator losses that ask the critic, already weighted, by name."""
        return {}

    def pretrain(
        self, generator: nn.Module, batch: Batch, rng: torch.Generator
    ) -> dict[str, Tensor]:
        """The generator's losses of a pretrain phase."""
        return self.auxiliary(generator, batch, self.fake(generator, batch).float(), rng)

    def held_out(self, size: int) -> Tensor | None:
        """Up to `size` real samples never trained on, for the over-fitting monitor."""
        return None

    def concerns(self) -> list[Finding]:
        """What the data let fear, before anything is trained; the trainer writes it down."""
        return []

    def picture(self, generator: nn.Module) -> np.ndarray | None:
        """(H, W, 3) uint8 sheet of fixed seeds, drawn at every tick."""
        return None
