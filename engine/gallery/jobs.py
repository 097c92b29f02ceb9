"""What the worker's methods `gallery` and `works` do: from a client's JSON to JSON for it."""

from __future__ import annotations

from pathlib import Path
from typing import Any, TypeVar

from pydantic import ConfigDict, Field, ValidationError

from engine.errors import BadRequest
from engine.gallery.lighting import LightChoice
from engine.gallery.make import build_gallery
from engine.gallery.making import Order, make_works
from engine.gallery.own import own_works
from engine.gallery.sources import PREFERRED
from engine.gallery.works import FLAT, order_of, put
from engine.museum.parts import Box, Id, Line, Made, Part, WorkKind
from engine.museum.words import made_alt, made_title
from engine.request import IsCancelled, OnProgress, Progress, first_fault
from engine.zoo.card import names

Asked = TypeVar("Asked", bound=Part)


class BuildRequest(Part):
    """The fields of `gallery` that are not those of `MuseumRequest`, which are taken besides."""

    model_config = ConfigDict(extra="allow", frozen=True)

    out: Path = Field(description="Folder of the bundle.")
    own: Path | None = Field(None, description="Folder whose files are works too.")
    light: LightChoice = Field("fast", description="How light is baked.")
    cache: Path | None = Field(None, description="Folder that keeps works that were made.")


def build_museum(
    params: dict[str, Any], *, on_progress: OnProgress, is_cancelled: IsCancelled
) -> dict[str, Any]:
    """Plan a museum, make its works, build its house.

    Raises:
        BadRequest, and what `build_gallery` raises.
    """
    request = _parse(BuildRequest, params, "gallery")
    wishes = {key: value for key, value in params.items() if key not in BuildRequest.model_fields}
    notes: list[str] = []
    if request.own is not None:
        on_progress(Progress("Reading your works", 0, 1))
        works, notes = own_works(request.own)
        wishes["works"] = [*wishes.get("works", ()), *works]
    built = build_gallery(
        wishes,
        request.out.resolve(),
        files=request.own,
        cache=request.cache,
        light=request.light,
        contact=False,
        on_progress=on_progress,
        is_cancelled=is_cancelled,
    )
    return {
        "museum": str(built.folder / "museum.json"),
        "title": built.museum.title,
        "rooms": len(built.museum.rooms),
        "works": len(built.museum.works),
        "notes": [*notes, *built.notes],
    }


class WorkOrder(Part):
    """One work for one slot."""

    slot: Id
    kind: WorkKind
    model: str | None = Field(None, max_length=80, description="Default: the kind's own model.")
    class_name: Line | None = None
    seed: int = Field(ge=0, lt=2**31)
    truncation: float = Field(1.0, ge=0.0, le=1.5)
    size: Box = Field(description="Room that there is for it.")


class WorksRequest(Part):
    """Some works, each for a slot of its own."""

    works: tuple[WorkOrder, ...] = Field(min_length=1, max_length=2_000)
    out: Path
    cache: Path | None = None


def make_for_slots(
    params: dict[str, Any], *, on_progress: OnProgress, is_cancelled: IsCancelled
) -> dict[str, Any]:
    """Make works as large as their slots, as those of a bundle are.

    Raises:
        BadRequest: also where no model makes a kind. What `make_works` raises.
    """
    request = _parse(WorksRequest, params, "works")
    origins = [(order, _origin(order)) for order in request.works]
    out = request.out.resolve()
    made = make_works(
        [order_of(origin) for _, origin in origins],
        request.cache or out / ".cache",
        on_made=lambda done, total: on_progress(Progress("Making works", done, total)),
        is_cancelled=is_cancelled,
    )
    return {"items": [_item(order, origin, made, out) for order, origin in origins], "refused": []}


def _origin(order: WorkOrder) -> Made:
    known = names()
    model = order.model or next((m for m in PREFERRED[order.kind] if m in known), None)
    if model is None:
        raise BadRequest(f"works: no model makes a {order.kind}")
    return Made(
        model=model,
        seed=order.seed,
        class_name=order.class_name,
        truncation=order.truncation,
    )


def _item(order: WorkOrder, origin: Made, made: dict[Order, Any], out: Path) -> dict[str, Any]:
    flat = order.kind in FLAT
    file, size, whence = put(order.slot, origin, made, (flat, order.size), out)
    return {
        "slot": order.slot,
        "kind": order.kind,
        "title": made_title(whence),
        "alt": made_alt(order.kind, whence),
        "origin": whence.model_dump(mode="json", exclude_none=True),
        "size": list(size),
        "files": {"image" if flat else "glb": str(out / file)},
    }


def _parse(kind: type[Asked], params: dict[str, Any], whole: str) -> Asked:
    try:
        return kind.model_validate(params)
    except ValidationError as error:
        raise BadRequest(first_fault(error, whole)) from error
