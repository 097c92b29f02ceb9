"""Generator of pictures by way of patch codes: the principal components of small squares of pixels.

As SWAGAN's wavelets (Gal et al. 2021) they let a game be played at a quarter of the size without
losing sharpness; unlike those they are fitted to the data, so that 12 numbers stand for the 48 of a
square of 4 x 4 pixels at some 37 dB. No training is needed for it.
"""

from __future__ import annotations

from abc import ABC, abstractmethod

import torch
from torch import Tensor, nn
from torch.nn.functional import conv2d, conv_transpose2d, pixel_unshuffle

from engine.nets.image_generator import ImageGenerator

SPREAD = 0.25
"""Standard deviation of the first component in a code; finer ones have less, but not as much less."""
FLATTEN = 0.25
"""Power of its standard deviation that a component keeps: 1 would be pixels, 0 white."""


class PatchCode(nn.Module):
    """Pictures (B, 3, edge H, edge W) ↔ codes (B, channels, H, W), by one linear map."""

    mean: Tensor
    basis: Tensor
    scale: Tensor

    def __init__(self, channels: int, edge: int) -> None:
        super().__init__()
        self.edge = edge
        size = 3 * edge * edge
        self.register_buffer("mean", torch.zeros(channels))
        self.register_buffer("basis", torch.zeros(channels, size))
        self.register_buffer("scale", torch.ones(channels))

    @torch.no_grad()
    def fit(self, pictures: Tensor) -> PatchCode:
        """Take the main components of the squares of pictures (N, 3, S, S); returns itself."""
        x = pixel_unshuffle(pictures.float(), self.edge).permute(0, 2, 3, 1).flatten(0, 2).double()
        mean = x.mean(0)
        _, _, rows = torch.linalg.svd((x - mean).T @ (x - mean) / len(x))
        basis = rows[: len(self.basis)]
        basis = basis * basis.sum(1, keepdim=True).sign()  # a sign that no library chooses
        spread = ((x - mean) @ basis.T).std(0)
        kept = SPREAD * (spread / spread[0]) ** FLATTEN
        self.basis.copy_(basis)
        self.mean.copy_(mean @ basis.T)
        self.scale.copy_(spread / kept)
        return self

    def encode(self, x: Tensor) -> Tensor:
        """(B, 3, edge H, edge W) in [-1, 1] → codes, nearly all within [-1, 1]."""
        code = conv2d(x, self._kernel(x), stride=self.edge)
        return (code - self._column(self.mean, x)) / self._column(self.scale, x)

    def decode(self, code: Tensor) -> Tensor:
        """The picture in the span of the components, within [-1, 1]."""
        raw = code * self._column(self.scale, code) + self._column(self.mean, code)
        return conv_transpose2d(raw, self._kernel(code), stride=self.edge).clamp(-1, 1)

    def decode_change(self, change: Tensor) -> Tensor:
        """What a difference of codes is in pixels."""
        raw = change * self._column(self.scale, change)
        return conv_transpose2d(raw, self._kernel(change), stride=self.edge)

    def _kernel(self, like: Tensor) -> Tensor:
        return self.basis.to(like.dtype).view(len(self.basis), 3, self.edge, self.edge)

    @staticmethod
    def _column(values: Tensor, like: Tensor) -> Tensor:
        return values.to(like.dtype).view(1, -1, 1, 1)


class PictureGenerator(nn.Module, ABC):
    """What a game on codes is played with: codes for the critic, pictures for people."""

    @abstractmethod
    def pictures(self, z: Tensor, label: Tensor | None, truncation: float = 1.0) -> Tensor:
        """(B, Z), (B,) → (B, 3, S, S) in [-1, 1]."""


class CodeGenerator(PictureGenerator):
    """Latents → codes by `game`, codes → pictures by `code`."""

    def __init__(self, game: ImageGenerator, code: PatchCode) -> None:
        super().__init__()
        self.game, self.code = game, code

    def forward(self, z: Tensor, label: Tensor | None = None, truncation: float = 1.0) -> Tensor:
        """(B, Z) → (B, channels, H, W) in [-1, 1], what the critic sees."""
        codes: Tensor = self.game(z, label, truncation)
        return codes

    def decode(self, codes: Tensor) -> Tensor:
        """What `forward` gives → pictures (B, 3, edge H, edge W) in [-1, 1]."""
        picture: Tensor = self.code.decode(codes)
        return picture

    def pictures(self, z: Tensor, label: Tensor | None, truncation: float = 1.0) -> Tensor:
        return self.decode(self(z, label, truncation).float())
