"""One seed of a settled request to the files of one asset. In two steps: make, then write."""

from __future__ import annotations

import json
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np

from engine.assets.preview import render
from engine.errors import BudgetTooLow, EmptyShape, VernissageError
from engine.makers.made import Made
from engine.makers.materials import make_material
from engine.makers.pictures import make_picture
from engine.makers.png import write_png
from engine.makers.shapes import make_shape
from engine.makers.voxels import make_voxels
from engine.request import GenerateRequest, Item, Refusal
from engine.zoo.registry import Loaded
from engine.zoo.registry import load as load_from_zoo

PREVIEW = 256

BARREN = (EmptyShape, BudgetTooLow)
"""What one seed of a batch may meet without ending the batch."""

_MAKERS = {
    "voxels": make_voxels,
    "shapes": make_shape,
    "pictures": make_picture,
    "materials": make_material,
}


@lru_cache(maxsize=2)
def load(name: str) -> Loaded:
    """A model ready to sample, kept warm between calls.

    Raises:
        UnknownModel, WeightsMismatch.
    """
    return load_from_zoo(name)


def make(request: GenerateRequest, model: Loaded, seed: int) -> tuple[Made, np.ndarray | None]:
    """The asset of one seed and its picture, if previews are asked for. Writes nothing.

    Raises:
        UnknownClass. EmptyShape, BudgetTooLow: this seed gives no asset.
    """
    made = _MAKERS[model.card.makes](request, model, seed)
    return made, render(made.asset, size=PREVIEW) if request.previews else None


def write(request: GenerateRequest, seed: int, made: Made, picture: np.ndarray | None) -> Item:
    """Write what was made to the request's folder, each file whole or not at all.

    Raises:
        CannotWrite: the folder is full or not writable.
    """
    out, name = request.out.resolve(), made.asset.name
    files: dict[str, Path] = {}
    for kind in request.formats:
        for part in made.parts.get(kind, (kind,)):
            files[part] = out / f"{name}{made.endings.get(part, f'.{part}')}"
            made.writers[part](files[part])
    if picture is not None:
        files["preview"] = out / f"{name}.png"
        write_png(files["preview"], picture)
    return Item(name, seed, files, dict(made.report))


def refusal(seed: int, error: VernissageError) -> Refusal:
    """What is told of a seed that gave nothing."""
    return Refusal(seed, **error.as_dict())


def pack(outcome: Item | Refusal) -> str:
    """An outcome as one line of JSON."""
    if isinstance(outcome, Refusal):
        return json.dumps({"refused": vars(outcome)})
    files = {kind: str(path) for kind, path in outcome.files.items()}
    return json.dumps({"made": {**vars(outcome), "files": files}})


def unpack(line: str | bytes) -> Item | Refusal:
    """The outcome that `pack` wrote."""
    body: dict[str, Any] = json.loads(line)
    if "refused" in body:
        return Refusal(**body["refused"])
    values = body["made"]
    return Item(**{**values, "files": {k: Path(p) for k, p in values["files"].items()}})
