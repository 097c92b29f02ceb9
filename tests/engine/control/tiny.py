"""Small models of textured shapes: one whose shapes are ellipsoids, one untrained as it is built."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from engine.control.codes import Space
from engine.data.shape_classes import ShapeClass
from engine.models.textured_shapes import TexturedShapes
from engine.nets.cells import CHANNELS, fold, voxels
from engine.nets.field import FieldGenerator
from engine.nets.field_decoder import PaletteDecoder, layer_codes
from engine.zoo.card import Card, Source
from engine.zoo.registry import Loaded

CLASSES = (
    ShapeClass(name="egg", category="round", examples=36, unit=0.02),
    ShapeClass(name="melon", category="round", examples=4, unit=0.05),
    ShapeClass(name="nut", category="hard", examples=16, unit=0.1),
)
NET = {
    "size": 16,
    "z_dim": 8,
    "geometry": 12,
    "color": 6,
    "widths": (12, 8),
    "encoder": (8, 12),
    "coarse": (8, 12),
    "fine": (8, 8),
    "paint": 6,
    "colors": 4,
}
GEOMETRY = 12


class EllipsoidDecoder(PaletteDecoder):
    """An ellipsoid whose half axes follow from the first layer; the second one digs a dent on top."""

    layers = 2

    def __init__(self) -> None:
        super().__init__(geometry=GEOMETRY, color=6, colors=4)
        self.start = nn.Linear(GEOMETRY, 3)
        self.dent = nn.ModuleDict({"affine": nn.Linear(GEOMETRY, 1)})
        line = (torch.arange(16) - 7.5) / 7.5
        self.register_buffer("place", torch.stack(torch.meshgrid(line, line, line, indexing="ij")))

    def volume(self, shape: Tensor, color: Tensor) -> tuple[Tensor, Tensor]:
        first, second = layer_codes(shape, self.layers)
        half = 0.55 + 0.3 * torch.tanh(self.start(first))
        depth = torch.sigmoid(self.dent["affine"](second))
        place = self.get_buffer("place")
        round_ = 1 - (place / half[:, :, None, None, None]).square().sum(1).sqrt()
        top = (place - torch.tensor([0.6, 0.0, 0.0]).view(3, 1, 1, 1)).square().sum(0).sqrt()
        distance = (4 * torch.minimum(round_, top - 0.3 * depth[..., None, None])).clamp(-1, 1)
        sample = torch.zeros(len(shape), 7, 16, 16, 16)
        sample[:, 0] = distance
        parts = voxels(fold(sample), CHANNELS)[..., :1]
        score = torch.zeros(*parts.shape[:-1], self.colors)
        score[:, 4:, ..., 0] = 3.0  # the upper half has one colour, the lower another
        score[:, :4, ..., 1] = 3.0
        return parts, score


def ellipsoids() -> Loaded:
    """A model whose codes mean something, as the zoo would load it."""
    with torch.random.fork_rng():
        torch.manual_seed(3)
        model = _model("folded")
        generator = FieldGenerator(
            EllipsoidDecoder(), classes=len(CLASSES), z_dim=8, color=6, encoder_widths=(8, 12)
        )
    return _loaded(model, generator)


def untrained(decoder: str = "folded") -> Loaded:
    """A model as it is built, its surface moved to where untrained nets have one."""
    with torch.random.fork_rng():
        torch.manual_seed(3)
        model = _model(decoder)
        generator = model.build().generator
    assert isinstance(generator, FieldGenerator)
    return _loaded(model, generator)


def space_of(loaded: Loaded) -> Space:
    assert isinstance(loaded.model, TexturedShapes)
    assert isinstance(loaded.generator, FieldGenerator)
    return Space(loaded.model, loaded.generator)


def _model(decoder: str) -> TexturedShapes:
    classes = [one.model_dump() for one in CLASSES]
    return TexturedShapes({**NET, "decoder": decoder, "classes": classes})


def _loaded(model: TexturedShapes, generator: FieldGenerator) -> Loaded:
    generator.eval().requires_grad_(False)
    labels = torch.arange(len(CLASSES)).repeat(8)
    codes = generator.mapping(model.latents(list(range(len(labels)))), labels)
    generator.mapping.mean.copy_(codes.view(8, len(CLASSES), -1).mean(0))
    card = Card(
        name="tiny",
        title="Tiny",
        summary="For tests.",
        model="textured_shapes",
        makes="shapes",
        net=model.config.model_dump(mode="json"),
        rig=False,
        weights="none",
        sha256="00" * 32,
        bytes=0,
        licence="CC0-1.0",
        attribution="none needed",
        sources=(Source(name="n", author="a", licence="CC0-1.0", attribution="none needed"),),
        engine="0.1.0",
        examples=("one", "two"),
    )
    prints = torch.randn(2, 192, generator=torch.Generator().manual_seed(0))
    return Loaded(card, model, generator, prints, 1.0)
