"""Textured shapes of many classes: the mesh family behind `textured_props` and `sculptures`.

An encoder and a decoder learn the shapes first (pretrain phase), and the codes of the examples are
kept; noise and a class choose among them and mix them; then critics at two scales judge what comes
of that, and the decoder learns to make whole shapes of mixtures too (VAE-GAN without the divergence:
Larsen et al. 2016). The encoder stays: it is what turns a user's own mesh into a code.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import zip_longest
from pathlib import Path
from typing import Annotated, Any, ClassVar, Literal, Self

import numpy as np
import torch
from pydantic import BaseModel, ConfigDict, Field, model_validator
from torch import Tensor, nn

from engine.data.field_augment import cast, vary
from engine.data.field_picture import picture_of_field
from engine.data.mesh_dataset import MeshDataset, MeshExample, read_mesh_dataset
from engine.data.mesh_item import read_field
from engine.data.paint import Paint, without_specks
from engine.data.proportions import BORDER, NARROWEST, fill, filled_place, unfill
from engine.data.shape_classes import ShapeClass, sort_into_classes
from engine.gan.rng import Streams
from engine.gan.task import Batch, Nets
from engine.models.base import Model
from engine.models.code_polish import polish
from engine.models.registry import register
from engine.nets.cells import CHANNELS, fold, proportions_of, unfold, unfold_channels, voxels
from engine.nets.field import FieldGenerator
from engine.nets.field_critic import FieldCritic
from engine.nets.field_decoder import FoldedDecoder, PaletteDecoder
from engine.nets.triplane import TriplaneDecoder, TriplaneTrunk
from engine.request import IsCancelled, OnProgress


class ShapeData(BaseModel):
    """Data of a model of textured shapes, and stages that end at its size, whatever the nets."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    size: int = Field(32, description="Edge of the fields in voxels.")
    validation: float = Field(0.15, ge=0, le=0.5, description="Share of families set aside.")
    least: int = Field(8, ge=1, description="Examples that make a class of its own.")
    classes: tuple[ShapeClass, ...] = Field((), description="Filled from the data.")
    casts: tuple[Annotated[str, Field(pattern="^#[0-9a-f]{6}$")], ...] = Field(
        (),
        description="Materials in which shapes are shown, each in one, instead of their colours.",
    )
    z_dim: int = Field(32, ge=2, multiple_of=2, description="Latent size.")


PUBLIC = 64
"""Edge in voxels of the fields that `decode` gives: twice the nets', for the finest of three axes."""


class TexturedShapesConfig(ShapeData):
    """Nets and data of `textured_props`."""

    geometry: int = Field(
        1024, ge=64, multiple_of=64, description="Code size of the shape: 4³ cells."
    )
    color: int = Field(
        512, ge=64, multiple_of=64, description="Code size of the colours: 4³ cells."
    )
    decoder: Literal["folded", "triplane"] = Field(
        "folded", description="3-D convolutions on folded voxels, or tri-planes."
    )
    encoder: tuple[int, ...] = Field((32, 64, 96), description="Channels of the encoder, 4³ last.")
    widths: tuple[int, ...] = Field((128, 96, 48), description="Channels of each stage, 4³ first.")
    depth: int = Field(1, ge=0, description="Residual convolutions in each stage.")
    paint: int = Field(24, ge=1, description="Channels that the colours are chosen from.")
    colors: int = Field(8, ge=2, le=64, description="Palette entries of a shape.")
    coarse: tuple[int, ...] = Field((32, 64, 128), description="Channels of the coarse critic.")
    fine: tuple[int, ...] = Field((48, 64, 96), description="Channels of the fine critic.")
    polish: int = Field(12, ge=0, description="Steps that better the codes of examples at the end.")
    code_noise: float = Field(0.15, ge=0, description="Noise on codes that the decoder learns.")
    sharpness: float = Field(12.0, gt=0, description="How much of a draw is one example's.")
    kinship: float = Field(20.0, ge=0, description="How alike shapes are that a draw mixes.")
    dye: float = Field(0.0, ge=0, le=1, description="How much of another's colours a draw wears.")
    reconstruction: float = Field(1.0, ge=0, description="Weight of the decoder's own loss.")

    @model_validator(mode="after")
    def _stages_end_at_the_size(self) -> Self:
        end = 4 * 2 ** len(self.widths)
        if self.size != end:
            raise ValueError(f"{len(self.widths)} widths end at {end} voxels, not at {self.size}")
        if not len(self.coarse) == len(self.encoder) == len(self.widths):
            raise ValueError("encoder, coarse critic and generator need the same number of stages")
        return self


@register("textured_shapes")
class TexturedShapes(Model):
    """Class-conditional TSDF + palette colours.

    A sample is (7, N, N, N): the filled field (see `engine.data.proportions`) and, constant, its
    proportions. Batches and critics work on it folded; `decode` gives it its proportions back.
    """

    Config: ClassVar[type[ShapeData]] = TexturedShapesConfig
    makes = "shapes"
    class_tables = frozenset({"embed.weight"})
    config: TexturedShapesConfig
    dataset: MeshDataset

    def load(self, folder: Path, streams: Streams) -> None:
        c = self.config
        self.dataset = read_mesh_dataset(folder, c.validation)
        train = self.dataset.of("train")
        edge = self.dataset.size - 2 * BORDER
        classes, labels, weights = sort_into_classes(train, c.least, edge / (PUBLIC - 2 * BORDER))
        self.config = c.model_copy(update={"classes": c.classes or classes})
        self._samples = self._read(train)
        self._labels = torch.tensor(labels)
        # Where the memory keeps each example: class by class.
        self._rows = self._labels.argsort(stable=True).argsort()
        self._weights = torch.tensor(weights)

    def build(self) -> Nets:
        c = self.config
        sizes = {"geometry": c.geometry, "color": c.color, "colors": c.colors}
        decoder: PaletteDecoder
        if c.decoder == "folded":
            decoder = FoldedDecoder(widths=c.widths, depth=c.depth, paint=c.paint, **sizes)
        else:
            # Planes reach the full resolution; the stages below it take their widths in turn.
            decoder = TriplaneDecoder(widths=(*c.widths, c.paint), hidden=c.paint, **sizes)
        generator = FieldGenerator(
            decoder,
            examples=[one.examples for one in c.classes] or [1],
            z_dim=c.z_dim,
            color=c.color,
            encoder_widths=c.encoder,
            sharpness=c.sharpness,
            kinship=c.kinship,
            dye=c.dye,
        )
        critic = FieldCritic(coarse=c.coarse, fine=c.fine, classes=max(1, len(c.classes)))
        return Nets(generator, critic)

    def _read(self, examples: Sequence[MeshExample]) -> Tensor:
        """(n, 7, N, N, N) float16, one file after the other: the data set's fields are larger."""
        filled = [self.encode(read_field(example.item)).half() for example in examples]
        if not filled:
            return torch.empty(0)
        samples, casts = torch.stack(filled), self._casts()
        return (
            samples
            if casts is None
            else cast(samples, casts[torch.arange(len(samples)) % len(casts)])
        )

    def _casts(self) -> Tensor | None:
        """(M, 3) in [-1, 1]."""
        colors = [list(bytes.fromhex(one[1:])) for one in self.config.casts]
        return torch.tensor(colors) / 127.5 - 1 if colors else None

    def encode(self, field: np.ndarray) -> Tensor:
        """A sample (7, N, N, N) from a field (4, M, M, M) as data sets hold it: what `decode` undoes."""
        filled, proportions = fill(torch.from_numpy(field.astype(np.float32)), self.config.size)
        wide = (2 * proportions - 1).view(3, 1, 1, 1).expand(-1, *filled.shape[1:])
        return torch.cat([filled, wide])

    def batch(self, size: int, step: int, streams: Streams) -> Batch:
        rng = streams.torch("batch", step)
        index = torch.multinomial(self._weights, size, replacement=True, generator=rng)
        z = torch.randn(size, self.config.z_dim, generator=rng)
        real = vary(self._samples[index].float(), rng, self._casts())
        return Batch(fold(real), z, self._labels[index], self._rows[index])

    def fake(self, generator: nn.Module, batch: Batch) -> Tensor:
        fake: Tensor = generator(batch.z, batch.label)
        return fake

    def judge(self, critic: nn.Module, x: Tensor, label: Tensor | None) -> list[Tensor]:
        heads: list[Tensor] = critic(x, label)
        return heads

    def layers(self, net: nn.Module) -> list[list[nn.Module]]:
        """Of the critic both scales at once; of the generator the decoder's, 4³ first."""
        if isinstance(net, FieldCritic):
            scales = ([tower.enter, *tower.downs] for tower in (net.coarse, net.fine))
            return [[m for m in level if m is not None] for level in zip_longest(*scales)]
        assert isinstance(net, FieldGenerator)
        decoder = net.decoder
        trunk = decoder.trunk if isinstance(decoder, TriplaneDecoder) else decoder
        assert isinstance(trunk, FoldedDecoder | TriplaneTrunk)
        return [[trunk.start], *([stage] for stage in trunk.stages)]

    def pretrain(
        self, generator: nn.Module, batch: Batch, rng: torch.Generator
    ) -> dict[str, Tensor]:
        """What is lost between a field, its code, with some noise, and the field of that."""
        assert isinstance(generator, FieldGenerator)
        assert batch.index is not None
        c = self.config
        code = generator.encode(batch.real)
        generator.mapping.remember(batch.index, code.detach())
        noise = torch.randn(code.shape, generator=rng).to(code)
        made = generator.decode(generator.on_spheres(code + c.code_noise * noise))
        shape, color = field_loss(made, batch.real)
        squeeze = (proportions_of(made) - proportions_of(batch.real)).abs().mean()
        return {"shape": c.reconstruction * (shape + squeeze), "color": c.reconstruction * color}

    def auxiliary(
        self, generator: nn.Module, batch: Batch, fake: Tensor, rng: torch.Generator
    ) -> dict[str, Tensor]:
        return self.pretrain(generator, batch, rng)

    def finish(
        self,
        generator: nn.Module,
        *,
        whole: bool = False,
        on_progress: OnProgress | None = None,
        is_cancelled: IsCancelled | None = None,
    ) -> None:
        """Remember every example as it is, by the encoder as it has become, and polish that."""
        assert isinstance(generator, FieldGenerator)
        generator.eval()
        with torch.no_grad():
            for some in torch.arange(len(self._samples)).split(16):
                real = fold(self._samples[some].float()).to(generator.mapping.codes.device)
                rows = self._rows[some].to(real.device)
                generator.mapping.remember(rows, generator.encode(real))
        if whole:
            # Those of one class lie together: a batch of the memory's rows in order.
            polish(
                generator,
                self._samples[self._rows.argsort()],
                field_loss,
                steps=self.config.polish,
                on_progress=on_progress,
                is_cancelled=is_cancelled,
            )

    def classes(self) -> tuple[ShapeClass, ...]:
        return self.config.classes

    def manifest(self) -> dict[str, Any]:
        return {
            "classes": [entry.model_dump() for entry in self.config.classes],
            "train": [example.file for example in self.dataset.of("train")],
            "validation": [example.file for example in self.dataset.of("validation")],
        }

    def examples(self) -> tuple[list[str], Tensor]:
        return [example.file for example in self.dataset.of("train")], self._samples

    def held_out(self, size: int) -> Tensor | None:
        unseen = self.dataset.of("validation")[:size]
        return self._read(unseen).float() if unseen else None

    def comparable(self, fields: Tensor) -> Tensor:
        """Colour fades out where there is no surface: it is not seen there, nor was it learned."""
        distance, color, proportions = fields.float().split([1, 3, 3], 1)
        return torch.cat([distance, color * (1 - distance.abs()).clamp(0, 1), proportions], 1)

    def picture(self, generator: nn.Module) -> np.ndarray:
        """Seeds 0-63 of the classes in turn."""
        z = self.latents(list(range(64))).to(next(generator.parameters()).device)
        label = (torch.arange(64) * max(1, len(self.config.classes) // 64 + 1)) % len(
            self.config.classes
        )
        with torch.no_grad():
            samples = self.synthesise(generator, z, label=label.to(z.device)).float().cpu()
        tiles = [picture_of_field(self.decode(sample.numpy()), 96) for sample in samples]
        return np.concatenate([np.concatenate(tiles[i : i + 8], 1) for i in range(0, 64, 8)])

    def synthesise(
        self,
        generator: nn.Module,
        z: Tensor,
        truncation: float = 1.0,
        label: Tensor | None = None,
    ) -> Tensor:
        assert label is not None
        return unfold(generator(z, label, truncation))

    def decode(self, sample: np.ndarray) -> np.ndarray:
        """(4, PUBLIC, PUBLIC, PUBLIC) float32 in true proportions, from a sample (7, N, N, N).

        Where shapes are cast in one material each, it is that nearest to the mean of its colours.
        """
        whole = torch.from_numpy(np.asarray(sample, np.float32))
        if (casts := self._casts()) is not None:
            color = whole[1:4, whole[0].abs() < 1].mean(1)
            nearest = (casts - color.nan_to_num()).square().sum(1).argmin()
            whole = cast(whole[None], casts[nearest][None])[0]
        sides = _sides(whole[4:].mean((1, 2, 3)))
        field: np.ndarray = unfill(whole[:4], sides, PUBLIC).numpy()
        return field

    def paint(
        self, generator: nn.Module, z: Tensor, truncation: float, label: Tensor
    ) -> Paint | None:
        assert isinstance(generator, FieldGenerator)
        return self.paint_of(generator, generator.mapping(z, label, truncation))

    def paint_of(self, generator: FieldGenerator, code: Tensor) -> Paint | None:
        """The colours of one code (1, W), or of its layers (1, L, W); None for a single material."""
        if self.config.casts:
            return None
        decoder = generator.decoder
        # In a pair, as `FieldGenerator.decode` has it.
        distance, score, palette = decoder.parts(code.expand(2, *code.shape[1:]))
        near = (1 - unfold_channels(distance[:1])[0].abs()).clamp(min=0)
        scores = without_specks(unfold_channels(score[:1])[0].numpy(), near[0].numpy())
        scale, offset = filled_place(_sides(decoder.proportions(code)[0]), scores.shape[1], PUBLIC)
        return Paint(scores, ((palette[0] + 1) / 2).numpy(), scale.numpy(), offset.numpy())


def _sides(proportions: Tensor) -> Tensor:
    """(3,) sides of a box from channels in [-1, 1]; nothing is flatter than a model may mean."""
    return ((proportions + 1) / 2).clamp(min=NARROWEST / 2)


def field_loss(made: Tensor, real: Tensor) -> tuple[Tensor, Tensor]:
    """How far folded fields (B, FOLDED, n, n, n) are from real ones: distance, colour in the shell.

    Voxels at the surface count five times: elsewhere the truncated distance is constant.
    """
    a, b = voxels(made.float(), CHANNELS), voxels(real.float(), CHANNELS)
    near = (1 - b[..., :1].abs()).clamp(0, 1)
    shape = ((a[..., :1] - b[..., :1]).abs() * (0.25 + near.ceil())).mean()
    error = (a[..., 1:] - b[..., 1:]).abs().mean(-1, keepdim=True)
    color = (error * near).sum() / near.sum().clamp(min=1)
    return 4 * shape, color
