"""A folder of pictures without classes → copies in the class folders of a labelled one (C18)."""

from __future__ import annotations

import re
import shutil
import uuid
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from engine.data.picture_dataset import resized, to_unit
from engine.data.picture_files import Found, find_pictures
from engine.errors import BadRequest, CannotWrite, NoClasses, NothingToSort
from engine.files import write_json
from engine.gan.rng import Streams
from engine.models.sorter import EDGE, OTHERS, Labelled, fit
from engine.request import IsCancelled, OnProgress, Progress

MANIFEST = "manifest.json"
LEAST = 4
"""A class with fewer pictures teaches nothing."""
ENOUGH = 32
"""Fewer pictures to be sorted do not say how their set looks; they are seen as the known ones are."""


@dataclass(frozen=True)
class Sorted:
    """What a sorting made: the manifest as written, and its path."""

    manifest: dict[str, Any]
    path: Path


def sort(
    pictures: Path,
    like: Path,
    out: Path,
    *,
    seed: int = 0,
    epochs: int = 40,
    adapt: bool = True,
    on_progress: OnProgress | None = None,
    is_cancelled: IsCancelled | None = None,
) -> Sorted:
    """Copy every picture below `pictures` into a folder of `out` named after a class of `like`.

    A network learns the classes of `like` and is adapted to how `pictures` look, so that these may
    be of another kind: scans, sketches, photographs in another light. Nothing is moved or changed.
    The same seed sorts alike. `out` appears whole or not at all.

    Raises:
        BadRequest: a folder that is none, one inside the other, or `out` holds something.
        NoClasses: fewer than two classes can be learned. NothingToSort: no picture is readable.
        Cancelled: `is_cancelled` said so. CannotWrite: `out` cannot be written.
    """
    _check(pictures, like, out)
    refused: dict[str, str] = {}
    labelled = _read(like, "reading the classes", on_progress, refused)
    names, known = _known(like, labelled, seed)
    refused.clear()  # what is wrong with the labelled ones is no news of those to be sorted
    found = _read(pictures, "reading", on_progress, refused)
    for name in [name for name, _, _ in found if not (pictures / name).is_file()]:
        refused[name] = "it lies in an archive or array file; unpack it first"
    found = [one for one in found if one[0] not in refused]
    if not found:
        why = f"; {len(refused)} were refused, such as {next(iter(refused))}" if refused else ""
        raise NothingToSort(f"{pictures} holds no picture that can be sorted{why}")
    others = _stack([small for _, _, small in found])
    adapt = adapt and len(others) >= ENOUGH
    torch.set_num_threads(1)
    fitted = fit(
        known,
        others,
        seed=seed,
        epochs=epochs,
        adapt=adapt,
        on_progress=on_progress,
        is_cancelled=is_cancelled,
    )
    chances = fitted.sorter.chances(others, OTHERS)
    items: list[dict[str, Any]] = []
    taken: set[str] = set()
    for (name, _, _), row in zip(found, chances, strict=True):
        label = names[int(row.argmax())]
        place = _free(f"{label}/{name.replace('/', '_')}", taken)
        items.append(
            {"file": name, "to": place, "class": label, "probability": round(float(row.max()), 4)}
        )
    manifest = {
        "format": 1,
        "seed": seed,
        "classes": names,
        "adapted": adapt,
        "held_out_accuracy": round(fitted.accuracy, 4),
        "omega": round(fitted.omega, 4),
        "a_distance": {"global": round(fitted.whole, 4), "local": round(fitted.each, 4)},
        "items": items,
        "refused": dict(sorted(refused.items())),
    }
    _write(pictures, out, manifest)
    return Sorted(manifest, out / MANIFEST)


def _check(pictures: Path, like: Path, out: Path) -> None:
    for folder in (pictures, like):
        if not folder.is_dir():
            raise BadRequest(f"{folder} is no folder")
    places = [folder.resolve() for folder in (pictures, like, out)]
    for index, one in enumerate(places):
        if any(
            one == other or other in one.parents for other in places[:index] + places[index + 1 :]
        ):
            raise BadRequest(f"{(pictures, like, out)[index]} lies in another of the three folders")
    if out.exists() and (not out.is_dir() or any(out.iterdir())):
        raise BadRequest(f"{out} exists and is not empty; name another folder")


_Small = tuple[str, str, np.ndarray]  # name, label, (32, 32, 3) uint8


def _read(
    folder: Path, phase: str, on_progress: OnProgress | None, refused: dict[str, str]
) -> list[_Small]:
    """Every picture, reduced at once, so that a large folder fits in memory."""
    total = sum(1 for path in folder.rglob("*") if path.is_file())
    small: list[_Small] = []
    for done, found in enumerate(find_pictures(folder), 1):
        if isinstance(found, Found):
            small.append((found.name, found.label, resized(found.pixels, EDGE, EDGE)))
        else:
            refused[found.name] = found.reason
        if on_progress is not None:
            on_progress(Progress(phase, done, max(done, total)))
    return small


def _known(like: Path, labelled: list[_Small], seed: int) -> tuple[list[str], Labelled]:
    """Names of the classes, and their pictures; a fifth of each class is held out."""
    counts = Counter(label for _, label, _ in labelled)
    # A label of an array file is any text; only one that names a folder can become one.
    names = sorted(
        label
        for label, count in counts.items()
        if count >= LEAST and re.fullmatch(r"[^./\\][^/\\]*", label)
    )
    if len(names) < 2:
        raise NoClasses(
            f"{like} holds {len(names)} class folders with {LEAST} readable pictures or more",
            least=LEAST,
        )
    used = [one for one in labelled if one[1] in names]
    label = torch.tensor([names.index(one[1]) for one in used])
    held = torch.zeros(len(used), dtype=torch.bool)
    for index in range(len(names)):
        rows = (label == index).nonzero()[:, 0]
        order = torch.randperm(len(rows), generator=Streams(seed).torch("held known", index))
        held[rows[order[: max(1, len(rows) // 5)]]] = True
    return names, Labelled(_stack([one[2] for one in used]), label, held)


def _stack(small: list[np.ndarray]) -> Tensor:
    return torch.from_numpy(to_unit(np.stack(small)))


def _free(place: str, taken: set[str]) -> str:
    """`place`, or with a number where a file system that ignores case has it already."""
    path, number = Path(place), 1
    while place.lower() in taken:
        number += 1
        place = path.with_stem(f"{path.stem}-{number}").as_posix()
    taken.add(place.lower())
    return place


def _write(pictures: Path, out: Path, manifest: dict[str, Any]) -> None:
    """Copies and manifest, in a folder beside that becomes `out` at the end."""
    beside = out.with_name(f".{uuid.uuid4().hex[:8]}.{out.name}")
    try:
        for item in manifest["items"]:
            place = beside / item["to"]
            place.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(pictures / item["file"], place)
        write_json(beside / MANIFEST, manifest)
        if out.exists():
            out.rmdir()
        beside.replace(out)
    except OSError as error:
        raise CannotWrite(f"{out} could not be written: {error.strerror or error}") from error
    finally:
        shutil.rmtree(beside, ignore_errors=True)
