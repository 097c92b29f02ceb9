"""A folder of `.vox` people → aligned, de-duplicated, split grids, and a manifest that says why."""

from __future__ import annotations

import fnmatch
import hashlib
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np

from engine.data.vox import read_vox
from engine.data.voxels import VoxelGrid
from engine.errors import BadDataset, BadVox, OneFamily

LEAST = 8
FEET = 2
"""Layers from the ground whose footprint aligns figures: hats, hair and bags vary, feet do not."""

Split = Literal["train", "validation"]


@dataclass(frozen=True)
class Example:
    """One figure, standing in a cube: file name, family (variants of one figure) and split."""

    name: str
    family: str
    split: Split
    grid: VoxelGrid


@dataclass(frozen=True)
class VoxelDataset:
    """Examples in name order, and every refused file with the reason."""

    examples: tuple[Example, ...]
    refused: dict[str, str]

    def grids(self, split: Split) -> list[VoxelGrid]:
        return [example.grid for example in self.examples if example.split == split]

    def families(self, split: Split) -> list[list[VoxelGrid]]:
        """The grids of a split, variants of one figure together."""
        kin: dict[str, list[VoxelGrid]] = {}
        for example in self.examples:
            if example.split == split:
                kin.setdefault(example.family, []).append(example.grid)
        return list(kin.values())

    def names(self, split: Split) -> list[str]:
        return [example.name for example in self.examples if example.split == split]

    def manifest(self) -> dict[str, Any]:
        """JSON: what was used, where, and what was left out and why."""
        used = [{"file": e.name, "family": e.family, "split": e.split} for e in self.examples]
        return {"used": used, "refused": self.refused}


def read_dataset(
    folder: Path, size: int, include: tuple[str, ...] = ("*",), validation: float = 0.2
) -> VoxelDataset:
    """Read every `.vox` below `folder` whose file name matches one of `include`.

    Figures are placed so that their feet stand in the middle of a `size`³ cube. Identical figures
    are kept once. The split goes by a hash of the family, so variants of one figure stay together
    and adding files never moves others.

    Raises:
        BadDataset: fewer than LEAST usable figures.
        OneFamily: none of them is left to train on.
    """
    examples: list[Example] = []
    refused: dict[str, str] = {}
    seen: dict[bytes, str] = {}
    for path in sorted(folder.rglob("*.vox")):
        if not any(fnmatch.fnmatch(path.name, pattern) for pattern in include):
            continue
        try:
            grid = stand(read_vox(path)[0], size)
        except (BadVox, ValueError) as error:
            refused[path.name] = str(error)
            continue
        key = hashlib.sha256(grid.solid.tobytes() + grid.colors.tobytes()).digest()
        if key in seen:
            refused[path.name] = f"identical to {seen[key]}"
            continue
        seen[key] = path.name
        kin = family(path.stem)
        examples.append(Example(path.stem, kin, _split(kin, validation), grid))
    if len(examples) < LEAST:
        raise BadDataset(f"{folder} holds {len(examples)} usable .vox files", least=LEAST)
    if all(example.split == "validation" for example in examples):
        raise OneFamily(f"all figures of {folder} count as variants of {examples[0].family!r}")
    return VoxelDataset(tuple(examples), refused)


def family(stem: str) -> str:
    """Variants of one figure share a family: `chr_army1a` and `chr_army3` are `chr_army`."""
    return re.sub(r"\d*[a-z]?$", "", stem) if re.search(r"\d[a-z]?$", stem) else stem


def stand(grid: VoxelGrid, size: int) -> VoxelGrid:
    """The figure in a `size`³ cube, feet on the ground and centred.

    Raises:
        ValueError: it is empty or larger than the cube.
    """
    cells = np.argwhere(grid.solid)
    if not len(cells):
        raise ValueError("the model is empty")
    low, high = cells.min(0), cells.max(0) + 1
    if (high - low).max() > size:
        raise ValueError(f"the figure is {(high - low).max()} voxels large, more than {size}")
    feet = cells[cells[:, 0] < low[0] + FEET]
    middle = (feet.min(0) + feet.max(0) + 1) // 2
    start = size // 2 - (middle - low)
    start[0] = 0
    start = start.clip(0, size - (high - low))
    box = tuple(slice(a, b) for a, b in zip(low, high, strict=True))
    put = tuple(slice(s, s + b - a) for s, a, b in zip(start, low, high, strict=True))
    solid = np.zeros((size,) * 3, bool)
    colors = np.zeros((size,) * 3 + (3,), np.uint8)
    solid[put] = grid.solid[box]
    colors[put] = grid.colors[box]
    return VoxelGrid(solid, colors)


def _split(kin: str, validation: float) -> Split:
    share = int.from_bytes(hashlib.sha256(kin.encode()).digest()[:4], "big") / 2**32
    return "validation" if share < validation else "train"
