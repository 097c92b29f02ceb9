"""The family tree of image GANs as configurations of one model: `family` and a few switches.

Plain networks (fully connected, DCGAN), style networks and networks that grow; with classes or
without, with attention, two critics, an encoder (VAE, VAE-GAN) or style ambiguity (CAN). Losses,
penalties and phases are the trainer's; see the recipes that extend `dcgan` and `stylegan`.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, ClassVar, Literal, Self

import numpy as np
import torch
from pydantic import BaseModel, ConfigDict, Field, model_validator
from torch import Tensor, nn

from engine.data.picture_dataset import (
    PictureDataset,
    classes_of,
    read_pictures,
    square,
    to_pixels,
)
from engine.data.shape_classes import ShapeClass
from engine.gan.losses import style_ambiguity
from engine.gan.monitors import Finding, watch_data
from engine.gan.rng import Streams
from engine.gan.task import Batch, Nets
from engine.models.base import Model
from engine.models.latents import seeded_latents
from engine.models.registry import register
from engine.nets.dc import DCCritic, DCGenerator
from engine.nets.image_critic import ImageCritic
from engine.nets.image_generator import ImageGenerator
from engine.nets.mlp import mlp
from engine.nets.normalise import spectrally_normalised
from engine.nets.plain_images import (
    AutoEncoder,
    MlpImages,
    MlpJudge,
    PlainCritic,
    PlainGenerator,
    TwoCritics,
)
from engine.nets.progressive import ProgressiveCritic, ProgressiveGenerator

ENOUGH = 300
"""Pictures below which a GAN trained from nothing mostly copies."""

Family = Literal["mlp", "dc", "style", "progressive"]


class ImageGanConfig(BaseModel):
    """Nets and data of `image_gan`."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    family: Family = Field("dc", description="Fully connected, DCGAN, style-modulated, or growing.")
    size: int = Field(64, ge=8, le=256, description="Pixels along a side.")
    channels: Literal[1, 3] = Field(3, description="1: greyscale.")
    widths: tuple[int, ...] = Field(
        (512, 256, 128, 64), description="Channels of each stage, 4² first; of each hidden layer."
    )
    depth: int = Field(1, ge=0, description="Style: residual convolutions in each stage.")
    z_dim: int = Field(100, ge=2, description="Latent size.")
    w_dim: int = Field(128, ge=2, description="Style size.")
    norm: Literal["batch", "none"] = Field("batch", description="DCGAN: of the generator.")
    critic_norm: Literal["batch", "none"] = Field("batch", description="DCGAN: of the critic.")
    dropout: float = Field(0.0, ge=0, lt=1, description="Plain critics: share of values dropped.")
    conditional: bool = Field(False, description="Tell both players the class of a picture.")
    least: int = Field(8, ge=1, description="Classes with fewer pictures join their category.")
    attention: tuple[int, ...] = Field(
        (), description="Self-attention: edges of feature maps (style), widths of stages (DCGAN)."
    )
    spectral: bool = Field(False, description="Spectral normalisation of the critic.")
    critics: Literal[1, 2] = Field(1, description="2 for the loss d2gan.")
    patches: int = Field(8, ge=0, description="Style: edge of the map of the patch head; 0: none.")
    spread: int = Field(0, ge=0, description="Style: samples in a group for batch statistics.")
    mixing: float = Field(0.0, ge=0, le=1, description="Share of fakes made of two styles.")
    grow_until: float = Field(
        0.6, gt=0, le=1, description="Progressive: share of the run when the last stage is whole."
    )
    variational: float = Field(
        0.0, ge=0, description="Weight of an encoder's divergence (VAE); 0 for no encoder."
    )
    fidelity: float = Field(1.0, ge=0, description="VAE: weight of what is made again.")
    ambiguity: float = Field(
        0.0, ge=0, description="Style: weight of style ambiguity (CAN); critics then name classes."
    )
    most: int = Field(20_000, ge=8, description="Pictures used at most.")
    validation: float = Field(0.1, ge=0, le=0.5, description="Share of families set aside.")
    classes: tuple[ShapeClass, ...] = Field((), description="Found in the data, in label order.")

    @model_validator(mode="after")
    def _stages_end_at_the_size(self) -> Self:
        stages = len(self.widths)
        end = {"dc": 4 * 2**stages, "style": 4 * 2**stages, "progressive": 4 * 2**stages}
        if self.family in end and end[self.family] != self.size:
            raise ValueError(
                f"{stages} widths end at {end[self.family]} pixels, not at {self.size}"
            )
        if self.ambiguity and (self.conditional or self.family != "style"):
            raise ValueError("ambiguity is for critics of family style that are told no class")
        return self


@register("image_gan")
class ImageGan(Model):
    """Noise in, pictures out: Goodfellow's game with any of its published networks."""

    Config: ClassVar[type[BaseModel]] = ImageGanConfig
    config: ImageGanConfig
    class_tables = frozenset({"mapping.embed.weight", "mapping.w_mean", "embed.weight"})
    makes = "pictures"
    dataset: PictureDataset

    # ---------------------------------------------------------------- data

    def load(self, folder: Path, streams: Streams) -> None:
        self.use(read_pictures(folder, smallest=8, validation=self.config.validation))

    def use(self, dataset: PictureDataset) -> None:
        """Learn from pictures that were read before."""
        c = self.config
        self.dataset = dataset
        used = self.dataset.of("train")[: c.most]
        self._names = [picture.name for picture in used]
        self._pixels = _tensor([square(p.pixels, c.size) for p in used], c.channels)
        unseen = self.dataset.of("validation")[: c.most]
        self._held_out = _tensor([square(p.pixels, c.size) for p in unseen], c.channels)
        classes, labels = classes_of(used, c.least)
        self._labels = torch.tensor(labels)
        if c.conditional or c.ambiguity:
            self.config = c.model_copy(update={"classes": classes})

    def batch(self, size: int, step: int, streams: Streams) -> Batch:
        rng = streams.torch("batch", step)
        index = torch.randint(len(self._pixels), (size,), generator=rng)
        z = torch.randn(size, self.config.z_dim, generator=rng)
        label = self._labels[index] if self.config.classes else None
        return Batch(_unit(self._pixels[index]), z, label)

    def held_out(self, size: int) -> Tensor | None:
        return _unit(self._held_out[:size]) if len(self._held_out) else None

    def manifest(self) -> dict[str, Any]:
        return self.dataset.manifest()

    def examples(self) -> tuple[list[str], Tensor]:
        return self._names, _unit(self._pixels).half()

    def concerns(self) -> list[Finding]:
        sizes = [kind.examples for kind in self.classes()]
        return watch_data(len(self._pixels), sizes, ENOUGH)

    def classes(self) -> tuple[ShapeClass, ...]:
        return self.config.classes if self.config.conditional else ()

    # ---------------------------------------------------------------- nets

    def build(self) -> Nets:
        c = self.config
        classes = len(c.classes) if c.conditional else 0
        generator, critic = self._generator(classes), self._critic(classes)
        if c.critics == 2:
            critic = TwoCritics(critic, self._critic(classes))
        if c.variational:
            generator = AutoEncoder(generator, self._encoder())
        return Nets(generator, spectrally_normalised(critic) if c.spectral else critic)

    def _generator(self, classes: int) -> nn.Module:
        c = self.config
        if c.family in ("style", "progressive"):
            kind = ImageGenerator if c.family == "style" else ProgressiveGenerator
            return kind(
                widths=c.widths,
                channels=c.channels,
                depth=c.depth,
                z_dim=c.z_dim,
                w_dim=c.w_dim,
                classes=classes,
                attention=c.attention,
            )
        embedding = min(classes * 4, 50)
        inputs = c.z_dim + (embedding if classes else 0)
        if c.family == "mlp":
            inner: nn.Module = MlpImages(
                z_dim=inputs, hidden=c.widths, channels=c.channels, size=c.size
            )
        else:
            inner = DCGenerator(
                channels=c.channels,
                widths=c.widths,
                z_dim=inputs,
                norm=c.norm,
                attention=c.attention,
            )
        return PlainGenerator(inner, classes, embedding)

    def _critic(self, classes: int) -> nn.Module:
        c = self.config
        if c.family in ("style", "progressive"):
            kind = ImageCritic if c.family == "style" else ProgressiveCritic
            more = {"patches": c.patches} if c.family == "style" else {}
            return kind(
                widths=c.widths,
                channels=c.channels,
                depth=c.depth,
                classes=classes,
                spread=c.spread,
                attention=c.attention,
                styles=len(c.classes) if c.ambiguity else 0,
                **more,
            )
        channels = c.channels + (1 if classes else 0)
        widths = c.widths[::-1]
        if c.family == "mlp":
            inner: nn.Module = MlpJudge(
                channels=channels, size=c.size, hidden=widths, dropout=c.dropout
            )
        else:
            inner = DCCritic(
                channels=channels,
                widths=widths,
                norm=c.critic_norm,
                dropout=c.dropout,
                attention=c.attention,
            )
        return PlainCritic(inner, classes, c.size)

    def _encoder(self) -> nn.Module:
        c = self.config
        if c.family == "mlp":
            return nn.Sequential(
                nn.Flatten(), mlp(c.channels * c.size**2, c.widths[::-1], 2 * c.z_dim)
            )
        widths = c.widths[::-1]
        return DCCritic(channels=c.channels, widths=widths, norm=c.norm, outputs=2 * c.z_dim)

    # ---------------------------------------------------------------- the game

    def fake(self, generator: nn.Module, batch: Batch) -> Tensor:
        share = self.config.mixing
        if share and isinstance(generator, ImageGenerator):
            return _mixed(generator, batch, share)
        fake: Tensor = generator(batch.z, batch.label if self.config.conditional else None)
        return fake

    def judge(self, critic: nn.Module, x: Tensor, label: Tensor | None) -> list[Tensor]:
        heads: list[Tensor] = critic(x, label if self.config.conditional else None)
        return heads

    def advance(self, player: nn.Module, progress: float) -> None:
        if isinstance(player, ProgressiveGenerator | ProgressiveCritic):
            last = len(self.config.widths) - 1
            player.level.fill_(level_at(progress / self.config.grow_until, last))

    def auxiliary(
        self, generator: nn.Module, batch: Batch, fake: Tensor, rng: torch.Generator
    ) -> dict[str, Tensor]:
        c = self.config
        if not isinstance(generator, AutoEncoder):
            return {}
        mean, log_variance = generator.encode(batch.real)
        noise = torch.randn(mean.shape, generator=rng).to(mean)
        z = mean + noise * (log_variance / 2).exp()
        again = generator(z, batch.label if c.conditional else None).float()
        pixels = batch.real[0].numel()
        # Both terms are those of the evidence bound of a picture, over its number of values.
        divergence = 0.5 * (mean.square() + log_variance.exp() - 1 - log_variance).sum(1).mean()
        return {
            "again": c.fidelity * 0.5 * (again - batch.real).square().mean(),
            "divergence": c.variational * divergence / pixels,
        }

    def lesson(
        self, critic: nn.Module, batch: Batch, fake: Tensor, rng: torch.Generator
    ) -> dict[str, Tensor]:
        if not isinstance(critic, ImageCritic) or not self.config.ambiguity:
            return {}
        assert batch.label is not None
        names = critic.name_styles(batch.real).float()
        return {"styles": nn.functional.cross_entropy(names, batch.label)}

    def advice(
        self, critic: nn.Module, batch: Batch, fake: Tensor, rng: torch.Generator
    ) -> dict[str, Tensor]:
        if not isinstance(critic, ImageCritic) or not self.config.ambiguity:
            return {}
        unsure = style_ambiguity(critic.name_styles(fake))
        return {"ambiguity": self.config.ambiguity * unsure}

    # ---------------------------------------------------------------- samples

    def synthesise(
        self,
        generator: nn.Module,
        z: Tensor,
        truncation: float = 1.0,
        label: Tensor | None = None,
    ) -> Tensor:
        pictures: Tensor = generator(z, label if self.config.conditional else None, truncation)
        return pictures.float()

    def decode(self, sample: np.ndarray) -> np.ndarray:
        """(R, R, 3) uint8."""
        return to_pixels(np.repeat(sample, 3 // sample.shape[0], 0))

    def picture(self, generator: nn.Module) -> np.ndarray:
        """Seeds 0-63, eight a row; classes in turn, a column each."""
        device = next(generator.parameters()).device
        z = seeded_latents(list(range(64)), self.config.z_dim).to(device)
        label = torch.arange(64, device=device) % max(len(self.config.classes), 1)
        with torch.no_grad():
            made = self.synthesise(generator, z, label=label).cpu().numpy()
        tiles = [self.decode(sample) for sample in made]
        return np.concatenate([np.concatenate(tiles[i : i + 8], 1) for i in range(0, 64, 8)])


def level_at(share: float, last: int) -> float:
    """How far the nets have grown at a share of their growth: each stage fades in, then settles.

    In [0, last]; the first stage has half as long, since nothing fades in.
    """
    position = min(max(share, 0.0), 1.0) * (2 * last + 1) - 1  # halves behind the first stage
    stage = int(max(position, 0.0) // 2)
    return min(stage + min(max(position - 2 * stage, 0.0), 1.0), float(last))


def _mixed(generator: ImageGenerator, batch: Batch, share: float) -> Tensor:
    """Fakes of which a share takes the style of later stages from its neighbour (Karras et al. 2019).

    Which, and from what stage on, is read off the latents themselves: nothing else is drawn.
    """
    style, noise = generator.parts(batch.z)
    w = generator.mapping(style, batch.label)
    stages = len(generator.stages)
    chance = torch.special.ndtr(batch.z[:, :2].float())  # uniform
    cut = torch.where(chance[:, 0] < share, 1 + (chance[:, 1] * (stages - 1)).long(), stages)
    late = torch.arange(stages, device=w.device)[None, :, None] >= cut[:, None, None]
    return generator.synthesise(torch.where(late, w.roll(1, 0)[:, None], w[:, None]), noise)


def as_sample(pictures: list[np.ndarray], channels: int) -> Tensor:
    """(N, C, R, R) float32 in [-1, 1] of squares (R, R, 3) uint8."""
    return _unit(_tensor(pictures, channels))


def _tensor(pictures: list[np.ndarray], channels: int) -> Tensor:
    """(N, C, R, R) uint8; greyscale by the weights of luma."""
    if not pictures:
        return torch.empty(0, channels, 1, 1, dtype=torch.uint8)
    stacked = np.stack(pictures)
    if channels == 1:
        luma = stacked.astype(np.float32) @ np.array([0.299, 0.587, 0.114], np.float32)
        stacked = luma.round().astype(np.uint8)[..., None]
    return torch.from_numpy(np.moveaxis(stacked, -1, 1).copy())


def _unit(pixels: Tensor) -> Tensor:
    """uint8 → float32 in [-1, 1]."""
    return pixels.float() / 127.5 - 1
