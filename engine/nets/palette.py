"""Voxel art by construction: few flat colours a figure, and a body that is nearly symmetric.

A plain RGB output paints every voxel its own shade, which no amount of training makes flat. Here
each figure has a small palette that depends on its style, and each voxel chooses from it.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn.functional import one_hot

from engine.nets.folded import FoldedGenerator
from engine.nets.style import scaled_init


class PaletteGenerator(nn.Module):
    """(B, 4, R, R, R) signed distance and colour: a folded trunk, a palette, a mirror.

    The trunk gives, for each voxel, a distance and a score for each of `colors` palette entries
    and for *nothing* (colour 0, for empty space). In training the colour is the softmax mixture;
    in evaluation it is the best entry alone, so that colours are exact.

    Asymmetry is a share, learned from the style, of what the trunk does beyond its mirror image
    along the last axis: figures begin symmetric and must earn a satchel on one side.

    Args:
        colors: palette entries a figure.
        plan: arguments of `FoldedGenerator` but channels and bias.
    """

    def __init__(self, *, colors: int, z_dim: int, w_dim: int, **plan: object) -> None:
        super().__init__()
        self.colors = colors
        # Empty space at the start: distance well outside, nothing chosen.
        bias = (-0.8, 2.0, *(0.0,) * colors)
        self.trunk = FoldedGenerator(
            channels=2 + colors,
            z_dim=z_dim,
            w_dim=w_dim,
            bias=bias,
            **plan,  # type: ignore[arg-type]
        )
        self.palette = nn.Linear(w_dim, 3 * colors)
        scaled_init(self.palette.weight, w_dim, gain=0.3)
        nn.init.uniform_(self.palette.bias, -0.8, 0.8)
        self.asymmetry = nn.Linear(w_dim, 1)
        scaled_init(self.asymmetry.weight, w_dim, gain=0.5)
        nn.init.constant_(self.asymmetry.bias, -2.0)

    def forward(self, z: Tensor, label: Tensor | None = None, truncation: float = 1.0) -> Tensor:
        return self.synthesise(self.trunk.mapping(z, label, truncation))

    def synthesise(self, w: Tensor) -> Tensor:
        """The field of a style (B, W)."""
        raw = self.trunk.synthesise(w).float()
        mirrored = raw.flip(-1)
        share = torch.sigmoid(self.asymmetry(w)).float().view(-1, 1, 1, 1, 1)
        raw = (raw + mirrored) / 2 + share * (raw - mirrored) / 2
        choice = raw[:, 1:].softmax(1)
        if not self.training:
            choice = one_hot(choice.argmax(1), self.colors + 1).movedim(-1, 1).to(choice.dtype)
        palette = self.palette(w).float().view(-1, self.colors, 3)
        color = torch.einsum("bkdhw,bkc->bcdhw", choice[:, 1:], palette)
        return torch.cat([raw[:, :1], color], 1)
