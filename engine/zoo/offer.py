"""What can be asked of a model: its classes and the options that it has a use for. Needs no torch."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from difflib import get_close_matches
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

from engine.errors import BadRequest, UnknownClass
from engine.request import GenerateRequest

if TYPE_CHECKING:
    from engine.zoo.card import Card

PERSON_HEIGHT = 1.7
"""Metres of a character unless asked otherwise."""

_WORDS = ("type", "enum", "minimum", "exclusiveMinimum", "maximum")

Request = TypeVar("Request", bound=GenerateRequest)


class Named(Protocol):
    """A class of a model; see `engine.data.shape_classes.ShapeClass`."""

    @property
    def name(self) -> str: ...

    @property
    def category(self) -> str: ...

    @property
    def examples(self) -> int: ...


def applying(card: Card) -> tuple[str, ...]:
    """Names of the request's fields that mean something to a model, beside those that always do."""
    return (
        *(("class_name",) if card.net.get("classes") else ()),
        *("truncation",),
        *(("height",) if card.makes != "materials" else ()),
        *(("rig",) if card.rig else ()),
        *(("triangles", "texture", "lods", "collider") if card.makes == "shapes" else ()),
        *(("texture",) if card.makes == "materials" else ()),
    )


def formats(card: Card) -> tuple[str, ...]:
    """The files that a model's assets can be written as."""
    known = {
        "voxels": ("glb", "vox"),
        "pictures": ("png", "webp", "glb"),
        "materials": ("png", "glb"),
    }
    return known.get(card.makes, ("glb",))


def settle(request: Request, card: Card) -> Request:
    """The request with what it left open filled in for this model.

    Raises:
        BadRequest: it asks for something that the model has no use for.
    """
    fields = GenerateRequest.model_fields
    if card.makes == "tool":
        raise BadRequest(f"{request.model} makes nothing from seeds: it changes pictures")
    if card.makes in ("pictures", "materials") and request.formats == fields["formats"].default:
        request = request.model_copy(update={"formats": ("png", "glb")})
    if request.rig and not card.rig:
        raise BadRequest(f"{request.model} does not make people, so it cannot be rigged")
    always = {"model", "seed", "count", "rig", "formats", "previews", "out", *applying(card)}
    for name in fields.keys() - always:
        if getattr(request, name) != fields[name].default:
            raise BadRequest(f"{request.model} has no use for {name}")
    for kind in request.formats:
        if kind not in formats(card):
            raise BadRequest(f"{request.model} cannot be written as .{kind}")
    open_ended: dict[str, Any] = {"rig": card.rig if request.rig is None else request.rig}
    if request.height is None and card.makes == "voxels":
        open_ended["height"] = PERSON_HEIGHT
    return request.model_copy(update=open_ended)


def as_asked(request: GenerateRequest, card: Card) -> dict[str, Any]:
    """JSON that repeats a settled request: without the folder and what the model has no use for."""
    unused = GenerateRequest.model_fields.keys() - {
        *("model", "seed", "count", "formats", "previews"),
        *applying(card),
    }
    return request.model_dump(mode="json", exclude=unused)


def labels_called(name: str | None, classes: Sequence[Named]) -> list[int]:
    """Indices of the classes that go by a name: a class, `category/class`, or all of a category.

    Raises:
        UnknownClass: there is none; the sentence names those with a name like it.
    """
    if name is None:
        return list(range(len(classes)))
    wanted = name.strip().lower()
    found = [
        index
        for index, one in enumerate(classes)
        if wanted in (one.name, one.category, f"{one.category}/{one.name}")
    ]
    if found:
        return found
    known = sorted({word for one in classes for word in (one.category, one.name) if word})
    near = get_close_matches(wanted, known, n=3, cutoff=0.5)
    hint = f"; did you mean {' or '.join(near)}?" if near else ""
    raise UnknownClass(f"there is no class called {name}{hint}", known=", ".join(known))


def draw_label(seed: int, among: Sequence[int], classes: Sequence[Named]) -> int:
    """The class of one seed: by a hash of the seed, as often as training drew it.

    A class counts with the root of its number of examples, so that rare ones are seen as well.
    """
    weights = [classes[index].examples ** 0.5 for index in among]
    digest = hashlib.sha256(f"class of seed {seed}".encode()).digest()
    left = int.from_bytes(digest[:8], "big") / 2**64 * sum(weights)
    for index, weight in zip(among, weights, strict=True):
        left -= weight
        if left < 0:
            return index
    return among[-1]


def describe(card: Card) -> dict[str, Any]:
    """What the protocol's `models` says of one model: JSON values only."""
    schema = GenerateRequest.model_json_schema()["properties"]
    options = {name: _option(schema[name]) for name in applying(card)}
    if card.makes == "voxels":
        options["height"]["default"] = PERSON_HEIGHT
    if "rig" in options:
        options["rig"]["default"] = True
    return {
        "name": card.name,
        "title": card.title,
        "summary": card.summary,
        "makes": card.makes,
        "people": card.rig,
        "formats": list(formats(card)),
        "options": options,
        "categories": _categories(card.net.get("classes", ())),
    }


def _option(schema: dict[str, Any]) -> dict[str, Any]:
    """The words of JSON Schema that a form needs; a value that may be left out is not `null`."""
    stated: dict[str, Any] = next(
        (one for one in schema.get("anyOf", ()) if one["type"] != "null"), {}
    )
    known = {**schema, **stated}
    return {word: known[word] for word in _WORDS if word in known} | {"default": known["default"]}


def _categories(classes: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    grouped: dict[str, list[dict[str, Any]]] = {}
    for one in classes:
        entry = {"name": one["name"], "examples": one["examples"]}
        grouped.setdefault(one["category"], []).append(entry)
    return [{"name": name, "classes": members} for name, members in sorted(grouped.items())]
