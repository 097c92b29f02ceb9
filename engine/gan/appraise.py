"""The critic's word as a probability: D(x) in [0, 1], calibrated (A11).

A trained critic's logit says which of two samples is more real, not how likely one is real: losses
differ in scale, and relativistic ones leave the offset free. Two numbers fitted on samples it was not
trained on make a probability of it (Platt 1999).
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from engine.gan.penalties import Judge, input_gradient


@dataclass(frozen=True)
class Calibration:
    """P(real) = sigmoid(scale * logit + offset), where real and generated are equally frequent."""

    scale: float
    offset: float

    def probability(self, logits: Tensor) -> Tensor:
        """(B,) in [0, 1] from (B,) logits of the critic's first head."""
        return torch.sigmoid(self.scale * logits.double() + self.offset).float()


def attribution(critic: Judge, x: Tensor) -> Tensor:
    """Where a critic looks (C24): |dD/dx|, summed over channels.

    Args:
        critic: the logits (B,) of each head, of samples.
        x: (B, C, *space).
    Returns:
        (B, *space), each sample's largest value 1 (or all 0).
    """
    x = x.detach().requires_grad_()
    slope = input_gradient(x, critic(x)).abs().sum(1)
    return slope / slope.flatten(1).amax(1).clamp(min=1e-12).view(-1, *(1,) * (slope.ndim - 1))


def fit_calibration(real: Tensor, fake: Tensor, rounds: int = 50) -> Calibration:
    """Logistic regression of real (1) against fake (0) on (B,) logits, each side with half the weight.

    Targets are drawn in by one sample each, as Platt does, so that a critic that is always right does
    not become infinitely sure. A scale below 0 (a critic that is worse than a coin) becomes 0.
    """
    x = torch.cat([real, fake]).double()
    centre, spread = x.mean(), x.std().clamp(min=1e-9)
    x = (x - centre) / spread
    sizes = torch.tensor([len(real), len(fake)])
    target = torch.cat(
        [
            torch.full((len(real),), (len(real) + 1) / (len(real) + 2), dtype=torch.double),
            torch.full((len(fake),), 1 / (len(fake) + 2), dtype=torch.double),
        ]
    )
    weight = (0.5 / sizes.double()).repeat_interleave(sizes)
    columns = torch.stack([x, torch.ones_like(x)], 1)
    found = torch.zeros(2, dtype=torch.double)
    for _ in range(rounds):  # Newton's method; a touch of ridge keeps it solvable
        chance = torch.sigmoid(columns @ found)
        slope = columns.T @ (weight * (chance - target)) + 1e-6 * found
        bend = (columns.T * (weight * chance * (1 - chance))) @ columns
        step = torch.linalg.solve(bend + 1e-6 * torch.eye(2, dtype=torch.double), slope)
        found = found - step.clamp(-4, 4)
        if step.abs().max() < 1e-10:
            break
    scale = max(float(found[0] / spread), 0.0)
    offset = float(found[1] - found[0] * centre / spread) if scale else 0.0
    return Calibration(scale, offset)
