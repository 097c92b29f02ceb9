"""Each verb as the fields it makes, in the order of its contact sheet. No file is written here."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from engine.control.codes import draw, field_of, mix, nearest_class, path, towards
from engine.control.complete import complete
from engine.control.directions import Direction, find_directions, move
from engine.control.invert import STEPS
from engine.control.known import read_region, views_of
from engine.control.requests import (
    BlendRequest,
    CompleteRequest,
    EditRequest,
    LikeRequest,
    MixRequest,
    MoveRequest,
    VaryRequest,
)
from engine.control.sources import Source, coder, mesh_record, read_mesh, read_source
from engine.data.mesh_files import SUFFIXES
from engine.errors import BadRequest
from engine.gan.rng import stream_seed
from engine.request import Progress
from engine.zoo.offer import labels_called
from engine.zoo.registry import Loaded

SHAPES_SEEN = 16
"""Shapes of a class on which directions are measured."""
DRAWS = 2
"""Draws of each class that a completion may begin from, beside the class means."""

OnProgress = Callable[[Progress], None]


@dataclasses.dataclass(frozen=True)
class Piece:
    """One picture of the sheet, and the asset behind it.

    Attributes:
        caption: what the sheet says below it.
        field: (4, N, N, N). unit: metres in a voxel. label: index of its class.
        how: JSON for provenance: the verb, its sources, how far.
        code: (W,) that gives the field, where one does. report: JSON figures about it.
        shown_only: stands on the sheet for comparison and is not written.
    """

    caption: str
    field: np.ndarray
    unit: float
    label: int
    how: dict[str, Any]
    code: Tensor | None = None
    report: dict[str, Any] = dataclasses.field(default_factory=dict)
    shown_only: bool = False


def plan(request: EditRequest, loaded: Loaded, on_progress: OnProgress) -> list[Piece]:
    """The fields of a request.

    Raises:
        BadRequest: a source, direction or region that is none. UnknownClass. BadMesh.
    """
    if isinstance(request, VaryRequest):
        return _vary(request, loaded, on_progress)
    if isinstance(request, BlendRequest):
        return _blend(request, loaded, on_progress)
    if isinstance(request, MixRequest):
        return _mix(request, loaded, on_progress)
    if isinstance(request, MoveRequest):
        return _move(request, loaded, on_progress)
    if isinstance(request, LikeRequest):
        return _like(request, loaded, on_progress)
    return _complete(request, loaded, on_progress)


def _read(request: EditRequest, loaded: Loaded, on_progress: OnProgress) -> list[Source]:
    def told(name: str) -> Callable[[int], None]:
        return lambda step: on_progress(Progress(f"Fitting {name}", step, STEPS))

    return [
        read_source(text, loaded, request.class_name, request.truncation, told(Path(text).stem))
        for text in request.of
    ]


def _vary(request: VaryRequest, loaded: Loaded, on_progress: OnProgress) -> list[Piece]:
    (source,) = _read(request, loaded, on_progress)
    color = request.strength if request.recolor is None else request.recolor
    how = {"strength": request.strength, "recolor": color}
    return [
        _shown(source, loaded, source.name),
        *_variations(request, loaded, source, request.strength, color, how),
    ]


def _like(request: LikeRequest, loaded: Loaded, on_progress: OnProgress) -> list[Piece]:
    if Path(request.of[0]).suffix.lower() not in SUFFIXES:
        raise BadRequest(f"{request.of[0]} is no mesh file: read are {', '.join(SUFFIXES)}")
    (source,) = _read(request, loaded, on_progress)
    assert source.field is not None
    assert source.fitted is not None
    own = Piece("your mesh", source.field, source.unit, source.label, {}, shown_only=True)
    fit = {"before": source.fitted.before.as_json(), "after": source.fitted.after.as_json()}
    made = field_of(coder(loaded), source.code)
    how = {"verb": "like", "of": [source.record]}
    version = Piece("its nearest", made, source.unit, source.label, how, source.code, {"fit": fit})
    strength = request.strength
    given = {"strength": strength}
    return [own, version, *_variations(request, loaded, source, strength, strength, given)]


def _variations(
    request: VaryRequest | LikeRequest,
    loaded: Loaded,
    source: Source,
    strength: float,
    color: float,
    how: dict[str, Any],
) -> list[Piece]:
    if not request.count:
        return []
    generator = coder(loaded)
    numbers = range(request.seed, request.seed + request.count)
    # A stream of their own: the variations of chair:7 must not meet chair:7 among their goals.
    seeds = [stream_seed(number, "vary", 0) for number in numbers]
    others = draw(loaded.model, generator, seeds, source.label, request.truncation)
    codes = towards(generator, source.code, others, strength, color)
    return [
        Piece(
            f"variation {number}",
            field_of(generator, code),
            source.unit,
            source.label,
            {"verb": request.verb, "of": [source.record], **how, "variation": number},
            code,
        )
        for number, code in zip(numbers, codes, strict=True)
    ]


def _blend(request: BlendRequest, loaded: Loaded, on_progress: OnProgress) -> list[Piece]:
    generator = coder(loaded)
    sources = _read(request, loaded, on_progress)
    codes = path(generator, [source.code for source in sources], request.count)
    places = np.linspace(0, len(sources) - 1, request.count)
    units = np.exp(np.interp(places, range(len(sources)), np.log([s.unit for s in sources])))
    pieces = []
    for place, code, unit in zip(places, codes, units, strict=True):
        nearest = sources[round(place)]
        how: dict[str, Any] = {
            "verb": "blend",
            "of": [source.record for source in sources],
            "place": round(float(place), 6),
        }
        at_stop = abs(place - round(place)) < 1e-9
        pieces.append(
            Piece(
                nearest.name if at_stop else f"{place:.2f}",
                field_of(generator, code),
                float(unit),
                nearest.label,
                how,
                code,
            )
        )
    return pieces


def _mix(request: MixRequest, loaded: Loaded, on_progress: OnProgress) -> list[Piece]:
    generator = coder(loaded)
    first, second = _read(request, loaded, on_progress)
    layers = mix(generator, first.code, second.code, request.take)
    made = field_of(generator, layers)
    if first.field is not None and "details" not in request.take:
        # The shape was asked for as it is: of the code that fits it only the colours are taken.
        made = np.concatenate([first.field[:1], made[1:]])
    how = {"verb": "mix", "of": [first.record, second.record], "take": list(request.take)}
    code = layers[-1].clone() if "details" not in request.take and first.field is None else None
    taken = " and ".join(request.take)
    return [
        _shown(first, loaded, f"shape: {first.name}"),
        _shown(second, loaded, f"{taken}: {second.name}"),
        Piece("mixed", made, first.unit, first.label, how, code),
    ]


def _shown(source: Source, loaded: Loaded, caption: str) -> Piece:
    field = source.field
    if field is None:
        field = field_of(coder(loaded), source.code)
    return Piece(caption, field, source.unit, source.label, {}, shown_only=True)


def _move(request: MoveRequest, loaded: Loaded, on_progress: OnProgress) -> list[Piece]:
    generator = coder(loaded)
    (source,) = _read(request, loaded, on_progress)
    directions = directions_of(loaded, [source.label], on_progress)
    direction, sign = named(directions, request.along)
    pieces = []
    for by in np.linspace(-request.by, request.by, request.count) * sign:
        (code,) = move(generator, source.code[None], direction, float(by))
        how = {
            "verb": "move",
            "of": [source.record],
            "along": direction.name,
            "by": round(float(by), 6),
        }
        pieces.append(
            Piece(
                f"{request.along} {by * sign:+.1f}",
                field_of(generator, code),
                source.unit,
                source.label,
                how,
                code,
            )
        )
    return pieces


def directions_of(
    loaded: Loaded, labels: Sequence[int], on_progress: OnProgress
) -> tuple[Direction, ...]:
    """Named directions, measured on draws of these classes in turn."""
    generator = coder(loaded)
    codes = torch.cat(
        [
            draw(
                loaded.model, generator, [stream_seed(i, "directions", 0)], labels[i % len(labels)]
            )
            for i in range(max(SHAPES_SEEN, len(labels)))
        ]
    )
    return find_directions(
        generator,
        codes,
        on_done=lambda done, total: on_progress(Progress("Measuring directions", done, total)),
    )


def named(directions: Sequence[Direction], name: str) -> tuple[Direction, float]:
    """The direction of a name, and -1 where the name is that of its way back.

    Raises:
        BadRequest: there is none; the sentence says which there are.
    """
    wanted = name.strip().lower()
    for direction in directions:
        if wanted in (direction.name, direction.back):
            return direction, 1.0 if wanted == direction.name else -1.0
    known = ", ".join(f"{one.name} / {one.back}" for one in directions)
    raise BadRequest(f"no direction of this class is called {name!r}; there are {known}")


def _complete(request: CompleteRequest, loaded: Loaded, on_progress: OnProgress) -> list[Piece]:
    generator = coder(loaded)
    file = Path(request.of[0])
    soup = read_mesh(file)
    region = read_region(request.keep) if request.keep else None
    on_progress(Progress("Reading the mesh", 0, 1))
    views = views_of(soup, int(loaded.model.config.size), region, request.grow)
    classes = loaded.model.classes()
    labels = labels_called(request.class_name, classes)
    draws = torch.cat(
        [
            draw(loaded.model, generator, [stream_seed(request.seed + i, "complete", label)], label)
            for label in labels
            for i in range(DRAWS)
        ]
    )
    whole = complete(
        generator,
        views,
        draws,
        labels if request.class_name else None,
        request.restarts,
        lambda done, total: on_progress(Progress("Completing", done, total)),
    )
    how = {
        "verb": "complete",
        "of": [mesh_record(file)],
        "keep": list(request.keep),
        "grow": whole.view.grow,
    }
    report = {
        "made_up": round(whole.made, 4),
        "grow": whole.view.grow,
        "agreement": whole.fit.as_json(),
    }
    label = nearest_class(generator, whole.code)
    unit = whole.view.unit
    return [
        Piece("what is there", whole.view.field, unit, label, {}, shown_only=True),
        Piece("completed", whole.field, unit, label, how, report=report),
    ]
