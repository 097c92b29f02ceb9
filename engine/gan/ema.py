"""Exponential moving average of the generator: the weights that ship."""

from __future__ import annotations

import copy

import torch
from torch import nn


class Ema:
    """Average of a module's parameters with a half-life in images (Karras et al. 2020).

    The half-life ramps up: never more than `ramp` of the images seen so far, so that the first
    samples are not those of the initial weights. Buffers are copied, not averaged.
    """

    def __init__(self, module: nn.Module, half_life: float, ramp: float = 0.05) -> None:
        self.module = copy.deepcopy(module).eval().requires_grad_(False)
        self.half_life = half_life
        self.ramp = ramp

    @torch.no_grad()
    def update(self, module: nn.Module, batch: int, images: int) -> None:
        """Move towards `module` after a step of `batch`, `images` seen in all."""
        half_life = max(min(self.half_life, images * self.ramp), 1e-8)
        keep = 0.5 ** (batch / half_life)
        for mine, theirs in zip(self.module.parameters(), module.parameters(), strict=True):
            mine.lerp_(theirs.to(mine.dtype), 1 - keep)
        for buffer, source in zip(self.module.buffers(), module.buffers(), strict=True):
            buffer.copy_(source)
