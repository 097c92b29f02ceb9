"""Penalties on the critic: R1 and R2, exact or by finite difference; WGAN-GP's; consistency.

All take the critic as a function of its input and return one value a sample, unscaled: the caller
multiplies by gamma and by the lazy interval, in one place.
"""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

Heads = list[Tensor]
Judge = Callable[[Tensor], Heads]


def exact_penalty(x: Tensor, heads: Heads) -> Tensor:
    """Squared gradient norm of the summed heads at `x`: ||dD/dx||^2 (Mescheder et al. 2018).

    Args:
        x: (B, ...) the critic's input; requires grad and led to `heads`.
        heads: logits, (B,) each.
    Returns:
        (B,) float32, differentiable a second time.
    """
    return input_gradient(x, heads, create_graph=True).square().flatten(1).sum(1)


def moved_penalty(
    critic: Judge, x: Tensor, heads: Heads, noise: Tensor, sigma: float = 0.1
) -> Tensor:
    """First-order estimate of the same: (D(x + sigma n) - D(x))^2 / sigma^2 for noise n ~ N(0, I).

    Its expectation is ||dD/dx||^2 for a linear critic; no double backward is needed (Lin et al.
    2025). Below sigma = 0.1 the rounding of bfloat16 inflates it.
    """
    moved = critic(x + sigma * noise)
    gaps = [
        (after.float() - before.float()) / sigma for after, before in zip(moved, heads, strict=True)
    ]
    return torch.stack(gaps).sum(0).square()


def gradient_penalty(critic: Judge, real: Tensor, fake: Tensor, share: Tensor) -> Tensor:
    """(||dD/dx|| - 1)^2 between real and fake (WGAN-GP, Gulrajani et al. 2017), summed over heads.

    Args:
        share: (B,) in [0, 1], how far from `fake` to `real` each sample is taken.
    """
    share = share.view(-1, *(1,) * (real.ndim - 1))
    x = fake.lerp(real, share.to(real)).detach().requires_grad_()
    norms = [
        input_gradient(x, [head], create_graph=True).flatten(1).norm(dim=1) for head in critic(x)
    ]
    return torch.stack([(norm - 1).square() for norm in norms]).sum(0)


def consistency_penalty(critic: Judge, x: Tensor, radius: float) -> Tensor:
    """How much the critic's answer changes under the worst small change of its input: (D(x') - D(x))^2.

    x' = x + radius * sign(dD/dx) is FGSM's (Goodfellow et al. 2015), away from the boundary where
    the critic says real and towards it where it says fake: either way the largest change to first
    order. That it hardly matters is virtual adversarial training (Miyato et al. 2018).
    """
    x = x.detach().requires_grad_()
    heads = critic(x)
    moved = critic(x.detach() + radius * input_gradient(x, heads, retain_graph=True).sign())
    gaps = [after - before for after, before in zip(moved, heads, strict=True)]
    return torch.stack(gaps).square().sum(0)


def input_gradient(
    x: Tensor, heads: Heads, *, create_graph: bool = False, retain_graph: bool | None = None
) -> Tensor:
    """Gradient of the summed heads at `x`, float32, shaped as `x`."""
    total = sum((head.float().sum() for head in heads), start=torch.zeros((), device=x.device))
    (gradient,) = torch.autograd.grad(
        total, x, create_graph=create_graph, retain_graph=retain_graph
    )
    return gradient.float()
