"""`vernissage edit`: shapes made from other shapes become files, as those of `generate` do."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
import torch

from engine.assets.glb import write_glb
from engine.assets.mesh_asset import field_asset
from engine.assets.preview import render
from engine.assets.sheet import contact_sheet
from engine.control.directions import Direction, move
from engine.control.plans import Piece, directions_of, plan
from engine.control.requests import EditRequest
from engine.control.sources import CODE, read_source, space_of, write_code
from engine.data.field_picture import picture_of_field
from engine.errors import Cancelled, VernissageError
from engine.files import write_json
from engine.generate import SHEET_MOST, check_folder, job_report
from engine.makers.item import BARREN, PREVIEW, load, refusal, write
from engine.makers.made import Made, origin
from engine.makers.png import write_png
from engine.makers.shapes import finish, shape_asset, word
from engine.request import GenerateResult, IsCancelled, Item, OnProgress, Progress, Refusal
from engine.zoo.novelty import nearest
from engine.zoo.offer import as_asked, labels_called, settle
from engine.zoo.registry import Loaded

STOPS = (-2.0, -1.0, 0.0, 1.0, 2.0)
"""Standard deviations at which the sheet of directions shows a shape."""
TILE = 112


def edit(
    request: EditRequest,
    *,
    on_progress: OnProgress | None = None,
    is_cancelled: IsCancelled | None = None,
) -> GenerateResult:
    """Make the assets of an edit and write them to its folder.

    Files: `<model>-<verb>-<source>-<number>.glb` (and `.png`, and `.code.json` where a code gives
    the shape: a source of further edits), `sheet.png`, `request.json`, `report.json`. Each file is
    whole or absent; what was finished before a cancel or an error stays.

    Raises:
        UnknownModel, WeightsMismatch, CannotWrite. BadRequest, UnknownClass, BadMesh: see
            `engine.control.plans.plan`. EmptyShape, BudgetTooLow: none of them gives an asset.
        Cancelled: `is_cancelled` said so.
    """
    started = time.monotonic()
    check_folder(request.out)

    def tell(progress: Progress) -> None:
        if is_cancelled and is_cancelled():
            raise Cancelled("Stopped; what was finished before stays")
        if on_progress:
            on_progress(progress)

    tell(Progress("Loading the model", 0, 1))
    torch.set_num_threads(1)
    loaded = load(request.model)
    request = settle(request, loaded.card)
    pieces = plan(request, loaded, tell)
    outcomes: list[Item | Refusal] = []
    shown: list[tuple[str, np.ndarray]] = []
    barren: VernissageError | None = None
    begin = time.monotonic()
    for index, piece in enumerate(pieces):
        left = (time.monotonic() - begin) / index * (len(pieces) - index) if index else None
        tell(Progress("Making assets", index, len(pieces), left))
        try:
            if piece.shown_only:
                picture = _look(loaded, piece) if request.previews else None
            else:
                item, picture = _make(request, loaded, piece, len(outcomes))
                outcomes.append(item)
        except BARREN as error:
            barren = barren or error
            outcomes.append(refusal(request.seed + len(outcomes), error))
            continue
        if picture is not None:
            shown.append((piece.caption, picture))
    items = tuple(one for one in outcomes if isinstance(one, Item))
    refused = tuple(one for one in outcomes if isinstance(one, Refusal))
    if barren and not items:
        raise barren
    sheet = _write_sheet(request.out / "sheet.png", shown) if shown else None
    report = request.out / "report.json"
    write_json(request.out / "request.json", as_asked(request, loaded.card))
    seconds = time.monotonic() - started
    write_json(report, job_report(request, loaded, items, refused, seconds))
    return GenerateResult(items, sheet, report, refused)


def _make(
    request: EditRequest, loaded: Loaded, piece: Piece, number: int
) -> tuple[Item, np.ndarray | None]:
    kind = loaded.model.classes()[piece.label]
    model = space_of(loaded).model
    seen = model.comparable(model.encode(piece.field)[None])[0]
    near = nearest(seen, loaded.prints, list(loaded.card.examples), loaded.print_scale)
    seed = request.seed + number
    name = "-".join([loaded.card.name, request.verb, word(_stem(request.of[0])), f"{number:03d}"])
    record = origin(request, loaded, seed, near) | {"operation": piece.how}
    asset = shape_asset(
        request, piece.field, kind, name=name, unit=piece.unit, paint=piece.paint, record=record
    )
    report = {
        **asset.report,
        "class": kind.name,
        "category": kind.category,
        "nearest_example": near.example,
        "novelty": near.ratio,
        "operation": piece.how,
        **piece.report,
    }
    made = Made(asset, writers={"glb": partial(write_glb, asset)}, report=report)
    picture = render(asset, size=PREVIEW) if request.previews else None
    item = write(request, seed, made, picture)
    if piece.code is not None:
        item.files["code"] = request.out.resolve() / f"{name}{CODE}"
        write_code(item.files["code"], piece.code, piece.label, piece.unit, loaded)
    return item, picture


def _stem(source: str) -> str:
    """What a source is called in file names: its own without folder and suffix."""
    return Path(source.removesuffix(CODE)).stem if "." in source else source


def _look(loaded: Loaded, piece: Piece) -> np.ndarray:
    """A picture of what is shown for comparison, from a mesh that is thrown away."""
    metallic, roughness = finish(loaded.model.classes()[piece.label])
    asset = field_asset(
        piece.field,
        name=piece.caption,
        height=None,
        unit=piece.unit,
        paint=piece.paint,
        texture=512,
        lods=1,
        collider="none",
        metallic=metallic,
        roughness=roughness,
        provenance={},
    )
    return render(asset, size=PREVIEW)


def _write_sheet(path: Path, shown: Sequence[tuple[str, np.ndarray]]) -> Path:
    captions = [caption for caption, _ in shown[:SHEET_MOST]]
    pictures = [picture for _, picture in shown[:SHEET_MOST]]
    write_png(path, contact_sheet(pictures, columns=min(7, len(pictures)), labels=captions))
    return path.resolve()


@dataclass(frozen=True)
class Found:
    """Directions of a class, strongest first, their sheet and the report file."""

    directions: tuple[Direction, ...]
    sheet: Path
    report: Path


def find(
    model: str,
    *,
    class_name: str | None = None,
    of: str = "0",
    out: Path = Path("vernissage-out"),
    on_progress: OnProgress | None = None,
) -> Found:
    """Find the directions of a model and draw what each does to one shape.

    Files: `directions.png`, a row for each, from -2 to 2 standard deviations; `directions.json`.

    Args:
        class_name: measure on this class or category; None: on all classes.
        of: the shape that the sheet shows: see `engine.control.sources.read_source`.
    Raises:
        UnknownModel, WeightsMismatch, UnknownClass, BadRequest, BadMesh, CannotWrite.
    """
    check_folder(out)
    tell = on_progress or (lambda progress: None)
    torch.set_num_threads(1)
    loaded = load(model)
    space = space_of(loaded)
    labels = labels_called(class_name, loaded.model.classes())
    source = read_source(of, loaded, class_name)
    directions = directions_of(space, labels, tell)
    pictures, captions = [], []
    for row, direction in enumerate(directions):
        tell(Progress("Drawing", row, len(directions)))
        for by in STOPS:
            (code,) = move(space.generator, source.code[None], direction, by)
            pictures.append(picture_of_field(space.model.decode(space.sample(code)), TILE))
            name = direction.back if by < 0 else direction.name if by > 0 else source.name
            captions.append(f"{name} {abs(by):g}" if by else name)
    sheet, report = out / "directions.png", out / "directions.json"
    write_png(sheet, contact_sheet(pictures, columns=len(STOPS), labels=captions))
    write_json(
        report,
        {
            "model": {"name": loaded.card.name, "weights_sha256": loaded.card.sha256},
            "class": class_name,
            "directions": [
                {"name": one.name, "back": one.back, "of": one.kind, "effects": one.effects}
                for one in directions
            ],
        },
    )
    return Found(directions, sheet.resolve(), report.resolve())
