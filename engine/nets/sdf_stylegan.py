"""SDF-StyleGAN's nets (Zheng, Liu, Wang & Tong 2022), written from the paper: the shape baseline.

A StyleGAN2 generator in three dimensions makes a volume of features, from which a small network
reads the distance at any point; one critic sees the whole shape, the other patches at its surface,
and both see the distance with its gradient. Two things are added, since the paper makes one
colourless class at a time: colour beside the distance, and a class, which joins the latent and is
projected onto the critics' features (Miyato & Koyama 2018).
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn.functional import avg_pool3d, conv3d, interpolate

from engine.nets.folded import conv3
from engine.nets.style import activate, scaled_init

START = 4
"""Edge of the coarsest feature map."""
FEATURES = 16
"""Channels of the volume that the small network reads."""
PATCHES, PATCH = 16, 8
"""Patches of a shape that the local critic sees, and their edge in voxels."""
SEEN = 7
"""Distance, colour, gradient of the distance."""


class ModulatedConv3d(nn.Module):
    """Convolution whose weights a style scales and normalises (Karras et al. 2020).

    Scaling input and output channels gives the same numbers as scaling the weights of each sample,
    without the grouped convolutions that cost the published code most of its time.
    """

    def __init__(self, inputs: int, outputs: int, w_dim: int, edge: int = 3) -> None:
        super().__init__()
        self.edge = edge
        self.affine = nn.Linear(w_dim, inputs)
        scaled_init(self.affine.weight, w_dim, gain=1.0)
        nn.init.ones_(self.affine.bias)
        self.weight = nn.Parameter(torch.empty(outputs, inputs, edge, edge, edge))
        scaled_init(self.weight, inputs * edge**3)
        self.bias = nn.Parameter(torch.zeros(outputs))

    def forward(self, x: Tensor, w: Tensor) -> Tensor:
        style = self.affine(w).float()
        power = style.square() @ self.weight.float().square().sum((2, 3, 4)).T
        x = conv3d(x * style.to(x.dtype)[..., None, None, None], self.weight, padding="same")
        scale = (power + 1e-8).rsqrt().to(x.dtype)[..., None, None, None]
        return x * scale + self.bias.to(x.dtype).view(-1, 1, 1, 1)


class _Styled(nn.Module):
    """Two modulated convolutions."""

    def __init__(self, inputs: int, outputs: int, w_dim: int) -> None:
        super().__init__()
        self.first = ModulatedConv3d(inputs, outputs, w_dim)
        self.second = ModulatedConv3d(outputs, outputs, w_dim)

    def forward(self, x: Tensor, w: Tensor) -> Tensor:
        return activate(self.second(activate(self.first(x, w)), w))


class _Residual(nn.Module):
    """Two convolutions beside a straight way."""

    def __init__(self, inputs: int, outputs: int) -> None:
        super().__init__()
        self.first, self.second = conv3(inputs, outputs), conv3(outputs, outputs)
        self.skip = nn.Conv3d(inputs, outputs, 1)

    def forward(self, x: Tensor) -> Tensor:
        straight: Tensor = self.skip(x)
        return (straight + activate(self.second(activate(self.first(x))))) * 0.5**0.5


class SdfGenerator(nn.Module):
    """z (B, Z), label (B,) → distance and colour (B, 4, N, N, N).

    Args:
        widths: channels of each stage, 4³ first; N = 4 * 2 ** (len(widths) - 1).
        style_depth: layers of the mapping network.
        hidden: width of both layers of the network that reads the features.
    """

    mean: Tensor

    def __init__(
        self,
        *,
        classes: int,
        z_dim: int,
        w_dim: int,
        style_depth: int,
        widths: tuple[int, ...],
        hidden: int,
    ) -> None:
        super().__init__()
        self.embed = nn.Embedding(classes, z_dim)
        sizes = [2 * z_dim, *(w_dim,) * style_depth]
        self.mapping = nn.ModuleList(
            [nn.Linear(a, b) for a, b in zip(sizes[:-1], sizes[1:], strict=True)]
        )
        self.register_buffer("mean", torch.zeros(classes, w_dim))
        self.start = nn.Parameter(torch.randn(1, widths[0], START, START, START))
        pairs = zip((widths[0], *widths[:-1]), widths, strict=True)
        self.stages = nn.ModuleList([_Styled(a, b, w_dim) for a, b in pairs])
        self.leave = ModulatedConv3d(widths[-1], FEATURES, w_dim, edge=1)
        self.read = nn.ModuleList(
            [nn.Linear(FEATURES, hidden), nn.Linear(hidden, hidden), nn.Linear(hidden, 4)]
        )
        for layer in (*self.mapping, *self.read):
            assert isinstance(layer, nn.Linear)
            scaled_init(layer.weight, layer.in_features)
            nn.init.zeros_(layer.bias)
        last = self.read[-1].bias
        assert isinstance(last, Tensor)
        with torch.no_grad():
            last[0] = -0.8  # empty at the start, as ours

    def forward(self, z: Tensor, label: Tensor, truncation: float = 1.0) -> Tensor:
        w = self.style(z, label, truncation)
        x = self.start.expand(len(z), -1, -1, -1, -1)
        x = x.contiguous(memory_format=torch.channels_last_3d)
        for index, stage in enumerate(self.stages):
            if index:
                x = interpolate(x, scale_factor=2.0, mode="trilinear", align_corners=False)
            x = stage(x, w)
        x = self.leave(x, w).permute(0, 2, 3, 4, 1)
        for layer in self.read[:-1]:
            x = activate(layer(x))
        field = self.read[-1](x).float()
        field = torch.cat([field[..., :1], field[..., 1:].tanh()], -1)
        return field.permute(0, 4, 1, 2, 3).contiguous()

    def style(self, z: Tensor, label: Tensor, truncation: float) -> Tensor:
        """(B, W); truncation pulls towards the running mean of the class."""
        x = torch.cat([_unit(z), _unit(self.embed(label))], 1)
        for layer in self.mapping:
            x = activate(layer(x))
        if self.training and torch.is_grad_enabled():
            with torch.no_grad():
                ahead = self.mean[label].lerp(x.detach().float(), 0.02)
                self.mean.index_copy_(0, label, ahead)
        return x if truncation == 1.0 else self.mean[label].to(x.dtype).lerp(x, truncation)


class SdfCritics(nn.Module):
    """Logits of distance and colour (B, 4, N, N, N): the whole shape, and its surface in patches.

    Args:
        widths: channels of each stage of the critic of the whole, N first, 4³ last.
        local: the same for patches, PATCH³ first.
    """

    def __init__(self, *, classes: int, widths: tuple[int, ...], local: tuple[int, ...]) -> None:
        super().__init__()
        self.whole = _Tower(widths, START, classes)
        self.patch = _Tower(local, PATCH // 2 ** (len(local) - 1), classes)

    def forward(self, field: Tensor, label: Tensor) -> list[Tensor]:
        seen = with_gradient(field)
        patches = surface_patches(seen)
        local = self.patch(patches.flatten(0, 1), label.repeat_interleave(PATCHES))
        return [self.whole(seen, label), local.view(len(field), PATCHES).mean(1)]


class _Tower(nn.Module):
    """Residual stages, each but the first at half the edge, then one logit."""

    def __init__(self, widths: tuple[int, ...], end: int, classes: int) -> None:
        super().__init__()
        self.enter = conv3(SEEN, widths[0])
        pairs = zip((widths[0], *widths[:-1]), widths, strict=True)
        self.stages = nn.ModuleList([_Residual(a, b) for a, b in pairs])
        self.flat = nn.Linear(widths[-1] * end**3, widths[-1])
        scaled_init(self.flat.weight, self.flat.in_features)
        self.leave = nn.Linear(widths[-1], 1)
        self.embed = nn.Embedding(classes, widths[-1])

    def forward(self, x: Tensor, label: Tensor) -> Tensor:
        x = activate(self.enter(x.contiguous(memory_format=torch.channels_last_3d)))
        for index, stage in enumerate(self.stages):
            if index:
                x = avg_pool3d(x, 2)
            x = stage(x)
        flat = activate(self.flat(x.flatten(1)))
        logit = self.leave(flat).squeeze(1)
        projected = (flat * self.embed(label)).sum(1) / flat.shape[1] ** 0.5
        return logit + projected


def with_gradient(field: Tensor) -> Tensor:
    """(B, 4, N, N, N) → (B, SEEN, N, N, N): colour only at the surface, and the distance's slopes."""
    distance, color = field[:, :1], field[:, 1:]
    faded = color * (1 - distance.abs()).clamp(0, 1)
    slopes = [distance.roll(-1, axis) - distance.roll(1, axis) for axis in (2, 3, 4)]
    return torch.cat([distance, faded, *slopes], 1)


def surface_patches(seen: Tensor) -> Tensor:
    """(B, C, N, N, N) → (B, PATCHES, C, PATCH, PATCH, PATCH), half overlapping, where surface is.

    The paper draws centres among the points nearest the surface; here the patches with the smallest
    mean distance are taken, so that a critic's answer depends on its input alone.
    """
    b, c, size = seen.shape[:3]
    away = avg_pool3d(seen[:, :1].detach().abs().float(), PATCH, PATCH // 2)
    lattice = away.shape[-1]
    count = min(PATCHES, lattice**3)
    chosen = away.flatten(1).topk(count, largest=False).indices
    chosen = chosen.repeat(1, -(-PATCHES // count))[:, :PATCHES]  # a tiny grid repeats its own
    z, y, x = chosen // lattice**2, chosen // lattice % lattice, chosen % lattice
    corner = ((z * size + y) * size + x) * (PATCH // 2)
    step = torch.arange(PATCH, device=seen.device)
    inside = ((step[:, None, None] * size + step[:, None]) * size + step).flatten()
    index = (corner[..., None] + inside).flatten(1)
    found = seen.flatten(2).gather(2, index[:, None].expand(-1, c, -1))
    return found.view(b, c, PATCHES, PATCH, PATCH, PATCH).transpose(1, 2)


def _unit(x: Tensor) -> Tensor:
    return x * x.square().mean(1, keepdim=True).add(1e-8).rsqrt()
