"""Textured shapes: a class is chosen, a field drawn from it, and made into a game-ready mesh."""

from __future__ import annotations

import hashlib
import re
import time
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
import torch

from engine.assets.asset import Asset
from engine.assets.glb import write_glb
from engine.assets.mesh_asset import field_asset
from engine.data.paint import Paint
from engine.data.shape_classes import ShapeClass
from engine.errors import EmptyShape
from engine.makers.made import Made, origin
from engine.request import GenerateRequest
from engine.zoo.novelty import Nearest, nearest
from engine.zoo.offer import draw_label, labels_called
from engine.zoo.registry import Loaded

DRAWS = 4
"""Draws until a seed counts as one that gives nothing."""
LEAST_VOXELS = 16
"""Voxels inside that make a body; fewer are a speck."""

_PLAIN = (0.0, 0.8)
_FINISH = {
    "weapon": (0.35, 0.5),
    "armor": (0.4, 0.45),
    "shield": (0.3, 0.5),
    "gun": (0.4, 0.45),
    "kitchenware": (0.2, 0.4),
    "machine": (0.2, 0.55),
    "vehicle": (0.2, 0.45),
    "boat": _PLAIN,
    "ranged": _PLAIN,
    "treasure": (0.4, 0.35),
    "gem": (0.0, 0.15),
    "bottle": (0.0, 0.25),
    "dish": (0.0, 0.35),
    "fish": (0.0, 0.45),
    "food": (0.0, 0.6),
    "nature": (0.0, 0.9),
}
"""Metallic and roughness by class, else by category. Modest: one value serves blade and handle."""


@dataclass(frozen=True)
class Shape:
    """One sample: its field (4, N, N, N), finer colours if there are any, its class, how often it was drawn anew, what it is near."""

    field: np.ndarray
    paint: Paint | None
    kind: ShapeClass
    redrawn: int
    nearest: Nearest


def finish(kind: ShapeClass) -> tuple[float, float]:
    """(metallic, roughness) of a class."""
    return _FINISH.get(kind.name, _FINISH.get(kind.category, _PLAIN))


def sample_shape(
    model: Loaded, seed: int, class_name: str | None = None, truncation: float = 1.0
) -> Shape:
    """The shape of one seed.

    Sampled alone and on one thread, so that its bytes depend on nothing but seed and weights. A
    draw without a body is repeated from a latent that follows from the seed, up to DRAWS times.

    Raises:
        UnknownClass: the model has no class or category of that name.
        EmptyShape: no draw has a body.
    """
    classes = model.model.classes()
    label = draw_label(seed, labels_called(class_name, classes), classes)
    for draw in range(DRAWS):
        z = model.model.latents([_latent_seed(seed, draw)])
        with torch.inference_mode():
            field = model.model.synthesise(model.generator, z, truncation, torch.tensor([label]))
        if int((field[0, 0] > 0).sum()) >= LEAST_VOXELS:
            seen = model.model.comparable(field)[0]
            near = nearest(seen, model.prints, list(model.card.examples), model.print_scale)
            with torch.inference_mode():
                paint = model.model.paint(model.generator, z, truncation, torch.tensor([label]))
            public = model.model.decode(field[0].numpy())
            return Shape(public, paint, classes[label], draw, near)
    raise EmptyShape(f"Seed {seed} gives no body as {classes[label].name}")


def make_shape(request: GenerateRequest, model: Loaded, seed: int) -> Made:
    """The asset of one seed of a settled request.

    Raises:
        UnknownClass, EmptyShape: see `sample_shape`.
        BudgetTooLow: no closed mesh of it has so few triangles.
    """
    begin = time.process_time()
    sample = sample_shape(model, seed, request.class_name, request.truncation)
    sampling = time.process_time() - begin
    asset = shape_asset(
        request,
        sample.field,
        sample.kind,
        name=f"{model.card.name}-{word(sample.kind.name)}-{seed:06d}",
        unit=sample.kind.unit,
        paint=sample.paint,
        record=origin(request, model, seed, sample.nearest),
    )
    seconds = {"sample": round(sampling, 3), **asset.report["seconds"]}
    seconds["all"] = round(seconds["all"] + sampling, 3)
    return Made(
        asset,
        writers={"glb": partial(write_glb, asset)},
        report=asset.report
        | {
            "class": sample.kind.name,
            "category": sample.kind.category,
            "redrawn": sample.redrawn,
            "nearest_example": sample.nearest.example,
            "novelty": sample.nearest.ratio,
            "seconds": seconds,
        },
    )


def shape_asset(
    request: GenerateRequest,
    field: np.ndarray,
    kind: ShapeClass,
    *,
    name: str,
    unit: float,
    paint: Paint | None = None,
    record: Mapping[str, Any],
) -> Asset:
    """The asset of a field (4, M, M, M), built as the request wants it and finished as its class is.

    Args:
        unit: metres in a voxel, where the request names no height.
        paint: colours finer than the field's own. record: provenance.
    Raises:
        EmptyShape, BudgetTooLow: see `field_asset`.
    """
    metallic, roughness = finish(kind)
    return field_asset(
        field,
        name=name,
        height=request.height,
        unit=unit,
        paint=paint,
        triangles=request.triangles,
        texture=request.texture,
        lods=request.lods,
        collider=request.collider,
        metallic=metallic,
        roughness=roughness,
        provenance=record,
    )


def word(name: str) -> str:
    """The name of a class or source as a part of a file's name."""
    return re.sub(r"\W+", "_", name)


def _latent_seed(seed: int, draw: int) -> int:
    if draw == 0:
        return seed
    digest = hashlib.sha256(f"draw {draw} of seed {seed}".encode()).digest()
    return int.from_bytes(digest[:7], "big")
