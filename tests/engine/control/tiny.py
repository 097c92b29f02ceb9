"""Small models of textured shapes: one that makes eggs, one untrained as it is built."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from engine.control.codes import Space
from engine.data.shape_classes import ShapeClass
from engine.models.textured_shapes import TexturedShapes
from engine.nets.cells import CHANNELS, fold, voxels
from engine.nets.field import FieldGenerator
from engine.nets.field_decoder import PaletteDecoder
from engine.nets.style import layer_codes
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
    "geometry": 64,
    "color": 64,
    "widths": (12, 8),
    "encoder": (8, 12),
    "coarse": (8, 12),
    "fine": (8, 8),
    "paint": 6,
    "colors": 4,
}
GEOMETRY, COLOR = 64, 64


class EggDecoder(PaletteDecoder):
    """A body that fills its cube, between an egg and a brick; the second layer digs a dent on top."""

    layers = 2

    def __init__(self) -> None:
        super().__init__(geometry=GEOMETRY, color=COLOR, colors=4)
        self.start = nn.Linear(GEOMETRY, 1)
        self.dent = nn.ModuleDict({"affine": nn.Linear(GEOMETRY, 1)})
        line = (torch.arange(16) - 7.5) / 6.5  # 1 where a filled box ends
        self.register_buffer("place", torch.stack(torch.meshgrid(line, line, line, indexing="ij")))

    def volume(self, shape: Tensor, color: Tensor) -> tuple[Tensor, Tensor]:
        first, second = layer_codes(shape, self.layers)
        power = (2 + torch.sigmoid(3 * self.start(first)))[:, :, None, None]
        depth = 0.5 * torch.sigmoid(self.dent["affine"](second))[:, :, None, None]
        place = self.get_buffer("place")
        body = 1 - (place.abs()[None] ** power[:, None]).sum(1) ** (1 / power)
        rim = torch.tensor([1.0, 0.0, 0.0]).view(3, 1, 1, 1)
        dent = (place - rim).square().sum(0).sqrt() - depth
        sample = torch.zeros(len(shape), 7, 16, 16, 16)
        sample[:, 0] = (13 * torch.minimum(body, dent)).clamp(-1, 1)
        parts = voxels(fold(sample), CHANNELS)[..., :1]
        score = torch.zeros(*parts.shape[:-1], self.colors)
        score[:, 4:, ..., 0] = 6.0  # the upper half has one colour, the lower another
        score[:, :4, ..., 1] = 6.0
        return parts, score

    def proportions(self, code: Tensor) -> Tensor:
        shape = code[..., : self.geometry]
        first = shape[:, 0] if shape.ndim == 3 else shape
        sides = 0.35 + 0.65 * torch.sigmoid(6 * self.squeeze(first)).float()
        return 2 * sides / sides.amax(1, keepdim=True) - 1


def eggs() -> Loaded:
    """A model whose codes mean something, as the zoo would load it."""
    with torch.random.fork_rng():
        torch.manual_seed(3)
        model = _model("folded")
        generator = FieldGenerator(
            EggDecoder(),
            examples=[one.examples for one in CLASSES],
            z_dim=8,
            color=COLOR,
            encoder_widths=(8, 12),
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
    memory = generator.mapping
    rng = torch.Generator().manual_seed(5)
    # The codes of a class have something in common.
    shared = torch.randn(len(CLASSES), GEOMETRY + COLOR, generator=rng)[memory.owner]
    codes = generator.on_spheres(shared + torch.randn(memory.codes.shape, generator=rng))
    memory.remember(torch.arange(len(codes)), codes)
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
