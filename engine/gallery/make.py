"""`build_gallery`: from one line of settings, a description or a plan to a bundle."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from engine.errors import BadRequest
from engine.gallery.build import CACHE, Built, build
from engine.gallery.flat import read_picture
from engine.gallery.found import main_colours
from engine.gallery.lighting import LightChoice
from engine.gallery.making import make_works
from engine.gallery.measure import measure
from engine.gallery.sources import settled
from engine.gallery.works import order_of
from engine.museum.parts import Made
from engine.museum.plan import plan
from engine.museum.spec import MuseumRequest, read_request
from engine.museum.store import file_of, read_museum
from engine.museum.works import Measured, exhibits
from engine.request import IsCancelled, OnProgress, Progress
from engine.zoo.card import names


def build_gallery(
    source: Path | Mapping[str, Any] | MuseumRequest,
    folder: Path,
    *,
    options: Mapping[str, Any] | None = None,
    files: Path | None = None,
    cache: Path | None = None,
    variations: bool = True,
    light: LightChoice = "fast",
    contact: bool = True,
    single_file: bool = False,
    on_progress: OnProgress | None = None,
    is_cancelled: IsCancelled | None = None,
) -> Built:
    """Plan a museum, make its works and write the bundle.

    Args:
        source: settings; a JSON file of them, whose folder then holds the user's own files; or the
            folder of a planned museum.
        options: settings that override those of a file.
        files: folder of the user's own files, if it is another.
        light: "none", "fast", "fine" or "cycles" lightmaps. contact: paint views of rooms and works.
        single_file: everything in one `museum.glb` besides.
    Raises:
        BadRequest, CannotPlan, BadMuseum, BadAsset, CannotTrace, Cancelled, CannotWrite.
    """
    notes: tuple[str, ...] = ()
    if isinstance(source, Path) and (source.is_dir() or source.name == "museum.json"):
        if options:
            raise BadRequest("A plan that is written takes no further settings: plan it anew")
        museum = read_museum(source)
        files = files or (source if source.is_dir() else source.parent)
    else:
        values = dict(read_request(source) if isinstance(source, Path) else _values(source))
        request, notes = settled(MuseumRequest.parse({**values, **(options or {})}), names())
        files = files or (source.parent if isinstance(source, Path) else folder)
        request = _seen(request, files)
        made = _made_first(request, cache or folder / CACHE, on_progress, is_cancelled)
        if on_progress:
            on_progress(Progress("Planning", 0, 1))
        museum = plan(request, made)
    built = build(
        museum,
        folder,
        files=files,
        cache=cache,
        variations=variations,
        light=light,
        contact=contact,
        single=single_file,
        on_progress=on_progress,
        is_cancelled=is_cancelled,
    )
    return Built(built.folder, built.museum, (*notes, *built.notes))


def _seen(request: MuseumRequest, files: Path) -> MuseumRequest:
    """The request with the main colours of the user's pictures. Raises `BadMuseum`."""
    works = []
    for work in request.works:
        if work.kind == "painting" and work.file and not work.colours:
            colours = main_colours(read_picture(file_of(files, work.file), 128))
            work = work.model_copy(update={"colours": colours})
        works.append(work)
    return request.model_copy(update={"works": tuple(works)})


def _made_first(
    request: MuseumRequest,
    cache: Path,
    on_progress: OnProgress | None,
    is_cancelled: IsCancelled | None,
) -> dict[str, Measured]:
    """Make the works that will be shown, so that the house is planned around them as they are."""
    wanted = {
        work.id: order_of(work.origin)
        for exhibit in exhibits(request, request.sources, 1)
        for work in exhibit.works
        if isinstance(work.origin, Made)
    }
    tell = on_progress or (lambda _: None)
    kept = make_works(
        wanted.values(),
        cache,
        on_made=lambda done, total: tell(Progress("Making works", done, total)),
        is_cancelled=is_cancelled or (lambda: False),
    )
    known = {order: measure(one.file) for order, one in kept.items()}
    return {name: known[order] for name, order in wanted.items()}


def _values(source: Mapping[str, Any] | MuseumRequest) -> Mapping[str, Any]:
    return source.model_dump() if isinstance(source, MuseumRequest) else source
