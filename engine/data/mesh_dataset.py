"""A folder that `vernissage dataset build` wrote, as training data: items, labels and a split."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal

import numpy as np

from engine.data.mesh_item import read_field
from engine.errors import BadDataset, NotBuilt

MANIFEST = "manifest.json"
LEAST = 8
FEW = 20
"""Below this all examples are trained on: a held-out one would be missed, and tell little."""

Split = Literal["train", "validation"]


@dataclass(frozen=True)
class MeshExample:
    """One model: the file it came from, its labels, its split and where its field lies.

    `kind` is the finer class, `scale` the units of the file (metres in a GLB) in one voxel.
    """

    file: str
    category: str
    kind: str
    family: str
    split: Split
    scale: float
    item: Path


@dataclass(frozen=True)
class MeshDataset:
    """Examples in the order of their file names; all fields are `size`³."""

    size: int
    examples: tuple[MeshExample, ...]

    def of(self, split: Split) -> tuple[MeshExample, ...]:
        return tuple(example for example in self.examples if example.split == split)

    def classes(self) -> tuple[str, ...]:
        """The categories, in alphabetical order."""
        return tuple(sorted({example.category for example in self.examples}))

    def fields(self, split: Split) -> np.ndarray:
        """(n, 4, N, N, N) float16, in the order of `of(split)`. Raises `BadMesh` for a bad one."""
        chosen = self.of(split)
        fields = np.empty((len(chosen), 4, *(self.size,) * 3), np.float16)
        for index, example in enumerate(chosen):
            fields[index] = read_field(example.item)
        return fields


def read_mesh_dataset(folder: Path, validation: float = 0.15) -> MeshDataset:
    """Read what a build wrote.

    The split goes by a hash of the family: variants of one model stay together, and adding files
    never moves others. Where there are FEW, or most would be held out because they are variants of
    one another, all are for training.

    Raises:
        NotBuilt: the folder has no manifest.
        BadDataset: it cannot be read, or has fewer than LEAST items.
    """
    if not (folder / MANIFEST).is_file():
        raise NotBuilt(f"{folder} is no data set yet: it has no {MANIFEST}", folder=folder)
    try:
        manifest: dict[str, Any] = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
        examples = tuple(
            MeshExample(
                file=entry["file"],
                category=entry["category"],
                kind=entry["class"],
                family=entry["family"],
                split=_split(entry["family"], validation),
                scale=float(entry["units_per_voxel"]),
                item=folder / entry["item"],
            )
            for entry in manifest["items"]
        )
        size = int(manifest["size"])
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise BadDataset(f"{folder} is no data set: {error!r}", least=LEAST) from error
    if len(examples) < LEAST:
        raise BadDataset(f"{folder} holds {len(examples)} usable models", least=LEAST)
    held_out = sum(example.split == "validation" for example in examples)
    if len(examples) < FEW or held_out > len(examples) / 2:
        examples = tuple(replace(example, split="train") for example in examples)
    return MeshDataset(size, examples)


def _split(family: str, validation: float) -> Split:
    share = int.from_bytes(hashlib.sha256(family.encode()).digest()[:4], "big") / 2**32
    return "validation" if share < validation else "train"
