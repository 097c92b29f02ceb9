"""Materials: a tile is made, enlarged without a seam, and given height, normals and roughness."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path

import numpy as np
import torch

from engine.assets.ball import material_ball
from engine.assets.glb import write_glb
from engine.data.picture_dataset import to_pixels
from engine.data.shape_classes import ShapeClass
from engine.makers.finish import enlarge
from engine.makers.made import Made, origin
from engine.makers.pictures import chances
from engine.makers.png import write_png
from engine.makers.shapes import word
from engine.models.code_game import CodeGame
from engine.request import GenerateRequest
from engine.shape.bonds import BONDS, laid_material, lozenges, waves
from engine.shape.material_maps import Maps, material_maps
from engine.zoo.novelty import Nearest, nearest
from engine.zoo.offer import draw_label, labels_called
from engine.zoo.registry import Loaded

PARTS = ("albedo", "normal", "roughness", "height", "orm")


def make_material(request: GenerateRequest, model: Loaded, seed: int) -> Made:
    """The tile of one seed of a settled request, as maps and on a ball. Raises `UnknownClass`."""
    maps, kind, near = material(
        model,
        seed,
        request.class_name,
        size=min(request.texture, 512),
        truncation=request.truncation,
    )
    name = f"{model.card.name}-{word(kind.name)}-{seed:06d}"
    record = origin(request, model, seed, near)
    report = {
        "class": kind.name,
        "category": kind.category,
        "size": [maps.kind.edge, maps.kind.edge],
        "pixels": list(maps.albedo.shape[1::-1]),
        "relief": maps.kind.relief,
        "nearest_example": near.example,
        "novelty": near.ratio,
    }
    asset = material_ball(name, maps, provenance=record, report=report)

    def grey(values: np.ndarray) -> np.ndarray:
        return np.repeat(np.rint(values * 255).astype(np.uint8)[..., None], 3, 2)

    pictures = {
        "albedo": maps.albedo,
        "normal": maps.normal,
        "roughness": grey(maps.roughness),
        "height": grey(maps.height),
        "orm": maps.metallic_roughness(),
    }
    writers: dict[str, Callable[[Path], None]] = {"glb": partial(write_glb, asset)}
    for part, picture in pictures.items():
        writers[part] = partial(write_png, image=picture, record=record)
    return Made(
        asset,
        writers=writers,
        report=asset.report,
        parts={"png": PARTS},
        endings={part: f"-{part}.png" for part in PARTS},
    )


def material(
    model: Loaded,
    seed: int,
    class_name: str | None = None,
    *,
    size: int = 512,
    truncation: float = 1.0,
) -> tuple[Maps, ShapeClass, Nearest]:
    """The maps of one seed, `size` pixels along a side, its class and the tile it is most like."""
    assert isinstance(model.model, CodeGame)
    classes = model.model.classes()
    label = draw_label(seed, labels_called(class_name, classes), classes)
    with torch.inference_mode():
        made = model.model.synthesise(
            model.generator, model.model.latents([seed]), truncation, torch.tensor([label])
        )
        seen = model.model.seen(made)[0]
    near = nearest(seen, model.prints, list(model.card.examples), model.print_scale)
    tile = to_pixels(made[0].float().numpy())
    tile = enlarge(tile, max(1, size // len(tile)), edges="circular")
    tile, rise = formed(tile, classes[label].name, seed)
    return material_maps(tile, classes[label].category, rise), classes[label], near


def formed(tile: np.ndarray, name: str, seed: int) -> tuple[np.ndarray, np.ndarray | None]:
    """The tile as its class lays or folds it, and the form; as it is where it has none."""
    chance = chances(seed, "bond")
    if name in BONDS:
        bond = BONDS[name][int(chance.integers(len(BONDS[name])))]
        if bond.mortar is not None:  # bricks and tiles: their spectrum has joints of its own
            tile = calmed(tile, 0.45).round().clip(0, 255).astype(np.uint8)
        return laid_material(tile, bond, chance)
    if name in ("corrugatedsteel", "diamondplate"):
        rise = waves(len(tile)) if name == "corrugatedsteel" else lozenges(len(tile))
        plain = calmed(tile, 0.4)
        shaded = plain * (0.86 + 0.14 * rise[..., None])
        return shaded.round().clip(0, 255).astype(np.uint8), rise
    return tile, None


def calmed(tile: np.ndarray, share: float) -> np.ndarray:
    """A share of the contrast: forms that the spectrum has drawn lie across those by rule."""
    mean = tile.reshape(-1, 3).mean(0)
    return mean + share * (tile.astype(np.float32) - mean)
