"""A model whose shapes are known in closed form: balls and boxes, coloured by their latent."""

from __future__ import annotations

from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import torch
from pydantic import BaseModel
from torch import Tensor, nn

from engine.data.shape_classes import ShapeClass
from engine.gan.rng import Streams
from engine.gan.task import Batch, Nets
from engine.models.base import Model
from engine.models.registry import register
from engine.zoo.card import Card, Source
from engine.zoo.novelty import fingerprint
from engine.zoo.registry import Loaded
from tests.engine.shape.fields import ball, box, field_of, noise

CLASSES = (
    ShapeClass(name="ball", category="round", examples=36, unit=0.02),
    ShapeClass(name="disc", category="round", examples=4, unit=0.05),
    ShapeClass(name="box", category="square", examples=16, unit=0.1),
    ShapeClass(name="box", category="toy", examples=9, unit=0.01),
    ShapeClass(name="hole", category="nothing", examples=25, unit=1.0),
    ShapeClass(name="shy", category="timid", examples=25, unit=1.0),
    ShapeClass(name="sponge", category="rough", examples=1, unit=0.02),
)
HEIGHTS = {"ball": 16.0, "disc": 6.0, "box": 20.0}
"""Voxels from the lowest to the highest point."""


class BallConfig(BaseModel):
    z_dim: int = 4
    classes: tuple[ShapeClass, ...] = CLASSES


@register("balls")
class Balls(Model):
    """Class `hole` is always empty; `shy` is empty where the latent's first number is negative."""

    Config: ClassVar[type[BallConfig]] = BallConfig
    makes = "shapes"

    def classes(self) -> tuple[ShapeClass, ...]:
        return CLASSES

    def synthesise(
        self,
        generator: nn.Module,
        z: Tensor,
        truncation: float = 1.0,
        label: Tensor | None = None,
    ) -> Tensor:
        assert label is not None
        return torch.stack(
            [_field(row * truncation, int(k)) for row, k in zip(z, label, strict=True)]
        )

    def decode(self, sample: np.ndarray) -> np.ndarray:
        return sample

    def build(self) -> Nets:
        return Nets(nn.Identity(), nn.Identity())

    def load(self, folder: Path, streams: Streams) -> None: ...
    def batch(self, size: int, step: int, streams: Streams) -> Batch: ...  # type: ignore[empty-body]
    def fake(self, generator: nn.Module, batch: Batch) -> Tensor: ...  # type: ignore[empty-body]
    def judge(self, critic: nn.Module, x: Tensor, label: Tensor | None) -> list[Tensor]: ...  # type: ignore[empty-body]
    def manifest(self) -> dict[str, Any]: ...  # type: ignore[empty-body]
    def examples(self) -> tuple[list[str], Tensor]: ...  # type: ignore[empty-body]


def _field(z: Tensor, label: int) -> Tensor:
    name = CLASSES[label].name
    if name == "hole" or (name == "shy" and z[0] < 0):
        return torch.from_numpy(field_of(ball(-5)))
    body = {
        "ball": ball(8),
        "shy": ball(8),
        "disc": box(10, 10, 3),
        "box": box(5, 6, 10),
        "sponge": noise(11),
    }[name]
    shade = (torch.sigmoid(z[1:4]) * 255).numpy().astype(np.uint8)
    colors = np.broadcast_to(shade[:, None, None, None], (3, *body.shape))
    return torch.from_numpy(field_of(body, colors))


def balls() -> Loaded:
    """The model as the zoo would load it, with one training example: a grey ball."""
    example = torch.from_numpy(field_of(ball(8)))
    about = Card(
        name="balls",
        title="Balls",
        summary="For tests.",
        model="balls",
        makes="shapes",
        net=BallConfig().model_dump(mode="json"),
        rig=False,
        weights="none",
        sha256="00" * 32,
        bytes=0,
        licence="CC0-1.0",
        attribution="none needed",
        sources=(Source(name="n", author="a", licence="CC0-1.0", attribution="none needed"),),
        engine="0.1.0",
        examples=("grey ball",),
    )
    return Loaded(about, Balls({}), nn.Identity(), fingerprint(example[None]), 1.0)
