"""Which model makes which kind of work; kinds that none makes become kinds that can be made."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from engine.errors import CannotPlan
from engine.museum.chance import stream
from engine.museum.parts import WorkKind
from engine.museum.spec import MuseumRequest, Source
from engine.museum.themes import theme
from engine.zoo.card import card

_CLASSES = 40
_DULL = ("character", "building", "structure")  # parts of cities and mannequins are no exhibits

PREFERRED: dict[WorkKind, tuple[str, ...]] = {
    "painting": ("paintings", "restyle"),
    "sculpture": ("sculptures",),
    "prop": ("textured_props",),
    "character": ("voxel_characters",),
    "video": ("clips",),
}
"""Models of each kind, the one that is asked first in front."""

INSTEAD: dict[WorkKind, tuple[WorkKind, ...]] = {
    "painting": ("prop", "sculpture", "character"),
    "sculpture": ("prop", "character", "painting"),
    "prop": ("sculpture", "character", "painting"),
    "character": ("prop", "sculpture", "painting"),
    "video": ("painting", "prop", "sculpture", "character"),
}


def settled(request: MuseumRequest, known: Sequence[str]) -> tuple[MuseumRequest, tuple[str, ...]]:
    """The request with sources that can be made, and a sentence for each that was replaced.

    Args:
        known: names of the models at hand.
    Raises:
        CannotPlan: no model makes works at all, and some are asked for.
    """
    if not request.count:
        return request, ()
    sources: list[Source] = []
    notes: list[str] = []
    for wanted in request.sources or theme(request.theme).sources:
        kind, model = wanted.kind, wanted.model
        if model is None:
            model = next((m for m in PREFERRED[kind] if m in known), None)
            update: dict[str, object] = {"model": model}
            if model is None:
                instead, model = _instead(kind, known)
                shown = f"{_PLURAL[instead]} are shown instead"
                update = {"model": model, "kind": instead, "size": None, "classes": ()}
                if (kind, instead) == ("video", "painting"):
                    # A screen shines with a picture, too; its room is still planned for screens.
                    shown = "pictures shine from the screens instead"
                    update = {"model": model, "classes": ()}
                notes.append(f"No model makes {_PLURAL[kind]}: {shown}.")
            wanted = wanted.model_copy(update=update)
        if wanted.model in known:
            wanted, lost = _of_the_model(wanted, request.seed)
            notes += lost
        sources.append(wanted)
    return request.model_copy(update={"sources": tuple(sources)}), tuple(notes)


_PLURAL: dict[WorkKind, str] = {
    "painting": "paintings",
    "sculpture": "sculptures",
    "prop": "objects",
    "character": "guests",
    "video": "films",
}


def _instead(kind: WorkKind, known: Sequence[str]) -> tuple[WorkKind, str]:
    for other in INSTEAD[kind]:
        for model in PREFERRED[other]:
            if model in known:
                return other, model
    raise CannotPlan(
        "No model that makes works is installed",
        remedy="Bring works of your own: list them under works, and set count to 0.",
    )


def _of_the_model(source: Source, seed: int) -> tuple[Source, list[str]]:
    """The source with classes that its model has; where none is asked for, drawn by chance."""
    model = str(source.model)
    classes = card(model).net.get("classes") or ()
    has = {word for one in classes for word in (one["name"], one["category"])}
    has |= {f"{one['category']}/{one['name']}" for one in classes}
    kept = tuple(name for name in source.classes if name.strip().lower() in has)
    lost = [name for name in source.classes if name not in kept]
    note = [f"{model} has no class {' or '.join(lost)}: others are shown."] if lost else []
    return source.model_copy(update={"classes": kept or drawn(model, seed)}), note


def drawn(model: str, seed: int) -> tuple[str, ...]:
    """Classes of a model in an order of chance, common ones early: rooms get a reason from them."""
    classes = card(model).net.get("classes") or ()
    names, weights = [], []
    for one in classes:
        shown = not one["name"].startswith("other") and one["category"] not in _DULL
        if one["name"] and shown and one["name"] not in names:
            names.append(one["name"])
            weights.append(float(one["examples"]) ** 0.5)
    if not names:
        return ()
    # Weighted order without replacement (Efraimidis and Spirakis 2006).
    keys = stream(seed, "classes", model).random(len(names)) ** (1 / np.asarray(weights))
    return tuple(names[i] for i in np.argsort(-keys, kind="stable")[:_CLASSES])
