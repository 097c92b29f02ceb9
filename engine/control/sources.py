"""What an edit begins from: a seed, a seed of a class, the user's own mesh, or a code kept before."""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from engine.control.codes import Space, nearest_class
from engine.control.fit import Fitted
from engine.control.invert import invert
from engine.data.mesh_field import encode_soup, place
from engine.data.mesh_files import SUFFIXES, check_file
from engine.data.mesh_soup import Soup, read_soup
from engine.errors import BadRequest
from engine.files import write_json
from engine.models.textured_shapes import PUBLIC, TexturedShapes
from engine.nets.field import FieldGenerator
from engine.zoo.offer import draw_label, labels_called
from engine.zoo.registry import Loaded

CODE = ".code.json"


@dataclass(frozen=True)
class Source:
    """A code (W,) and where it comes from.

    Attributes:
        name: for captions. record: JSON for provenance.
        label: index of its class. unit: metres in a voxel.
        field: (4, N, N, N) of the user's own mesh, whose code only comes near it; else None.
        fitted: how near.
    """

    name: str
    record: dict[str, Any]
    code: Tensor
    label: int
    unit: float
    field: np.ndarray | None = None
    fitted: Fitted | None = None


def space_of(loaded: Loaded) -> Space:
    """The codes of a model of textured shapes.

    Raises:
        BadRequest: the model is of another kind.
    """
    model, generator = loaded.model, loaded.generator
    if not isinstance(model, TexturedShapes) or not isinstance(generator, FieldGenerator):
        raise BadRequest(f"{loaded.card.name} cannot be edited: it is no model of textured shapes")
    return Space(model, generator)


def read_source(
    text: str,
    loaded: Loaded,
    class_name: str | None = None,
    truncation: float = 1.0,
    on_step: Callable[[int], None] | None = None,
) -> Source:
    """Find the code that a word stands for.

    Args:
        class_name: class of a seed that names none; nearest class of the others' choice.
        on_step: called with each step where a mesh must be fitted.
    Raises:
        BadRequest: it is none of these, or belongs to another model. UnknownClass. BadMesh.
    """
    path = Path(text)
    if text.endswith(CODE):
        return _from_code(path, loaded)
    if path.suffix.lower() in SUFFIXES:
        return _from_mesh(path, loaded, on_step)
    name, _, number = text.rpartition(":")
    if not (number.isascii() and number.isdigit() and int(number) < 2**31):
        raise BadRequest(
            f"{text!r} is no source: give a seed (7), a seed of a class (chair:7), a mesh file "
            f"({', '.join(SUFFIXES)}) or a {CODE} file"
        )
    seed, classes = int(number), loaded.model.classes()
    label = draw_label(seed, labels_called(name or class_name, classes), classes)
    code = space_of(loaded).draw([seed], label, truncation)[0]
    about = classes[label]
    record = {"seed": seed, "class": about.name, "truncation": truncation}
    return Source(f"{about.name} {seed}", record, code, label, about.unit)


def _from_mesh(path: Path, loaded: Loaded, on_step: Callable[[int], None] | None) -> Source:
    space = space_of(loaded)
    placed, unit = place(read_mesh(path), PUBLIC)
    field = encode_soup(placed, PUBLIC)[0].astype(np.float32)
    fitted = invert(space, field, on_step=on_step)
    label = nearest_class(space, fitted.code)
    return Source(path.stem, mesh_record(path), fitted.code, label, unit, field, fitted)


def read_mesh(path: Path) -> Soup:
    """The triangles of a user's file. Raises `BadRequest` (no such file) or `BadMesh`."""
    if not path.is_file():
        raise BadRequest(f"{path} is no file")
    if path.suffix.lower() not in SUFFIXES:
        raise BadRequest(f"{path.name}: read are {', '.join(SUFFIXES)}")
    check_file(path)
    return read_soup(path)


def mesh_record(path: Path) -> dict[str, Any]:
    """Name and hash of a user's file: its folder is nobody's business."""
    return {"mesh": path.name, "sha256": hashlib.sha256(path.read_bytes()).hexdigest()}


def write_code(path: Path, code: Tensor, label: int, unit: float, loaded: Loaded) -> None:
    """Keep a code (W,), so that a later edit can begin from it."""
    values = {
        "model": loaded.card.name,
        "weights_sha256": loaded.card.sha256,
        "class": loaded.model.classes()[label].name,
        "category": loaded.model.classes()[label].category,
        "metres_per_voxel": unit,
        "code": [float(value) for value in code],
    }
    write_json(path, values)


def _from_code(path: Path, loaded: Loaded) -> Source:
    try:
        kept = json.loads(path.read_text(encoding="utf-8"))
        weights = str(kept["weights_sha256"])
        code = torch.tensor([float(value) for value in kept["code"]])
        unit, called = float(kept["metres_per_voxel"]), f"{kept['category']}/{kept['class']}"
    except (OSError, ValueError, TypeError, KeyError, RecursionError) as error:
        raise BadRequest(f"{path} holds no code: {error!r}") from error
    if weights != loaded.card.sha256:
        raise BadRequest(f"{path.name} was made by other weights than those of {loaded.card.name}")
    width = space_of(loaded).generator.mapping.codes.shape[1]
    if code.shape != (width,) or not code.isfinite().all() or not (0 < unit < math.inf):
        raise BadRequest(f"{path.name} holds no {width} numbers and a size")
    (label,) = labels_called(called, loaded.model.classes())[:1]
    record = {"code": path.name, "sha256": hashlib.sha256(path.read_bytes()).hexdigest()}
    return Source(path.name.removesuffix(CODE), record, code, label, unit)
