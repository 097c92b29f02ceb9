"""Photographs in the manner of painters: the model behind `vernissage restyle`.

CycleGAN (Zhu et al. 2017) and CUT (Park et al. 2020) are two settings of it. One network knows all
manners, that of photographs among them, so that it is its own way back: a cycle goes through it twice.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import ClassVar, Literal

import numpy as np
import torch
from pydantic import BaseModel, ConfigDict, Field
from torch import Tensor, nn
from torch.nn.functional import cross_entropy, l1_loss, normalize

from engine.data.picture_crops import Crops
from engine.data.picture_dataset import Picture, read_pictures, resized, square, to_pixels, to_unit
from engine.data.shape_classes import ShapeClass
from engine.errors import BadDataset
from engine.gan.rng import Streams
from engine.gan.task import Batch, Nets
from engine.models.registry import register
from engine.models.tool import PictureTool
from engine.nets.restyler import Restyler, StyleCritic

TEMPERATURE = 0.07


class RestyleConfig(BaseModel):
    """Nets and data of `restyle`."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    manners: dict[str, str] = Field(
        description="Name of a manner: regular expression over artist, year, title and folder."
    )
    classes: tuple[ShapeClass, ...] = Field((), description="Filled from the data.")
    method: Literal["cycle", "cut"] = Field("cycle", description="CycleGAN's losses, or CUT's.")
    crop: int = Field(64, ge=32, description="Edge of the crops that are learned from, in pixels.")
    validation: float = Field(0.1, ge=0, le=0.5, description="Share of families set aside.")
    widths: tuple[int, int] = Field((40, 80), description="Channels at 1/2 and 1/4 of the size.")
    blocks: int = Field(4, ge=1, description="Residual blocks at a quarter of the size.")
    critic: tuple[int, ...] = Field((48, 96, 128), description="Channels of the critic's stages.")
    back: float = Field(
        0.25, ge=0, le=0.5, description="Share of a batch that goes to photographs."
    )
    cycle: float = Field(1.0, ge=0, description="Weight of coming back (cycle).")
    same: float = Field(0.3, ge=0, description="Weight of leaving alone what is as asked.")
    contrast: float = Field(1.0, ge=0, description="Weight of patches keeping their place (cut).")
    tone: float = Field(1.0, ge=0, description="Weight of light staying light: no negatives.")
    touch: float = Field(
        0.45, ge=0, le=1, description="Share of the network's own touch that whole pictures get."
    )
    contents: int = Field(40, ge=0, description="Photographs that travel with the weights.")
    scenes: tuple[str, ...] = Field(
        ("nature", "urban"), description="Folders of photographs that are worth a painting."
    )
    content_size: int = Field(160, ge=32, description="Their edge in pixels.")


@register("restyle")
class Restyle(PictureTool):
    """One conditional translator and one conditional critic of patches."""

    Config: ClassVar[type[BaseModel]] = RestyleConfig
    makes = "pictures"
    class_tables = frozenset[str]()
    config: RestyleConfig

    def load(self, folder: Path, streams: Streams) -> None:
        """The folder holds `paintings` and `photos`.

        Raises:
            BadDataset: one is missing, or a manner has no picture.
        """
        c = self.config
        for name in ("paintings", "photos"):
            if not (folder / name).is_dir():
                raise BadDataset(f"{folder} has no folder {name}", least=8)
        self.sets = {
            name: read_pictures(folder / name, validation=c.validation)
            for name in ("paintings", "photos")
        }
        self.by_manner = [
            [p for p in self.sets["paintings"].of("train") if manner_of(p, c.manners) == name]
            for name in c.manners
        ]
        for name, pictures in zip(c.manners, self.by_manner, strict=True):
            if not pictures:
                raise BadDataset(f"no picture is in the manner {name}", least=1)
        found = tuple(
            ShapeClass(name=name, category="painting", examples=len(pictures), unit=1)
            for name, pictures in zip(c.manners, self.by_manner, strict=True)
        )
        self.config = c.model_copy(update={"classes": c.classes or found})
        self._photos = Crops([self.sets["photos"].of("train")], c.crop)
        self._paintings = [Crops([pictures], c.crop) for pictures in self.by_manner]
        photos = self.sets["photos"].of("train")
        scenes = [p for p in photos if p.category in c.scenes]
        self._contents = spread_out(scenes or photos, c.contents)

    def build(self) -> Nets:
        c = self.config
        net = Restyler(
            manners=len(c.manners) + 1,
            widths=c.widths,
            blocks=c.blocks,
            touch=c.touch,
            contents=c.contents,
            content_size=c.content_size,
        )
        if hasattr(self, "_contents") and c.contents:
            looks = [square(p.pixels, c.content_size) for p in self._contents]
            looks += looks[-1:] * (c.contents - len(looks))
            net.contents.copy_(torch.from_numpy(to_unit(np.stack(looks))))
            net.fit_palettes(self._colors())
        return Nets(net, StyleCritic(len(c.manners) + 1, c.critic))

    def batch(self, size: int, step: int, streams: Streams) -> Batch:
        """Real: pictures in the manner asked for. The latent: a picture in another, flattened."""
        c, rng = self.config, streams.numpy("batch", step)
        photograph = len(c.manners)
        back = round(size * c.back) if c.method == "cycle" else 0
        label = np.concatenate(
            [rng.integers(photograph, size=size - back), np.full(back, photograph)]
        )
        source = np.concatenate(
            [np.full(size - back, photograph), rng.integers(photograph, size=back)]
        )
        real = [self._of(int(manner), rng) for manner in label]
        given = torch.cat([self._of(int(manner), rng) for manner in source]).flatten(1)
        latent = torch.cat([given, torch.from_numpy(source)[:, None].float()], 1)
        return Batch(torch.cat(real), latent, torch.from_numpy(label.astype(np.int64)))

    def fake(self, generator: nn.Module, batch: Batch) -> Tensor:
        assert isinstance(generator, Restyler)
        assert batch.label is not None
        given, source = self._given(batch)
        made: Tensor = generator(given, generator.mix(batch.label), generator.mix(source))
        return made

    def judge(self, critic: nn.Module, x: Tensor, label: Tensor | None) -> list[Tensor]:
        heads: list[Tensor] = critic(x, label)
        return heads

    def auxiliary(
        self, generator: nn.Module, batch: Batch, fake: Tensor, rng: torch.Generator
    ) -> dict[str, Tensor]:
        assert isinstance(generator, Restyler)
        assert batch.label is not None
        c, label = self.config, batch.label
        given, source = self._given(batch)
        losses = {"tone": c.tone * negative(given, fake)}
        if c.method == "cycle":
            again = generator(fake, generator.mix(source), generator.mix(label))
            losses["cycle"] = c.cycle * l1_loss(again.float(), given)
        else:
            mix = generator.mix(label)
            losses["contrast"] = c.contrast * patch_contrast(generator, given, fake, mix, rng)
        few = slice(None, None, 2)
        own = generator.mix(label[few])
        alike = generator(batch.real[few], own, own)
        losses["same"] = c.same * l1_loss(alike.float(), batch.real[few])
        return losses

    def classes(self) -> tuple[ShapeClass, ...]:
        return self.config.classes

    def examples(self) -> tuple[list[str], Tensor]:
        """The photographs that are restyled when nothing else is given: they are what is copied."""
        return [p.name for p in self._contents], torch.cat([seen(p) for p in self._contents])

    def held_out(self, size: int) -> Tensor | None:
        """Photographs as novelty compares them."""
        unseen = self.sets["photos"].of("validation")
        step = max(1, len(unseen) // size)
        return torch.cat([seen(p) for p in unseen[::step][:size]]) if unseen else None

    def picture(self, generator: nn.Module) -> np.ndarray:
        """Eight photographs never learned from, above what each manner makes of them."""
        assert isinstance(generator, Restyler)
        unseen = self.sets["photos"].of("validation") or self.sets["photos"].of("train")
        looks = [square(p.pixels, 128) for p in unseen[:: max(1, len(unseen) // 8)][:8]]
        x = torch.from_numpy(to_unit(np.stack(looks)))
        rows = [np.concatenate(looks, 1)]
        for label in range(len(self.config.manners)):
            to, since = (
                generator.mix(torch.full((len(x),), m)) for m in (label, len(self.config.manners))
            )
            with torch.no_grad():
                made = generator(x, to, since).clamp(-1, 1).float().numpy()
            rows.append(np.concatenate(list(to_pixels(made)), 1))
        return np.concatenate(rows)

    def _given(self, batch: Batch) -> tuple[Tensor, Tensor]:
        """The pictures to be restyled, and the manner (B,) that they are in."""
        pixels = batch.z[:, :-1].view(-1, 3, self.config.crop, self.config.crop)
        return pixels, batch.z[:, -1].long()

    def _colors(self) -> list[Tensor]:
        """(N, 3) colours of some crops of each manner, photographs last."""
        rng = np.random.default_rng(0)
        crops = (*self._paintings, self._photos)
        return [c.draw(96, rng)[..., ::4, ::4].transpose(0, 1).flatten(1).T for c in crops]

    def _of(self, manner: int, rng: np.random.Generator) -> Tensor:
        crops = self._photos if manner == len(self.config.manners) else self._paintings[manner]
        return crops.draw(1, rng)


def manner_of(picture: Picture, manners: dict[str, str]) -> str | None:
    """The first manner whose expression is found in what is known of the picture."""
    about = f"{picture.about} {picture.category}"
    return next((name for name, known in manners.items() if re.search(known, about)), None)


def seen(picture: Picture) -> Tensor:
    """(1, 3, 32, 32) in [-1, 1]."""
    return torch.from_numpy(to_unit(resized(square(picture.pixels, 64), 32, 32)))[None]


def spread_out(pictures: list[Picture], count: int) -> list[Picture]:
    """So many pictures, as many of each family as of any other, the brightest and darkest left out."""
    usable = [p for p in pictures if 45 < p.pixels.mean() < 190 and p.pixels.std() > 30]
    families: dict[str, list[Picture]] = {}
    for picture in usable or pictures:
        families.setdefault(picture.family, []).append(picture)
    chosen: list[Picture] = []
    turn = 0
    while len(chosen) < min(count, len(usable or pictures)):
        for kin in families.values():
            # Far apart: views of one place that follow each other show much the same.
            order = [kin[i] for i in np.argsort([(i * 7) % 11 for i in range(len(kin))])]
            if turn < len(order) and len(chosen) < count:
                chosen.append(order[turn])
        turn += 1
    return chosen


def negative(given: Tensor, made: Tensor) -> Tensor:
    """How far the light of pictures turns against that of what they were made from.

    0 for a correlation of luminance above 0.6, 1.6 for a negative: the inverted colours that
    translators fall into.
    """
    a, b = (x.float().mean(1).flatten(1) for x in (given, made))
    a, b = (x - x.mean(1, keepdim=True) for x in (a, b))
    together = (a * b).mean(1) / (a.square().mean(1) * b.square().mean(1) + 1e-6).sqrt()
    return (0.6 - together).clamp(min=0).mean()


def patch_contrast(
    net: Restyler, given: Tensor, made: Tensor, mix: Tensor, rng: torch.Generator, count: int = 48
) -> Tensor:
    """PatchNCE (Park et al. 2020): a patch knows its own place in the input among all others."""
    photograph = torch.zeros_like(mix)
    photograph[:, -1] = 1
    losses = []
    with torch.no_grad():
        before = net.features(given, photograph)[1]
    after = net.features(made, photograph)[1]
    for a, b in zip(before, after, strict=True):
        places = torch.randperm(a.shape[2] * a.shape[3], generator=rng)[:count].to(a.device)
        key, query = (normalize(x.float().flatten(2)[..., places], dim=1) for x in (a, b))
        logits = torch.einsum("bcq,bck->bqk", query, key) / TEMPERATURE
        own = torch.arange(len(places), device=a.device).expand(len(a), -1)
        losses.append(cross_entropy(logits.flatten(0, 1), own.flatten()))
    return torch.stack(losses).mean()
