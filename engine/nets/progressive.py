"""Growing by stages (ProGAN, Karras et al. 2018): a new stage fades in over the one before.

`level` says how far: at 2 the first three stages run, at 2.3 the fourth counts for 0.3. It is a
buffer, so that a checkpoint, the average and an exported model know it. At a whole number the stage
that is about to come does not run at all.
"""

from __future__ import annotations

import math
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.functional import avg_pool2d, interpolate

from engine.nets.image_critic import ImageCritic
from engine.nets.image_generator import START, ImageGenerator
from engine.nets.pixels import Conv3, fold_pixels, unfold_pixels
from engine.nets.style import activate, layer_codes


def _twice(x: Tensor) -> Tensor:
    return interpolate(x, scale_factor=2, mode="nearest")


def stage_and_share(level: float) -> tuple[int, float]:
    """The newest stage that runs, and how much it counts, in (0, 1]; all of it for the first."""
    if level <= 0:
        return 0, 1.0
    stage = math.ceil(level)
    return stage, level - (stage - 1)


class ProgressiveGenerator(ImageGenerator):
    """The style generator with a way out at every stage; images always have the full size."""

    level: Tensor

    def __init__(self, *, widths: tuple[int, ...], channels: int = 3, **others: Any) -> None:
        super().__init__(widths=widths, channels=channels, **others)
        # The last way out is the inherited one.
        self.exits = nn.ModuleList([Conv3(w, 4 * channels, gain=0.5) for w in widths[:-1]])
        self.register_buffer("level", torch.tensor(float(len(widths) - 1)))

    def synthesise(self, w: Tensor, noise: list[Tensor] | None = None) -> Tensor:
        return self.at(*stage_and_share(float(self.level)), w, noise)

    def at(self, stage: int, share: float, w: Tensor, noise: list[Tensor] | None = None) -> Tensor:
        """The image where `stage` is the newest and counts for `share` of it."""
        x = self.start.expand(len(w), -1, START, START)
        x = x.contiguous(memory_format=torch.channels_last)
        styles = layer_codes(w, len(self.stages))
        before = x
        for index in range(stage + 1):
            before = x
            maps = noise[index] if noise and self.maps[index] else None
            x = self.stages[index](x, styles[index], maps)
        image = self._leave(stage, x)
        if stage and share < 1:
            image = _twice(self._leave(stage - 1, before)).lerp(image, share)
        for _ in range(len(self.stages) - 1 - stage):
            image = _twice(image)
        return image.tanh()

    def _leave(self, stage: int, x: Tensor) -> Tensor:
        way_out = self.leave if stage == len(self.stages) - 1 else self.exits[stage]
        return unfold_pixels(way_out(x)).float()


class ProgressiveCritic(ImageCritic):
    """The critic with a way in at every stage; it reduces what it is shown to its own size."""

    level: Tensor

    def __init__(self, *, widths: tuple[int, ...], channels: int = 3, **others: Any) -> None:
        super().__init__(widths=widths, channels=channels, patches=0, **others)
        fine_first = tuple(reversed(widths))
        # The first way in is the inherited one.
        self.entries = nn.ModuleList([Conv3(4 * channels, w) for w in fine_first[1:]])
        self.register_buffer("level", torch.tensor(float(len(widths) - 1)))

    def features(self, x: Tensor) -> list[Tensor]:
        return self.at(*stage_and_share(float(self.level)), x)

    def at(self, stage: int, share: float, x: Tensor) -> list[Tensor]:
        """Feature maps where `stage`, counted from the coarsest, is the newest and counts for `share`."""
        newest = len(self.edges) - 1 - stage  # stages are stored finest first
        for _ in range(newest):
            x = avg_pool2d(x, 2)
        features = self._stage(newest, self._enter(newest, x))
        found = [features]
        for index in range(newest + 1, len(self.edges)):
            features = activate(self.downs[index - 1](features))
            if index == newest + 1 and share < 1:
                features = self._enter(index, avg_pool2d(x, 2)).lerp(features, share)
            features = self._stage(index, features)
            found.append(features)
        return found

    def _enter(self, index: int, x: Tensor) -> Tensor:
        way_in = self.enter if index == 0 else self.entries[index - 1]
        return activate(way_in(fold_pixels(x)))
