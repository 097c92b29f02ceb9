"""Fields of blocks and balls, and a built data set of them."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np

from engine.data.voxel_field import REACH


def field_of(distance: np.ndarray, color: np.ndarray) -> np.ndarray:
    """(4, N, N, N) float32 of a signed distance in voxels, in one colour of [-1, 1]."""
    field = np.empty((4, *distance.shape), np.float32)
    field[0] = (distance / REACH).clip(-1, 1)
    field[1:] = color[:, None, None, None]
    return field


def block(half: tuple[float, float, float], color: np.ndarray, size: int = 32) -> np.ndarray:
    """A box with these half sides along z, y, x in voxels, standing two voxels from the floor."""
    at = np.indices((size,) * 3) + 0.5
    middle = np.array([half[0] + 2, size / 2, size / 2])
    beyond = np.abs(at - middle[:, None, None, None]) - np.array(half)[:, None, None, None]
    outside = np.linalg.norm(np.maximum(beyond, 0), axis=0)
    return field_of(-(outside + np.minimum(beyond.max(0), 0)), color)


def globe(radius: float, color: np.ndarray, size: int = 32) -> np.ndarray:
    """A ball standing two voxels from the floor."""
    at = np.indices((size,) * 3) + 0.5
    middle = np.array([radius + 2, size / 2, size / 2])
    return field_of(radius - np.linalg.norm(at - middle[:, None, None, None], axis=0), color)


def random_block(seed: int, size: int = 32) -> np.ndarray:
    rng = np.random.default_rng(seed)
    a, b, c = rng.uniform(0.12, 0.42, 3) * size
    return block((a, b, c), rng.uniform(-0.9, 0.9, 3), size)


def random_globe(seed: int, size: int = 32) -> np.ndarray:
    rng = np.random.default_rng(seed)
    return globe(rng.uniform(0.18, 0.42) * size, rng.uniform(-0.9, 0.9, 3), size)


def write_shapes(folder: Path, count: int = 24, size: int = 32) -> Path:
    """As `vernissage dataset build` leaves it: balls, blocks and bricks, all unrelated."""
    (folder / "items").mkdir(parents=True)
    items = []
    for index in range(count):
        make, category, kind = (
            (random_globe, "round", "ball"),
            (random_block, "square", "block"),
            (random_block, "square", "brick"),
        )[index % 3]
        name = f"items/{index}.npz"
        np.savez(folder / name, field=make(index, size).astype(np.float16))
        items.append(
            {
                "file": f"{index}.glb",
                "category": category,
                "class": kind,
                "family": f"family {index}",
                "units_per_voxel": 0.03,
                "item": name,
            }
        )
    (folder / "manifest.json").write_text(json.dumps({"size": size, "items": items}))
    return folder
