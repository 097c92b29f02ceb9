"""Self-attention over all places of a feature map (SAGAN, Zhang et al. 2019), in n dimensions."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from engine.nets.style import scaled_init


class SelfAttention(nn.Module):
    """x + gamma * attention(x) for (B, C, *space); gamma begins at 0, so the layer as the identity.

    It can therefore be put into any trained network and changes nothing before it learns. Plain
    matrix products, since the fused kernels cannot be differentiated twice, as R1 does.
    """

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.inner = max(channels // 8, 1)
        self.enter = nn.Linear(channels, 2 * self.inner + channels // 2)
        self.leave = nn.Linear(channels // 2, channels)
        self.gamma = nn.Parameter(torch.zeros(1))
        for layer in (self.enter, self.leave):
            scaled_init(layer.weight, layer.in_features, 1.0)
            nn.init.zeros_(layer.bias)

    def forward(self, x: Tensor) -> Tensor:
        places = x.flatten(2).transpose(1, 2)  # (B, N, C)
        sizes = [self.inner, self.inner, places.shape[2] // 2]
        query, key, value = self.enter(places).split(sizes, 2)
        # Divided by the root of the width, which the paper leaves to learning.
        looks = (query @ key.transpose(1, 2) / self.inner**0.5).softmax(2)
        seen: Tensor = self.leave(looks @ value).transpose(1, 2).reshape(x.shape)
        return x + (self.gamma * seen).to(x.dtype)
