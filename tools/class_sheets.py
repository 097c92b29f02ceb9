"""Draw seeds 0 to 63 of every class of a model, none left out, and a page that shows them.

    python tools/class_sheets.py paintings --out docs/pictures/paintings
    python tools/class_sheets.py textured_props --out docs/pictures/props --least 20 --page docs/sheets.md

One WebP a class, and `classes.webp`, the first eight seeds of each large one. Shapes are drawn from their fields
as `vernissage dataset build` draws its items, so that 57 classes take minutes and not hours; pictures
as the network gives them, in the shape that they will have, without upscaling and strokes.
"""

from __future__ import annotations

import argparse
import os
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import cache, partial
from pathlib import Path

import numpy as np
import torch
from PIL import Image, ImageDraw, ImageFont
from scipy import ndimage

from engine.data.field_picture import picture_of_field
from engine.makers import pictures
from engine.makers.shapes import word
from engine.zoo.novelty import fingerprint
from engine.zoo.registry import Loaded, load

SEEDS, ROW, BATCH = 64, 8, 16
SHAPE, PICTURE = 96, 128
"""Pixels of a tile."""
GAP, WALL = 6, (236, 234, 230)
FIRST = 8
"""Seeds of each class on the sheet of all classes."""
NAME = 132


@dataclass(frozen=True)
class Drawn:
    """One class: tiles of its seeds, and for shapes a row of the page's table."""

    name: str
    tiles: list[np.ndarray]
    figures: str = ""


def draw_class(name: str, seeds: int, truncation: float, out: Path, label: int) -> Drawn:
    """One class of a model, and its sheet below `out`."""
    torch.set_num_threads(1)
    model = loaded(name)
    draw = draw_pictures if model.model.makes == "pictures" else draw_shapes
    drawn = draw(model, label, seeds, truncation)
    sheet = Image.fromarray(grid(drawn.tiles))
    sheet.save(out / f"{word(drawn.name)}.webp", quality=72, method=6)
    return drawn


@cache
def loaded(name: str) -> Loaded:
    """Once in each process."""
    return load(name)


def draw_pictures(model: Loaded, label: int, seeds: int, truncation: float) -> Drawn:
    """Seeds 0, 1, ... of a model of pictures."""
    name = model.model.classes()[label].name
    drawn = (pictures.draw(model, seed, name, truncation) for seed in range(seeds))
    return Drawn(name, [hung(one, PICTURE) for one in drawn])


def draw_shapes(model: Loaded, label: int, seeds: int, truncation: float) -> Drawn:
    """Seeds 0, 1, ... as the network makes them at the first draw; one that gives nothing is empty."""
    kind = model.model.classes()[label]
    labels = torch.full((seeds,), label)
    tiles, novelty = [], list[float]()
    near: set[int] = set()
    whole = 0
    for z, asked in zip(
        model.model.latents(list(range(seeds))).split(BATCH), labels.split(BATCH), strict=True
    ):
        with torch.inference_mode():
            samples = model.model.synthesise(model.generator, z, truncation, asked)
        seen = model.model.comparable(samples)
        away = torch.cdist(
            torch.stack([fingerprint(seen), fingerprint(seen.flip(-1))]), model.prints
        ).amin(0)
        novelty += (away.amin(1) / model.print_scale).tolist()
        near |= set(away.argmin(1).tolist())
        for sample in samples:
            field = model.model.decode(sample.numpy())
            tiles.append(picture_of_field(field, SHAPE))
            whole += ndimage.label(field[0] > 0, np.ones((3, 3, 3), int))[1] == 1
    figures = (
        f"| [{kind.name}](#{kind.name.replace(' ', '-')}) | {kind.examples} | {whole / seeds:.0%} "
        f"| {len(near)} | {np.median(novelty):.2f} | {min(novelty):.2f} |"
    )
    return Drawn(kind.name, tiles, figures)


def hung(drawn: pictures.Drawn, size: int) -> np.ndarray:
    """(size, size, 3): a picture in its shape, on a wall."""
    picture = Image.fromarray(pictures.shaped(drawn.pixels, drawn.shape))
    picture.thumbnail((size - GAP, size - GAP), Image.Resampling.LANCZOS)
    tile = Image.new("RGB", (size, size), WALL)
    tile.paste(picture, ((size - picture.width) // 2, (size - picture.height) // 2))
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


def page_of(command: str, drawn: list[Drawn], folder: str) -> str:
    """Markdown: a table of figures, then the sheet of each class."""
    lines = [
        "# Sheets of textured props",
        "",
        f"Seeds 0 to {len(drawn[0].tiles) - 1} of each class, in order, none left out and none",
        "cleaned up. [Quality](quality.md) has the scores of all classes together.",
        "",
        "```",
        command,
        "```",
        "",
        "| class | training examples | one body | examples reached | novelty, median | least |",
        "| --- | ---: | ---: | ---: | ---: | ---: |",
        *(one.figures for one in drawn),
        "",
        "*One body*: seeds whose field is one piece before any clean-up; what `generate` writes always",
        "is. *Examples reached*: different training examples that are nearest to some seed. *Novelty*:",
        "distance to the nearest training example, shape and colours together, in that of unseen real",
        "shapes: 0 is a copy, 1 as new as an unseen original.",
    ]
    for one in drawn:
        file = f"{folder}/{word(one.name)}.webp"
        lines += [
            "",
            f"## {one.name}",
            "",
            f"![{len(one.tiles)} seeds of {one.name}]({file})",
        ]
    return "\n".join(lines) + "\n"


def main() -> None:
    """Draw all sheets of a model."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("model", help="a model that ships, or a run folder")
    parser.add_argument("--out", type=Path, required=True, help="folder for the sheets")
    parser.add_argument("--seeds", type=int, default=SEEDS, help="pictures of a class")
    parser.add_argument("--truncation", type=float, default=1.0, help="0 to 1")
    parser.add_argument(
        "--least", type=int, default=1, help="training examples of a class that gets a row there"
    )
    parser.add_argument("--page", type=Path, help="Markdown that shows the sheets of shapes")
    wanted = parser.parse_args()
    classes = load(wanted.model).model.classes()
    wanted.out.mkdir(parents=True, exist_ok=True)
    draw = partial(draw_class, wanted.model, wanted.seeds, wanted.truncation, wanted.out)
    with ProcessPoolExecutor() as pool:
        drawn = list(pool.map(draw, range(len(classes))))
    if wanted.page:
        command = f"python tools/class_sheets.py {wanted.model} --out {wanted.out.as_posix()}"
        command += f" --least {wanted.least} --page {wanted.page.as_posix()}"
        folder = Path(os.path.relpath(wanted.out, wanted.page.parent)).as_posix()
        wanted.page.write_text(page_of(command, drawn, folder), "utf-8")
    rows = [
        np.concatenate([caption(one.name, len(one.tiles[0])), *one.tiles[:FIRST]], 1)
        for one, kind in zip(drawn, classes, strict=True)
        if kind.examples >= wanted.least
    ]
    sheet = Image.fromarray(np.concatenate(rows))
    sheet.save(wanted.out / "classes.webp", quality=72, method=6)


if __name__ == "__main__":
    main()
