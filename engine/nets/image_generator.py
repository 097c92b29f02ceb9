"""Style-modulated generator of images: mapping, FiLM, truncation, mixing; tiles where it is asked to."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from engine.nets.attention import SelfAttention
from engine.nets.pixels import Conv3, UpConv3, unfold_pixels
from engine.nets.style import Film, Mapping, activate, layer_codes, scaled_init

START = 4
"""Edge of the coarsest feature map."""


class Grain(nn.Module):
    """Adds noise maps (B, K, H, W) to features (B, C, H, W), each channel by its own measure.

    Unlike StyleGAN's, the maps are part of the latents: a seed gives the same picture everywhere.
    """

    def __init__(self, maps: int, channels: int, strength: float) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.empty(channels, maps))
        scaled_init(self.weight, maps, strength)

    def forward(self, x: Tensor, noise: Tensor) -> Tensor:
        added = torch.einsum("bkhw,ck->bchw", noise.to(x.dtype), self.weight.to(x.dtype))
        return x + added


class ImageStage(nn.Module):
    """Optional 2x upsampling, then `depth` styled residual convolutions."""

    def __init__(
        self,
        inputs: int,
        outputs: int,
        *,
        w_dim: int,
        depth: int,
        upsample: bool,
        circular: bool,
        maps: int,
        attention: bool,
    ) -> None:
        super().__init__()
        kind = UpConv3 if upsample else Conv3
        self.enter = kind(inputs, outputs, circular=circular)
        self.enter_style = Film(w_dim, outputs)
        # Noise is what a texture is made of at the start, and a detail later on.
        self.grain = Grain(maps, outputs, 0.1 if upsample else 1.0) if maps else None
        self.convs = nn.ModuleList(
            [Conv3(outputs, outputs, circular=circular) for _ in range(depth)]
        )
        self.styles = nn.ModuleList([Film(w_dim, outputs) for _ in range(depth)])
        self.attention = SelfAttention(outputs) if attention else None

    def forward(self, x: Tensor, w: Tensor, noise: Tensor | None) -> Tensor:
        x = self.enter_style(self.enter(x), w)
        if self.grain is not None:
            assert noise is not None
            x = self.grain(x, noise)
        x = activate(x)
        for conv, style in zip(self.convs, self.styles, strict=True):
            x = (x + activate(style(conv(x), w))) * 0.5**0.5
        return x if self.attention is None else self.attention(x)


class ImageGenerator(nn.Module):
    """Latents (B, Z) → image (B, C, R, R) in [-1, 1], R = 8 * 2 ** (len(widths) - 1).

    A latent is a style (`z_dim` numbers) and, behind it, the noise maps of all stages. With
    `circular` and without a learned start the image is a torus that rolls with its maps: tiles
    without a seam, of any size where `synthesise` gets larger maps.

    Args:
        widths: channels of each stage, 4² first.
        depth: residual convolutions in each stage.
        maps: noise maps of each stage; () for none.
        learned_start: begin with a learned 4x4 picture; else with one value a channel, so that all
            form comes from the first stage's maps.
        attention: edges of the feature maps that get self-attention.
    """

    def __init__(
        self,
        *,
        widths: tuple[int, ...],
        channels: int = 3,
        depth: int = 1,
        z_dim: int = 64,
        w_dim: int = 128,
        classes: int = 0,
        circular: bool = False,
        maps: tuple[int, ...] = (),
        learned_start: bool = True,
        attention: tuple[int, ...] = (),
    ) -> None:
        super().__init__()
        maps = maps or (0,) * len(widths)
        if len(maps) != len(widths):
            raise ValueError("`maps` names a number for each stage")
        self.z_dim = z_dim
        self.edges = tuple(START * 2**i for i in range(len(widths)))
        self.maps = maps
        self.mapping = Mapping(z_dim, w_dim, classes)
        edge = START if learned_start else 1
        self.start = nn.Parameter(torch.randn(1, widths[0], edge, edge))
        pairs = zip((widths[0], *widths[:-1]), widths, strict=True)
        self.stages = nn.ModuleList(
            [
                ImageStage(
                    a,
                    b,
                    w_dim=w_dim,
                    depth=depth,
                    upsample=i > 0,
                    circular=circular,
                    maps=maps[i],
                    attention=self.edges[i] in attention,
                )
                for i, (a, b) in enumerate(pairs)
            ]
        )
        self.leave = Conv3(widths[-1], 4 * channels, circular=circular, gain=0.5)

    @property
    def latents(self) -> int:
        """Numbers in a latent: style and noise."""
        return self.z_dim + sum(k * e * e for k, e in zip(self.maps, self.edges, strict=True))

    def forward(self, z: Tensor, label: Tensor | None = None, truncation: float = 1.0) -> Tensor:
        style, noise = self.parts(z)
        return self.synthesise(self.mapping(style, label, truncation), noise)

    def parts(self, z: Tensor) -> tuple[Tensor, list[Tensor]]:
        """Latents (B, `latents`) → styles (B, z_dim) and noise maps (B, K, E, E) for each stage."""
        sizes = [k * e * e for k, e in zip(self.maps, self.edges, strict=True)]
        style, *flat = z.split([self.z_dim, *sizes], 1)
        shapes = zip(flat, self.maps, self.edges, strict=True)
        return style, [part.view(len(z), k, e, e) for part, k, e in shapes]

    def synthesise(self, w: Tensor, noise: list[Tensor] | None = None) -> Tensor:
        """The image of styles w (B, W), or of a style for each stage (B, stages, W).

        Args:
            noise: the stages' maps, as `parts` gives them. Larger ones, each twice the edge of the
                one before, make larger images (`learned_start=False` only).
        """
        rows, columns = START, START
        if noise and noise[0].numel():
            rows, columns = noise[0].shape[2:]
        edge = self.start.shape[2]
        x = self.start.expand(len(w), -1, *((-1, -1) if edge > 1 else (rows, columns)))
        x = x.contiguous(memory_format=torch.channels_last)
        styles = layer_codes(w, len(self.stages))
        for index, (stage, style) in enumerate(zip(self.stages, styles, strict=True)):
            x = stage(x, style, noise[index] if noise and self.maps[index] else None)
        return unfold_pixels(self.leave(x)).tanh()
