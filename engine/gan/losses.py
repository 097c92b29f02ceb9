"""Adversarial losses. All share one signature, so that a recipe names one and nothing else changes.

`d(real_logits, fake_logits)` and `g(real_logits, fake_logits)` take (B,) logits of one head and
return a scalar. Real and fake are paired by position; only relativistic losses use the pairing.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from torch import Tensor
from torch.nn.functional import log_softmax, relu, softplus

from engine.errors import BadRecipe

LossFn = Callable[[Tensor, Tensor], Tensor]


@dataclass(frozen=True)
class AdversarialLoss:
    """A pair of losses for the critic (`d`) and the generator (`g`).

    Attributes:
        relativistic: `g` looks at the real logits as well, so they must be computed for it.
        smoothed: `d` where real samples count for 1 - s, given s; None where that has no meaning.
        second: what the second head plays, where two critics have different parts.
    """

    d: LossFn
    g: LossFn
    relativistic: bool = False
    smoothed: Callable[[float], LossFn] | None = None
    second: AdversarialLoss | None = None

    def of_head(self, index: int) -> AdversarialLoss:
        """What a head plays."""
        return self.second if self.second is not None and index % 2 else self


def find_loss(name: str, smooth: float = 0.0) -> AdversarialLoss:
    """The loss of that name, its real labels smoothed by `smooth` (Salimans et al. 2016).

    Raises:
        BadRecipe: there is no such loss, or its labels cannot be smoothed.
    """
    if name not in LOSSES:
        raise BadRecipe(f"unknown loss {name}; there are {', '.join(sorted(LOSSES))}")
    loss = LOSSES[name]
    if not smooth:
        return loss
    if loss.smoothed is None:
        raise BadRecipe(f"the loss {name} has no labels that could be smoothed")
    return replace(loss, d=loss.smoothed(smooth))


def _bce_d(real: Tensor, fake: Tensor) -> Tensor:
    return softplus(-real).mean() + softplus(fake).mean()


def _smooth_bce(s: float) -> LossFn:
    def d(real: Tensor, fake: Tensor) -> Tensor:
        return _bce_d(real, fake) + s * real.mean()  # softplus(x) - softplus(-x) = x

    return d


def _least_squares(real_label: float) -> LossFn:
    def d(real: Tensor, fake: Tensor) -> Tensor:
        return 0.5 * ((real - real_label).square().mean() + fake.square().mean())

    return d


def _average_d(real: Tensor, fake: Tensor) -> Tensor:
    return softplus(fake.mean() - real).mean() + softplus(fake - real.mean()).mean()


# Goodfellow et al. 2014 with the practical generator loss -log D(G(z)).
_NONSATURATING = AdversarialLoss(
    d=_bce_d, g=lambda real, fake: softplus(-fake).mean(), smoothed=_smooth_bce
)

FAVOUR = 0.2
"""D2GAN's alpha and beta: below 1 they keep the rewarded answers from running away."""

# Nguyen et al. 2017 (D2GAN): the critics' answers are positive, softplus of a logit. The first one
# rewards real samples by log D1 and pays D1 for fakes, the second the other way round; together they
# stand for both Kullback-Leibler divergences. Each part here is what one critic, or G, minimises.
_FAVOURS_FAKE = AdversarialLoss(
    d=lambda real, fake: softplus(real).mean() - FAVOUR * softplus(fake).log().mean(),
    g=lambda real, fake: FAVOUR * softplus(fake).log().mean(),
)
_FAVOURS_REAL = AdversarialLoss(
    d=lambda real, fake: softplus(fake).mean() - FAVOUR * softplus(real).log().mean(),
    g=lambda real, fake: -softplus(fake).mean(),
    second=_FAVOURS_FAKE,
)

LOSSES: dict[str, AdversarialLoss] = {
    # Goodfellow et al. 2014, the game as it is proved: the generator minimises log(1 - D(G(z))),
    # whose gradient vanishes while the critic wins.
    "minimax": AdversarialLoss(
        d=_bce_d, g=lambda real, fake: -softplus(fake).mean(), smoothed=_smooth_bce
    ),
    "nonsaturating": _NONSATURATING,
    "bce": _NONSATURATING,  # the name most tutorials know it by
    # Mao et al. 2017, targets 0, 1, 1.
    "ls": AdversarialLoss(
        d=_least_squares(1.0),
        g=lambda real, fake: 0.5 * (fake - 1).square().mean(),
        smoothed=lambda s: _least_squares(1 - s),
    ),
    # Arjovsky et al. 2017; needs `clip_weights`, or the gradient penalty of Gulrajani et al. 2017.
    "wgan": AdversarialLoss(
        d=lambda real, fake: fake.mean() - real.mean(), g=lambda real, fake: -fake.mean()
    ),
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
    # Relativistic average, Jolicoeur-Martineau 2018; the critic of ESRGAN.
    "ragan": AdversarialLoss(
        d=_average_d, g=lambda real, fake: _average_d(fake, real), relativistic=True
    ),
    "d2gan": _FAVOURS_REAL,
}


def value(real: Tensor, fake: Tensor) -> float:
    """The game's value V(D, G) = E log D(x) + E log(1 - D(G(z))); -log 4 at the equilibrium."""
    return -_bce_d(real, fake).item()


def accuracy(real: Tensor, fake: Tensor, relativistic: bool) -> Tensor:
    """Share of (B,) samples that a critic tells right; of pairs, where only differences count."""
    if relativistic:
        return (real > fake).float().mean()
    return 0.5 * ((real > 0).float().mean() + (fake <= 0).float().mean())


def style_ambiguity(logits: Tensor) -> Tensor:
    """How surely (B, K) logits name a style: cross entropy to an even guess, log K at its least.

    What a Creative Adversarial Network's generator minimises beside being taken for art
    (Elgammal et al. 2017).
    """
    return -log_softmax(logits.float(), 1).mean()
