"""The DCGAN family (Radford et al. 2015) in one, two or three dimensions.

Transposed convolutions with stride 2 up, strided convolutions down, batch normalisation, ReLU in
the generator and leaky ReLU in the critic. `ndim=2` with the default widths is the published
64-pixel plan; `ndim=3` is the plan of 3D-GAN (Wu et al. 2016).
"""

from __future__ import annotations

from typing import Literal

from torch import Tensor, nn

from engine.nets.attention import SelfAttention
from engine.nets.style import SLOPE

Norm = Literal["batch", "none"]
_CONVS: dict[int, type[nn.Module]] = {1: nn.Conv1d, 2: nn.Conv2d, 3: nn.Conv3d}
_TRANSPOSED: dict[int, type[nn.Module]] = {
    1: nn.ConvTranspose1d,
    2: nn.ConvTranspose2d,
    3: nn.ConvTranspose3d,
}
_NORMS: dict[int, type[nn.Module]] = {1: nn.BatchNorm1d, 2: nn.BatchNorm2d, 3: nn.BatchNorm3d}


def _norm(norm: Norm, ndim: int, width: int) -> list[nn.Module]:
    return [_NORMS[ndim](width)] if norm == "batch" else []


def _init(module: nn.Module) -> None:
    """Weights from N(0, 0.02), as published."""
    weight = getattr(module, "weight", None)
    if isinstance(weight, nn.Parameter) and not isinstance(module, nn.Linear):
        normalises = isinstance(module, tuple(_NORMS.values()))
        nn.init.normal_(weight, mean=1.0 if normalises else 0.0, std=0.02)


class DCGenerator(nn.Module):
    """z (B, z_dim) → (B, channels, R, ...) in [-1, 1], R = 4 * 2 ** len(widths).

    Args:
        attention: widths after whose stage the picture is looked at as a whole (SAGAN).
    """

    def __init__(
        self,
        *,
        ndim: int = 2,
        channels: int = 3,
        widths: tuple[int, ...] = (512, 256, 128, 64),
        z_dim: int = 100,
        norm: Norm = "batch",
        attention: tuple[int, ...] = (),
    ) -> None:
        super().__init__()
        up = _TRANSPOSED[ndim]
        self.ndim = ndim
        layers: list[nn.Module] = [up(z_dim, widths[0], 4, 1, 0, bias=norm == "none")]
        for before, after in zip(widths, widths[1:], strict=False):
            layers += [*_norm(norm, ndim, before), nn.ReLU()]
            layers += [SelfAttention(before)] if before in attention else []
            layers += [up(before, after, 4, 2, 1, bias=norm == "none")]
        layers += [*_norm(norm, ndim, widths[-1]), nn.ReLU()]
        layers += [up(widths[-1], channels, 4, 2, 1), nn.Tanh()]
        self.layers = nn.Sequential(*layers).apply(_init)

    def forward(self, z: Tensor) -> Tensor:
        x: Tensor = self.layers(z.view(*z.shape, *(1,) * self.ndim))
        return x


class DCCritic(nn.Module):
    """Logit of (B, channels, R, ...): (B,). The generator's plan backwards.

    Args:
        outputs: numbers a sample instead of one logit, (B, outputs): the plan of an encoder.
        attention: widths after whose stage the picture is looked at as a whole (SAGAN).
    """

    def __init__(
        self,
        *,
        ndim: int = 2,
        channels: int = 3,
        widths: tuple[int, ...] = (64, 128, 256, 512),
        norm: Norm = "batch",
        dropout: float = 0.0,
        outputs: int = 1,
        attention: tuple[int, ...] = (),
    ) -> None:
        super().__init__()
        down = _CONVS[ndim]
        layers: list[nn.Module] = [down(channels, widths[0], 4, 2, 1), nn.LeakyReLU(SLOPE)]
        for before, after in zip(widths, widths[1:], strict=False):
            layers += [down(before, after, 4, 2, 1, bias=norm == "none")]
            layers += [*_norm(norm, ndim, after), nn.LeakyReLU(SLOPE)]
            layers += [nn.Dropout(dropout)] if dropout else []
            layers += [SelfAttention(after)] if after in attention else []
        layers += [down(widths[-1], outputs, 4, 1, 0)]
        self.outputs = outputs
        self.layers = nn.Sequential(*layers).apply(_init)

    def forward(self, x: Tensor) -> Tensor:
        logits: Tensor = self.layers(x).flatten(2)
        return logits.mean(2) if self.outputs > 1 else logits.flatten(1).mean(1)
