"""Draw seeds 0 to 63 of every class of a model, none left out: what docs/pictures holds.

    python tools/class_sheets.py textured_props --out docs/pictures/textured_props
    python tools/class_sheets.py paintings --truncation 1 --out docs/pictures/paintings

One WebP a class, and `classes.webp`, the first eight seeds of each. Shapes are drawn from their fields
as `vernissage dataset build` draws its items, so that 57 classes take minutes and not hours; pictures
as the network gives them, in the shape that they will have, without upscaling and strokes.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from engine.data.field_picture import picture_of_field
from engine.errors import EmptyShape
from engine.makers.pictures import Drawn, draw, shaped
from engine.makers.shapes import sample_shape, word
from engine.zoo.registry import Loaded, load

SEEDS, ROW = 64, 8
SHAPE, PICTURE = 96, 128
"""Pixels of a tile."""
GAP, WALL = 6, (236, 234, 230)
FIRST = 8
"""Seeds of each class on the sheet of all classes."""
NAME = 132


def tiles(model: Loaded, name: str, seeds: int, truncation: float, size: int) -> list[np.ndarray]:
    """Pictures of seeds 0, 1, ...; a seed that gives nothing is an empty tile, not left out."""
    drawn = []
    for seed in range(seeds):
        if model.model.makes == "pictures":
            drawn.append(hung(draw(model, seed, name, truncation), size))
            continue
        try:
            field = sample_shape(model, seed, name, truncation).field
            drawn.append(picture_of_field(field, size))
        except EmptyShape:
            drawn.append(np.full((size, size, 3), 236, np.uint8))
    return drawn


def hung(drawn: Drawn, size: int) -> np.ndarray:
    """(size, size, 3): a picture in its shape, on a wall."""
    picture = Image.fromarray(shaped(drawn.pixels, drawn.shape))
    picture.thumbnail((size - GAP, size - GAP), Image.Resampling.LANCZOS)
    tile = Image.new("RGB", (size, size), WALL)
    tile.paste(picture, tuple((size - n) // 2 for n in picture.size))
    return np.asarray(tile)


def grid(pictures: list[np.ndarray]) -> np.ndarray:
    """Rows of ROW pictures."""
    return np.concatenate(
        [np.concatenate(pictures[i : i + ROW], 1) for i in range(0, len(pictures), ROW)]
    )


def caption(text: str, size: int) -> np.ndarray:
    """(size, NAME, 3): the name of a class, beside its row."""
    page = Image.new("RGB", (NAME, size), (250, 249, 247))
    font = ImageFont.load_default(size=14)
    ImageDraw.Draw(page).text((10, size / 2), text, (90, 86, 80), font=font, anchor="lm")
    return np.asarray(page)


def main() -> None:
    """Draw all sheets of a model."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("model", help="a model that ships, or a run folder")
    parser.add_argument("--out", type=Path, required=True, help="folder for the sheets")
    parser.add_argument("--seeds", type=int, default=SEEDS, help="pictures of a class")
    parser.add_argument("--truncation", type=float, default=1.0, help="0 to 1")
    wanted = parser.parse_args()
    model = load(wanted.model)
    wanted.out.mkdir(parents=True, exist_ok=True)
    size = PICTURE if model.model.makes == "pictures" else SHAPE
    rows = []
    for kind in model.model.classes():
        drawn = tiles(model, kind.name, wanted.seeds, wanted.truncation, size)
        path = wanted.out / f"{word(kind.name)}.webp"
        Image.fromarray(grid(drawn)).save(path, quality=72, method=6)
        rows.append(np.concatenate([caption(kind.name, size), *drawn[:FIRST]], 1))
    Image.fromarray(np.concatenate(rows)).save(wanted.out / "classes.webp", quality=72, method=6)


if __name__ == "__main__":
    main()
