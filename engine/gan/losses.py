"""Adversarial losses. All share one signature, so that a recipe names one and nothing else changes.

`d(real_logits, fake_logits)` and `g(real_logits, fake_logits)` take (B,) logits of one head and
return a scalar. Real and fake are paired by position; only relativistic losses use the pairing.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from torch import Tensor
from torch.nn.functional import relu, softplus

LossFn = Callable[[Tensor, Tensor], Tensor]


@dataclass(frozen=True)
class AdversarialLoss:
    """A pair of losses for the critic (`d`) and the generator (`g`).

    `relativistic`: `g` looks at the real logits as well, so they must be computed for it.
    """

    d: LossFn
    g: LossFn
    relativistic: bool = False


def _bce_d(real: Tensor, fake: Tensor) -> Tensor:
    return softplus(-real).mean() + softplus(fake).mean()


# Goodfellow et al. 2014 with the practical generator loss -log D(G(z)).
_NONSATURATING = AdversarialLoss(d=_bce_d, g=lambda real, fake: softplus(-fake).mean())

LOSSES: dict[str, AdversarialLoss] = {
    # Goodfellow et al. 2014, the game as it is proved: the generator minimises log(1 - D(G(z))),
    # whose gradient vanishes while the critic wins.
    "minimax": AdversarialLoss(d=_bce_d, g=lambda real, fake: -softplus(fake).mean()),
    "nonsaturating": _NONSATURATING,
    "bce": _NONSATURATING,  # the name most tutorials know it by
    # Lim & Ye 2017; Miyato et al. 2018.
    "hinge": AdversarialLoss(
        d=lambda real, fake: relu(1 - real).mean() + relu(1 + fake).mean(),
        g=lambda real, fake: -fake.mean(),
    ),
    # Relativistic pairing, Jolicoeur-Martineau 2018; with R1 + R2: Huang et al. 2024 (R3GAN).
    "rpgan": AdversarialLoss(
        d=lambda real, fake: softplus(fake - real).mean(),
        g=lambda real, fake: softplus(real - fake).mean(),
        relativistic=True,
    ),
}


def value(real: Tensor, fake: Tensor) -> float:
    """The game's value V(D, G) = E log D(x) + E log(1 - D(G(z))); -log 4 at the equilibrium."""
    return -_bce_d(real, fake).item()
