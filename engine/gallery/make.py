"""`build_gallery`: from one line of settings, a description or a plan to a bundle."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from engine.errors import BadRequest
from engine.gallery.build import Built, build
from engine.gallery.sources import settled
from engine.museum.plan import plan
from engine.museum.spec import MuseumRequest, read_request
from engine.museum.store import read_museum
from engine.request import IsCancelled, OnProgress, Progress
from engine.zoo.card import names


def build_gallery(
    source: Path | Mapping[str, Any] | MuseumRequest,
    folder: Path,
    *,
    options: Mapping[str, Any] | None = None,
    cache: Path | None = None,
    variations: bool = True,
    on_progress: OnProgress | None = None,
    is_cancelled: IsCancelled | None = None,
) -> Built:
    """Plan a museum, make its works and write the bundle.

    Args:
        source: settings; a JSON file of them, whose folder then holds the user's own files; or the
            folder of a planned museum.
        options: settings that override those of a file.
    Raises:
        BadRequest, CannotPlan, BadMuseum, BadAsset, Cancelled, CannotWrite.
    """
    notes: tuple[str, ...] = ()
    if isinstance(source, Path) and (source.is_dir() or source.name == "museum.json"):
        if options:
            raise BadRequest("A plan that is written takes no further settings: plan it anew")
        museum = read_museum(source)
        files = source if source.is_dir() else source.parent
    else:
        values = dict(read_request(source) if isinstance(source, Path) else _values(source))
        request, notes = settled(MuseumRequest.parse({**values, **(options or {})}), names())
        if on_progress:
            on_progress(Progress("Planning", 0, 1))
        museum = plan(request)
        files = source.parent if isinstance(source, Path) else folder
    built = build(
        museum,
        folder,
        files=files,
        cache=cache,
        variations=variations,
        on_progress=on_progress,
        is_cancelled=is_cancelled,
    )
    return Built(built.folder, built.museum, (*notes, *built.notes))


def _values(source: Mapping[str, Any] | MuseumRequest) -> Mapping[str, Any]:
    return source.model_dump() if isinstance(source, MuseumRequest) else source
