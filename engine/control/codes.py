"""Codes of textured shapes and the ways between them: arcs, variations, mixtures.

A code is two points on two spheres: one for the shape, one for its colours. Whatever is done here
ends on the spheres again, where the decoder is at home, and does nothing where nothing is asked: a
strength of 0 and both ends of a path give back the very codes that went in.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import torch
from torch import Tensor

from engine.models.latents import slerp
from engine.models.textured_shapes import TexturedShapes
from engine.nets.cells import unfold
from engine.nets.field import FieldGenerator

Part = Literal["colors", "details"]
CROWD = 32
"""Draws of a class that stand for it."""


@dataclass(frozen=True)
class Space:
    """A model of textured shapes and its generator: what turns codes (W,) into shapes."""

    model: TexturedShapes
    generator: FieldGenerator

    def draw(self, seeds: list[int], label: int, truncation: float = 1.0) -> Tensor:
        """(len(seeds), W): what the model draws for seeds of one class, each on its own."""
        with torch.inference_mode():
            labels = torch.full((1,), label)
            codes = [
                self.generator.mapping(self.model.latents([seed]), labels, truncation)
                for seed in seeds
            ]
        return torch.cat(codes).clone()  # the clone may be differentiated

    def sample(self, code: Tensor) -> np.ndarray:
        """(7, N, N, N) float32 of one code (W,) or of its layers (L, W).

        Decoded alone, so that its values depend on nothing but the code and the weights.
        """
        with torch.inference_mode():
            sample: np.ndarray = unfold(self.generator.decode(code[None]))[0].numpy()
        return sample

    def samples(self, codes: Tensor) -> np.ndarray:
        """(B, 7, N, N, N) of many codes (B, W), together: faster, and equal but for rounding."""
        with torch.inference_mode():
            parts = [unfold(self.generator.decode(some)) for some in codes.split(8)]
            samples: np.ndarray = torch.cat(parts).numpy()
        return samples

    def crowd(self, labels: Sequence[int], count: int = CROWD) -> Tensor:
        """(len(labels), count, W): draws of classes, to see what their codes are like."""
        label = torch.tensor(labels).repeat_interleave(count)
        z = self.model.latents(list(range(count))).repeat(len(labels), 1)
        with torch.inference_mode():
            codes: Tensor = self.generator.mapping(z, label)
        return codes.clone().view(len(labels), count, -1)

    def means(self) -> Tensor:
        """(classes, W): the mean code of each class, on the spheres."""
        return self.generator.mapping.means()


def arc(
    generator: FieldGenerator, a: Tensor, b: Tensor, shape: float, color: float | None = None
) -> Tensor:
    """Codes (B, W) on the way from `a` to `b`: great circles on both spheres.

    Args:
        shape, color: how far the shape and the colours have come, 0 to 1. The colours keep step
            with the shape unless said otherwise.
    """
    parts = []
    for part, t in (
        (slice(None, generator.geometry), shape),
        (slice(generator.geometry, None), shape if color is None else color),
    ):
        start, end = a[:, part], b[:, part]
        parts.append(start if t == 0 else end if t == 1 else slerp(start, end, t))
    return torch.cat(parts, 1)


def path(generator: FieldGenerator, stops: list[Tensor], steps: int) -> Tensor:
    """(steps, W) codes at even spacing through all of the `stops` (W,), which are on it if they fit.

    Raises:
        ValueError: fewer than two stops or steps.
    """
    if len(stops) < 2 or steps < 2:
        raise ValueError(f"{len(stops)} stops and {steps} steps make no path")
    codes = []
    for index in range(steps):
        # In whole numbers, so that a stop is met exactly and not nearly.
        leg, rest = divmod(index * (len(stops) - 1), steps - 1)
        ahead = stops[min(leg + 1, len(stops) - 1)]
        codes.append(arc(generator, stops[leg][None], ahead[None], rest / (steps - 1)))
    return torch.cat(codes)


def towards(
    generator: FieldGenerator, code: Tensor, others: Tensor, strength: float, color: float
) -> Tensor:
    """(n, W) variations of a code (W,): it, on the way to each of `others` (n, W).

    A strength of 0 is the code itself, 1 the other one; between them every point is one that the
    model might have drawn, which a step into nowhere is not.
    """
    return arc(generator, code.expand_as(others), others, strength, color)


def mix(
    generator: FieldGenerator, a: Tensor, b: Tensor, take: tuple[Part, ...], coarse: int = 2
) -> Tensor:
    """(L, W) layers: `a` with the colours, the details, or both, of `b` (style mixing).

    Args:
        take: what comes from `b`.
        coarse: layers, the 4³ start among them, that decide the build; those after it the details.
    """
    layers = a.expand(generator.decoder.layers, -1).clone()
    if "details" in take:
        layers[coarse:, : generator.geometry] = b[: generator.geometry]
    if "colors" in take:
        layers[:, generator.geometry :] = b[generator.geometry :]
    return layers


def nearest_class(space: Space, code: Tensor) -> int:
    """The class whose draws have shapes most like that of a code (W,): by the four nearest of each.

    Not by the class mean: what is mean in all ways is like nothing in particular.
    """
    shape = slice(None, space.generator.geometry)
    every = range(space.generator.mapping.classes)
    alike = space.crowd(every)[..., shape] @ code[shape]
    return int(alike.topk(4, 1).values.mean(1).argmax())
