"""How near a sample is to what the model was trained on, without shipping the training data.

Each training example leaves a fingerprint: its field projected onto fixed random directions
(Johnson & Lindenstrauss 1984), from which the example cannot be rebuilt. Distances between
fingerprints are within a few per cent of distances between fields.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import torch
from torch import Tensor

DIRECTIONS = 192


@dataclass(frozen=True)
class Nearest:
    """The nearest training example and how far it is.

    `ratio` is the distance in units of the median distance from held-out examples to the training
    set: 0 is a copy, 1 is as new as an unseen original. Where too few are there to hold any out, of
    the median distance from each to its nearest neighbour.
    """

    example: str
    ratio: float


@lru_cache(maxsize=2)
def _directions(size: int) -> Tensor:
    generator = torch.Generator().manual_seed(20160613)
    return torch.randn(size, DIRECTIONS, generator=generator) / DIRECTIONS**0.5


def fingerprint(fields: Tensor) -> Tensor:
    """(B, C, *space) → (B, DIRECTIONS); distances are root-mean-square differences."""
    flat = fields.float().flatten(1)
    return flat @ _directions(flat.shape[1]) / flat.shape[1] ** 0.5


def nearest(field: Tensor, prints: Tensor, names: list[str], scale: float) -> Nearest:
    """The training example nearest to one field (C, *space), mirrored copies admitted.

    Args:
        prints: (N, DIRECTIONS) fingerprints of the training examples; names: their N names.
        scale: median distance of held-out examples to the training set.
    """
    both = fingerprint(torch.stack([field, field.flip(-1)]))
    distances = torch.cdist(both, prints).amin(0)
    index = int(distances.argmin())
    return Nearest(names[index], round(float(distances[index]) / scale, 4))


def distance_scale(held_out: Tensor, prints: Tensor) -> float:
    """Median distance from held-out fields (B, C, *space) to their nearest training example."""
    direct = torch.cdist(fingerprint(held_out), prints)
    mirrored = torch.cdist(fingerprint(held_out.flip(-1)), prints)
    return float(torch.minimum(direct, mirrored).amin(1).median())


def distance_among(prints: Tensor) -> float:
    """Median distance from each of (N, DIRECTIONS) to the nearest other: where none is held out."""
    distances = torch.cdist(prints, prints).fill_diagonal_(float("inf"))
    return max(float(distances.amin(1).median()), 1e-6)
