"""Coder and generator of textured fields: one code for the shape, another for its colours.

Both codes say what is where: each is a grid of 4³ cells, flattened. One vector without places took
70 epochs to learn that a snake is long; a grid knows that after one.

All codes lie on spheres (root mean square 1): what noise and interpolation move them by means the
same everywhere, and no prior has to be fitted to them by a divergence.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from engine.nets.cells import CHANNELS, PROPORTIONS, START, SUB, Tower, cells, shell, voxels
from engine.nets.field_decoder import PaletteDecoder
from engine.nets.folded import conv3
from engine.nets.memory import CodeMemory, to_sphere, to_spheres


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


class FieldGenerator(nn.Module):
    """Memory, decoder and, for the user's own shapes, the encoder: z → code → field → code.

    Fields are filled and folded (B, FOLDED, n, n, n), see `engine.nets.cells.fold`: distance
    (positive inside), colour and proportions, all in [-1, 1].
    """

    def __init__(
        self,
        decoder: PaletteDecoder,
        *,
        examples: Sequence[int],
        z_dim: int,
        color: int,
        encoder_widths: tuple[int, ...],
        sharpness: float = 12.0,
        kinship: float = 20.0,
        dye: float = 0.0,
    ) -> None:
        """
        Args:
            encoder_widths: channels of the encoders' stages, n first; the last works at 4³.
            examples, sharpness, kinship, dye: see `CodeMemory`.
        """
        super().__init__()
        self.geometry = decoder.geometry
        self.mapping = CodeMemory(
            z_dim=z_dim,
            geometry=self.geometry,
            color=color,
            examples=examples,
            sharpness=sharpness,
            kinship=kinship,
            dye=dye,
        )
        self.decoder = decoder
        self.shape_encoder = FieldEncoder(
            channels=SUB + PROPORTIONS, widths=encoder_widths, dim=self.geometry
        )
        self.color_encoder = FieldEncoder(
            channels=SUB * CHANNELS, widths=tuple(w // 2 for w in encoder_widths), dim=color
        )

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
