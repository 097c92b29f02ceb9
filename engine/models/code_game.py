"""Models that make pictures by way of codes: `paintings` and `materials` are two settings of one game.

A code stands for a square of pixels (see `engine.nets.code_generator`). A game at a quarter of the
size takes a quarter of the time, which is what a CPU needs.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence
from pathlib import Path
from typing import Any, ClassVar, Self

import numpy as np
import torch
from pydantic import BaseModel, ConfigDict, Field, model_validator
from torch import Tensor, nn
from torch.nn.functional import interpolate

from engine.data.picture_dataset import (
    Picture,
    PictureDataset,
    classes_of,
    read_pictures,
    to_pixels,
    to_unit,
)
from engine.data.shape_classes import ShapeClass
from engine.errors import BadDataset
from engine.gan.rng import Streams
from engine.gan.task import Batch, Nets
from engine.models.base import Model
from engine.nets.code_generator import CodeGenerator, PatchCode, PictureGenerator
from engine.nets.image_critic import ImageCritic
from engine.nets.image_generator import ImageGenerator

SMALL = 32
"""Edge in pixels of the pictures that novelty compares."""


class CodeGameConfig(BaseModel):
    """Nets and data of a game on codes."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    size: int = Field(64, ge=32, description="Edge of the pictures in pixels.")
    validation: float = Field(0.1, ge=0, le=0.5, description="Share of families set aside.")
    least: int = Field(12, ge=1, description="Examples that make a class of its own.")
    classes: tuple[ShapeClass, ...] = Field((), description="Filled from the data.")
    views: int = Field(8, ge=1, description="Crops and mirrorings of an example that are learned.")
    z_dim: int = Field(64, ge=2, description="Latent size, without the noise maps.")
    w_dim: int = Field(128, ge=2, description="Style size.")
    widths: tuple[int, ...] = Field((128, 128), description="Channels of each stage, 4² first.")
    depth: int = Field(1, ge=0, description="Residual convolutions in each stage.")
    maps: tuple[int, ...] = Field((), description="Noise maps of each stage.")
    attention: tuple[int, ...] = Field((), description="Edges of feature maps with attention.")
    critic: tuple[int, ...] = Field((128, 128), description="Channels of the critic, 4² first.")
    spread: int = Field(4, ge=0, description="Samples whose spread the critic sees; 0: none.")
    code: int = Field(12, ge=1, description="Numbers in a code.")
    patch: int = Field(4, ge=1, description="Edge in pixels of the square that a code stands for.")

    @model_validator(mode="after")
    def _stages_end_at_the_size(self) -> Self:
        end = 4 * 2 ** len(self.widths) * self.patch
        if self.size != end:
            raise ValueError(f"{len(self.widths)} widths end at {end} pixels, not at {self.size}")
        return self


class CodeGame(Model):
    """A style-modulated game on the codes of pictures (after Rombach et al. 2022, Huang et al. 2024).

    The critic sees codes; what is sampled, shown and measured are pictures (B, 3, size, size).
    """

    Config: ClassVar[type[BaseModel]] = CodeGameConfig
    torus: ClassVar[bool] = False
    class_tables = frozenset({"game.mapping.embed.weight", "game.mapping.w_mean", "embed.weight"})
    from_data = frozenset({"code.mean", "code.basis", "code.scale"})
    config: CodeGameConfig
    dataset: PictureDataset

    def load(self, folder: Path, streams: Streams) -> None:
        c = self.config
        self.dataset = read_pictures(folder, smallest=48, validation=c.validation)
        train = self.usable(self.dataset.of("train"))
        classes, labels = classes_of(train, c.least)
        kept = [i for i, label in enumerate(labels) if classes[label].examples >= c.least]
        if not kept:
            raise BadDataset(f"no class of {folder} has {c.least} examples", least=c.least)
        order = sorted({labels[i] for i in kept})
        found = tuple(classes[label] for label in order)
        self.config = c.model_copy(update={"classes": c.classes or found})
        self._train = [train[i] for i in kept]
        own = [order.index(labels[i]) for i in kept]
        weights = [found[label].examples ** -0.5 for label in own]
        self.prepare(own)
        self._code = PatchCode(c.code, c.patch).fit(self.views_of(self._train))
        self._codes, self._labels = self._encoded(own, streams)
        self._weights = torch.tensor(weights).repeat(c.views)

    def build(self) -> Nets:
        c = self.config
        game = ImageGenerator(
            widths=c.widths,
            channels=c.code,
            depth=c.depth,
            z_dim=c.z_dim,
            w_dim=c.w_dim,
            classes=len(c.classes),
            circular=self.torus,
            maps=c.maps,
            learned_start=not self.torus,
            attention=c.attention,
        )
        return Nets(CodeGenerator(game, self.code()), self.critic())

    def code(self) -> PatchCode:
        """What codes stand for, as it was fitted to the data."""
        code = PatchCode(self.config.code, self.config.patch)
        if hasattr(self, "_code"):
            code.load_state_dict(self._code.state_dict())
        return code

    def critic(self) -> ImageCritic:
        """A new critic of codes."""
        c = self.config
        return ImageCritic(
            widths=c.critic,
            channels=c.code,
            depth=c.depth,
            classes=len(c.classes),
            patches=4 * 2 ** (len(c.critic) - 1),
            spread=c.spread,
            attention=c.attention,
        )

    def prepare(self, own: list[int]) -> None:
        """What else is to be taken from the training pictures, whose labels are `own`."""

    @abstractmethod
    def usable(self, pictures: Sequence[Picture]) -> list[Picture]:
        """Those of a data set that this game can be played with."""

    @abstractmethod
    def view(self, picture: Picture, rng: np.random.Generator | None) -> np.ndarray:
        """(size, size, 3) uint8: a look at a picture as the game is to make them; None: the plain one."""

    def batch(self, size: int, step: int, streams: Streams) -> Batch:
        rng = streams.torch("batch", step)
        index = torch.multinomial(self._weights, size, replacement=True, generator=rng)
        z = torch.randn(size, self._latent_size(), generator=rng)
        return Batch(self._codes[index].float(), z, self._labels[index])

    def fake(self, generator: nn.Module, batch: Batch) -> Tensor:
        fake: Tensor = generator(batch.z, batch.label)
        return fake

    def judge(self, critic: nn.Module, x: Tensor, label: Tensor | None) -> list[Tensor]:
        heads: list[Tensor] = critic(x, label)
        return heads

    def latents(self, seeds: list[int]) -> Tensor:
        size = self._latent_size()
        rows = [torch.randn(size, generator=torch.Generator().manual_seed(s)) for s in seeds]
        return torch.stack(rows)

    def classes(self) -> tuple[ShapeClass, ...]:
        return self.config.classes

    def manifest(self) -> dict[str, Any]:
        classes = [entry.model_dump() for entry in self.config.classes]
        return {"classes": classes, **self.dataset.manifest()}

    def examples(self) -> tuple[list[str], Tensor]:
        return [p.name for p in self._train], self._seen(self._train)

    def held_out(self, size: int) -> Tensor | None:
        """Pictures as novelty compares them, not codes."""
        unseen = self.usable(self.dataset.of("validation"))[:size]
        return self._seen(unseen) if unseen else None

    def seen(self, pictures: Tensor) -> Tensor:
        """(B, 3, S, S) pictures → (B, C, ...) in which two that look alike are near each other."""
        return interpolate(pictures.float(), (SMALL, SMALL), mode="area")

    def synthesise(
        self,
        generator: nn.Module,
        z: Tensor,
        truncation: float = 1.0,
        label: Tensor | None = None,
    ) -> Tensor:
        assert isinstance(generator, PictureGenerator)
        return generator.pictures(z, label, truncation)

    def decode(self, sample: np.ndarray) -> np.ndarray:
        """(size, size, 3) uint8 of a sample (3, size, size)."""
        return to_pixels(sample)

    def picture(self, generator: nn.Module) -> np.ndarray:
        """Seeds 0-63 of the classes in turn."""
        count = len(self.config.classes)
        z = self.latents(list(range(64))).to(next(generator.parameters()).device)
        label = (torch.arange(64) % count).to(z.device)
        with torch.no_grad():
            made = to_pixels(self.synthesise(generator, z, label=label).float().cpu().numpy())
        return np.concatenate([np.concatenate(list(made[i : i + 8]), 1) for i in range(0, 64, 8)])

    def all_pictures(self, folder: Path) -> list[Picture]:
        """Every usable picture of a data folder, whatever its split."""
        found = read_pictures(folder, smallest=48, validation=self.config.validation)
        return self.usable(found.pictures)

    def views_of(self, pictures: Sequence[Picture]) -> Tensor:
        """(N, 3, size, size) plain looks in [-1, 1]."""
        size = self.config.size
        if not pictures:
            return torch.empty(0, 3, size, size)
        return torch.from_numpy(to_unit(np.stack([self.view(p, None) for p in pictures])))

    def _seen(self, pictures: Sequence[Picture]) -> Tensor:
        parts = [
            self.seen(self.views_of(pictures[first : first + 64]))
            for first in range(0, len(pictures), 64)
        ]
        return torch.cat(parts)

    def _latent_size(self) -> int:
        c = self.config
        return c.z_dim + sum(k * (4 * 2**i) ** 2 for i, k in enumerate(c.maps))

    def _encoded(self, labels: list[int], streams: Streams) -> tuple[Tensor, Tensor]:
        """Codes (views x n, code, h, h) float16 of all examples, and their labels."""
        c = self.config
        edge = c.size // c.patch
        codes = torch.empty(c.views * len(labels), c.code, edge, edge, dtype=torch.float16)
        for view in range(c.views):
            for first in range(0, len(labels), 64):
                part = self._train[first : first + 64]
                rng = streams.numpy("view", view * len(labels) + first)
                looks = np.stack([self.view(p, rng if view else None) for p in part])
                made = self._code.encode(torch.from_numpy(to_unit(looks))).clamp(-1, 1)
                begin = view * len(labels) + first
                codes[begin : begin + len(part)] = made.half()
        return codes, torch.tensor(labels).repeat(c.views)
