"""Every work of a museum to its file: made by a model, or copied in from the user's folder."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path

from engine.errors import BadMuseum, Cancelled
from engine.files import write_bytes
from engine.gallery.flat import read_picture, write_picture
from engine.gallery.solid import standing
from engine.museum.parts import Box, Made
from engine.museum.schema import Museum, Work
from engine.museum.store import file_of
from engine.request import GenerateRequest, IsCancelled, OnProgress, Progress

FLAT = ("painting", "video")


@dataclass(frozen=True)
class Filled:
    """A museum whose works all have files, and what was done otherwise than asked."""

    museum: Museum
    notes: tuple[str, ...]


def fill(
    museum: Museum,
    folder: Path,
    *,
    files: Path,
    cache: Path,
    variations: bool,
    on_progress: OnProgress,
    is_cancelled: IsCancelled,
) -> Filled:
    """Make or copy every work and its variations into `works/` and `media/`."""
    works = []
    for i, work in enumerate(museum.works):
        if is_cancelled():
            raise Cancelled(f"Stopped after {i} of {len(museum.works)} works")
        on_progress(Progress("Making works", i, len(museum.works)))
        works.append(_work(work, folder, files, cache, variations=variations))
    return Filled(museum.model_copy(update={"works": tuple(works)}), ())


def _work(work: Work, folder: Path, files: Path, cache: Path, *, variations: bool) -> Work:
    if isinstance(work.origin, Made):
        name, _ = _made(work.origin, work.id, work.size, folder, cache)
        shown = []
        for variation in work.variations if variations else ():
            assert isinstance(variation.origin, Made)
            other, _ = _made(variation.origin, variation.id, work.size, folder, cache)
            shown.append(variation.model_copy(update={"file": other}))
        return work.model_copy(update={"file": name, "variations": tuple(shown)})
    if work.file is None:
        raise BadMuseum(f"{work.title} has no file")
    source = file_of(files, work.file)
    if work.kind == "painting":
        name = f"works/{work.id}.webp"
        write_picture(read_picture(source), work.size[:2], folder / name)
    elif work.kind == "video":
        name = f"media/{work.id}{source.suffix.lower()}"
        write_bytes(folder / name, source.read_bytes())
    else:
        name = f"works/{work.id}.glb"
        data, _ = standing(source.read_bytes(), source.name, work.size)
        write_bytes(folder / name, data)
    return work.model_copy(update={"file": name})


def _made(origin: Made, name: str, size: Box, folder: Path, cache: Path) -> tuple[str, Box]:
    from engine.makers.item import load, make, write

    request = GenerateRequest(
        model=origin.model,
        seed=origin.seed,
        class_name=origin.class_name,
        truncation=origin.truncation,
        previews=False,
        out=cache,
    )
    model = load(origin.model)
    if model.card.makes == "shapes":
        request = request.model_copy(update={"texture": 512, "lods": 1, "collider": "none"})
    values = {**request.model_dump(mode="json"), "weights": model.card.sha256}
    del values["out"]
    key = hashlib.sha256(json.dumps(values, sort_keys=True).encode()).hexdigest()[:32]
    kept = cache / f"{key}.glb"
    if not kept.is_file():
        from engine.zoo.offer import settle

        item = write(request, origin.seed, *make(settle(request, model.card), model, origin.seed))
        item.files["glb"].replace(kept)
    data, taken = standing(kept.read_bytes(), name, size)
    file = f"works/{name}.glb"
    write_bytes(folder / file, data)
    return file, taken
