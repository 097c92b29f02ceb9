"""Features that pictures are compared by: those of the shipped coder, and of a random twin of it.

The coder has learned to keep what pictures consist of, without labels; it is no judge of what they
show. Whoever doubts it reads the figures of the twin, whose weights are random (Naeem et al. 2020).
"""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn
from torch.nn.functional import interpolate

from engine.nets.picture_coder import PictureCoder
from engine.nets.style import activate

EDGE = 64
"""Edge in pixels at which pictures are compared."""
TAPS = (2, 4)
"""Layers of the encoder that are read: the residual ones at a quarter and an eighth of the size."""
SEED = 20160613


class Percept(nn.Module):
    """(B, 3, H, W) in [-1, 1] → (B, F): means and spreads of feature maps."""

    def __init__(self, coder: PictureCoder) -> None:
        super().__init__()
        self.coder = coder.eval().requires_grad_(False)

    @classmethod
    def twin(cls, coder: PictureCoder) -> Percept:
        """The same layers with random weights, always the same ones."""
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(SEED)
            return cls(PictureCoder(channels=coder.channels, widths=coder.widths))

    @torch.no_grad()
    def forward(self, x: Tensor) -> Tensor:
        small = interpolate(x.float(), (EDGE, EDGE), mode="bilinear", antialias=True)
        y = nn.functional.pixel_unshuffle(small, 2)
        found = []
        for index, layer in enumerate(self.coder.encoder[:-1]):
            y = layer(y) if index in TAPS else activate(layer(y))
            if index in TAPS:
                found += [y.mean((2, 3)), y.std((2, 3))]
        return torch.cat(found, 1)

    def of(self, pictures: Tensor) -> Tensor:
        """(N, F) of many pictures, sixty-four at a time."""
        return torch.cat([self(part) for part in pictures.split(64)])


def agreement(made: Tensor, asked: Tensor, known: Tensor, label: Tensor) -> float:
    """Share of pictures whose class, told by a ridge classifier of known ones, is the one asked for.

    Args:
        made, known: (N, F) and (M, F) features. asked, label: their classes.
    """
    return float((told(made, known, label).argmax(1) == asked).double().mean())


def ambiguity(made: Tensor, known: Tensor, label: Tensor) -> float:
    """How undecided the same classifier is about pictures, 0 to 1: entropy of its word over the most.

    High where pictures are of no known style (the aim of Elgammal et al. 2017), or of nothing at all.
    """
    share = told(made, known, label).clamp(min=1e-3)
    share = share / share.sum(1, keepdim=True)
    entropy = -(share * share.log()).sum(1)
    return float(entropy.mean()) / math.log(max(share.shape[1], 2))


def told(made: Tensor, known: Tensor, label: Tensor) -> Tensor:
    """(N, classes): what a ridge classifier of known pictures says of others, about 1 for their class."""
    mean, spread = known.mean(0), known.std(0).clamp(min=1e-6)
    x = torch.nn.functional.pad((known - mean) / spread, (0, 1), value=1.0).double()
    y = torch.nn.functional.pad((made - mean) / spread, (0, 1), value=1.0).double()
    count = int(label.max()) + 1
    sizes = torch.bincount(label, minlength=count).double()
    weight = (1 / sizes[label])[:, None]  # classes count alike, however many examples they have
    target = torch.nn.functional.one_hot(label, count).double()
    square = x.T @ (weight * x) + 0.3 * torch.eye(x.shape[1], dtype=torch.float64)
    weights = torch.linalg.solve(square, x.T @ (weight * target))
    return y @ weights
