"""Style by feature-wise modulation: a mapping network and FiLM layers (Perez 2018, Karras 2019)."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn.functional import leaky_relu

SLOPE = 0.2
GAIN = (2 / (1 + SLOPE**2)) ** 0.5
"""He gain of a leaky ReLU: keeps the variance of activations from layer to layer."""


def activate(x: Tensor) -> Tensor:
    return leaky_relu(x, SLOPE)


def scaled_init(weight: Tensor, fan_in: int, gain: float = GAIN) -> None:
    """Normal initialisation with standard deviation gain / sqrt(fan_in)."""
    nn.init.normal_(weight, std=gain / fan_in**0.5)


class Mapping(nn.Module):
    """z (B, Z), label (B,) → w (B, W): two layers; z is normalised to the sphere first.

    `w_mean` is the running average of w, for each class where there are any; `truncation` pulls
    towards it (Karras et al. 2019).
    """

    w_mean: Tensor

    def __init__(self, z_dim: int, w_dim: int, classes: int = 0) -> None:
        super().__init__()
        self.embed = nn.Embedding(classes, z_dim) if classes else None
        self.layers = nn.ModuleList(
            [nn.Linear(z_dim * (2 if classes else 1), w_dim), nn.Linear(w_dim, w_dim)]
        )
        for layer in self.layers:
            assert isinstance(layer, nn.Linear)
            scaled_init(layer.weight, layer.in_features)
            nn.init.zeros_(layer.bias)
        self.register_buffer("w_mean", torch.zeros(*([classes] if classes else []), w_dim))

    def forward(self, z: Tensor, label: Tensor | None = None, truncation: float = 1.0) -> Tensor:
        x = z * z.square().mean(1, keepdim=True).add(1e-8).rsqrt()
        if self.embed is not None:
            assert label is not None
            x = torch.cat([x, self.embed(label)], 1)
        for layer in self.layers:
            x = activate(layer(x))
        if self.training and torch.is_grad_enabled():
            with torch.no_grad():
                self._average(x.detach().float(), label)
        if truncation == 1.0:
            return x
        mean = self.w_mean if label is None else self.w_mean[label]
        return mean.to(x.dtype).lerp(x, truncation)

    def _average(self, w: Tensor, label: Tensor | None) -> None:
        if self.embed is None:
            self.w_mean.lerp_(w.mean(0), 0.005)
        else:
            assert label is not None
            self.w_mean.index_copy_(0, label, self.w_mean[label].lerp(w, 0.02))


def layer_codes(style: Tensor, count: int) -> tuple[Tensor, ...]:
    """`count` styles (B, W): the layers of (B, count, W), or (B, W) for each of them."""
    return style.unbind(1) if style.ndim == 3 else (style,) * count


class Film(nn.Module):
    """Scale and shift each channel of (B, C, *space) by a style (B, W). No normalisation."""

    def __init__(self, w_dim: int, channels: int) -> None:
        super().__init__()
        self.affine = nn.Linear(w_dim, 2 * channels)
        scaled_init(self.affine.weight, w_dim, gain=0.5)
        nn.init.zeros_(self.affine.bias)

    def forward(self, x: Tensor, w: Tensor) -> Tensor:
        scale, shift = self.affine(w).chunk(2, 1)
        shape = (*scale.shape, *(1,) * (x.ndim - 2))
        return x * (1 + scale.view(shape)) + shift.view(shape)


def style_directions(net: nn.Module) -> tuple[Tensor, Tensor]:
    """What moves the styles of a net most, in closed form (SeFa, Shen & Zhou 2021); nothing is trained.

    Returns:
        Orthonormal directions (W, W) in the space of styles, strongest first, each with its largest
        entry positive; and their strengths (W,).
    """
    weights = [m.affine.weight.detach().double() for m in net.modules() if isinstance(m, Film)]
    # Each layer has the same say, whatever its number of channels.
    scaled = torch.stack([w.T @ w / w.square().sum() for w in weights])
    strengths, vectors = torch.linalg.eigh(scaled.sum(0))
    rows = vectors.flip(1).T
    sign = rows.gather(1, rows.abs().argmax(1, keepdim=True)).sign()
    return (rows * sign).float(), strengths.flip(0).float()
