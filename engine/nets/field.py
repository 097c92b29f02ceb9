"""Coder and generator of textured fields: one code for the shape, another for its colours.

The field of a shape is signed distance and colour on a cubic grid (`engine.data.voxel_field`). The
geometry is computed from the first part of the code alone, so that two shapes can swap colours.
The colours are a small palette and a choice from it: flat colours stay flat (see
`engine.nets.palette`), and the choice can be refined to any resolution without blurring.

Everything here works on folded fields: 2x2x2 voxels in the channels of one cell. Between the data set
and the exported field nothing is ever unfolded, which halves a step's time on a CPU, where copying
costs more than convolving.

All codes lie on spheres (root mean square 1): what noise and interpolation move them by means the
same everywhere, and no prior has to be fitted to them by a divergence.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from engine.nets.folded import StyledStage, conv3
from engine.nets.style import activate, scaled_init

START = 4
"""Edge of the coarsest feature map."""
SUB = 8
"""Voxels in a cell."""
CHANNELS = 4
"""Distance and colour."""


def fold(field: Tensor) -> Tensor:
    """(B, C, N, N, N) → (B, 8 C, n, n, n), n = N/2, in channels-last memory; voxel-major channels."""
    b, c, size = *field.shape[:2], field.shape[2]
    n = size // 2
    x = field.reshape(b, c, n, 2, n, 2, n, 2).permute(0, 2, 4, 6, 3, 5, 7, 1)
    return _cells(x.reshape(b, n, n, n, SUB * c))


def unfold(folded: Tensor) -> Tensor:
    """(B, 8 C, n, n, n) → (B, C, 2 n, 2 n, 2 n): the inverse of `fold`."""
    b, channels, n = folded.shape[:3]
    c = channels // SUB
    x = folded.permute(0, 2, 3, 4, 1).reshape(b, n, n, n, 2, 2, 2, c)
    return x.permute(0, 7, 1, 4, 2, 5, 3, 6).reshape(b, c, 2 * n, 2 * n, 2 * n)


def _voxels(folded: Tensor, channels: int) -> Tensor:
    """View (B, 8 C, n, n, n) as (B, n, n, n, 8, C)."""
    return folded.permute(0, 2, 3, 4, 1).unflatten(-1, (SUB, channels))


def _cells(x: Tensor) -> Tensor:
    """View (B, n, n, n, C) as (B, C, n, n, n) in channels-last memory."""
    return x.permute(0, 4, 1, 2, 3)


def to_sphere(code: Tensor) -> Tensor:
    """Scale each row of (B, W) to a root mean square of 1."""
    return code * code.square().mean(1, keepdim=True).add(1e-8).rsqrt()


def to_spheres(geometry: int, code: Tensor) -> Tensor:
    """Put both parts of codes (B, geometry + color) on their spheres."""
    parts = code.split([geometry, code.shape[1] - geometry], 1)
    return torch.cat([to_sphere(part) for part in parts], 1)


class FieldEncoder(nn.Module):
    """(B, 8 C, n, n, n) → (B, dim) on the sphere: strided convolutions and one layer.

    Args:
        widths: channels of each stage, n first; the last works at 4³.
    """

    def __init__(self, *, channels: int, widths: tuple[int, ...], dim: int) -> None:
        super().__init__()
        self.tower = _Tower(SUB * channels, widths)
        self.leave = nn.Linear(widths[-1] * START**3, dim)
        scaled_init(self.leave.weight, self.leave.in_features)
        nn.init.zeros_(self.leave.bias)

    def forward(self, field: Tensor) -> Tensor:
        return to_sphere(self.leave(self.tower(field).flatten(1)).float())


class FieldDecoder(nn.Module):
    """Codes (B, geometry + color) → folded fields (B, 32, n, n, n).

    Args:
        widths: channels of each stage, 4³ first; n = 4 * 2 ** (len(widths) - 1).
        depth: residual convolutions in each stage.
        paint: channels of the map that the colours are chosen from.
        colors: palette entries of a shape.
    """

    def __init__(
        self,
        *,
        geometry: int,
        color: int,
        widths: tuple[int, ...],
        depth: int,
        paint: int,
        colors: int,
    ) -> None:
        super().__init__()
        self.geometry, self.colors = geometry, colors
        self.start = nn.Linear(geometry, widths[0] * START**3)
        scaled_init(self.start.weight, geometry)
        nn.init.zeros_(self.start.bias)
        pairs = zip((widths[0], *widths[:-1]), widths, strict=True)
        self.stages = nn.ModuleList(
            [StyledStage(a, b, geometry, depth, upsample=i > 0) for i, (a, b) in enumerate(pairs)]
        )
        self.distance = conv3(widths[-1], SUB, gain=0.5)
        assert self.distance.bias is not None
        nn.init.constant_(self.distance.bias, -0.8)  # empty at the start
        self.paint = StyledStage(widths[-1], paint, color, 0, upsample=False)
        self.choice = conv3(paint, SUB * colors, gain=1.0)
        self.palette = nn.Sequential(
            nn.Linear(color, color), nn.LeakyReLU(0.2), nn.Linear(color, 3 * colors)
        )
        last = self.palette[-1]
        assert isinstance(last, nn.Linear)
        nn.init.uniform_(last.bias, -0.8, 0.8)

    def forward(self, code: Tensor) -> Tensor:
        """Training mixes the palette, evaluation takes the best entry alone."""
        distance, score, palette = self.parts(code)
        if self.training:
            # A softmax over so few entries, with its backward pass, costs as much as the
            # convolutions; one product with (palette, 1) mixes and normalises.
            weight = score.clamp(-12, 12).exp().flatten(1, 4)
            mixed = weight @ nn.functional.pad(palette, (0, 1), value=1.0).to(weight.dtype)
            color = (mixed[..., :3] / mixed[..., 3:]).view(*distance.shape[:-1], 3)
        else:
            best = score.argmax(-1).flatten(1)
            color = palette.gather(1, best[..., None].expand(-1, -1, 3))
            color = color.view(*distance.shape[:-1], 3)
        return _cells(torch.cat([distance, color], -1).flatten(-2))

    def parts(self, code: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Distance (B, n, n, n, 8, 1), scores (B, n, n, n, 8, K), palette (B, K, 3) in [-1, 1]."""
        shape, color = code[:, : self.geometry], code[:, self.geometry :]
        x = activate(self.start(shape).view(len(code), -1, START, START, START))
        x = x.to(memory_format=torch.channels_last_3d)
        for stage in self.stages:
            x = stage(x, shape)
        distance = _voxels(self.distance(x), 1).float()
        score = _voxels(self.choice(self.paint(x, color)), self.colors).float()
        palette = torch.tanh(self.palette(color)).float().view(-1, self.colors, 3)
        return distance, score, palette


class CodeMapping(nn.Module):
    """z (B, Z), label (B,) → code (B, geometry + color) on the spheres.

    Two networks that share nothing but the label: any shape of a class may meet any colours of it.
    `mean` (classes, W) is the running mean code of each class; `truncation` pulls towards it
    (Karras et al. 2019) and returns to the sphere, where the decoder is at home.
    """

    mean: Tensor

    def __init__(self, *, z_dim: int, geometry: int, color: int, width: int, classes: int) -> None:
        super().__init__()
        self.geometry = geometry
        self.embed = nn.Embedding(classes, width // 2)
        self.shape = _mlp(z_dim + width // 2, width, geometry)
        self.color = _mlp(z_dim + width // 2, width // 2, color)
        self.register_buffer("mean", torch.zeros(classes, geometry + color))

    def forward(self, z: Tensor, label: Tensor, truncation: float = 1.0) -> Tensor:
        x = torch.cat([z, self.embed(label)], 1)
        code = to_spheres(self.geometry, torch.cat([self.shape(x), self.color(x)], 1).float())
        if self.training and torch.is_grad_enabled():
            with torch.no_grad():
                self.mean.index_copy_(0, label, self.mean[label].lerp(code.detach(), 0.02))
        if truncation == 1.0:
            return code
        return to_spheres(self.geometry, self.mean[label].lerp(code, truncation))


def _mlp(inputs: int, width: int, outputs: int) -> nn.Sequential:
    layers: list[nn.Module] = []
    for a, b in ((inputs, width), (width, width), (width, width), (width, outputs)):
        linear = nn.Linear(a, b)
        scaled_init(linear.weight, a)
        nn.init.zeros_(linear.bias)
        layers += [linear, nn.LeakyReLU(0.2)]
    return nn.Sequential(*layers[:-1])


class FieldGenerator(nn.Module):
    """Mapping, decoder and, for the user's own shapes, the encoder: z → code → field → code.

    Fields are folded (B, 32, n, n, n): signed distance / REACH (positive inside), colour in [-1, 1].
    """

    def __init__(
        self,
        *,
        classes: int,
        z_dim: int,
        geometry: int,
        color: int,
        widths: tuple[int, ...],
        depth: int,
        paint: int,
        colors: int,
    ) -> None:
        super().__init__()
        self.geometry = geometry
        self.mapping = CodeMapping(
            z_dim=z_dim, geometry=geometry, color=color, width=256, classes=classes
        )
        self.decoder = FieldDecoder(
            geometry=geometry, color=color, widths=widths, depth=depth, paint=paint, colors=colors
        )
        fine_first = widths[::-1]
        self.shape_encoder = FieldEncoder(channels=1, widths=fine_first, dim=geometry)
        self.color_encoder = FieldEncoder(
            channels=4, widths=tuple(w // 2 for w in fine_first), dim=color
        )

    def forward(self, z: Tensor, label: Tensor, truncation: float = 1.0) -> Tensor:
        return self.decode(self.mapping(z, label, truncation))

    def decode(self, code: Tensor) -> Tensor:
        """Codes (B, geometry + color) → fields."""
        field: Tensor = self.decoder(code)
        return field

    def on_spheres(self, code: Tensor) -> Tensor:
        """The nearest proper codes of any (B, geometry + color)."""
        return to_spheres(self.geometry, code)

    def encode(self, field: Tensor) -> Tensor:
        """Fields → codes, shape first."""
        distance = _voxels(field, CHANNELS)[..., 0]
        return torch.cat(
            [self.shape_encoder(_cells(distance)), self.color_encoder(_shell(field))], 1
        )


def _shell(field: Tensor) -> Tensor:
    """Folded fields with the colour faded out where there is no surface and it means nothing."""
    voxels = _voxels(field, CHANNELS)
    distance, color = voxels[..., :1], voxels[..., 1:]
    faded = color * (1 - distance.abs()).clamp(0, 1)
    return _cells(torch.cat([distance, faded], -1).flatten(-2))


def _normals(field: Tensor) -> Tensor:
    """(B, 24, n, n, n): slope of the distance along z, y, x by central differences, in [-1, 1]."""
    distance = unfold(_cells(_voxels(field, CHANNELS)[..., 0]))[:, 0]
    slopes = [distance.roll(-1, axis) - distance.roll(1, axis) for axis in (1, 2, 3)]
    return fold(torch.stack(slopes, 1).clamp(-1, 1))


class FieldCritic(nn.Module):
    """Two scales of critics of distance, normals and colour (after SDF-StyleGAN, Zheng et al. 2022).

    The coarse one sees the whole shape at half the resolution and knows its class (projection,
    Miyato & Koyama 2018); the fine one sees neighbourhoods at full resolution.

    Args:
        coarse: channels at n/1, n/2 ... 4; fine: the same, ending earlier.
    """

    def __init__(self, *, coarse: tuple[int, ...], fine: tuple[int, ...], classes: int) -> None:
        super().__init__()
        self.coarse = _Tower(CHANNELS + 3, coarse)
        self.flat = nn.Linear(coarse[-1] * START**3, coarse[-1])
        scaled_init(self.flat.weight, self.flat.in_features)
        self.whole = nn.Linear(coarse[-1], 1)
        self.embed = nn.Embedding(classes, coarse[-1])
        self.fine = _Tower(SUB * (CHANNELS + 3), fine)
        self.patch = conv3(fine[-1], 1, gain=1.0)

    def forward(self, field: Tensor, label: Tensor) -> list[Tensor]:
        seen = torch.cat([_shell(field), _normals(field)], 1)
        shape, slope = seen.split([SUB * CHANNELS, SUB * 3], 1)
        half = torch.cat([_voxels(shape, CHANNELS).mean(-2), _voxels(slope, 3).mean(-2)], -1)
        flat = activate(self.flat(self.coarse(_cells(half)).flatten(1)))
        whole = self.whole(flat).squeeze(1)
        whole = whole + (flat * self.embed(label)).sum(1) / flat.shape[1] ** 0.5
        return [whole, self.patch(self.fine(seen)).flatten(1).mean(1)]


class _Tower(nn.Module):
    """A convolution and strided ones, each halving the edge."""

    def __init__(self, channels: int, widths: tuple[int, ...]) -> None:
        super().__init__()
        self.enter = conv3(channels, widths[0])
        pairs = zip(widths[:-1], widths[1:], strict=True)
        self.downs = nn.ModuleList([nn.Conv3d(a, b, 4, 2, 1) for a, b in pairs])
        for layer in self.downs:
            assert isinstance(layer, nn.Conv3d)
            assert layer.bias is not None
            scaled_init(layer.weight, layer.in_channels * 64)
            nn.init.zeros_(layer.bias)

    def forward(self, x: Tensor) -> Tensor:
        x = activate(self.enter(x))
        for down in self.downs:
            x = activate(down(x))
        return x
