"""Folders of small pictures that a network can learn in seconds."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from PIL import Image


def draw(folder: Path, count: int = 24, size: int = 16) -> Path:
    """`count` red discs and as many blue squares, as PNG files in a folder each."""
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


def draw_both(folder: Path) -> Path:
    """Soft photographs, and paintings in two manners: blue ones and plain ones."""
    rng = np.random.default_rng(0)
    for kind, count in (("paintings/blue", 40), ("paintings/plain", 40), ("photos/urban", 90)):
        (folder / kind).mkdir(parents=True)
        for index in range(count):
            coarse = rng.integers(0, 255, (6, 6, 3))
            coarse[..., 2] = 250 if kind.endswith("blue") else coarse[..., 2]
            picture = Image.fromarray(coarse.astype(np.uint8)).resize((64, 64))
            picture.save(folder / kind / f"{index}.png")
    return folder


def draw_colors(folder: Path, count: int = 32, size: int = 16) -> Path:
    """Four classes that differ in colour: soft spots of it at any place."""
    rng = np.random.default_rng(0)
    y, x = np.mgrid[:size, :size] / size
    colors = {
        "red": (230, 40, 40),
        "green": (40, 200, 60),
        "blue": (50, 60, 240),
        "grey": (150,) * 3,
    }
    for kind, color in colors.items():
        (folder / kind).mkdir(parents=True)
        for index in range(count):
            at = rng.uniform(0.2, 0.8, 2)
            spot = np.exp(-((y - at[0]) ** 2 + (x - at[1]) ** 2) / 0.06)[..., None]
            pixels = (spot * color + (1 - spot) * 30 + rng.integers(0, 20, 3)).clip(0, 255)
            Image.fromarray(pixels.astype(np.uint8)).save(folder / kind / f"{index}.png")
    return folder
