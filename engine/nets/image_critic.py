"""Critic of images: the style generator's plan run backwards, with a head for the whole and one for patches."""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn

from engine.nets.attention import SelfAttention
from engine.nets.image_generator import START
from engine.nets.pixels import Conv3, DownConv, fold_pixels
from engine.nets.style import activate, scaled_init


def batch_spread(x: Tensor, group: int) -> Tensor:
    """Append to (B, C, H, W) a channel with the mean standard deviation within groups of neighbours.

    Neighbours in the batch, so that no group mixes real and generated samples (Karras et al. 2018).
    """
    size = math.gcd(group, len(x))
    spread = x.float().unflatten(0, (-1, size)).var(1, correction=0).add(1e-8).sqrt()
    spread = spread.flatten(1).mean(1).repeat_interleave(size)
    return torch.cat([x, spread.to(x.dtype)[:, None, None, None].expand(-1, 1, *x.shape[2:])], 1)


class ImageCritic(nn.Module):
    """Logits (B,) of an image (B, C, R, R): the whole with its class, and the mean over patches.

    Args:
        widths: channels of each stage, 4² first, as the generator's; R = 8 * 2 ** (len(widths) - 1).
        depth: residual convolutions in each stage.
        classes: the whole's logit is projected on its class (Miyato & Koyama 2018).
        patches: edge of the feature map that the patch head reads; 0 for no such head.
        spread: samples in a group for `batch_spread`; 0 for none.
        attention: edges of the feature maps that get self-attention.
        styles: styles that it learns to name, for the Creative Adversarial Network.
    """

    def __init__(
        self,
        *,
        widths: tuple[int, ...],
        channels: int = 3,
        depth: int = 1,
        classes: int = 0,
        patches: int = 8,
        spread: int = 0,
        attention: tuple[int, ...] = (),
        styles: int = 0,
    ) -> None:
        super().__init__()
        fine_first = tuple(reversed(widths))
        self.edges = tuple(START * 2**i for i in reversed(range(len(widths))))
        self.enter = Conv3(4 * channels, fine_first[0])
        pairs = zip(fine_first, fine_first[1:], strict=False)
        self.downs = nn.ModuleList([DownConv(a, b) for a, b in pairs])
        self.convs = nn.ModuleList(
            [nn.ModuleList([Conv3(w, w) for _ in range(depth)]) for w in fine_first]
        )
        self.attention = nn.ModuleDict(
            {
                str(edge): SelfAttention(width)
                for edge, width in zip(self.edges, fine_first, strict=True)
                if edge in attention
            }
        )
        if patches and patches not in self.edges:
            raise ValueError(f"there is no feature map of edge {patches} for the patch head")
        self.patches, self.spread = patches, spread
        self.patch = None
        if patches:
            width = fine_first[self.edges.index(patches)]
            self.patch = Conv3(width, 1, gain=1.0)
        width = fine_first[-1]
        inputs = (width + (1 if spread else 0)) * START**2
        self.flat = nn.Linear(inputs, width)
        scaled_init(self.flat.weight, inputs)
        nn.init.zeros_(self.flat.bias)
        self.whole = nn.Linear(width, 1)
        self.embed = nn.Embedding(classes, width) if classes else None
        self.style = nn.Linear(width, styles) if styles else None

    def forward(self, x: Tensor, label: Tensor | None = None) -> list[Tensor]:
        features = self.features(x)
        flat = self._flat(features[-1])
        whole = self.whole(flat).squeeze(1)
        if self.embed is not None:
            assert label is not None
            whole = whole + (flat * self.embed(label)).sum(1) / flat.shape[1] ** 0.5
        if self.patch is None:
            return [whole]
        seen = features[self.edges.index(self.patches)]
        return [whole, self.patch(seen).flatten(1).mean(1)]

    def name_styles(self, x: Tensor) -> Tensor:
        """(B, styles) logits of which style a picture is in; for critics that were given `styles`."""
        assert self.style is not None
        names: Tensor = self.style(self._flat(self.features(x)[-1]))
        return names

    def _flat(self, last: Tensor) -> Tensor:
        if self.spread:
            last = batch_spread(last, self.spread)
        return activate(self.flat(last.flatten(1)))

    def features(self, x: Tensor) -> list[Tensor]:
        """Feature maps of all stages, finest first."""
        x = activate(self.enter(fold_pixels(x)))
        found: list[Tensor] = []
        for index in range(len(self.edges)):
            if index:
                x = activate(self.downs[index - 1](x))
            x = self._stage(index, x)
            found.append(x)
        return found

    def _stage(self, index: int, x: Tensor) -> Tensor:
        """What a stage does at its size; the finest is 0."""
        for conv in self.convs[index]:  # type: ignore[attr-defined]
            x = (x + activate(conv(x))) * 0.5**0.5
        edge = str(self.edges[index])
        return self.attention[edge](x) if edge in self.attention else x
