"""Paintings by genre: the model behind `vernissage generate paintings`."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import ClassVar

import numpy as np
import torch
from pydantic import Field
from torch import Tensor, nn
from torch.nn.functional import l1_loss

from engine.data.picture_dataset import Picture, resized
from engine.gan.rng import Streams
from engine.gan.task import Batch, Nets
from engine.models.code_game import CodeGame, CodeGameConfig
from engine.models.registry import register
from engine.nets.code_generator import PatchCode, PictureGenerator
from engine.nets.picture_memory import PictureMemory
from engine.nets.retoucher import Retoucher

LEAST_CROP = 0.85
"""Smallest share of a painting's edges that a look at it shows."""


class PaintingsConfig(CodeGameConfig):
    """Nets and data of `paintings`."""

    size: int = Field(128, ge=32, description="Edge of the pictures in pixels.")
    widths: tuple[int, ...] = Field((128, 96, 64), description="Channels of each stage, 4² first.")
    critic: tuple[int, ...] = Field((128, 96, 64), description="Channels of the critic, 4² first.")
    least: int = Field(8, ge=1, description="Examples that make a class of its own.")
    remembered: int = Field(0, ge=0, description="Paintings in the memory; filled from the data.")
    compositions: int = Field(
        4096, ge=1, description="Compositions that are made once, for the game to choose from."
    )
    reach: float = Field(0.15, ge=0, description="How far codes may go from a composition's.")
    same: float = Field(2.0, ge=0, description="Weight of leaving true paintings alone.")
    keep: float = Field(1.0, ge=0, description="Weight of leaving compositions alone.")


class PaintingGenerator(PictureGenerator):
    """Latents → codes: a composition of remembered paintings, retouched."""

    def __init__(self, memory: PictureMemory, retouch: Retoucher, code: PatchCode) -> None:
        super().__init__()
        self.memory, self.retouch, self.code = memory, retouch, code

    def composed(self, z: Tensor, label: Tensor) -> Tensor:
        """(B, 3, S, S): what there is to be retouched."""
        pictures: Tensor = self.memory(z[:, : PictureMemory.latents], label, self.code)
        return pictures

    def change(self, codes: Tensor, z: Tensor, label: Tensor, truncation: float = 1.0) -> Tensor:
        """What is added to codes; `z` ends with the latents of its style."""
        style = z[:, PictureMemory.latents : PictureMemory.latents + self.style_size]
        added: Tensor = self.retouch(codes, style, label, truncation)
        return added

    @property
    def style_size(self) -> int:
        embed = self.retouch.mapping.embed
        assert embed is not None
        return embed.embedding_dim

    def forward(self, z: Tensor, label: Tensor, truncation: float = 1.0) -> Tensor:
        """(B, code, H, W) in [-1, 1], what the critic sees.

        Args:
            z: latents; codes of the composition may follow, so that it need not be made again.
        """
        edge = self.memory.codes.shape[-1]
        given = z[:, PictureMemory.latents + self.style_size :]
        if given.shape[1]:
            codes = given.unflatten(1, (-1, edge, edge))
        else:
            codes = self.code.encode(self.composed(z, label)).clamp(-1, 1)
        return (codes + self.change(codes, z, label, truncation)).clamp(-1, 1)

    def pictures(self, z: Tensor, label: Tensor | None, truncation: float = 1.0) -> Tensor:
        """(B, 3, S, S) in [-1, 1]; what codes cannot hold of the composition stays in it."""
        assert label is not None
        pictures = self.composed(z, label)
        codes = self.code.encode(pictures).clamp(-1, 1)
        change = self.change(codes, z, label, truncation).float()
        return (pictures + self.code.decode_change(change)).clamp(-1, 1)


@register("paintings")
class Paintings(CodeGame):
    """Whole paintings, a class for each genre. In the game all are square; their shape is kept beside."""

    Config: ClassVar[type[CodeGameConfig]] = PaintingsConfig
    makes = "pictures"
    class_tables = frozenset(
        {"retouch.mapping.embed.weight", "retouch.mapping.w_mean", "embed.weight"}
    )
    from_data = CodeGame.from_data | {"memory.codes", "memory.owner", "memory.aspect"}
    config: PaintingsConfig

    def usable(self, pictures: Sequence[Picture]) -> list[Picture]:
        """No details: a composition is of whole paintings."""
        return [p for p in pictures if p.whole]

    def view(self, picture: Picture, rng: np.random.Generator | None) -> np.ndarray:
        """All of it as a square; by chance a little less, and mirrored."""
        size, pixels = self.config.size, picture.pixels
        if rng is None:
            return resized(pixels, size, size)
        edges = pixels.shape[:2]
        high, wide = (round(n * rng.uniform(LEAST_CROP, 1.0)) for n in edges)
        top, left = (int(rng.integers(n - k + 1)) for n, k in zip(edges, (high, wide), strict=True))
        cut = resized(pixels[top : top + high, left : left + wide], size, size)
        return np.ascontiguousarray(cut[:, ::-1] if rng.random() < 0.5 else cut)

    def prepare(self, own: list[int]) -> None:
        self._own = torch.tensor(own)
        self.config = self.config.model_copy(update={"remembered": len(own)})

    def load(self, folder: Path, streams: Streams) -> None:
        super().load(folder, streams)
        c = self.config
        memory, code = self._memory(self._code), self._code
        among = torch.nn.functional.one_hot(self._labels, len(c.classes)).T.float()
        self._among = among  # (classes, views): where each class's looks are
        rng = streams.torch("compositions", 0)
        label = self._labels[
            torch.multinomial(self._weights, c.compositions, replacement=True, generator=rng)
        ]
        z = torch.randn(c.compositions, self._latent_size(), generator=rng)
        with torch.no_grad():
            codes = [
                code.encode(memory(a[:, : memory.latents], b, code)).clamp(-1, 1).half()
                for a, b in zip(z.split(32), label.split(32), strict=True)
            ]
        self._pool = (z, label, torch.cat(codes).flatten(1))

    def build(self) -> Nets:
        c = self.config
        code = self.code()
        retouch = Retoucher(
            channels=c.code,
            widths=c.widths,
            depth=c.depth,
            z_dim=c.z_dim,
            w_dim=c.w_dim,
            classes=len(c.classes),
            reach=c.reach,
        )
        return Nets(PaintingGenerator(self._memory(code), retouch, code), self.critic())

    def _memory(self, code: PatchCode) -> PictureMemory:
        """Of the paintings that were read; empty without data."""
        c = self.config
        memory = PictureMemory(c.remembered, c.code, c.size // c.patch)
        if hasattr(self, "_own"):
            shapes = [p.pixels.shape[1] / p.pixels.shape[0] for p in self._train]
            codes = code.encode(self.views_of(self._train)).clamp(-1, 1)
            memory.remember(codes, self._own.float(), torch.tensor(shapes))
        return memory

    def batch(self, size: int, step: int, streams: Streams) -> Batch:
        """Compositions of the pool, and as many looks at paintings of their genres."""
        rng = streams.torch("batch", step)
        z, label, codes = self._pool
        chosen = torch.randint(len(z), (size,), generator=rng)
        label = label[chosen]
        real = torch.multinomial(self._among[label], 1, generator=rng)[:, 0]
        given = torch.cat([z[chosen], codes[chosen].float()], 1)
        return Batch(self._codes[real].float(), given, label)

    def auxiliary(
        self, generator: nn.Module, batch: Batch, fake: Tensor, rng: torch.Generator
    ) -> dict[str, Tensor]:
        assert isinstance(generator, PaintingGenerator)
        assert batch.label is not None
        change = generator.change(batch.real, batch.z, batch.label).float()
        given = batch.z[:, self._latent_size() :].view_as(fake)
        c = self.config
        return {
            "same": c.same * change.abs().mean(),
            "keep": c.keep * l1_loss(fake.float(), given),
        }

    def shape(self, generator: nn.Module, z: Tensor, label: Tensor) -> float:
        """Width by height that suits one sample: those of the painting that leads it."""
        assert isinstance(generator, PaintingGenerator)
        return float(generator.memory.aspect[generator.memory.lead(z, label)])

    def _latent_size(self) -> int:
        return PictureMemory.latents + self.config.z_dim
