"""Materials as spectra: what rolling noise through the spectrum of a tile gives (Galerne et al. 2011).

A tile of grain, cloth or stone is told from others by its colours and by how much it varies at each
frequency; where its crests lie is chance. A spectrum and noise on a torus give a new tile of it, which
rolls as its noise does. What is not chance - joints, veins, chips - is left to the game played on top.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

AXES = 2
"""Directions of colour of a tile that vary apart: from dark to light, mostly, and across."""
FLOOR = 1e-4
"""Amplitudes below it are none."""


class SpectralBase(nn.Module):
    """Tiles (B, 3, S, S) from noise (B, AXES, S, S) and which examples they are like.

    Args:
        examples: tiles whose spectra are kept. size: edge of tiles in pixels.
    """

    mean: Tensor
    axes: Tensor
    amplitude: Tensor
    label: Tensor

    def __init__(self, examples: int, size: int) -> None:
        super().__init__()
        self.size = size
        self.register_buffer("mean", torch.zeros(examples, 3))
        self.register_buffer("axes", torch.zeros(examples, AXES, 3))
        # As logarithms, which eight bits hold evenly.
        self.register_buffer("amplitude", torch.zeros(examples, AXES, size, size // 2 + 1))
        self.register_buffer("label", torch.zeros(examples))

    @torch.no_grad()
    def fit(self, tiles: Tensor, label: Tensor) -> SpectralBase:
        """Take the spectra of tiles (E, 3, S, S) in [-1, 1] of classes (E,); returns itself."""
        for index, tile in enumerate(tiles.double()):
            flat = tile.flatten(1)
            mean = flat.mean(1, keepdim=True)
            _, _, rows = torch.linalg.svd((flat - mean) @ (flat - mean).T)
            axes = rows[:AXES] * rows[:AXES].sum(1, keepdim=True).sign()
            seen = (axes @ (flat - mean)).view(AXES, self.size, self.size)
            waves = torch.fft.rfft2(seen).abs() / self.size
            self.mean[index] = mean[:, 0]
            self.axes[index] = axes
            self.amplitude[index] = waves.clamp(min=FLOOR).log2()
        self.label.copy_(label)
        return self

    def forward(self, noise: Tensor, first: Tensor, second: Tensor, share: Tensor) -> Tensor:
        """Tiles like example `first` (B,) with a `share` (B,) of what example `second` is like."""

        def between(table: Tensor) -> Tensor:
            a, b = table[first].float(), table[second].float()
            return a + share.view(-1, *(1,) * (a.ndim - 1)) * (b - a)

        waves = torch.fft.rfft2(noise.float()) * between(self.amplitude).exp2()
        waves = waves * (between(self.amplitude) > -13)
        seen = torch.fft.irfft2(waves, s=noise.shape[-2:])
        tile = torch.einsum("bahw,bac->bchw", seen, between(self.axes))
        return (tile + between(self.mean)[..., None, None]).clamp(-1, 1)

    def chosen(self, draws: Tensor, label: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Examples of a class from three standard normal numbers (B, 3): two of them and a share."""
        even = torch.special.ndtr(draws.float()).clamp(0, 1 - 1e-6)
        picks = []
        for place in range(2):
            row = [
                own[int(u * len(own))]
                for u, one in zip(even[:, place], label, strict=True)
                for own in [torch.nonzero(self.label.round() == one)[:, 0]]
            ]
            picks.append(torch.stack(row))
        return picks[0], picks[1], even[:, 2] * 0.4
