"""Pictures to train on: read, cleared of twins and of what is too small, sorted, split."""

from __future__ import annotations

import csv
import hashlib
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np
from PIL import Image

from engine.data.picture_files import Found, find_pictures
from engine.data.shape_classes import ShapeClass
from engine.errors import BadDataset

LEAST = 8
Split = Literal["train", "validation"]


@dataclass(frozen=True)
class Picture:
    """One example: name, class and its category, family (pictures of one thing), split, pixels.

    `pixels` is (H, W, 3) uint8 sRGB. `whole` is False for a detail of another picture, `tileable`
    is True for a tile that meets itself at its edges.
    """

    name: str
    kind: str
    category: str
    family: str
    split: Split
    pixels: np.ndarray
    whole: bool = True
    tileable: bool = False
    about: str = ""
    """What a CSV beside it says: title, artist, year, in the order of its columns."""


@dataclass(frozen=True)
class PictureDataset:
    """Examples in name order, and every refused file with the reason."""

    pictures: tuple[Picture, ...]
    refused: dict[str, str]

    def of(self, split: Split) -> list[Picture]:
        return [picture for picture in self.pictures if picture.split == split]

    def manifest(self) -> dict[str, Any]:
        """JSON: what was used, where, and what was left out and why."""
        used = [
            {"file": p.name, "class": p.kind, "family": p.family, "split": p.split}
            for p in self.pictures
        ]
        return {"used": used, "refused": self.refused}


def read_pictures(
    folder: Path, *, smallest: int = 32, validation: float = 0.1, least: int = LEAST
) -> PictureDataset:
    """Read every picture below `folder` (see `engine.data.picture_files`).

    A CSV beside them with a column `file` may name a finer `class`, the `tileable` ones and, as
    `panorama`, what several pictures are views of. Details lie in a folder `details` and belong to
    the picture whose name they begin with. The split goes by a hash of the family, so that adding
    files never moves others.

    Args:
        smallest: shorter sides below it are refused. least: fewer pictures are too few.
    Raises:
        BadDataset: too few usable pictures; says what was refused and why, in short.
    """
    notes = _notes(folder)
    pictures: list[Picture] = []
    refused: dict[str, str] = {}
    seen: dict[bytes, str] = {}
    for found in find_pictures(folder):
        if not isinstance(found, Found):
            refused[found.name] = found.reason
            continue
        side = min(found.pixels.shape[:2])
        if side < smallest:
            refused[found.name] = f"its shorter side has {side} pixels, fewer than {smallest}"
            continue
        twin = seen.setdefault(_look(found.pixels), found.name)
        if twin != found.name:
            refused[found.name] = f"looks like {twin}"
            continue
        pictures.append(_picture(found, notes, validation))
    if len(pictures) < least:
        common = Counter(refused.values()).most_common(1)
        why = f"; {len(refused)} were refused, for example: {common[0][0]}" if common else ""
        raise BadDataset(f"{folder} holds {len(pictures)} usable pictures{why}", least=least)
    if all(picture.split == "validation" for picture in pictures):
        raise BadDataset(f"all pictures of {folder} are of one family", least=least)
    return PictureDataset(tuple(pictures), refused)


def classes_of(
    pictures: Sequence[Picture], least: int = 1
) -> tuple[tuple[ShapeClass, ...], list[int]]:
    """Classes in order of category and name, and the label of each picture.

    A class of fewer than `least` examples joins the largest of its category, or stays if alone.
    """
    counts = Counter((p.category, p.kind) for p in pictures)
    home: dict[tuple[str, str], tuple[str, str]] = {}
    for key, count in counts.items():
        kin = [k for k in counts if k[0] == key[0]]
        home[key] = key if count >= least else max(kin, key=lambda k: (counts[k], k))
    sizes = Counter(home[p.category, p.kind] for p in pictures)
    order = sorted(sizes)
    classes = tuple(
        ShapeClass(
            name=kind or "picture", category=category, examples=sizes[category, kind], unit=1
        )
        for category, kind in order
    )
    return classes, [order.index(home[p.category, p.kind]) for p in pictures]


def square(pixels: np.ndarray, size: int, place: tuple[float, float] = (0.5, 0.5)) -> np.ndarray:
    """(size, size, 3) uint8: a square as large as the shorter side, at `place` along the longer."""
    height, width = pixels.shape[:2]
    side = min(height, width)
    top, left = round((height - side) * place[0]), round((width - side) * place[1])
    return resized(pixels[top : top + side, left : left + side], size, size)


def resized(pixels: np.ndarray, width: int, height: int) -> np.ndarray:
    """(height, width, 3) uint8 by Lanczos; the same array where nothing changes."""
    if pixels.shape[:2] == (height, width):
        return pixels
    image = Image.fromarray(pixels).resize((width, height), Image.Resampling.LANCZOS)
    return np.asarray(image)


def to_unit(pixels: np.ndarray) -> np.ndarray:
    """uint8 (..., H, W, 3) → float32 (..., 3, H, W) in [-1, 1]."""
    return np.moveaxis(pixels, -1, -3).astype(np.float32) / 127.5 - 1


def to_pixels(values: np.ndarray) -> np.ndarray:
    """float (..., 3, H, W) in [-1, 1] → uint8 (..., H, W, 3)."""
    scaled = (np.moveaxis(np.asarray(values, np.float32), -3, -1) + 1) * 127.5
    return np.ascontiguousarray(scaled.round().clip(0, 255).astype(np.uint8))


def _picture(found: Found, notes: dict[str, dict[str, str]], validation: float) -> Picture:
    stem = Path(found.name).stem
    detail = re.fullmatch(r"(.+)_d\d+", stem)
    whole = f"{detail[1]}{Path(found.name).suffix}" if detail else Path(found.name).name
    note = notes.get(whole, {})
    family = note.get("panorama") or (detail[1] if detail else stem)
    return Picture(
        name=found.name,
        kind=(note.get("class") or found.label).lower(),
        category=found.label.lower(),
        family=family,
        split=_split(f"{found.label}/{family}", validation),
        pixels=found.pixels,
        whole=detail is None,
        tileable=note.get("tileable") == "1",
        about="; ".join(value for value in note.values() if value),
    )


def _notes(folder: Path) -> dict[str, dict[str, str]]:
    """Rows of the CSV files at the top of the folder, by file name."""
    rows: dict[str, dict[str, str]] = {}
    if folder.is_dir():
        for path in sorted(folder.glob("*.csv")):
            with path.open(encoding="utf-8", errors="replace", newline="") as stream:
                rows |= {row["file"]: row for row in csv.DictReader(stream) if row.get("file")}
    return rows


def _look(pixels: np.ndarray) -> bytes:
    """What twins share: a reduced picture at 16 levels. Recompressed copies count as twins."""
    small = Image.fromarray(pixels).resize((12, 12), Image.Resampling.BOX)
    return hashlib.sha256((np.asarray(small) >> 3).tobytes() + repr(pixels.shape).encode()).digest()


def _split(family: str, validation: float) -> Split:
    share = int.from_bytes(hashlib.sha256(family.encode()).digest()[:4], "big") / 2**32
    return "validation" if share < validation else "train"
