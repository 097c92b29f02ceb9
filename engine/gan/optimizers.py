"""The optimisers of both players, and their rates."""

from __future__ import annotations

from collections.abc import Callable, Iterable

import torch
from torch import nn
from torch.optim import Optimizer

OPTIMIZERS: dict[str, Callable[[Iterable[nn.Parameter]], Optimizer]] = {
    # Fused pays on CPUs too (foreach does not); betas come from the phase and must be floats.
    "adam": lambda parameters: torch.optim.Adam(parameters, fused=True),
    "rmsprop": torch.optim.RMSprop,
}


def set_rates(optimizer: Optimizer, rate: float, betas: tuple[float, float]) -> None:
    """Set the rate, and Adam's betas where it is Adam."""
    for group in optimizer.param_groups:
        group["lr"] = rate
        if "betas" in group:
            group["betas"] = betas


@torch.no_grad()
def clip_weights(parameters: Iterable[nn.Parameter], bound: float) -> None:
    """Bring every weight into [-bound, bound], which bounds the slope of a critic (WGAN)."""
    for parameter in parameters:
        parameter.clamp_(-bound, bound)
