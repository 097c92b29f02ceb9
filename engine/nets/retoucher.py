"""What a game adds to a composition: a U-Net on codes with a style (Ronneberger et al. 2015)."""

from __future__ import annotations

from torch import Tensor, nn

from engine.nets.pixels import Conv3, DownConv, UpConv3, fold_pixels
from engine.nets.style import Film, Mapping, activate


class Retoucher(nn.Module):
    """Codes (B, C, 2 H, 2 W), latents (B, Z) and labels (B,) → changes of the codes within ± `reach`.

    Nothing at first, so that a game begins with what it is given.

    Args:
        channels: numbers in a code. widths: channels of each stage, coarsest first.
        depth: residual convolutions of each stage, on the way down and on the way up.
    """

    def __init__(
        self,
        *,
        channels: int,
        widths: tuple[int, ...],
        depth: int,
        z_dim: int,
        w_dim: int,
        classes: int,
        reach: float,
    ) -> None:
        super().__init__()
        fine = tuple(reversed(widths))
        self.reach = reach
        self.mapping = Mapping(z_dim, w_dim, classes)
        self.enter = Conv3(4 * channels, fine[0])
        self.downs = nn.ModuleList([DownConv(a, b) for a, b in zip(fine, fine[1:], strict=False)])
        self.ups = nn.ModuleList([UpConv3(b, a) for a, b in zip(fine, fine[1:], strict=False)])
        self.before, self.after = (
            nn.ModuleList(
                [nn.ModuleList([_Residual(w, w_dim) for _ in range(depth)]) for w in fine]
            )
            for _ in range(2)
        )
        # Not unfolded as it was folded: what is added would be told apart by its places.
        self.leave = UpConv3(fine[0], channels)
        nn.init.zeros_(self.leave.weight)

    def forward(self, codes: Tensor, z: Tensor, label: Tensor, truncation: float = 1.0) -> Tensor:
        w = self.mapping(z, label, truncation)
        x = activate(self.enter(fold_pixels(codes)))
        kept: list[Tensor] = []
        for index, stage in enumerate(self.before):
            if index:
                x = activate(self.downs[index - 1](x))
            for layer in stage:  # type: ignore[attr-defined]
                x = layer(x, w)
            kept.append(x)
        for index in reversed(range(len(kept))):
            if index < len(kept) - 1:
                x = (activate(self.ups[index](x)) + kept[index]) * 0.5**0.5
            for layer in self.after[index]:  # type: ignore[attr-defined]
                x = layer(x, w)
        return self.reach * self.leave(x).float().tanh()


class _Residual(nn.Module):
    def __init__(self, width: int, w_dim: int) -> None:
        super().__init__()
        self.conv, self.film = Conv3(width, width), Film(w_dim, width)

    def forward(self, x: Tensor, w: Tensor) -> Tensor:
        return (x + activate(self.film(self.conv(x), w))) * 0.5**0.5
