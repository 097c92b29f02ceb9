"""From noise to codes: attention over the codes of what was learned from."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from engine.nets.cells import START

KEYS = 20_161_128
"""Seed of the keys: they are the same in every model, so they need not ship."""
NEVER = -1e9
"""Score of what must not be chosen: finite, so that a class without codes gives no NaN."""


def to_sphere(code: Tensor) -> Tensor:
    """Scale each row of (B, W) to a root mean square of 1."""
    return code * code.square().mean(1, keepdim=True).add(1e-8).rsqrt()


def to_spheres(geometry: int, code: Tensor) -> Tensor:
    """Put both parts of codes (B, geometry + color) on their spheres."""
    parts = code.split([geometry, code.shape[1] - geometry], 1)
    return torch.cat([to_sphere(part) for part in parts], 1)


def cosine(a: Tensor, b: Tensor) -> Tensor:
    """(n, m) cosines between the rows of (n, W) and (m, W)."""
    return nn.functional.normalize(a, dim=1) @ nn.functional.normalize(b, dim=1).T


def dyed(code: Tensor, other: Tensor) -> Tensor:
    """Colour codes (B, color) with the means over all cells of others.

    Colours of another shape, cell by cell, come out in patches: its seat is where here is a leg.
    """
    mine, its = code.unflatten(1, (-1, START**3)), other.unflatten(1, (-1, START**3))
    return (mine - mine.mean(2, keepdim=True) + its.mean(2, keepdim=True)).flatten(1)


class CodeMemory(nn.Module):
    """z (B, Z), label (B,) → code (B, geometry + color) on the spheres.

    Each example that was learned from has left its code, and two fixed random keys, for its shape and
    for its colours. The first half of the noise is compared with the keys of a class, and the softmax
    of that chooses; it chooses once more, now with a liking for shapes like the first choice, so that
    what is mixed fits together: legs of one body and none of another make stumps. Which colour is
    where goes with the shape; what colours they are can be another example's matter, chosen by the
    second half of the noise.

    A mapping that had to learn where codes are (implicit maximum likelihood) gave the mean of a class
    for most of the noise: chairs without legs. Memory in a GAN: Kim, Kim & Kim (2018).

    `truncation` sharpens all choices; 0 gives the shape of one example alone (compare the multi-modal
    truncation of Mokady et al. 2022).
    """

    codes: Tensor
    keys: Tensor
    owner: Tensor

    def __init__(
        self,
        *,
        z_dim: int,
        geometry: int,
        color: int,
        examples: Sequence[int],
        sharpness: float,
        kinship: float,
        dye: float,
    ) -> None:
        """
        Args:
            z_dim: even. examples: how many each class has; `codes` holds them class by class, and
                zeros for those not seen yet.
            sharpness: how much better a key must fit to win alone.
            kinship: how much less those fit that are unlike the first choice.
            dye: how much of the other example's colours is taken, 0 to 1. Where each point has a
                colour of its own, more than none comes out in patches.
        """
        super().__init__()
        self.geometry, self.classes = geometry, len(examples)
        self.sharpness, self.kinship, self.dye = sharpness, kinship, dye
        count = sum(examples)
        self.register_buffer("codes", torch.zeros(count, geometry + color))
        keys = torch.randn(2, count, z_dim // 2, generator=torch.Generator().manual_seed(KEYS))
        self.register_buffer("keys", nn.functional.normalize(keys, dim=-1), persistent=False)
        owner = torch.arange(len(examples)).repeat_interleave(torch.tensor(list(examples)))
        self.register_buffer("owner", owner, persistent=False)

    def forward(self, z: Tensor, label: Tensor, truncation: float = 1.0) -> Tensor:
        mine = (self.owner == label[:, None]) & (self.codes[:, 0] != 0)
        first, second = z.float().chunk(2, 1)
        shapes, colors = self.codes.split([self.geometry, self.codes.shape[1] - self.geometry], 1)
        fit = first @ self.keys[0].T
        alike = cosine(self._choice(fit, mine, truncation) @ shapes, shapes)
        share = self._choice(fit + self.kinship / self.sharpness * alike, mine, truncation)
        worn = self._choice(second @ self.keys[1].T, mine, truncation)
        own = to_sphere(share @ colors)
        color = torch.lerp(own, dyed(own, to_sphere(worn @ colors)), self.dye)
        return to_spheres(self.geometry, torch.cat([share @ shapes, color], 1))

    def _choice(self, fit: Tensor, mine: Tensor, truncation: float) -> Tensor:
        """(B, n) shares that add up to 1, none for what is not `mine`."""
        score = fit * (self.sharpness / max(truncation, 1e-3))
        return score.masked_fill(~mine, NEVER).softmax(1)

    @torch.no_grad()
    def remember(self, rows: Tensor, codes: Tensor) -> None:
        """Keep codes (B, W) of the examples at `rows` (B,)."""
        self.codes.index_copy_(0, rows, codes.float())

    def means(self) -> Tensor:
        """(classes, W): the mean code of each class, on the spheres."""
        total = self.codes.new_zeros(self.classes, self.codes.shape[1])
        return to_spheres(self.geometry, total.index_add_(0, self.owner, self.codes))
