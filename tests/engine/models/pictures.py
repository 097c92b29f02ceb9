"""A folder of small pictures that a network can learn in seconds: red discs and blue squares."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from PIL import Image


def draw(folder: Path, count: int = 24, size: int = 16) -> Path:
    """`count` pictures of each of two classes, as PNG files in a folder each."""
    y, x = np.mgrid[:size, :size] / size
    for index in range(count):
        rng = np.random.default_rng(index)
        for kind in ("disc", "square"):
            at, radius = rng.uniform(0.35, 0.65, 2), rng.uniform(0.15, 0.3)
            away = np.stack([abs(y - at[0]), abs(x - at[1])])
            inside = (np.hypot(*away) if kind == "disc" else away.max(0)) < radius
            ground, color = rng.integers(0, 60, 3), rng.integers(150, 255, 3)
            color[2 if kind == "disc" else 0] = 20
            pixels = np.where(inside[..., None], color, ground).astype(np.uint8)
            (folder / kind).mkdir(parents=True, exist_ok=True)
            Image.fromarray(pixels).save(folder / kind / f"{index:03d}.png")
    return folder
