"""`vernissage generate`: a request becomes files, with a contact sheet and a report beside them."""

from __future__ import annotations

import hashlib
import tempfile
import time
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
import torch
from PIL import Image

from engine.assets.sheet import contact_sheet
from engine.errors import BadRequest, Cancelled, CannotWrite
from engine.files import write_json
from engine.makers.crew import outcomes
from engine.makers.item import load
from engine.makers.png import write_png
from engine.request import (
    GenerateRequest,
    GenerateResult,
    IsCancelled,
    Item,
    OnProgress,
    Progress,
    Refusal,
)
from engine.zoo.offer import as_asked, labels_called, settle
from engine.zoo.registry import Loaded

SHEET_MOST = 256
"""Assets on one contact sheet; a sheet of ten thousand would be no picture."""


def generate(
    request: GenerateRequest,
    *,
    on_progress: OnProgress | None = None,
    is_cancelled: IsCancelled | None = None,
) -> GenerateResult:
    """Make the assets of a request and write them to its folder.

    Files: `<model>-<seed>.glb`, or `<model>-<class>-<seed>.glb` for a model with classes (and
    `.vox`, `.png`), `sheet.png`, `request.json`, `report.json`. Each file is whole or absent; what
    was finished before a cancel or an error stays. A seed that gives no asset is listed as refused
    and does not end the batch, unless no seed gives any.

    Raises:
        UnknownModel, UnknownClass, WeightsMismatch, BadRequest, EmptyShape, BudgetTooLow,
            CannotWrite.
        Cancelled: `is_cancelled` said so.
    """
    started = time.monotonic()
    check_folder(request.out)
    if on_progress:
        on_progress(Progress("Loading the model", 0, 1))
    torch.set_num_threads(1)
    model = load(request.model)
    request = settle(request, model.card)
    labels_called(request.class_name, model.model.classes())
    kind = {"pictures": "pictures", "materials": "materials"}.get(model.card.makes, "shapes")
    phase = "Making characters" if model.card.rig else f"Making {kind}"
    made: list[Item | Refusal] = []
    begin = time.monotonic()
    for outcome in outcomes(request, model, is_cancelled):
        made.append(outcome)
        if on_progress:
            left = (time.monotonic() - begin) / len(made) * (request.count - len(made))
            on_progress(Progress(phase, len(made), request.count, left))
    if len(made) < request.count:
        raise Cancelled(f"Stopped after {len(made)} of {request.count}")
    made.sort(key=lambda outcome: outcome.seed)
    items = tuple(outcome for outcome in made if isinstance(outcome, Item))
    refused = tuple(outcome for outcome in made if isinstance(outcome, Refusal))
    sheet = _write_sheet(request.out / "sheet.png", items) if request.previews else None
    report = request.out / "report.json"
    write_json(request.out / "request.json", as_asked(request, model.card))
    write_json(report, job_report(request, model, items, refused, time.monotonic() - started))
    return GenerateResult(items, sheet, report, refused)


def check_folder(out: Path) -> None:
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


def _write_sheet(path: Path, items: tuple[Item, ...]) -> Path:
    pictures = []
    for item in items[:SHEET_MOST]:
        with Image.open(item.files["preview"]) as picture:
            pictures.append(np.asarray(picture.convert("RGB")))
    labels = [str(item.seed) for item in items[: len(pictures)]]
    write_png(path, contact_sheet(pictures, columns=min(8, len(pictures)), labels=labels))
    return path.resolve()


def job_report(
    request: GenerateRequest,
    model: Loaded,
    items: tuple[Item, ...],
    refused: tuple[Refusal, ...],
    seconds: float,
) -> dict[str, Any]:
    """What a job leaves in report.json: the request, the model, and figures of every asset."""
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
        "refused": [asdict(refusal) for refusal in refused],
    }
