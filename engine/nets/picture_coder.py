"""Pictures to codes of an eighth of their size and back: what learns the features of `percept`.

After Esser et al. 2021 and Rombach et al. 2022, without their quantisation: noise on the codes keeps
them smooth instead. Convolutions only, so that a picture of any size has a code.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from engine.nets.pixels import Conv3, DownConv, UpConv3, fold_pixels, unfold_pixels
from engine.nets.style import activate

FACTOR = 8
"""Pixels along each side of one code."""


class _Residual(nn.Module):
    def __init__(self, width: int) -> None:
        super().__init__()
        self.first, self.second = Conv3(width, width), Conv3(width, width, gain=0.5)

    def forward(self, x: Tensor) -> Tensor:
        return x + self.second(activate(self.first(x)))


class PictureCoder(nn.Module):
    """Encoder and decoder.

    Args:
        channels: numbers in a code.
        widths: channels at a half, a quarter and an eighth of the size.
    """

    def __init__(self, *, channels: int = 16, widths: tuple[int, int, int] = (48, 96, 128)) -> None:
        super().__init__()
        fine, middle, coarse = widths
        self.channels, self.widths = channels, widths
        self.encoder = nn.ModuleList(
            [
                Conv3(12, fine),
                DownConv(fine, middle),
                _Residual(middle),
                DownConv(middle, coarse),
                _Residual(coarse),
                Conv3(coarse, channels, gain=1.0),
            ]
        )
        self.decoder = nn.ModuleList(
            [
                Conv3(channels, coarse),
                _Residual(coarse),
                UpConv3(coarse, middle),
                _Residual(middle),
                UpConv3(middle, fine),
                _Residual(fine),
                Conv3(fine, 12, gain=0.5),
            ]
        )
        self.register_buffer("mean", torch.zeros(channels))
        self.register_buffer("spread", torch.ones(channels))

    mean: Tensor
    spread: Tensor

    def encode(self, x: Tensor) -> Tensor:
        """(B, 3, 8 H, 8 W) in [-1, 1] → codes (B, channels, H, W), about N(0, 1) each."""
        raw = self._encode(x)
        if self.training and torch.is_grad_enabled():
            with torch.no_grad():
                value = raw.float()
                self.mean.lerp_(value.mean((0, 2, 3)), 0.02)
                self.spread.lerp_(value.std((0, 2, 3)), 0.02)
        return (raw - _column(self.mean, raw)) / _column(self.spread, raw)

    def decode(self, code: Tensor) -> Tensor:
        """Codes → (B, 3, 8 H, 8 W); mostly within [-1, 1]."""
        x = code * _column(self.spread, code) + _column(self.mean, code)
        for layer in self.decoder[:-1]:
            x = layer(x) if isinstance(layer, _Residual) else activate(layer(x))
        return unfold_pixels(self.decoder[-1](x))

    def forward(self, x: Tensor) -> Tensor:
        return self.decode(self.encode(x))

    def _encode(self, x: Tensor) -> Tensor:
        x = fold_pixels(x)
        for layer in self.encoder[:-1]:
            x = layer(x) if isinstance(layer, _Residual) else activate(layer(x))
        return self.encoder[-1](x)


def _column(values: Tensor, like: Tensor) -> Tensor:
    return values.to(like.dtype).view(1, -1, 1, 1)
