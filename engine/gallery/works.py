"""Every work of a museum to its file: made by a model, or brought by the user."""

from __future__ import annotations

import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from engine.assets.provenance import xmp_packet
from engine.errors import Cancelled
from engine.files import write_bytes
from engine.gallery.far import far_glb, far_name
from engine.gallery.flat import read_picture, write_picture
from engine.gallery.found import bring, bring_sound
from engine.gallery.making import Kept, Order, make_works
from engine.gallery.solid import standing
from engine.makers.cores import cores
from engine.museum.parts import Box, Made
from engine.museum.schema import Label, Museum, ScreenSlot, Variation, WallSlot, Work
from engine.museum.words import label_text, made_alt, made_title
from engine.request import IsCancelled, OnProgress, Progress

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
    """Make or copy every work and its variations into `works/` and `media/`.

    Raises:
        BadMuseum, BadAsset: a file of the user's; found before anything is made. EmptyShape,
        UnknownModel, UnknownClass, WeightsMismatch, CannotWrite, Cancelled.
    """
    theirs = [work for work in museum.works if not isinstance(work.origin, Made)]
    with ThreadPoolExecutor(cores()) as pool:
        found = pool.map(lambda work: bring(work, files, folder), theirs)
        brought = dict(zip((work.id for work in theirs), found, strict=True))
    sounds = [s.model_copy(update={"file": bring_sound(s, files, folder)}) for s in museum.sounds]
    made = make_works(
        _orders(museum, variations=variations),
        cache,
        on_made=lambda done, total: on_progress(Progress("Making works", done, total)),
        is_cancelled=is_cancelled,
    )
    works: list[Work] = []
    notes: list[str] = []
    room_for = spaces(museum)

    def hang(work: Work) -> Work:
        if is_cancelled():
            raise Cancelled("Stopped while works were hung")
        if work.id in brought:
            file, size = brought[work.id]
            hung = work.model_copy(update={"file": file, "size": _rounded(size)})
        else:
            hung = _hung(work, made, room_for[work.id], folder, variations=variations)
        for name in (hung.file, *(v.file for v in hung.variations)):
            if name and name.endswith(".glb"):
                write_bytes(folder / far_name(name), far_glb((folder / name).read_bytes(), name))
        return hung

    with ThreadPoolExecutor(cores()) as pool:
        for work, hung in zip(museum.works, pool.map(hang, museum.works), strict=True):
            on_progress(Progress("Hanging works", len(works), len(museum.works)))
            works.append(hung)
            if isinstance(work.origin, Made):
                notes += _changed(work.origin, hung.origin)
    by_id = {work.id: work for work in works}
    labels = tuple(_relabelled(label, museum, by_id) for label in museum.labels)
    update = {"works": tuple(works), "labels": labels, "sounds": tuple(sounds)}
    return Filled(museum.model_copy(update=update), tuple(notes))


def _changed(before: Made, after: object) -> Iterator[str]:
    if isinstance(after, Made) and after.seed != before.seed:
        yield f"Seed {before.seed} of {before.model} gives nothing: {after.seed} is shown instead."


def _orders(museum: Museum, *, variations: bool) -> Iterator[Order]:
    for work in museum.works:
        if isinstance(work.origin, Made):
            yield order_of(work.origin)
    for work in museum.works if variations else ():
        for variation in work.variations:
            if isinstance(variation.origin, Made):
                yield order_of(variation.origin)


def order_of(origin: Made) -> Order:
    """What is asked of the model for a work."""
    return Order(origin.model, origin.seed, origin.class_name, origin.truncation)


def spaces(museum: Museum) -> dict[str, tuple[bool, Box]]:
    """For each work: whether it hangs, and the size of its slot."""
    found = {}
    for slot in museum.slots:
        hangs = isinstance(slot, WallSlot | ScreenSlot)
        depth = 0.03 if len(slot.size) < 3 else slot.size[2]
        for name in slot.works:
            found[name] = hangs, (slot.size[0], slot.size[1], depth)
    return found


def _hung(
    work: Work,
    made: dict[Order, Kept],
    space: tuple[bool, Box],
    folder: Path,
    *,
    variations: bool,
) -> Work:
    """A made work with its file, its own size, and what its model says of it."""
    assert isinstance(work.origin, Made)
    file, size, origin = put(work.id, work.origin, made, space, folder)
    others: list[Variation] = []
    for variation in work.variations if variations else ():
        if isinstance(variation.origin, Made):
            other, _, whence = put(variation.id, variation.origin, made, space, folder)
            update = {"file": other, "origin": whence, "title": made_title(whence)}
            others.append(variation.model_copy(update=update))
    return work.model_copy(
        update={
            "file": file,
            "size": work.size if space[0] else _rounded(size),
            "origin": origin,
            "title": made_title(origin),
            "alt": made_alt(work.kind, origin),
            "variations": tuple(others),
        }
    )


def put(
    name: str, origin: Made, made: dict[Order, Kept], space: tuple[bool, Box], folder: Path
) -> tuple[str, Box, Made]:
    """Write the file of a made work below `folder`, as large as its place.

    Args:
        space: whether it hangs, and the room that there is.
    Returns:
        The path in the folder, the size that it takes, and where it comes from in the end.
    """
    kept = made[order_of(origin)]
    class_name = kept.report.get("class", origin.class_name)
    update = {
        "seed": kept.seed,
        "weights_sha256": kept.weights_sha256,
        "class_name": class_name if isinstance(class_name, str) else origin.class_name,
    }
    whence = origin.model_copy(update=update)
    hangs, room = space
    if hangs:
        file = f"works/{name}.webp"
        write_picture(read_picture(kept.file), room[:2], folder / file, xmp=_xmp(name, whence))
        return file, room, whence
    file = f"works/{name}.glb"
    data, size = standing(kept.file.read_bytes(), name, room)
    write_bytes(folder / file, data)
    return file, size, whence


def _xmp(name: str, origin: Made) -> bytes:
    """Provenance of a picture as an XMP packet, which cataloguers read."""
    record: dict[str, Any] = xmp_packet(name, {})
    kind = record["Iptc4xmpExt:DigitalSourceType"]
    about = json.dumps(origin.model_dump(mode="json", exclude_none=True))
    safe = about.replace("&", "&amp;").replace("<", "&lt;").replace('"', "&quot;")
    return (
        '<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF '
        'xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"><rdf:Description '
        'xmlns:i="http://iptc.org/std/Iptc4xmpExt/2008-02-29/" '
        'xmlns:v="https://vernissage.invalid/ns/" '
        f'i:DigitalSourceType="{kind}" v:origin="{safe}"/></rdf:RDF></x:xmpmeta>'
    ).encode()


def _rounded(size: Box) -> Box:
    width, height, depth = (max(0.01, round(side, 3)) for side in size)
    return width, height, depth


def _relabelled(label: Label, museum: Museum, works: dict[str, Work]) -> Label:
    """The label of a slot, true of what stands in it now."""
    slot = next((slot for slot in museum.slots if slot.id == label.slot), None)
    if slot is None or label.kind != "work":
        return label
    shown = [works[name] for name in slot.works]
    title = shown[0].title if len(shown) == 1 else label.title
    return label.model_copy(update={"title": title, "text": label_text(shown)})
