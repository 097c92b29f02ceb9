"""Tri-plane decoder: three feature planes and a small network asked at every point (Chan et al. 2022).

Planes on a regular grid need no lookup: the features of all voxels are the sum of three broadcast
planes (as in SingleShapeGen, Wu & Zheng 2022).
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from engine.nets.cells import START, SUB
from engine.nets.field_decoder import EMPTY, PaletteDecoder
from engine.nets.style import Film, activate, layer_codes, scaled_init


class PlaneStage(nn.Module):
    """Optional 2x upsampling, then a styled 3x3 convolution."""

    def __init__(self, inputs: int, outputs: int, w_dim: int, upsample: bool) -> None:
        super().__init__()
        self.upsample = upsample
        self.conv = nn.Conv2d(inputs, outputs, 3, padding=1)
        scaled_init(self.conv.weight, inputs * 9)
        assert self.conv.bias is not None
        nn.init.zeros_(self.conv.bias)
        self.style = Film(w_dim, outputs)

    def forward(self, x: Tensor, w: Tensor) -> Tensor:
        if self.upsample:
            x = nn.functional.interpolate(x, scale_factor=2, mode="nearest")
        return activate(self.style(self.conv(x), w))


class TriplaneTrunk(nn.Module):
    """A geometry code (B, W), or its layers (B, 1 + stages, W) → features (B, N, N, N, C) of all voxels, z, y, x.

    Args:
        widths: channels of each stage of the planes, 4² first; N = 4 * 2 ** (len(widths) - 1).
    """

    def __init__(self, *, code: int, widths: tuple[int, ...]) -> None:
        super().__init__()
        self.start = nn.Linear(code, 3 * widths[0] * START**2)
        scaled_init(self.start.weight, code)
        nn.init.zeros_(self.start.bias)
        pairs = zip((widths[0], *widths[:-1]), widths, strict=True)
        self.stages = nn.ModuleList(
            [PlaneStage(3 * a, 3 * b, code, upsample=i > 0) for i, (a, b) in enumerate(pairs)]
        )

    def forward(self, code: Tensor) -> Tensor:
        first, *styles = layer_codes(code, 1 + len(self.stages))
        x = activate(self.start(first).view(len(code), -1, START, START))
        x = x.to(memory_format=torch.channels_last)
        for stage, style in zip(self.stages, styles, strict=True):
            x = stage(x, style)
        zy, zx, yx = x.permute(0, 2, 3, 1).chunk(3, -1)
        features: Tensor = zy[:, :, :, None] + zx[:, :, None] + yx[:, None]
        return features


class PointNetwork(nn.Module):
    """Features (B, *points, C) → values (B, *points, out): two layers, the same at every point.

    `style`, where given, modulates the hidden layer.
    """

    def __init__(self, inputs: int, hidden: int, outputs: int, style: int = 0) -> None:
        super().__init__()
        self.enter, self.leave = nn.Linear(inputs, hidden), nn.Linear(hidden, outputs)
        self.affine = nn.Linear(style, 2 * hidden) if style else None
        scaled_init(self.enter.weight, inputs)
        scaled_init(self.leave.weight, hidden, 0.5)

    def forward(self, x: Tensor, style: Tensor | None = None) -> Tensor:
        x = self.enter(activate(x))
        if self.affine is not None:
            assert style is not None
            scale, shift = self.affine(style)[:, None, None, None, None].chunk(2, -1)
            x = x * (1 + scale) + shift
        values: Tensor = self.leave(activate(x))
        return values


class TriplaneDecoder(PaletteDecoder):
    """Tri-planes and one small network for the distance, one for the colours.

    Args:
        widths: channels of each plane at each stage, 4² first; N = 4 * 2 ** (len(widths) - 1).
        hidden: width of the point networks.
    """

    def __init__(
        self, *, geometry: int, color: int, colors: int, widths: tuple[int, ...], hidden: int
    ) -> None:
        super().__init__(geometry=geometry, color=color, colors=colors)
        self.trunk = TriplaneTrunk(code=geometry, widths=widths)
        self.layers = 1 + len(widths)
        self.distance = PointNetwork(widths[-1], hidden, 1)
        nn.init.constant_(self.distance.leave.bias, EMPTY)
        self.choice = PointNetwork(widths[-1], hidden, colors, style=color)

    def volume(self, shape: Tensor, color: Tensor) -> tuple[Tensor, Tensor]:
        x = self.trunk(shape)
        b, size, width = len(x), x.shape[1], x.shape[-1]
        n = size // 2
        x = x.view(b, n, 2, n, 2, n, 2, width).permute(0, 1, 3, 5, 2, 4, 6, 7)
        x = x.reshape(b, n, n, n, SUB, width)
        return self.distance(x), self.choice(x, color)
