"""Latents: drawn from seeds, and the paths between them."""

from __future__ import annotations

import torch
from torch import Tensor


def seeded_latents(seeds: list[int], size: int) -> Tensor:
    """(len(seeds), size) of N(0, 1), row i from seed i alone."""
    rows = [torch.randn(size, generator=torch.Generator().manual_seed(seed)) for seed in seeds]
    return torch.stack(rows)


def lerp(a: Tensor, b: Tensor, t: float) -> Tensor:
    """Straight line from `a` (t = 0) to `b` (t = 1); for styles w."""
    return a + (b - a) * t


def slerp(a: Tensor, b: Tensor, t: float) -> Tensor:
    """Arc from (B, Z) `a` (t = 0) to `b` (t = 1); for Gaussian latents z (White 2016).

    On the straight line between two of them the middle is shorter than any latent seen in
    training; on the arc the length goes evenly from one to the other.
    """
    lengths = a.norm(dim=1, keepdim=True), b.norm(dim=1, keepdim=True)
    cosine = ((a / lengths[0]) * (b / lengths[1])).sum(1, keepdim=True).clamp(-1, 1)
    angle = cosine.acos()
    direction = (
        torch.sin((1 - t) * angle) * a / lengths[0] + torch.sin(t * angle) * b / lengths[1]
    ) / torch.sin(angle)
    arc = direction * lerp(lengths[0], lengths[1], t)
    return torch.where(angle < 1e-4, lerp(a, b, t), arc)
