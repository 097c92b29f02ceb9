"""Paintings: a picture is made, enlarged, laid down in strokes, and framed."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import torch
from PIL import Image

from engine.assets.framed import MOULDINGS, framed
from engine.assets.glb import write_glb
from engine.data.picture_dataset import resized, to_pixels, to_unit
from engine.data.shape_classes import ShapeClass
from engine.files import write_beside
from engine.makers.finish import enlarge
from engine.makers.made import Made, origin
from engine.makers.png import write_png
from engine.makers.shapes import word
from engine.makers.strokes import paint, relief
from engine.models.code_game import CodeGame
from engine.models.paintings import Paintings
from engine.nets.restyler import Restyler
from engine.request import GenerateRequest
from engine.zoo.novelty import Nearest, nearest
from engine.zoo.offer import draw_label, labels_called
from engine.zoo.registry import Loaded

LONG = 512
"""Pixels of the longer side of a finished picture, at least."""
_RELIEF = 512
_ONLY = ShapeClass(name="picture", category="picture", examples=1, unit=1)
"""The class of a model without classes."""
_SHAPES = ((1.0, 0.78), (0.78, 1.0), (1.0, 0.66), (1.0, 1.0), (0.9, 1.0))
"""Width and height of pictures, as shares of the view that they are cut from."""
_FRAMES = {"woodblock": ("oak", "ebony"), "old_master": ("gilt", "ebony")}


@dataclass(frozen=True)
class Drawn:
    """One picture as the network made it, its class, what it began with, what it is near."""

    pixels: np.ndarray
    kind: ShapeClass
    view: str
    nearest: Nearest
    shape: float = 1.0
    """Width by height of the finished picture over that of `pixels`."""


def make_picture(request: GenerateRequest, model: Loaded, seed: int) -> Made:
    """The framed painting of one seed of a settled request. Raises `UnknownClass`."""
    drawn = draw(model, seed, request.class_name, request.truncation)
    chance = chances(seed, "finish")
    scale = 1
    while max(drawn.pixels.shape[:2]) * scale < LONG and scale < 8:
        scale *= 2
    picture = shaped(enlarge(drawn.pixels, scale), drawn.shape)
    radius = max(picture.shape[:2]) / 640 * chance.uniform(5.5, 9.0)
    picture = paint(picture, radius)
    name = f"{model.card.name}-{word(drawn.kind.name)}-{seed:06d}"
    frames = _FRAMES.get(drawn.kind.name, tuple(MOULDINGS))
    high, wide = picture.shape[:2]
    height = request.height or float(chance.uniform(0.55, 1.1)) * high / max(high, wide)
    record = origin(request, model, seed, drawn.nearest)
    record["finish"] = {"enlarged": scale, "strokes": round(float(radius), 2), "by": "rule"}
    report: dict[str, Any] = {
        "class": drawn.kind.name,
        "category": drawn.kind.category,
        "nearest_example": drawn.nearest.example,
        "novelty": drawn.nearest.ratio,
    }
    if drawn.view:
        record["view"] = report["view"] = drawn.view
    asset = framed(
        name,
        picture,
        round(height, 3),
        relief=relief(resized(picture, round(wide * _RELIEF / high), _RELIEF)),
        moulding=frames[int(chance.integers(len(frames)))],
        provenance=record,
        report=report,
    )
    return Made(
        asset,
        writers={
            "glb": partial(write_glb, asset),
            "png": lambda path: write_png(path, picture, record),
            "webp": partial(_webp, picture),
        },
        report=asset.report,
        endings={"png": "-picture.png", "webp": "-picture.webp"},
    )


def draw(model: Loaded, seed: int, class_name: str | None = None, truncation: float = 1.0) -> Drawn:
    """The picture of one seed, alone and on one thread: its bytes depend on seed and weights."""
    classes = model.model.classes() or (_ONLY,)
    label = draw_label(seed, labels_called(class_name, classes), classes)
    names = list(model.card.examples)
    shape = 1.0
    if isinstance(model.generator, Restyler):
        pixels, view = _restyled(model.generator, seed, label, truncation, names)
        small = torch.from_numpy(to_unit(resized(pixels, 32, 32)))
    else:
        asked = torch.tensor([label]) if model.model.classes() else None
        with torch.inference_mode():
            z = model.model.latents([seed])
            made = model.model.synthesise(model.generator, z, truncation, asked).float()
            if made.shape[1] == 1:
                made = made.expand(-1, 3, -1, -1)
            seen = model.model.seen if isinstance(model.model, CodeGame) else model.model.comparable
            small = seen(made)[0]
        pixels, view = to_pixels(made[0].numpy()), ""
        if isinstance(model.model, Paintings):
            shape = model.model.shape(model.generator, z, torch.tensor([label]))
    near = nearest(small, model.prints, names, model.print_scale)
    return Drawn(pixels, classes[label], view, near, shape)


def shaped(pixels: np.ndarray, shape: float) -> np.ndarray:
    """(H, W, 3) uint8 with its shorter side made shorter: `shape` times as wide for its height."""
    high, wide = pixels.shape[:2]
    return resized(pixels, round(wide * min(1, shape)), round(high / max(1, shape)))


def _restyled(
    net: Restyler, seed: int, label: int, strength: float, names: list[str]
) -> tuple[np.ndarray, str]:
    """A view that travels with the weights, cut by chance, in a manner with a touch of another."""
    chance = chances(seed, "view")
    index = int(chance.integers(len(names)))
    view = to_pixels(net.contents[index].float().numpy())
    size = len(view)
    wide, high = (
        round(size * s * chance.uniform(0.86, 1.0)) // 4 * 4
        for s in _SHAPES[int(chance.integers(len(_SHAPES)))]
    )
    top, left = (int(chance.integers(size - n + 1)) for n in (high, wide))
    cut = view[top : top + high, left : left + wide]
    if chance.random() < 0.5:
        cut = cut[:, ::-1]
    mix = torch.zeros(1, net.manners)
    touch = float(chance.uniform(0, 0.3))
    mix[0, label] += (1 - touch) * strength
    mix[0, int(chance.integers(net.manners - 1))] += touch * strength
    mix[0, -1] += 1 - strength
    return restyled(net, np.ascontiguousarray(cut), mix), names[index]


def restyled(net: Restyler, pixels: np.ndarray, mix: torch.Tensor) -> np.ndarray:
    """(H, W, 3) uint8 of a photograph → the same size in a mixture (1, M) of manners."""
    height, width = pixels.shape[:2]
    down, right = -height % 4, -width % 4
    padded = np.pad(pixels, ((0, down), (0, right), (0, 0)), mode="edge")
    photograph = torch.zeros_like(mix)
    photograph[0, -1] = 1
    with torch.inference_mode():
        made = net(torch.from_numpy(to_unit(padded))[None], mix, photograph)
    return to_pixels(made[0].float().numpy())[:height, :width]


def chances(seed: int, what: str) -> np.random.Generator:
    """What is left to chance beside the network, from the seed alone."""
    digest = hashlib.sha256(f"{what} of seed {seed}".encode()).digest()
    return np.random.default_rng(int.from_bytes(digest[:8], "big"))


def _webp(picture: np.ndarray, path: Path) -> None:
    write_beside(path, lambda beside: Image.fromarray(picture).save(beside, quality=92))
