"""Draw seeds 0 to 63 of every class of a model of shapes, none left out, and a page that shows them.

    python tools/class_sheets.py textured_props --out sheets
    python tools/class_sheets.py textured_props --out docs/pictures/props --least 20 --page docs/sheets.md

One WebP a class, drawn from the fields as `vernissage dataset build` draws its items, so that all
classes take minutes and not hours; and `classes.webp`, the first eight seeds of each.
"""

from __future__ import annotations

import argparse
import os
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from PIL import Image, ImageDraw, ImageFont
from scipy import ndimage

from engine.data.field_picture import picture_of_field
from engine.data.shape_classes import ShapeClass
from engine.makers.shapes import word
from engine.zoo.novelty import nearest
from engine.zoo.registry import Loaded, load

SEEDS, ROW, TILE = 64, 8, 96
BATCH = 16
FIRST = 8
"""Seeds of each class on the sheet of all classes."""
NAME = 132


@dataclass(frozen=True)
class Drawn:
    """One class: pictures of its seeds, and what the page says of them."""

    kind: ShapeClass
    tiles: list[np.ndarray]
    figures: str


def draw(model: Loaded, kind: ShapeClass, seeds: int, truncation: float) -> Drawn:
    """Seeds 0, 1, ... as the network makes them at the first draw; one that gives nothing is empty."""
    label = torch.full((seeds,), model.model.classes().index(kind))
    tiles, novelty, near = [], [], set()
    whole = 0
    for z, asked in zip(
        model.model.latents(list(range(seeds))).split(BATCH), label.split(BATCH), strict=True
    ):
        with torch.inference_mode():
            samples = model.model.synthesise(model.generator, z, truncation, asked)
        for sample in samples:
            field = model.model.decode(sample.numpy())
            tiles.append(picture_of_field(field, TILE))
            whole += ndimage.label(field[0] > 0, np.ones((3, 3, 3), int))[1] == 1
            known = list(model.card.examples)
            seen = model.model.comparable(sample[None])[0]
            found = nearest(seen, model.prints, known, model.print_scale)
            novelty.append(found.ratio)
            near.add(found.example)
    figures = (
        f"| [{kind.name}](#{kind.name.replace(' ', '-')}) | {kind.examples} | {whole / seeds:.0%} "
        f"| {len(near)} | {np.median(novelty):.2f} | {min(novelty):.2f} |"
    )
    return Drawn(kind, tiles, figures)


def grid(pictures: list[np.ndarray]) -> np.ndarray:
    """Rows of ROW pictures."""
    return np.concatenate(
        [np.concatenate(pictures[i : i + ROW], 1) for i in range(0, len(pictures), ROW)]
    )


def caption(text: str) -> np.ndarray:
    """(TILE, NAME, 3): the name of a class, beside its row."""
    page = Image.new("RGB", (NAME, TILE), (250, 249, 247))
    font = ImageFont.load_default(size=14)
    ImageDraw.Draw(page).text((10, TILE / 2), text, (90, 86, 80), font=font, anchor="lm")
    return np.asarray(page)


def page_of(command: str, drawn: list[Drawn], pictures: str) -> str:
    """Markdown: a table of figures, then the sheet of each class."""
    lines = [
        "# Sheets of textured props",
        "",
        f"Seeds 0 to {len(drawn[0].tiles) - 1} of each large class, in order, none left out and none",
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
        file = f"{pictures}/{word(one.kind.name)}.webp"
        lines += [
            "",
            f"## {one.kind.name}",
            "",
            f"![{len(one.tiles)} seeds of {one.kind.name}]({file})",
        ]
    return "\n".join(lines) + "\n"


def main() -> None:
    """Draw all sheets of a model."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("model", help="a model that ships, or a run folder")
    parser.add_argument("--out", type=Path, required=True, help="folder for the sheets")
    parser.add_argument("--seeds", type=int, default=SEEDS, help="pictures of a class")
    parser.add_argument("--truncation", type=float, default=1.0, help="0 to 1")
    parser.add_argument("--least", type=int, default=1, help="leave out classes of fewer examples")
    parser.add_argument("--page", type=Path, help="Markdown that shows the sheets")
    wanted = parser.parse_args()
    torch.set_num_threads(1)
    model = load(wanted.model)
    wanted.out.mkdir(parents=True, exist_ok=True)
    drawn = []
    for kind in model.model.classes():
        if kind.examples < wanted.least:
            continue
        drawn.append(draw(model, kind, wanted.seeds, wanted.truncation))
        sheet = Image.fromarray(grid(drawn[-1].tiles))
        sheet.save(wanted.out / f"{word(kind.name)}.webp", quality=72, method=6)
    rows = [np.concatenate([caption(one.kind.name), *one.tiles[:FIRST]], 1) for one in drawn]
    sheet = Image.fromarray(np.concatenate(rows))
    sheet.save(wanted.out / "classes.webp", quality=72, method=6)
    if wanted.page:
        command = f"python tools/class_sheets.py {wanted.model} --out {wanted.out.as_posix()}"
        command += f" --least {wanted.least} --page {wanted.page.as_posix()}"
        pictures = Path(os.path.relpath(wanted.out, wanted.page.parent)).as_posix()
        wanted.page.write_text(page_of(command, drawn, pictures), "utf-8")


if __name__ == "__main__":
    main()
