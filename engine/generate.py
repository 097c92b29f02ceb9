"""`vernissage generate`: a request becomes files - sampled, cleaned, meshed, rigged, rendered."""

from __future__ import annotations

import hashlib
import tempfile
import time
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import torch
from PIL import Image

from engine.assets.glb import write_glb
from engine.assets.preview import render
from engine.assets.provenance import provenance
from engine.assets.sheet import contact_sheet
from engine.assets.voxel_asset import voxel_asset
from engine.data.vox import write_vox
from engine.data.voxel_field import encode
from engine.data.voxels import VoxelGrid
from engine.errors import BadRequest, Cancelled, CannotWrite
from engine.files import write_beside, write_json
from engine.request import GenerateRequest, GenerateResult, IsCancelled, Item, OnProgress, Progress
from engine.shape.clean import keep_body
from engine.shape.palette import snap_palette
from engine.zoo.novelty import Nearest, nearest
from engine.zoo.offer import PERSON_HEIGHT, as_asked, settle
from engine.zoo.registry import Loaded
from engine.zoo.registry import load as load_from_zoo

PREVIEW = 256
SHEET_MOST = 256
"""Assets on one contact sheet; a sheet of ten thousand would be no picture."""


@lru_cache(maxsize=2)
def load(name: str) -> Loaded:
    """A model ready to sample, kept warm between calls.

    Raises:
        UnknownModel, WeightsMismatch.
    """
    return load_from_zoo(name)


@dataclass(frozen=True)
class Voxels:
    """One sample after clean-up: the grid, what was removed, and its nearest training example."""

    grid: VoxelGrid
    kept: float
    crumbs: int
    nearest: Nearest


def sample_voxels(model: Loaded, seed: int, truncation: float = 1.0) -> Voxels:
    """The figure of one seed: one body, few exact colours.

    Sampled alone and on one thread, so that its bytes depend on nothing but seed and weights.

    Raises:
        EmptyShape: the sample has no solid voxel.
    """
    with torch.inference_mode():
        field = model.model.synthesise(model.generator, model.model.latents([seed]), truncation)[
            0
        ].numpy()
    body, report = keep_body(model.model.decode(field))
    grid = snap_palette(body)
    near = nearest(
        torch.from_numpy(encode(grid)), model.prints, list(model.card.examples), model.print_scale
    )
    return Voxels(grid, report.kept, report.crumbs, near)


def generate(
    request: GenerateRequest,
    *,
    on_progress: OnProgress | None = None,
    is_cancelled: IsCancelled | None = None,
) -> GenerateResult:
    """Make the assets of a request and write them to its folder.

    Files: `<model>-<seed>.glb` (and `.vox`, `.png`), `sheet.png`, `request.json`, `report.json`.
    Each file is whole or absent; what was finished before a cancel or an error stays.

    Raises:
        UnknownModel, UnknownClass, WeightsMismatch, BadRequest, EmptyShape, BudgetTooLow,
            CannotWrite.
        Cancelled: `is_cancelled` said so.
    """
    started = time.monotonic()
    _check_folder(request.out)
    if on_progress:
        on_progress(Progress("Loading the model", 0, 1))
    torch.set_num_threads(1)
    model = load(request.model)
    request = settle(request, model.card)
    items: list[Item] = []
    pictures: list[np.ndarray] = []
    begin = time.monotonic()
    for index in range(request.count):
        if is_cancelled and is_cancelled():
            raise Cancelled(f"Stopped after {index} of {request.count}")
        item, picture = _make(request, model, request.seed + index)
        items.append(item)
        if picture is not None and len(pictures) < SHEET_MOST:
            pictures.append(picture)
        if on_progress:
            left = (time.monotonic() - begin) / (index + 1) * (request.count - index - 1)
            on_progress(Progress("Making characters", index + 1, request.count, left))
    sheet = _write_sheet(request.out / "sheet.png", pictures, items) if pictures else None
    report = request.out / "report.json"
    write_json(request.out / "request.json", as_asked(request, model.card))
    write_json(report, _report(request, model, items, time.monotonic() - started))
    return GenerateResult(tuple(items), sheet, report)


def _make(request: GenerateRequest, model: Loaded, seed: int) -> tuple[Item, np.ndarray | None]:
    made = sample_voxels(model, seed, request.truncation)
    name = f"{model.card.name}-{seed:06d}"
    asset = voxel_asset(
        made.grid,
        name=name,
        height=request.height or PERSON_HEIGHT,
        rig=bool(request.rig),
        provenance=provenance(
            model=model.card.name,
            weights_sha256=model.card.sha256,
            seed=seed,
            request=request.model_dump(
                mode="json", include={"model", "truncation", "height", "rig"}
            ),
            sources=[source.model_dump() for source in model.card.sources],
            nearest=made.nearest,
        ),
    )
    out = request.out.resolve()
    files: dict[str, Path] = {}
    if "glb" in request.formats:
        files["glb"] = out / f"{name}.glb"
        write_glb(asset, files["glb"])
    if "vox" in request.formats:
        files["vox"] = out / f"{name}.vox"
        write_vox(files["vox"], made.grid)
    picture = None
    if request.previews:
        files["preview"] = out / f"{name}.png"
        picture = render(asset, size=PREVIEW)
        _write_png(files["preview"], picture)
    report: dict[str, Any] = asset.report | {
        "kept": round(made.kept, 4),
        "crumbs": made.crumbs,
        "nearest_example": made.nearest.example,
        "novelty": made.nearest.ratio,
    }
    return Item(name, seed, files, report), picture


def _check_folder(out: Path) -> None:
    """Fail before the work, not after it, where the folder cannot take the files."""
    try:
        out.mkdir(parents=True, exist_ok=True)
        # A name of its own: another command may be looking at the same folder at the same time.
        with tempfile.TemporaryFile(dir=out):
            pass
    except OSError as error:
        raise CannotWrite(f"{out} is not writable: {error.strerror}") from error
    except ValueError as error:  # a zero byte, or half a surrogate pair
        raise BadRequest(f"out: {str(out)!r} is no name that a folder can have") from error


def _write_sheet(path: Path, pictures: list[np.ndarray], items: list[Item]) -> Path:
    labels = [str(item.seed) for item in items[: len(pictures)]]
    columns = min(8, len(pictures))
    _write_png(path, contact_sheet(pictures, columns=columns, labels=labels))
    return path.resolve()


def _write_png(path: Path, image: np.ndarray) -> None:
    write_beside(path, lambda beside: Image.fromarray(image).save(beside))


def _report(
    request: GenerateRequest, model: Loaded, items: list[Item], seconds: float
) -> dict[str, Any]:
    hashes = [
        {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in item.files.values()}
        for item in items
    ]
    return {
        "request": as_asked(request, model.card),
        "model": {"name": model.card.name, "weights_sha256": model.card.sha256},
        "attribution": model.card.attribution,
        "seconds": round(seconds, 3),
        "items": [
            {"name": item.name, "seed": item.seed, "files": files, **item.report}
            for item, files in zip(items, hashes, strict=True)
        ],
    }
