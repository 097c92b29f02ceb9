"""The articles' networks as players of one game: fully connected or DCGAN, with a class or without.

What they share with the style family is how they are called: `generator(z, label, truncation)` and
`critic(x, label)`, which returns the logits of its heads.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from engine.nets.mlp import mlp


class MlpImages(nn.Module):
    """z (B, Z) → (B, C, R, R) in [-1, 1] by linear layers."""

    def __init__(self, *, z_dim: int, hidden: tuple[int, ...], channels: int, size: int) -> None:
        super().__init__()
        self.shape = (channels, size, size)
        self.layers = mlp(z_dim, hidden, channels * size * size)

    def forward(self, z: Tensor) -> Tensor:
        return self.layers(z).float().tanh().unflatten(1, self.shape)


class MlpJudge(nn.Module):
    """(B, C, R, R) → logits (B,) by linear layers, with dropout between them."""

    def __init__(
        self, *, channels: int, size: int, hidden: tuple[int, ...], dropout: float
    ) -> None:
        super().__init__()
        layers = []
        for layer in mlp(channels * size * size, hidden, 1):
            layers.append(layer)
            if isinstance(layer, nn.LeakyReLU) and dropout:
                layers.append(nn.Dropout(dropout))
        self.layers = nn.Sequential(*layers)

    def forward(self, x: Tensor) -> Tensor:
        logits: Tensor = self.layers(x.flatten(1))
        return logits.squeeze(1)


class PlainGenerator(nn.Module):
    """A generator of z alone, asked for a class: its embedding goes in beside z (Mirza & Osindero 2014).

    Truncation pulls z towards the middle of its distribution; at 0 a class has one picture.
    """

    def __init__(self, generator: nn.Module, classes: int, embedding: int) -> None:
        super().__init__()
        self.generator = generator
        self.embed = nn.Embedding(classes, embedding) if classes else None

    def forward(self, z: Tensor, label: Tensor | None = None, truncation: float = 1.0) -> Tensor:
        z = z * truncation
        if self.embed is not None:
            assert label is not None
            z = torch.cat([z, self.embed(label)], 1)
        image: Tensor = self.generator(z)
        return image


class PlainCritic(nn.Module):
    """A critic of pictures alone, told of a class: a map of it goes in as one more channel."""

    def __init__(self, critic: nn.Module, classes: int, size: int) -> None:
        super().__init__()
        self.critic = critic
        self.size = size
        self.embed = nn.Embedding(classes, size * size) if classes else None

    def forward(self, x: Tensor, label: Tensor | None = None) -> list[Tensor]:
        if self.embed is not None:
            assert label is not None
            shown = self.embed(label).view(len(x), 1, self.size, self.size)
            x = torch.cat([x, shown.to(x.dtype)], 1)
        return [self.critic(x)]


class TwoCritics(nn.Module):
    """Two critics side by side, their heads in turn: what D2GAN plays with (Nguyen et al. 2017)."""

    def __init__(self, first: nn.Module, second: nn.Module) -> None:
        super().__init__()
        self.first, self.second = first, second

    def forward(self, x: Tensor, label: Tensor | None = None) -> list[Tensor]:
        pairs = zip(self.first(x, label), self.second(x, label), strict=True)
        return [head for pair in pairs for head in pair]


class AutoEncoder(nn.Module):
    """A generator and the encoder that finds what it would need to make a picture (Kingma & Welling 2014).

    Calling it generates; `encode` gives mean and log variance of z for pictures.
    """

    def __init__(self, generator: nn.Module, encoder: nn.Module) -> None:
        super().__init__()
        self.generator, self.encoder = generator, encoder

    def forward(self, z: Tensor, label: Tensor | None = None, truncation: float = 1.0) -> Tensor:
        image: Tensor = self.generator(z, label, truncation)
        return image

    def encode(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """(B, Z) means and log variances, float32; variances stay between e^-10 and e^4."""
        mean, log_variance = self.encoder(x).float().chunk(2, 1)
        return mean, log_variance.clamp(-10, 4)
