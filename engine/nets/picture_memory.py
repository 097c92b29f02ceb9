"""New compositions out of remembered pictures: what a game of paintings begins with.

A few hundred paintings are too few for a network to learn what a hand or a tree is. So it remembers
them, as codes, and puts new ones together: a picture leads, two that are laid out like it lend it
parts, in bands of detail with borders of their own (Burt & Adelson 1983), a fourth its palette
(Pitié & Kokaram 2007), and the whole is bent and cut. Seams, ghosts and light that does not agree
are left to the network that plays (see `engine.nets.retoucher`).
"""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn
from torch.nn.functional import adaptive_avg_pool2d, grid_sample, interpolate, one_hot, softmax

from engine.nets.code_generator import PatchCode
from engine.nets.restyler import palette_way

KEYS = 20_161_129
"""Seed of the keys: they are the same in every model, so they need not ship."""
NEVER = -1e4
KEY = 16
PARTS = 3
"""Pictures that a composition is made of."""
GRID = 4
"""Edge of the fields that say what is taken from where, and how the whole is bent."""
LAYOUT = 4
"""Edge of the picture by which layouts are compared."""
KINSHIP = 3.0
"""How much more a picture's layout counts than chance, when it is chosen to lend parts."""
LEAD = 0.6
"""How much more of a picture is the leading one's, in deviations of the fields."""
AGREE = 4.0
"""How much parts that look like the lead at their place are preferred."""
BANDS = ((8, 1.5), (32, 4.0), (0, 9.0))
"""Cells across from which detail belongs to the next band, and how sharp this one's borders are."""
BEND = 0.05
"""Standard deviation of displacements, in halves of an edge."""
CUT = 0.15
"""The largest share of an edge that is cut away."""
PALETTE = 0.7
"""How far colours go to those of another picture, at most."""


class PictureMemory(nn.Module):
    """Latents (B, `latents`) and labels (B,) → pictures (B, 3, S, S) in [-1, 1].

    Args:
        examples: how many pictures are remembered. channels, edge: of their codes.
    """

    latents = 3 + (PARTS - 1) * KEY + PARTS * GRID**2 + 2 * GRID**2 + 3
    """Numbers in a latent."""
    codes: Tensor
    owner: Tensor
    aspect: Tensor
    keys: Tensor

    def __init__(self, examples: int, channels: int, edge: int) -> None:
        super().__init__()
        self.register_buffer("codes", torch.zeros(examples, channels, edge, edge))
        self.register_buffer("owner", torch.zeros(examples))
        self.register_buffer("aspect", torch.ones(examples))
        keys = torch.randn(examples, KEY, generator=torch.Generator().manual_seed(KEYS))
        keys = nn.functional.normalize(keys, dim=1)
        self.register_buffer("keys", keys, persistent=False)

    @torch.no_grad()
    def remember(self, codes: Tensor, owner: Tensor, aspect: Tensor) -> None:
        """Keep codes (N, C, h, h), labels (N,), and widths by heights (N,)."""
        self.codes.copy_(codes)
        self.owner.copy_(owner)
        self.aspect.copy_(aspect)

    def lead(self, z: Tensor, label: Tensor) -> Tensor:
        """(B,) indices of the leading pictures, each of a class as likely as any other."""
        return self._drawn(z[:, 0], label)

    @torch.no_grad()
    def forward(self, z: Tensor, label: Tensor, code: PatchCode) -> Tensor:
        z = z.float()
        pick, partner, field, bend, rest = z.split(
            [3, (PARTS - 1) * KEY, PARTS * GRID**2, 2 * GRID**2, 3], 1
        )
        lead = self.lead(z, label)
        parts, mirrored = self._partners(lead, label, partner.view(-1, PARTS - 1, KEY))
        pictures = code.decode(self.codes[parts.flatten()].float()).unflatten(0, parts.shape)
        pictures = torch.where(mirrored[..., None, None, None], pictures.flip(-1), pictures)
        whole = composed(pictures, field.view(-1, PARTS, GRID, GRID))
        colours = code.decode(self.codes[self._drawn(pick[:, 1], label)].float())
        whole = recoloured(whole, colours, PALETTE * chance(pick[:, 2]))
        return bent(whole, bend.view(-1, 2, GRID, GRID) * BEND, rest).clamp(-1, 1)

    def _drawn(self, z: Tensor, label: Tensor) -> Tensor:
        """(B,) indices of pictures of each one's class, evenly, from N(0, 1)."""
        mine = self.owner == label[:, None]
        place = (chance(z.float()) * mine.sum(1)).long().clamp(max=mine.sum(1) - 1)
        return (mine.cumsum(1) == place[:, None] + 1).int().argmax(1)

    def _partners(self, lead: Tensor, label: Tensor, z: Tensor) -> tuple[Tensor, Tensor]:
        """(B, PARTS) indices and whether each is mirrored: the lead first, then what is laid out like it."""
        layout = adaptive_avg_pool2d(self.codes.float()[:, :3], LAYOUT)
        own = layout[lead][:, None]
        apart = torch.stack(
            [(own - other).square().mean((2, 3, 4)) for other in (layout, layout.flip(-1))], -1
        )
        near, side = apart.min(-1)
        others = (self.owner == label[:, None]).float()
        usual = (near * others).sum(1, keepdim=True) / others.sum(1, keepdim=True)
        rank = torch.arange(len(self.codes), device=lead.device)
        free = (others > 0) & (rank != lead[:, None])
        chosen, flips = [lead], [torch.zeros_like(lead, dtype=torch.bool)]
        for k in range(PARTS - 1):
            score = z[:, k] @ self.keys.T * 2 - KINSHIP * near / usual.clamp(min=1e-6)
            # A class of one picture lends itself.
            score = score.masked_fill(~free, NEVER) + one_hot(lead, len(self.codes))
            best = score.argmax(1)
            free = free & (rank != best[:, None])
            chosen.append(best)
            flips.append(side.gather(1, best[:, None])[:, 0] == 1)
        return torch.stack(chosen, 1), torch.stack(flips, 1)


def chance(z: Tensor) -> Tensor:
    """N(0, 1) → evenly in [0, 1]."""
    return (1 + torch.erf(z / math.sqrt(2))) / 2


def composed(pictures: Tensor, field: Tensor) -> Tensor:
    """(B, P, 3, S, S) pictures → one of each row, by fields (B, P, g, g); the first picture leads."""
    edge = pictures.shape[-1]
    small = adaptive_avg_pool2d(pictures.flatten(0, 1), 2 * GRID).unflatten(0, pictures.shape[:2])
    apart = (small - small[:, :1]).square().mean(2).sqrt()
    score = interpolate(field, (2 * GRID, 2 * GRID), mode="bicubic") - AGREE * apart
    score[:, 0] += LEAD - AGREE * 0.25  # parts that differ less than that are as good as its own
    score = interpolate(score, (edge, edge), mode="bicubic")
    whole = torch.zeros_like(pictures[:, 0])
    rest = pictures
    for cells, sharp in BANDS:
        band = _coarse(rest, cells) if cells else rest
        rest = rest - band
        whole = whole + (softmax(score * sharp, 1)[:, :, None] * band).sum(1)
    return whole


def recoloured(pictures: Tensor, like: Tensor, share: Tensor) -> Tensor:
    """(B, 3, S, S) with a share (B,) of the way to the colours of others."""
    flat, other = pictures.flatten(2), like.flatten(2)
    mean, want = flat.mean(2, keepdim=True), other.mean(2, keepdim=True)
    way = palette_way(flat, other)
    far = share[:, None, None]
    way = torch.eye(3, device=way.device).lerp(way, far)
    return (way @ (flat - mean) + mean.lerp(want, far)).view_as(pictures)


def bent(pictures: Tensor, shift: Tensor, rest: Tensor) -> Tensor:
    """Displaced by smooth fields (B, 2, g, g), cut by `rest` (B, 3): how much, and where."""
    edge = pictures.shape[-1]
    line = torch.linspace(-1, 1, edge, device=pictures.device)
    plain = torch.stack(torch.meshgrid(line, line, indexing="xy"), -1)
    keep = 1 - CUT * chance(rest[:, 0])[:, None, None, None]
    offset = (chance(rest[:, 1:])[:, None, None] * 2 - 1) * (1 - keep)
    field = interpolate(shift, (edge, edge), mode="bicubic", align_corners=True).movedim(1, -1)
    return grid_sample(
        pictures,
        plain * keep + offset + field,
        mode="bicubic",
        padding_mode="reflection",
        align_corners=True,
    )


def _coarse(pictures: Tensor, cells: int) -> Tensor:
    """(B, P, 3, S, S): what `cells` across can show."""
    flat = pictures.flatten(0, 1)
    small = adaptive_avg_pool2d(flat, cells)
    return interpolate(small, flat.shape[-2:], mode="bicubic").view_as(pictures)
