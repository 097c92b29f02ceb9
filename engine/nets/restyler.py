"""Pictures in another manner: a small convolutional translator with the manner as a condition.

After CycleGAN's residual generator (Zhu et al. 2017) with conditional instance normalisation
(Dumoulin et al. 2017), so that one network knows all manners, that of photographs among them. It adds
to its input instead of repainting it, which keeps tones where they are.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn.functional import instance_norm, pad

from engine.nets.pixels import Conv3, DownConv, UpConv3, fold_pixels, unfold_pixels
from engine.nets.style import activate

AROUND = 24
"""Mirrored pixels around a whole picture."""


class Manner(nn.Module):
    """Instance normalisation whose scale and shift are of a manner (B,) or a mixture (B, M)."""

    def __init__(self, manners: int, width: int) -> None:
        super().__init__()
        self.scale = nn.Parameter(torch.ones(manners, width))
        self.shift = nn.Parameter(torch.zeros(manners, width))

    def forward(self, x: Tensor, mix: Tensor) -> Tensor:
        scale, shift = (
            (mix.to(x.dtype) @ t.to(x.dtype))[..., None, None] for t in (self.scale, self.shift)
        )
        return instance_norm(x) * scale + shift


class Restyler(nn.Module):
    """(B, 3, 4 H, 4 W) in [-1, 1] and a mixture of manners (B, M) → the same size.

    Args:
        widths: channels at a half and a quarter of the size. blocks: residual ones at a quarter.
        touch: how much of what it adds is shown of whole pictures; crops are learned with all of it.
        contents: pictures to start from that travel with the weights, of `content_size` pixels.
    """

    def __init__(
        self,
        *,
        manners: int,
        widths: tuple[int, int] = (32, 64),
        blocks: int = 3,
        touch: float = 1.0,
        contents: int = 0,
        content_size: int = 160,
    ) -> None:
        super().__init__()
        fine, coarse = widths
        self.manners, self.touch = manners, touch
        self.enter, self.enter_manner = Conv3(12, fine), Manner(manners, fine)
        self.down, self.down_manner = DownConv(fine, coarse), Manner(manners, coarse)
        self.convs = nn.ModuleList([Conv3(coarse, coarse) for _ in range(2 * blocks)])
        self.conv_manners = nn.ModuleList([Manner(manners, coarse) for _ in range(2 * blocks)])
        self.up, self.up_manner = UpConv3(coarse, fine), Manner(manners, fine)
        self.leave = Conv3(2 * fine, 12, gain=0.01)
        # Per manner, what is done to all pixels alike: most of a palette, learned in few steps.
        self.palette = nn.Parameter(torch.zeros(manners, 12))
        self.register_buffer("contents", torch.zeros(contents, 3, content_size, content_size))

    contents: Tensor

    def mix(self, label: Tensor) -> Tensor:
        """(B,) labels → (B, M) one manner each."""
        return nn.functional.one_hot(label, self.manners).float()

    def features(self, x: Tensor, mix: Tensor) -> tuple[Tensor, list[Tensor]]:
        """The map at half the size, and those whose patches keep their place: input to the middle."""
        fine = activate(self.enter_manner(self.enter(fold_pixels(x)), mix))
        y = activate(self.down_manner(self.down(fine), mix))
        kept = [fine, y]
        pairs = list(zip(self.convs, self.conv_manners, strict=True))
        for (a, ma), (b, mb) in zip(pairs[::2], pairs[1::2], strict=True):
            y = y + mb(b(activate(ma(a(y), mix))), mix)
        return fine, [*kept, y]

    def forward(self, x: Tensor, to: Tensor, since: Tensor) -> Tensor:
        """Args: x: pictures. to, since: (B, M) mixtures asked for, and that they are in."""
        home = self._toned(x.float(), since, back=True)
        # Whole pictures get surroundings, or the network would paint them a frame.
        around = 0 if self.training else min(AROUND, *(n - 1 for n in x.shape[2:])) // 4 * 4
        fine, kept = self.features(pad(home, [around] * 4, mode="reflect"), to)
        y = activate(self.up_manner(self.up(kept[-1]), to))
        change = unfold_pixels(self.leave(torch.cat([fine, y], 1))).float()
        if not self.training:
            change = self.touch * change
        change = change[..., around : around + x.shape[2], around : around + x.shape[3]]
        return (self._toned(home, to) + change).clamp(-1.1, 1.1)

    @torch.no_grad()
    def fit_palettes(self, colors: list[Tensor], strength: float = 0.8) -> None:
        """Begin with what takes the colours (N, 3) of photographs, the last, to those of each manner.

        The linear map of least effort between two Gaussians (Pitié & Kokaram 2007).
        """
        home = colors[-1].double()
        for index, manner in enumerate(colors[:-1]):
            want = manner.double()
            way = palette_way(home.T, want.T)
            way = torch.eye(3, dtype=way.dtype).lerp(way, strength)
            offset = home.mean(0).lerp(want.mean(0), strength) - way @ home.mean(0)
            self.palette[index] = torch.cat([(way - torch.eye(3)).flatten(), offset]).float()

    def _toned(self, x: Tensor, mix: Tensor, back: bool = False) -> Tensor:
        """What a manner does to all pixels alike, or its inverse."""
        matrix, offset = (mix @ self.palette.float()).split([9, 3], 1)
        way = torch.eye(3, device=x.device) + matrix.view(-1, 3, 3)
        if back:
            return torch.einsum("bij,bjhw->bihw", _inverse(way), x - offset[..., None, None])
        return torch.einsum("bij,bjhw->bihw", way, x) + offset[..., None, None]


def palette_way(home: Tensor, want: Tensor) -> Tensor:
    """(..., 3, 3) linear maps of least effort between colours (..., 3, N) of two pictures.

    Of Gaussians with their covariances (Pitié & Kokaram 2007).
    """
    root, unroot = _roots(_covariance(home))
    inner, _ = _roots(root @ _covariance(want) @ root)
    return unroot @ inner @ unroot


def _covariance(colors: Tensor) -> Tensor:
    centred = colors - colors.mean(-1, keepdim=True)
    return centred @ centred.mT / (colors.shape[-1] - 1)


def _inverse(way: Tensor) -> Tensor:
    """Of (B, 3, 3), held away from what has none."""
    with torch.autocast(way.device.type, enabled=False):
        return torch.linalg.inv(way.float() + 1e-3 * torch.eye(3, device=way.device))


def _roots(cov: Tensor) -> tuple[Tensor, Tensor]:
    """Square roots of covariances (..., 3, 3), and the inverses of the roots."""
    values, vectors = torch.linalg.eigh(cov)
    root = values.clamp(min=1e-6).sqrt()[..., None, :]
    return (vectors * root) @ vectors.mT, (vectors / root) @ vectors.mT


class StyleCritic(nn.Module):
    """(B, 3, N, N) and labels (B,) → logits (B,) of a grid of patches, projected on the manner."""

    def __init__(self, manners: int, widths: tuple[int, ...] = (32, 64, 96), grid: int = 4) -> None:
        super().__init__()
        pairs = zip((12, *widths[:-1]), widths, strict=True)
        self.layers = nn.ModuleList(
            [Conv3(a, b) if i == 0 else DownConv(a, b) for i, (a, b) in enumerate(pairs)]
        )
        self.last = Conv3(widths[-1], widths[-1])
        self.whole = nn.Conv2d(widths[-1], 1, 1)
        self.embed = nn.Embedding(manners, widths[-1])
        self.grid = grid

    def forward(self, x: Tensor, label: Tensor) -> list[Tensor]:
        x = fold_pixels(x)
        for layer in self.layers:
            x = activate(layer(x))
        x = activate(self.last(x))
        told = (x * self.embed(label)[..., None, None]).sum(1, keepdim=True) / x.shape[1] ** 0.5
        logits = nn.functional.adaptive_avg_pool2d(self.whole(x) + told, self.grid)
        return list(logits.flatten(1).unbind(1))
