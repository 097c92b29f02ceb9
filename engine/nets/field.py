"""Coder and generator of textured fields: one code for the shape, another for its colours.

Both codes say what is where: each is a grid of 4³ cells, flattened. One vector without places took
70 epochs to learn that a snake is long; a grid knows that after one.

All codes lie on spheres (root mean square 1): what noise and interpolation move them by means the
same everywhere, and no prior has to be fitted to them by a divergence.
"""

from __future__ import annotations

from typing import Self

import torch
from torch import Tensor, nn

from engine.nets.cells import CHANNELS, PROPORTIONS, START, SUB, Tower, cells, shell, voxels
from engine.nets.field_decoder import PaletteDecoder
from engine.nets.folded import conv3
from engine.nets.style import scaled_init

MODES = 12
"""Modes of a class that truncation knows."""
DRAWN = 384
"""Draws of a class in which its modes are looked for."""
ROUNDS = 8
"""Rounds of that search."""


def to_sphere(code: Tensor) -> Tensor:
    """Scale each row of (B, W) to a root mean square of 1."""
    return code * code.square().mean(1, keepdim=True).add(1e-8).rsqrt()


def to_spheres(geometry: int, code: Tensor) -> Tensor:
    """Put both parts of codes (B, geometry + color) on their spheres."""
    parts = code.split([geometry, code.shape[1] - geometry], 1)
    return torch.cat([to_sphere(part) for part in parts], 1)


class FieldEncoder(nn.Module):
    """(B, C, n, n, n) → (B, dim) on the sphere: strided convolutions down to a grid of 4³ cells.

    Args:
        widths: channels of each stage, n first; the last works at 4³.
        dim: length of the code, a multiple of 4³.
    """

    def __init__(self, *, channels: int, widths: tuple[int, ...], dim: int) -> None:
        super().__init__()
        self.tower = Tower(channels, widths)
        self.leave = conv3(widths[-1], dim // START**3)

    def forward(self, field: Tensor) -> Tensor:
        return to_sphere(self.leave(self.tower(field)).flatten(1).float())


class CodeMapping(nn.Module):
    """z (B, Z), label (B,) → code (B, geometry + color) on the spheres.

    Two networks that share nothing but the label: any shape of a class may meet any colours of it.
    `mean` (classes, W) is the running mean code of each class. `truncation` pulls each part of a
    code towards the nearest mode of its class and back to the sphere, where the decoder is at home:
    the mean of a chair and a stool is neither (multi-modal truncation, Mokady et al. 2022).
    """

    mean: Tensor

    def __init__(self, *, z_dim: int, geometry: int, color: int, width: int, classes: int) -> None:
        super().__init__()
        self.geometry, self.z_dim = geometry, z_dim
        self.embed = nn.Embedding(classes, width // 2)
        self.shape = _mlp(z_dim + width // 2, width, geometry)
        self.color = _mlp(z_dim + width // 2, width // 2, color)
        self.register_buffer("mean", torch.zeros(classes, geometry + color))
        self._modes: dict[int, Tensor] = {}

    def forward(self, z: Tensor, label: Tensor, truncation: float = 1.0) -> Tensor:
        x = torch.cat([z, self.embed(label)], 1)
        code = to_spheres(self.geometry, torch.cat([self.shape(x), self.color(x)], 1).float())
        if self.training and torch.is_grad_enabled():
            with torch.no_grad():
                self.mean.index_copy_(0, label, self.mean[label].lerp(code.detach(), 0.02))
        if truncation == 1.0:
            return code
        return to_spheres(self.geometry, self._nearest_modes(code, label).lerp(code, truncation))

    def train(self, mode: bool = True) -> Self:
        self._modes = {}  # they are those of other weights
        return super().train(mode)

    @torch.no_grad()
    def modes(self, label: int) -> Tensor:
        """(MODES, W): what the draws of a class gather around, shape and colours each for itself."""
        if label not in self._modes:
            rng = torch.Generator().manual_seed(label)
            z = torch.randn(DRAWN, self.z_dim, generator=rng)
            code = self(z.to(self.mean), torch.full((DRAWN,), label, device=self.mean.device))
            parts = code.split([self.geometry, code.shape[1] - self.geometry], 1)
            self._modes[label] = torch.cat([_centers(part) for part in parts], 1)
        return self._modes[label]

    def _nearest_modes(self, code: Tensor, label: Tensor) -> Tensor:
        """(B, W): for each code the mode of its class that is like its shape, and like its colours."""
        rows = []
        for one, its in zip(code, label.tolist(), strict=True):
            split = [self.geometry, len(one) - self.geometry]
            parts = zip(self.modes(its).split(split, 1), one.split(split), strict=True)
            rows.append(torch.cat([modes[(modes @ part).argmax()] for modes, part in parts]))
        return torch.stack(rows)


def _centers(codes: Tensor) -> Tensor:
    """(MODES, D) of codes (n, D) on a sphere: spherical k-means from the first ones on."""
    centers = codes[:MODES].clone()
    for _ in range(ROUNDS):
        own = (codes @ centers.T).argmax(1)
        for k in range(MODES):
            if (own == k).any():
                centers[k] = to_sphere(codes[own == k].mean(0, keepdim=True))[0]
    return centers


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

    Fields are filled and folded (B, FOLDED, n, n, n), see `engine.nets.cells.fold`: distance
    (positive inside), colour and proportions, all in [-1, 1].
    """

    def __init__(
        self,
        decoder: PaletteDecoder,
        *,
        classes: int,
        z_dim: int,
        color: int,
        encoder_widths: tuple[int, ...],
        examples: int = 0,
    ) -> None:
        """
        Args:
            encoder_widths: channels of the encoders' stages, n first; the last works at 4³.
            examples: in training, how many `bank` remembers the code of; 0 for a row never seen.
        """
        super().__init__()
        self.geometry = decoder.geometry
        self.mapping = CodeMapping(
            z_dim=z_dim, geometry=self.geometry, color=color, width=256, classes=classes
        )
        self.decoder = decoder
        self.shape_encoder = FieldEncoder(
            channels=SUB + PROPORTIONS, widths=encoder_widths, dim=self.geometry
        )
        self.color_encoder = FieldEncoder(
            channels=SUB * CHANNELS, widths=tuple(w // 2 for w in encoder_widths), dim=color
        )
        if examples:
            self.register_buffer("bank", torch.zeros(examples, self.geometry + color))

    def forward(self, z: Tensor, label: Tensor, truncation: float = 1.0) -> Tensor:
        return self.decode(self.mapping(z, label, truncation))

    def decode(self, code: Tensor) -> Tensor:
        """Codes (B, geometry + color) → fields."""
        # A batch of one goes through PyTorch's slow convolutions on one thread: two are faster.
        pair = code.expand(2, *code.shape[1:]) if len(code) == 1 else code
        field: Tensor = self.decoder(pair)[: len(code)]
        return field

    def on_spheres(self, code: Tensor) -> Tensor:
        """The nearest proper codes of any (B, geometry + color)."""
        return to_spheres(self.geometry, code)

    def encode(self, field: Tensor) -> Tensor:
        """Fields → codes, shape first."""
        form = torch.cat(
            [
                voxels(field, CHANNELS)[..., 0],
                field.permute(0, 2, 3, 4, 1)[..., SUB * CHANNELS :],
            ],
            -1,
        )
        return torch.cat([self.shape_encoder(cells(form)), self.color_encoder(shell(field))], 1)
