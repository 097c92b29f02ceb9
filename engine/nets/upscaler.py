"""A compact super-resolution network: all convolutions at the small size, then one pixel shuffle.

After Shi et al. 2016 (ESPCN) and the compact nets of Real-ESRGAN: what the network adds to repeated
pixels is learned. Its reach is finite and known, so that a picture may be cut into tiles.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn.functional import conv2d, interpolate, pixel_shuffle, pixel_unshuffle, prelu

from engine.nets.style import activate


class Upscaler(nn.Module):
    """(B, 3, H, W) in [-1, 1] → (B, 3, scale H, scale W): `depth` + 2 convolutions of 3x3."""

    def __init__(self, *, scale: int = 2, width: int = 48, depth: int = 8) -> None:
        super().__init__()
        self.scale = scale
        self.convolutions = nn.ModuleList(
            [
                nn.Conv2d(3, width, 3, padding=1),
                *(nn.Conv2d(width, width, 3, padding=1) for _ in range(depth)),
                nn.Conv2d(width, 3 * scale * scale, 3, padding=1),
            ]
        )
        self.slopes = nn.ParameterList(
            [nn.Parameter(torch.full((width,), 0.2)) for _ in range(depth + 1)]
        )
        last = self.convolutions[-1]
        assert isinstance(last, nn.Conv2d)
        nn.init.normal_(last.weight, std=1e-3)  # it begins as repetition of pixels
        nn.init.zeros_(last.bias)  # type: ignore[arg-type]

    @property
    def reach(self) -> int:
        """Pixels of the input, to each side, that one output pixel depends on."""
        return len(self.convolutions)

    def forward(self, x: Tensor) -> Tensor:
        """Same size times `scale`; zeros stand beyond the border."""
        return self._body(x, 1) + interpolate(x, scale_factor=self.scale, mode="nearest")

    def inside(self, padded: Tensor) -> Tensor:
        """The same for what lies `reach` pixels inside `padded`: nothing is made up at the border."""
        r = self.reach
        core = padded[..., r:-r, r:-r]
        return self._body(padded, 0) + interpolate(core, scale_factor=self.scale, mode="nearest")

    def _body(self, x: Tensor, padding: int) -> Tensor:
        *hidden, last = self.convolutions
        for layer, slope in zip(hidden, self.slopes, strict=True):
            assert isinstance(layer, nn.Conv2d)
            x = prelu(conv2d(x, layer.weight, layer.bias, padding=padding), slope.to(x.dtype))
        assert isinstance(last, nn.Conv2d)
        return pixel_shuffle(conv2d(x, last.weight, last.bias, padding=padding), self.scale)


class PatchCritic(nn.Module):
    """(B, 3, N, N) → one list of (B,) logits, one for each patch of a grid (Isola et al. 2017).

    Pixels are folded two by two at the entrance, so that no feature map has the full size.
    """

    def __init__(self, widths: tuple[int, ...] = (32, 64, 96), grid: int = 4) -> None:
        super().__init__()
        layers: list[nn.Module] = []
        before = 12
        for index, width in enumerate(widths):
            layers.append(nn.Conv2d(before, width, 3, stride=1 if index == 0 else 2, padding=1))
            before = width
        self.layers = nn.ModuleList(layers)
        self.last = nn.Conv2d(before, 1, 3, padding=1)
        self.grid = grid

    def forward(self, x: Tensor) -> list[Tensor]:
        x = pixel_unshuffle(x, 2)
        for layer in self.layers:
            x = activate(layer(x))
        logits = nn.functional.adaptive_avg_pool2d(self.last(x), self.grid)
        return list(logits.flatten(1).unbind(1))
