"""From codes to textured fields: folded 3-D convolutions, or tri-planes; a palette paints both.

The geometry is computed from the first part of a code alone, so that two shapes can swap colours.
The colours are a small palette and a choice from it: flat colours stay flat (see
`engine.nets.palette`), and the choice can be refined to any resolution without blurring.
"""

from __future__ import annotations

from abc import abstractmethod
from itertools import pairwise

import torch
from torch import Tensor, nn

from engine.nets.cells import PROPORTIONS, START, SUB, attach, cells, voxels
from engine.nets.folded import StyledStage, conv3, doubled
from engine.nets.style import activate, layer_codes

HEAD = 96
"""Hidden width of what reads a whole code."""
EMPTY = -0.8
"""Distance at the start of training: nothing anywhere."""


class PaletteDecoder(nn.Module):
    """Codes (B, geometry + color) → folded fields (B, FOLDED, n, n, n), whatever gives the volume.

    A code may also come in layers (B, 1 + stages, geometry + color), so that the coarse form can be
    one shape's and the details another's: the first layer gives the start, the others their stage,
    and the last one the colours.

    Args:
        geometry, color: lengths of the two parts of a code.
        colors: palette entries of a shape.
    """

    layers: int

    def __init__(self, *, geometry: int, color: int, colors: int) -> None:
        super().__init__()
        self.geometry, self.colors = geometry, colors
        self.palette = nn.Sequential(
            nn.Linear(color, HEAD), nn.LeakyReLU(0.2), nn.Linear(HEAD, 3 * colors)
        )
        self.squeeze = nn.Sequential(
            nn.Linear(geometry, HEAD), nn.LeakyReLU(0.2), nn.Linear(HEAD, PROPORTIONS)
        )
        last = self.palette[-1]
        assert isinstance(last, nn.Linear)
        nn.init.uniform_(last.bias, -0.8, 0.8)

    @abstractmethod
    def volume(self, shape: Tensor, color: Tensor) -> tuple[Tensor, Tensor]:
        """Distance (B, n, n, n, 8, 1), which the shape's code alone decides, and palette scores.

        Args:
            shape: (B, geometry) or, in layers, (B, 1 + stages, geometry). color: (B, color).
        """

    def forward(self, code: Tensor) -> Tensor:
        """Training mixes the palette, evaluation takes the best entry alone."""
        distance, score, palette = self.parts(code)
        if self.training:
            # A softmax over so few entries, with its backward pass, costs as much as the
            # convolutions; one product with (palette, 1) mixes and normalises.
            weight = (score - score.detach().amax(-1, keepdim=True)).exp().flatten(1, 4)
            mixed = weight @ nn.functional.pad(palette, (0, 1), value=1.0).to(weight.dtype)
            mixed = mixed.float()
            color = (mixed[..., :3] / mixed[..., 3:]).view(*distance.shape[:-1], 3)
        else:
            best = score.argmax(-1).flatten(1)
            color = palette.gather(1, best[..., None].expand(-1, -1, 3))
            color = color.view(*distance.shape[:-1], 3)
        field = cells(torch.cat([distance, color], -1).flatten(-2))
        return attach(field, self.proportions(code))

    def proportions(self, code: Tensor) -> Tensor:
        """(B, 3) in (-1, 1) along z, y, x: a matter of the shape's first layer alone."""
        shape = code[..., : self.geometry]
        first = shape[:, 0] if shape.ndim == 3 else shape
        return torch.tanh(self.squeeze(first)).float()

    def parts(self, code: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Distance (B, n, n, n, 8, 1), scores (B, n, n, n, 8, K), palette (B, K, 3) in [-1, 1]."""
        shape, color = code[..., : self.geometry], code[..., self.geometry :]
        if color.ndim == 3:
            color = color[:, -1]
        distance, score = self.volume(shape, color)
        palette = torch.tanh(self.palette(color)).float().view(-1, self.colors, 3)
        return distance.float(), score, palette


class FoldedDecoder(PaletteDecoder):
    """Style-modulated 3-D convolutions from the grid of 4³ cells that a code is.

    Args:
        geometry, color: multiples of 4³, so many channels of a cell.
        widths: channels of each stage, 4³ first; n = 4 * 2 ** (len(widths) - 1).
        depth: residual convolutions in each stage.
        paint: channels of the map that the colours are chosen from.
    """

    def __init__(
        self,
        *,
        geometry: int,
        color: int,
        colors: int,
        widths: tuple[int, ...],
        depth: int,
        paint: int,
    ) -> None:
        super().__init__(geometry=geometry, color=color, colors=colors)
        self.start = conv3(geometry // START**3, widths[0])
        pairs = zip((widths[0], *widths[:-1]), widths, strict=True)
        self.stages = nn.ModuleList(
            [StyledStage(a, b, geometry, depth, upsample=i > 0) for i, (a, b) in enumerate(pairs)]
        )
        self.layers = 1 + len(widths)
        self.distance = conv3(widths[-1], SUB, gain=0.5)
        assert self.distance.bias is not None
        nn.init.constant_(self.distance.bias, EMPTY)
        # Where which colour is does not follow from the shape: the colours' own grid says it.
        steps = [color // START**3, *(paint * 2**k for k in reversed(range(len(widths) - 1)))]
        self.tints = nn.ModuleList([doubled(a, b) for a, b in pairwise(steps)])
        self.paint = StyledStage(widths[-1] + steps[-1], paint, color, 0, upsample=False)
        self.choice = conv3(paint, SUB * colors, gain=1.0)

    def volume(self, shape: Tensor, color: Tensor) -> tuple[Tensor, Tensor]:
        first, *styles = layer_codes(shape, self.layers)
        x = activate(self.start(_grid(first)))
        for stage, style in zip(self.stages, styles, strict=True):
            x = stage(x, style)
        distance = voxels(self.distance(x), 1)
        tint = _grid(color)
        for up in self.tints:
            tint = activate(up(tint))
        scores = self.choice(self.paint(torch.cat([x, tint.to(x.dtype)], 1), color))
        return distance, voxels(scores, self.colors)


def _grid(code: Tensor) -> Tensor:
    """(B, C * 4³) → (B, C, 4, 4, 4), as encoders flatten it."""
    grid = code.reshape(len(code), -1, START, START, START)
    return grid.to(memory_format=torch.channels_last_3d)
