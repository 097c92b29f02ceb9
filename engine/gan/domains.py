"""Domains made alike: features that say the class of a thing and not which of two sets it is from.

Heads learn to tell the labelled set (the source) from the other (the target), one for everything and
one for each class; through a reversed gradient the features learn to deceive them (Ganin et al. 2016).
How much the one counts against the others follows from what they still tell apart, which is measured
on examples held out (dynamic adversarial adaptation, Yu et al. 2019).
"""

from __future__ import annotations

import math
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.functional import binary_cross_entropy_with_logits


class _Reversal(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, x: Tensor, strength: float) -> Tensor:
        ctx.strength = strength
        return x.view_as(x)

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor, None]:
        return -ctx.strength * gradients[0], None


def reverse_gradient(x: Tensor, strength: float) -> Tensor:
    """`x` itself; what flows back through it is multiplied by -`strength`."""
    return _Reversal.apply(x, strength)


def reversal_strength(progress: float) -> float:
    """2 / (1 + exp(-10 p)) - 1 for `progress` p in [0, 1]: from 0, as the first features tell nothing."""
    return 2 / (1 + math.exp(-10 * progress)) - 1


def a_distance(error: Tensor) -> Tensor:
    """2 (1 - 2 error): 0 where a head guesses, 2 where it tells the sets apart without fault.

    A head that is worse than a guess knows no more than one, so errors above 0.5 count as 0.5.
    """
    return 2 * (1 - 2 * error.clamp(0, 0.5))


def dynamic_factor(whole: float, each: float) -> float:
    """The share of the head for everything: its distance over the sum; a half where both are 0."""
    return whole / (whole + each) if whole + each > 0 else 0.5


class DomainHeads(nn.Module):
    """One head for everything and one for each class, and `omega`, which weighs them.

    Args:
        features: length of a feature. classes: how many there are. width: of the hidden layer.
    """

    def __init__(self, features: int, classes: int, width: int = 64) -> None:
        super().__init__()
        self.heads = nn.ModuleList(
            nn.Sequential(nn.Linear(features, width), nn.LeakyReLU(0.2), nn.Linear(width, 1))
            for _ in range(1 + classes)
        )
        self.omega = 0.5

    def forward(self, features: Tensor, chances: Tensor) -> Tensor:
        """(B, 1 + classes) logits, above 0 for the target.

        Args:
            features: (B, F). chances: (B, classes), how likely each class is; sums to 1.
        """
        weights = torch.cat([torch.ones_like(chances[:, :1]), chances], 1)
        seen = (weights[:, index, None] * features for index in range(weights.shape[1]))
        return torch.cat([head(x) for head, x in zip(self.heads, seen, strict=True)], 1)

    def loss(self, features: Tensor, chances: Tensor, is_target: Tensor, strength: float) -> Tensor:
        """What the heads lower and, by -`strength`, the features raise: omega L_g + (1 - omega) L_l.

        Args:
            is_target: (B,) bool. `chances` get no gradient: classes are not to be doubted so as to
                deceive.
        """
        logits = self(reverse_gradient(features, strength), chances.detach())
        truth = is_target.to(logits)[:, None].expand_as(logits)
        losses = binary_cross_entropy_with_logits(logits, truth, reduction="none").mean(0)
        return self.omega * losses[0] + (1 - self.omega) * losses[1:].mean()

    @torch.no_grad()
    def update(self, features: Tensor, chances: Tensor, is_target: Tensor) -> tuple[float, float]:
        """Set `omega` by examples that the heads did not learn from; once an epoch.

        An example counts for a head as much as it is likely to be of its class, and both sets count
        alike.

        Returns:
            A-distance of the head for everything, and the mean of the others'.
        """
        wrong = ((self(features, chances) > 0) != is_target[:, None]).float()
        weights = torch.cat([torch.ones_like(chances[:, :1]), chances], 1)
        errors = []
        for of_set in (is_target, ~is_target):
            mass = weights[of_set].sum(0)
            # A set without a class says nothing of it: half of what is thrown at it is wrong.
            share = (weights * wrong)[of_set].sum(0) / mass.clamp(min=1e-6)
            errors.append(torch.where(mass > 1e-6, share, 0.5))
        distances = a_distance(torch.stack(errors).mean(0))
        whole, each = float(distances[0]), float(distances[1:].mean())
        self.omega = dynamic_factor(whole, each)
        return whole, each
