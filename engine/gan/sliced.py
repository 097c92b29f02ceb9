"""The sliced Wasserstein distance: how far two sets of samples are from each other, cheaply."""

from __future__ import annotations

import torch
from torch import Tensor

SLICES = 256


def sliced_distance(a: Tensor, b: Tensor, seed: int = 0, slices: int = SLICES) -> float:
    """Mean over random directions of the earth mover's distance of the projections, root mean square.

    Args:
        a, b: as many samples of each, (N, ...), of the same shape.
    """
    a, b = a.detach().float().flatten(1).cpu(), b.detach().float().flatten(1).cpu()
    rng = torch.Generator().manual_seed(seed)
    directions = torch.randn(a.shape[1], slices, generator=rng)
    directions /= directions.norm(dim=0, keepdim=True)
    gaps = (a @ directions).sort(0).values - (b @ directions).sort(0).values
    return float(gaps.square().mean().sqrt())
