"""Fully connected players, for points and for small flat data."""

from __future__ import annotations

from torch import Tensor, nn

from engine.nets.style import SLOPE


def mlp(inputs: int, hidden: tuple[int, ...], outputs: int) -> nn.Sequential:
    """Linear layers with leaky ReLU between them; (B, inputs) → (B, outputs)."""
    layers: list[nn.Module] = []
    for width in hidden:
        layers += [nn.Linear(inputs, width), nn.LeakyReLU(SLOPE)]
        inputs = width
    return nn.Sequential(*layers, nn.Linear(inputs, outputs))


class MlpCritic(nn.Module):
    """Logit of (B, inputs) points: (B,)."""

    def __init__(self, inputs: int, hidden: tuple[int, ...]) -> None:
        super().__init__()
        self.layers = mlp(inputs, hidden, 1)

    def forward(self, x: Tensor) -> Tensor:
        logits: Tensor = self.layers(x)
        return logits.squeeze(1)
