"""3-D generator and critic with folded voxels: no feature map lives at full resolution.

2x2x2 voxels are folded into channels at both ends, which halves every edge of the feature maps
for the same weights; dense 3x3x3 and 4x4x4-stride-2 convolutions only, since grouped, depthwise
and 1x1x1 ones are slow on CPUs.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from engine.nets.style import Film, Mapping, activate, scaled_init


def unfold_voxels(x: Tensor) -> Tensor:
    """(B, 8 C, D, H, W) → (B, C, 2 D, 2 H, 2 W): pixel shuffle in three dimensions."""
    b, c, d, h, w = x.shape
    x = x.reshape(b, c // 8, 2, 2, 2, d, h, w)
    return x.permute(0, 1, 5, 2, 6, 3, 7, 4).reshape(b, c // 8, 2 * d, 2 * h, 2 * w)


def fold_voxels(x: Tensor) -> Tensor:
    """(B, C, 2 D, 2 H, 2 W) → (B, 8 C, D, H, W): the inverse of `unfold_voxels`."""
    b, c, d, h, w = x.shape
    x = x.reshape(b, c, d // 2, 2, h // 2, 2, w // 2, 2)
    return x.permute(0, 1, 3, 5, 7, 2, 4, 6).reshape(b, c * 8, d // 2, h // 2, w // 2)


def conv3(inputs: int, outputs: int, gain: float | None = None) -> nn.Conv3d:
    """3x3x3 convolution that keeps the size."""
    layer = nn.Conv3d(inputs, outputs, 3, padding=1)
    _init(layer, inputs * 27, gain)
    return layer


def doubled(inputs: int, outputs: int) -> nn.ConvTranspose3d:
    """Transposed convolution that doubles every edge."""
    layer = nn.ConvTranspose3d(inputs, outputs, 4, 2, 1)
    _init(layer, inputs * 8, None)
    return layer


def _init(layer: nn.Conv3d | nn.ConvTranspose3d, fan_in: int, gain: float | None) -> None:
    if gain is None:
        scaled_init(layer.weight, fan_in)
    else:
        scaled_init(layer.weight, fan_in, gain)
    assert layer.bias is not None
    nn.init.zeros_(layer.bias)


class StyledStage(nn.Module):
    """Optional 2x upsampling, then `depth` styled residual convolutions."""

    def __init__(self, inputs: int, outputs: int, w_dim: int, depth: int, upsample: bool) -> None:
        super().__init__()
        self.enter: nn.Conv3d | nn.ConvTranspose3d
        if upsample:
            self.enter = doubled(inputs, outputs)
        else:
            self.enter = conv3(inputs, outputs)
        self.enter_style = Film(w_dim, outputs)
        self.convs = nn.ModuleList([conv3(outputs, outputs) for _ in range(depth)])
        self.styles = nn.ModuleList([Film(w_dim, outputs) for _ in range(depth)])

    def forward(self, x: Tensor, w: Tensor) -> Tensor:
        x = activate(self.enter_style(self.enter(x), w))
        for conv, style in zip(self.convs, self.styles, strict=True):
            x = (x + activate(style(conv(x), w))) * 0.5**0.5
        return x


class FoldedGenerator(nn.Module):
    """w-modulated 3-D convolutions from a learned 4x4x4 constant to (B, C, R, R, R).

    Args:
        widths: channels of each stage, from 4³ up; R = 8 * 2 ** (len(widths) - 1).
        depth: residual convolutions in each stage.
        bias: start value of each output channel (the data's mean, so that training does not
            begin from a volume that is half full).
    """

    def __init__(
        self,
        *,
        channels: int,
        widths: tuple[int, ...],
        depth: int,
        z_dim: int,
        w_dim: int,
        bias: tuple[float, ...],
        classes: int = 0,
    ) -> None:
        super().__init__()
        self.z_dim = z_dim
        self.mapping = Mapping(z_dim, w_dim, classes)
        self.const = nn.Parameter(torch.randn(1, widths[0], 4, 4, 4))
        pairs = zip((widths[0], *widths[:-1]), widths, strict=True)
        self.stages = nn.ModuleList(
            [StyledStage(a, b, w_dim, depth, upsample=i > 0) for i, (a, b) in enumerate(pairs)]
        )
        self.leave = conv3(widths[-1], 8 * channels, gain=0.5)
        with torch.no_grad():
            assert self.leave.bias is not None
            self.leave.bias.copy_(torch.tensor(bias).repeat_interleave(8))

    def forward(self, z: Tensor, label: Tensor | None = None, truncation: float = 1.0) -> Tensor:
        return self.synthesise(self.mapping(z, label, truncation))

    def synthesise(self, w: Tensor) -> Tensor:
        """The field of a style (B, W)."""
        x = self.const.expand(len(w), -1, -1, -1, -1)
        for stage in self.stages:
            x = stage(x, w)
        return unfold_voxels(self.leave(x))


class FoldedCritic(nn.Module):
    """Logits of a field (B, C, R, R, R): the generator's plan run backwards, with two heads.

    Heads: the whole shape, and the mean over overlapping neighbourhoods.
    """

    def __init__(
        self, *, channels: int, widths: tuple[int, ...], depth: int, classes: int = 0
    ) -> None:
        super().__init__()
        coarse_first = tuple(reversed(widths))
        self.enter = conv3(8 * channels, coarse_first[0])
        pairs = zip((coarse_first[0], *coarse_first[:-1]), coarse_first, strict=True)
        self.downs = nn.ModuleList()
        self.convs = nn.ModuleList()
        for index, (a, b) in enumerate(pairs):
            down = nn.Conv3d(a, b, 4, 2, 1)
            _init(down, a * 64, None)
            self.downs.append(down if index else nn.Identity())
            self.convs.append(nn.ModuleList([conv3(b, b) for _ in range(depth)]))
        width = coarse_first[-1]
        self.patch = conv3(width, 1, gain=1.0)
        self.flat = nn.Linear(width * 64, width)
        scaled_init(self.flat.weight, width * 64)
        nn.init.zeros_(self.flat.bias)
        self.whole = nn.Linear(width, 1)
        self.embed = nn.Embedding(classes, width) if classes else None

    def forward(self, x: Tensor, label: Tensor | None = None) -> list[Tensor]:
        x = activate(self.enter(fold_voxels(x)))
        for down, convs in zip(self.downs, self.convs, strict=True):
            if not isinstance(down, nn.Identity):
                x = activate(down(x))
            for conv in convs:  # type: ignore[attr-defined]
                x = (x + activate(conv(x))) * 0.5**0.5
        flat = activate(self.flat(x.flatten(1)))
        whole = self.whole(flat).squeeze(1)
        if self.embed is not None:
            # Projection critic, Miyato & Koyama 2018.
            assert label is not None
            whole = whole + (flat * self.embed(label)).sum(1) / flat.shape[1] ** 0.5
        return [whole, self.patch(x).flatten(1).mean(1)]
