"""Codes that fit a field: what the encoder guesses, refined by gradient descent on the spheres."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, fields
from functools import lru_cache

import numpy as np
import torch
from torch import Tensor

from engine.data.voxel_field import REACH
from engine.gan.precision import probe_bf16
from engine.nets.cells import CHANNELS, fold, proportions_of, voxels
from engine.nets.field import FieldGenerator

RATE = 0.06
"""Step of Adam on codes of RMS 1, at the start; it falls to 0 along half a cosine."""
COLOR, PRIOR = 0.5, 0.02
"""Weights of the colour and of the way to the nearest known code beside the distance."""
OPEN = -0.25
"""Distance of a sample from which a colour means nothing: data sets have none out there."""


@dataclass(frozen=True)
class Target:
    """What a code is to look like, in folded fields' order (B, n, n, n, 8, ·).

    Attributes:
        distance, color: of the sample. proportions: (B, 3). shape_weight, color_weight: how much each voxel counts; each
            row of them adds up to 1.
    """

    distance: Tensor
    color: Tensor
    proportions: Tensor
    shape_weight: Tensor
    color_weight: Tensor

    def take(self, rows: Tensor) -> Target:
        return Target(*(getattr(self, part.name)[rows] for part in fields(self)))


@dataclass(frozen=True)
class Error:
    """How far a made field is from the wanted one, where that is known.

    Attributes:
        overlap: intersection over union of the insides.
        distance, color: mean differences within a voxel of the wanted surface, in voxels and in
            parts of 255.
    """

    overlap: float
    distance: float
    color: float

    def as_json(self) -> dict[str, float]:
        return {
            "overlap": round(self.overlap, 4),
            "distance_voxels": round(self.distance, 4),
            "color": round(self.color, 2),
        }


@dataclass(frozen=True)
class Fitted:
    """A code (W,), its loss, and the errors that the first guess and the code itself leave."""

    code: Tensor
    loss: float
    before: Error
    after: Error


def target(samples: Tensor, known: Tensor | None = None) -> Target:
    """What codes are to look like.

    Args:
        samples: (B, 7, N, N, N). known: (B, N, N, N) of 0 to 1, how much each voxel is to be
            trusted; all of them wholly if None.
    """
    folded = fold(samples)
    values = voxels(folded, CHANNELS)
    distance, color = values[..., :1], values[..., 1:]
    trust = torch.ones_like(distance)
    if known is not None:
        # Fields, colours and proportions are folded together: trust rides as a distance.
        blank = torch.zeros_like(samples)
        blank[:, 0] = known
        trust = voxels(fold(blank), CHANNELS)[..., :1]
    near = (1 - distance.abs()).clamp(0, 1)
    # Away from the surface the clipped distance is constant: it counts, but a fifth as much.
    return Target(
        distance,
        color,
        proportions_of(folded),
        _parts(trust * (0.25 + near.ceil())),
        _parts(trust * near * (distance > OPEN)),
    )


def _parts(weight: Tensor) -> Tensor:
    return weight / weight.sum((1, 2, 3, 4, 5), keepdim=True).clamp(min=1e-6)


def losses(generator: FieldGenerator, codes: Tensor, wanted: Target) -> Tensor:
    """(B,) how badly codes (B, W) fit: distance, proportions, colour, and strangeness."""
    parts = generator.decoder.parts(codes)
    sides = generator.decoder.proportions(codes)
    return _apart(*parts, sides, wanted) + PRIOR * prior(generator, codes)


def rank(generator: FieldGenerator, codes: Tensor, wanted: Target) -> Tensor:
    """(n, B) losses of each of many codes (n, W) with each of B targets; no gradients."""
    rows = []
    quick = _quick()
    with torch.inference_mode(), torch.autocast("cpu", torch.bfloat16, enabled=quick):
        for some in codes.split(8):
            parts = (*generator.decoder.parts(some), generator.decoder.proportions(some))
            strange = PRIOR * prior(generator, some)
            for row in range(len(some)):
                distance, score, palette, sides = (part[row : row + 1] for part in parts)
                rows.append(_apart(distance, score, palette, sides, wanted) + strange[row])
    return torch.stack(rows).clone()


def _apart(
    distance: Tensor, score: Tensor, palette: Tensor, sides: Tensor, wanted: Target
) -> Tensor:
    """(B,) how far what is made is from what is wanted; one made thing may meet many targets."""
    shape = ((distance - wanted.distance).abs() * wanted.shape_weight).sum((1, 2, 3, 4, 5))
    # The expected error over the palette, rather than that of the mean colour, keeps the choice
    # sharp, as it will be when the best entry alone is taken.
    apart = torch.cdist(wanted.color.flatten(1, 4), palette, p=1.0) / 3
    expected = (score.flatten(1, 4).float().softmax(-1) * apart).sum(-1)
    color = (expected * wanted.color_weight.flatten(1)).sum(1)
    return shape + (sides - wanted.proportions).abs().mean(1) + COLOR * color


def prior(generator: FieldGenerator, codes: Tensor) -> Tensor:
    """(B,) mean square of the way from each code to the nearest that the model remembers."""
    known = generator.mapping.codes
    # On spheres of radius sqrt(D) that is 2 - 2 cos.
    return 2 - 2 * (codes.float() @ known.T).amax(-1) / codes.shape[-1]


def descend(
    generator: FieldGenerator,
    codes: Tensor,
    wanted: Target,
    steps: int,
    on_step: Callable[[int], None] | None = None,
) -> tuple[Tensor, Tensor]:
    """Refine codes (B, W), each by itself; returns the best of each way (B, W) and its loss (B,)."""
    free = codes.clone().requires_grad_()
    adam = torch.optim.Adam([free], lr=RATE, betas=(0.9, 0.99))
    best = codes.clone()
    least = torch.full((len(codes),), torch.inf)
    for step in range(steps + 1):
        current = generator.on_spheres(free)
        with torch.autocast("cpu", torch.bfloat16, enabled=_quick()):
            loss = losses(generator, current, wanted)
        with torch.no_grad():
            better = loss < least
            least = torch.where(better, loss, least)
            best = torch.where(better[:, None], current, best)
        if step < steps:
            adam.param_groups[0]["lr"] = RATE * 0.5 * (1 + np.cos(np.pi * step / steps))
            (free.grad,) = torch.autograd.grad(loss.sum(), free)
            adam.step()
        if on_step:
            on_step(step)
    return best.detach(), least.detach()


@lru_cache(maxsize=1)
def _quick() -> bool:
    """Whether this machine fits faster in bfloat16; what was fitted is measured in float32."""
    return probe_bf16(torch.device("cpu")).use_bf16


def error(made: np.ndarray, wanted: np.ndarray, known: np.ndarray | None = None) -> Error:
    """Compare two fields (4, N, N, N) where `known` (N, N, N) is at least half."""
    where = np.ones(wanted.shape[1:], bool) if known is None else known >= 0.5
    inside, real = (made[0] > 0) & where, (wanted[0] > 0) & where
    either = (inside | real).sum()
    skin = where & (np.abs(wanted[0]) * REACH < 1)
    apart = np.abs(made - wanted)
    return Error(
        overlap=float((inside & real).sum() / either) if either else 1.0,
        distance=float(apart[0][skin].mean() * REACH) if skin.any() else 0.0,
        color=float(apart[1:, skin].mean() * 127.5) if skin.any() else 0.0,
    )
