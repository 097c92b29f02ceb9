"""Square crops of pictures by the batch: what models of picture detail learn from."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from engine.data.picture_dataset import Picture, PictureDataset, read_pictures, resized, to_unit
from engine.errors import BadDataset


def read_folders(
    root: Path, folders: Sequence[str], validation: float
) -> dict[str, PictureDataset]:
    """The data sets of those sub-folders that are there; without any, of `root` itself.

    Raises:
        BadDataset: too few pictures in one of them.
    """
    there = [name for name in folders if (root / name).is_dir()]
    if not there:
        return {root.name: read_pictures(root, validation=validation)}
    return {name: read_pictures(root / name, validation=validation) for name in there}


class Crops:
    """Crops of `size` pixels; each data set is drawn as often as any other."""

    def __init__(self, sets: Sequence[Sequence[Picture]], size: int) -> None:
        self.size = size
        self.sets = [[_at_least(p.pixels, size) for p in pictures] for pictures in sets if pictures]
        if not self.sets:
            raise BadDataset("there is no picture to cut from", least=1)

    def draw(self, count: int, rng: np.random.Generator) -> Tensor:
        """(count, 3, size, size) in [-1, 1], mirrored by chance."""
        out = np.empty((count, self.size, self.size, 3), np.uint8)
        for row in out:
            pictures = self.sets[int(rng.integers(len(self.sets)))]
            pixels = pictures[int(rng.integers(len(pictures)))]
            top = int(rng.integers(pixels.shape[0] - self.size + 1))
            left = int(rng.integers(pixels.shape[1] - self.size + 1))
            cut = pixels[top : top + self.size, left : left + self.size]
            row[:] = cut[:, ::-1] if rng.random() < 0.5 else cut
        return torch.from_numpy(to_unit(out))


def middles(pictures: Sequence[Picture], size: int) -> Tensor:
    """(N, 3, size, size) in [-1, 1]: the middle of each picture."""
    cut = []
    for picture in pictures:
        pixels = _at_least(picture.pixels, size)
        top, left = (pixels.shape[0] - size) // 2, (pixels.shape[1] - size) // 2
        cut.append(pixels[top : top + size, left : left + size])
    return torch.from_numpy(to_unit(np.stack(cut))) if cut else torch.empty(0, 3, size, size)


def manifest_of(sets: dict[str, PictureDataset]) -> dict[str, Any]:
    """JSON of several data sets by name."""
    return {name: dataset.manifest() for name, dataset in sets.items()}


def _at_least(pixels: np.ndarray, size: int) -> np.ndarray:
    """The picture, enlarged where its shorter side is below `size`."""
    height, width = pixels.shape[:2]
    if min(height, width) >= size:
        return pixels
    scale = size / min(height, width)
    return resized(pixels, max(size, round(width * scale)), max(size, round(height * scale)))
