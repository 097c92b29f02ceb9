"""Features of pictures by a network that was never trained: the same on every machine, partial to nobody.

Random convolutions tell sets of pictures apart well enough to rank models where no pretrained network
is at hand (Naeem et al. 2020); figures are comparable with each other, not with anybody's FID.
"""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn.functional import conv2d, leaky_relu

WIDTHS = (32, 64, 128)


@torch.no_grad()
def random_features(pictures: Tensor, seed: int = 0) -> Tensor:
    """(N, C, S, S) in [-1, 1], S >= 16, → (N, 224): mean of each channel of each of three layers.

    Means and spreads over places, so that fine texture counts as well as the whole.
    """
    rng = torch.Generator().manual_seed(seed)
    found = []
    for part in pictures.float().split(128):
        rng.manual_seed(seed)
        x, seen = part, []
        for width in WIDTHS:
            weight = torch.randn(width, x.shape[1], 4, 4, generator=rng)
            x = leaky_relu(conv2d(x, weight / (x.shape[1] * 16) ** 0.5, stride=2, padding=1), 0.2)
            x = x * 2**0.5
            seen.append(x.mean((2, 3)))
        found.append(torch.cat(seen, 1))
    return torch.cat(found)
