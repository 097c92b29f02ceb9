"""Each verb as the fields it makes, in the order of its contact sheet. No file is written here."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from engine.control.codes import CROWD, Space, mix, nearest_class, path, towards
from engine.control.complete import complete
from engine.control.directions import Direction, find_directions, move
from engine.control.invert import STEPS
from engine.control.known import gather, read_region
from engine.control.requests import (
    BlendRequest,
    CompleteRequest,
    EditRequest,
    LikeRequest,
    MixRequest,
    MoveRequest,
    VaryRequest,
)
from engine.control.sources import Source, mesh_record, read_mesh, read_source, space_of
from engine.data.mesh_files import SUFFIXES
from engine.data.paint import Paint
from engine.data.proportions import filled_place
from engine.errors import BadRequest
from engine.gan.rng import stream_seed
from engine.models.textured_shapes import PUBLIC
from engine.request import Progress
from engine.zoo.offer import labels_called
from engine.zoo.registry import Loaded

SHAPES_SEEN = 16
"""Shapes of a class on which directions are measured."""
DIRECTED = 256
"""Draws, of all classes together, that say how codes vary."""
DRAWS = 4
"""Draws of each class that a completion may begin from, beside the class means."""

OnProgress = Callable[[Progress], None]


@dataclasses.dataclass(frozen=True)
class Piece:
    """One picture of the sheet, and the asset behind it.

    Attributes:
        caption: what the sheet says below it.
        field: (4, N, N, N). unit: metres in a voxel. label: index of its class.
        how: JSON for provenance: the verb, its sources, how far.
        paint: its colours finer than the field's own, where a code alone made them.
        code: (W,) that gives the field, where one does. report: JSON figures about it.
        shown_only: stands on the sheet for comparison and is not written.
    """

    caption: str
    field: np.ndarray
    unit: float
    label: int
    how: dict[str, Any]
    paint: Paint | None = None
    code: Tensor | None = None
    report: dict[str, Any] = dataclasses.field(default_factory=dict)
    shown_only: bool = False


@dataclasses.dataclass(frozen=True)
class Desk:
    """What every verb works with."""

    loaded: Loaded
    space: Space
    on_progress: OnProgress

    def piece(
        self, caption: str, code: Tensor, unit: float, label: int, how: dict[str, Any], **more: Any
    ) -> Piece:
        """The shape of one code (W,)."""
        model = self.space.model
        field = model.decode(self.space.sample(code))
        return Piece(caption, field, unit, label, how, self.paint(code), code, **more)

    def paint(self, code: Tensor) -> Paint | None:
        """The colours of a code (W,) or of its layers (L, W)."""
        with torch.inference_mode():
            return self.space.model.paint_of(self.space.generator, code[None])


def plan(request: EditRequest, loaded: Loaded, on_progress: OnProgress) -> list[Piece]:
    """The fields of a request.

    Raises:
        BadRequest: a source, direction or region that is none. UnknownClass. BadMesh.
    """
    desk = Desk(loaded, space_of(loaded), on_progress)
    if isinstance(request, VaryRequest):
        return _vary(request, desk)
    if isinstance(request, BlendRequest):
        return _blend(request, desk)
    if isinstance(request, MixRequest):
        return _mix(request, desk)
    if isinstance(request, MoveRequest):
        return _move(request, desk)
    if isinstance(request, LikeRequest):
        return _like(request, desk)
    return _complete(request, desk)


def _read(request: EditRequest, desk: Desk) -> list[Source]:
    def told(name: str) -> Callable[[int], None]:
        return lambda step: desk.on_progress(Progress(f"Fitting {name}", step, STEPS))

    given = request.class_name, request.truncation
    return [read_source(text, desk.loaded, *given, told(Path(text).stem)) for text in request.of]


def _vary(request: VaryRequest, desk: Desk) -> list[Piece]:
    (source,) = _read(request, desk)
    color = request.strength if request.recolor is None else request.recolor
    how = {"strength": request.strength, "recolor": color}
    return [
        _shown(source, desk, source.name),
        *_variations(request, desk, source, request.strength, color, how),
    ]


def _like(request: LikeRequest, desk: Desk) -> list[Piece]:
    if Path(request.of[0]).suffix.lower() not in SUFFIXES:
        raise BadRequest(f"{request.of[0]} is no mesh file: read are {', '.join(SUFFIXES)}")
    (source,) = _read(request, desk)
    assert source.field is not None
    assert source.fitted is not None
    own = Piece("your mesh", source.field, source.unit, source.label, {}, shown_only=True)
    fit = {"before": source.fitted.before.as_json(), "after": source.fitted.after.as_json()}
    how = {"verb": "like", "of": [source.record]}
    version = desk.piece(
        "its nearest", source.code, source.unit, source.label, how, report={"fit": fit}
    )
    strength = request.strength
    given = {"strength": strength}
    return [own, version, *_variations(request, desk, source, strength, strength, given)]


def _variations(
    request: VaryRequest | LikeRequest,
    desk: Desk,
    source: Source,
    strength: float,
    color: float,
    how: dict[str, Any],
) -> list[Piece]:
    if not request.count:
        return []
    numbers = range(request.seed, request.seed + request.count)
    # A stream of their own: the variations of chair:7 must not meet chair:7 among their goals.
    seeds = [stream_seed(number, "vary", 0) for number in numbers]
    others = desk.space.draw(seeds, source.label, request.truncation)
    codes = towards(desk.space.generator, source.code, others, strength, color)
    return [
        desk.piece(
            f"variation {number}",
            code,
            source.unit,
            source.label,
            {"verb": request.verb, "of": [source.record], **how, "variation": number},
        )
        for number, code in zip(numbers, codes, strict=True)
    ]


def _blend(request: BlendRequest, desk: Desk) -> list[Piece]:
    sources = _read(request, desk)
    codes = path(desk.space.generator, [source.code for source in sources], request.count)
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
            desk.piece(
                nearest.name if at_stop else f"{place:.2f}",
                code,
                float(unit),
                nearest.label,
                how,
            )
        )
    return pieces


def _mix(request: MixRequest, desk: Desk) -> list[Piece]:
    first, second = _read(request, desk)
    model = desk.space.model
    layers = mix(desk.space.generator, first.code, second.code, request.take)
    sample, paint, code = desk.space.sample(layers), desk.paint(layers), None
    made = model.decode(sample)
    if "details" not in request.take:
        code = layers[-1].clone()
    if first.field is not None and code is not None:
        # The shape was asked for as it is: of the code that fits it only the colours are taken.
        own = model.encode(first.field)[4:].numpy()
        sides = torch.from_numpy((own[:, 0, 0, 0] + 1) / 2)
        scale, offset = filled_place(sides, sample.shape[1], PUBLIC)
        if paint is not None:
            paint = dataclasses.replace(paint, scale=scale.numpy(), offset=offset.numpy())
        colors = model.decode(np.concatenate([sample[:4], own]))[1:]
        made, code = np.concatenate([first.field[:1], colors]), None
    how = {"verb": "mix", "of": [first.record, second.record], "take": list(request.take)}
    taken = " and ".join(request.take)
    return [
        _shown(first, desk, f"shape: {first.name}"),
        _shown(second, desk, f"{taken}: {second.name}"),
        Piece("mixed", made, first.unit, first.label, how, paint, code),
    ]


def _shown(source: Source, desk: Desk, caption: str) -> Piece:
    if source.field is None:
        return desk.piece(caption, source.code, source.unit, source.label, {}, shown_only=True)
    return Piece(caption, source.field, source.unit, source.label, {}, shown_only=True)


def _move(request: MoveRequest, desk: Desk) -> list[Piece]:
    (source,) = _read(request, desk)
    directions = directions_of(desk.space, [source.label], desk.on_progress)
    direction, sign = named(directions, request.along)
    pieces = []
    for by in np.linspace(-request.by, request.by, request.count) * sign:
        (code,) = move(desk.space.generator, source.code[None], direction, float(by))
        how = {
            "verb": "move",
            "of": [source.record],
            "along": direction.name,
            "by": round(float(by), 6),
        }
        pieces.append(
            desk.piece(f"{request.along} {by * sign:+.1f}", code, source.unit, source.label, how)
        )
    return pieces


def directions_of(
    space: Space, labels: Sequence[int], on_progress: OnProgress
) -> tuple[Direction, ...]:
    """Named directions, measured on draws of these classes in turn."""
    crowd = space.crowd(labels, max(CROWD, DIRECTED // len(labels)))
    every = max(1, crowd.shape[0] * crowd.shape[1] // SHAPES_SEEN)
    crowd = crowd.transpose(0, 1).flatten(0, 1)  # the classes in turn
    return find_directions(
        space,
        crowd[::every][:SHAPES_SEEN],
        crowd,
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


def _complete(request: CompleteRequest, desk: Desk) -> list[Piece]:
    file = Path(request.of[0])
    region = read_region(request.keep) if request.keep else None
    evidence = gather(read_mesh(file), region)
    labels = labels_called(request.class_name, desk.loaded.model.classes())
    draws = [
        desk.space.draw([stream_seed(request.seed + i, "complete", label)], label)
        for label in labels
        for i in range(DRAWS)
    ]
    whole = complete(
        desk.space,
        evidence,
        torch.cat(draws),
        labels=labels if request.class_name else None,
        grow=request.grow,
        restarts=request.restarts,
        on_step=lambda done, total: desk.on_progress(Progress("Completing", done, total)),
    )
    how = {
        "verb": "complete",
        "of": [mesh_record(file)],
        "keep": list(request.keep),
        "grow": whole.grow,
    }
    report = {
        "made_up": round(whole.made, 4),
        "grow": whole.grow,
        "agreement": whole.fit.as_json(),
    }
    label, unit = nearest_class(desk.space, whole.code), whole.view.unit
    return [
        Piece("what is there", whole.view.field, unit, label, {}, shown_only=True),
        Piece("completed", whole.field, unit, label, how, report=report),
    ]
