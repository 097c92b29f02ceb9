"""Gradient penalties on the critic: R1 and R2, exact or by finite difference.

Both take the critic as a function of its input and return one value a sample, unscaled: the
trainer multiplies by gamma / 2 and by the lazy interval, in one place.
"""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

Heads = list[Tensor]


def exact_penalty(x: Tensor, heads: Heads) -> Tensor:
    """Squared gradient norm of the summed heads at `x`: ||dD/dx||^2 (Mescheder et al. 2018).

    Args:
        x: (B, ...) the critic's input; requires grad and led to `heads`.
        heads: logits, (B,) each.
    Returns:
        (B,) float32, differentiable a second time.
    """
    total = sum((head.float().sum() for head in heads), start=torch.zeros((), device=x.device))
    (gradient,) = torch.autograd.grad(total, x, create_graph=True)
    return gradient.float().square().flatten(1).sum(1)


def finite_difference_penalty(
    critic: Callable[[Tensor], Heads],
    x: Tensor,
    heads: Heads,
    generator: torch.Generator,
    sigma: float = 0.1,
) -> Tensor:
    """First-order estimate of the same: E[(D(x + sigma n) - D(x))^2] / sigma^2, n ~ N(0, I).

    Its expectation is ||dD/dx||^2 for a linear critic; no double backward is needed (Lin et al.
    2025). Below sigma = 0.1 the rounding of bfloat16 inflates it.
    """
    noise = torch.randn(x.shape, generator=generator).to(x)
    moved = critic(x + sigma * noise)
    gaps = [
        (after.float() - before.float()) / sigma for after, before in zip(moved, heads, strict=True)
    ]
    return torch.stack(gaps).sum(0).square()
