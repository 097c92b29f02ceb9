"""`vernissage bench families`: every family of image GANs on the same pictures for the same time.

Each recipe of `image_gan` is trained for so many minutes of processor time, at one size, on one split;
512 uncurated samples of each are scored against the same held-out pictures, with real pictures against
real ones as the floor. Minutes on a CPU rank how fast families learn, not how far they get; for a few
minutes all are made narrower alike.
"""

from __future__ import annotations

import json
import math
import time
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from PIL import Image, ImageDraw, ImageFont
from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table
from torch import Tensor

from engine.data.picture_dataset import PictureDataset, read_pictures
from engine.errors import BadRequest
from engine.files import write_beside, write_json
from engine.gan.config import Phase, TrainConfig
from engine.gan.precision import best_device
from engine.gan.trainer import Trainer
from engine.metrics.picture_scores import frechet, precision_recall, sliced_wasserstein
from engine.metrics.random_features import random_features
from engine.models.image_gan import ImageGan
from engine.models.registry import model_class
from engine.request import IsCancelled, OnProgress, Progress
from engine.zoo.recipes import Recipe, read_recipe, recipe_names

SAMPLES = 512
HELD_OUT = 0.2
"""Share of the pictures that families are scored against."""
TILE, MARGIN = 64, 96
"""Least edge of a sample on the sheet, and the place for names, in pixels."""
SHOWN = 12
"""Samples of a family on the sheet: seeds 0 and up."""
FLOOR, REAL = "real vs real", "real"
COLUMNS = (
    ("kimg", "kimg"),
    ("ms", "ms a picture"),
    ("swd", "SWD ↓"),
    ("frechet", "Fréchet, random features ↓"),
    ("precision", "precision ↑"),
    ("recall", "recall ↑"),
    ("sharpness", "sharpness, real = 1"),
)


def families() -> tuple[str, ...]:
    """Recipes of `image_gan`, in alphabetical order."""
    return tuple(n for n in recipe_names() if read_recipe(n, "cpu").file.model == "image_gan")


def run(
    minutes: float,
    *,
    data: Path,
    size: int = 32,
    width: float = 1.0,
    names: Sequence[str] = (),
    out: Path = Path("runs/families"),
    console: Console | None = None,
    on_progress: OnProgress | None = None,
    is_cancelled: IsCancelled | None = None,
) -> dict[str, Any]:
    """Train and score families; what `out` holds of the same kind is gone on with, or only scored.

    Args:
        width: share of a recipe's channels that its nets have.
    Returns:
        The report: figures by family, the floor among them. `out` gets report.json and sheet.png.
    Raises:
        BadRequest: an unknown family, or a size that is no power of two from 16 on.
        BadDataset, CannotWrite.
    """
    chosen = tuple(names) or families()
    if unknown := set(chosen) - set(families()):
        raise BadRequest(f"There is no family {unknown.pop()}; there are {', '.join(families())}")
    if size < 16 or size & (size - 1):
        raise BadRequest(f"--size {size}: must be 16, 32, 64 or 128")
    if not 0.05 <= width <= 1:
        raise BadRequest(f"--width {width:g}: must be between 0.05 and 1")
    torch.set_num_threads(1)
    dataset = read_pictures(data, smallest=8, validation=HELD_OUT)
    rows: dict[str, dict[str, float]] = {}
    tiles: dict[str, np.ndarray] = {}
    for name in chosen:
        recipe, model = _prepared(name, size, width, dataset)
        made, figures = _trained(recipe, model, minutes * 60, out / name, on_progress, is_cancelled)
        real = model.held_out(SAMPLES)
        assert real is not None
        rows[name] = figures | score(_rgb(made), _rgb(real))
        if REAL not in tiles:
            tiles[REAL] = np.concatenate([model.decode(s) for s in real[:SHOWN].numpy()], 1)
        tiles[name] = np.concatenate([model.decode(s) for s in made[:SHOWN].numpy()], 1)
        others = _rgb(model.examples()[1][:SAMPLES].float())
        if FLOOR not in rows:
            rows[FLOOR] = score(others, _rgb(real))
        report = {"minutes": minutes, "size": size, "width": width, "rows": rows}
        write_json(out / "report.json", report)
        if is_cancelled and is_cancelled():
            break
    _write_sheet(out / "sheet.png", tiles)
    if console:
        console.print(table_of(rows))
    return report


def score(made: Tensor, real: Tensor) -> dict[str, float]:
    """Figures of pictures (N, 3, S, S) in [-1, 1] against as many real ones."""
    count = min(len(made), len(real))
    made, real = made[:count], real[:count]
    a, b = random_features(made), random_features(real)
    precision, recall = precision_recall(a, b)
    scores = {
        "swd": sliced_wasserstein(
            made, real, levels=2 if made.shape[-1] < 32 else 3, directions=128
        ),
        "frechet": frechet(a, b),
        "precision": precision,
        "recall": recall,
        "sharpness": sharpness(made) / max(sharpness(real), 1e-9),
    }
    return {key: float(f"{value:.4g}") for key, value in scores.items()}


def sharpness(pictures: Tensor) -> float:
    """Mean absolute Laplacian of the brightness: what a blurred picture has less of."""
    grey = pictures.float().mean(1)
    inner = grey[:, 1:-1, 1:-1]
    around = grey[:, :-2, 1:-1] + grey[:, 2:, 1:-1] + grey[:, 1:-1, :-2] + grey[:, 1:-1, 2:]
    return float((4 * inner - around).abs().mean())


def table_of(rows: Mapping[str, Mapping[str, float]]) -> Table:
    """The rows for a terminal."""
    table = Table(box=SIMPLE_HEAD, pad_edge=False)
    table.add_column("family", no_wrap=True)
    for _, head in COLUMNS:
        table.add_column(head, justify="right")
    for name, row in rows.items():
        cells = [row.get(key) for key, _ in COLUMNS]
        table.add_row(name, *("-" if cell is None else f"{cell:.3g}" for cell in cells))
    return table


def _prepared(
    name: str, size: int, width: float, dataset: PictureDataset
) -> tuple[Recipe, ImageGan]:
    """A family's recipe at one size: stages that lead beyond it are left out, the coarsest first."""
    recipe = read_recipe(name, "cpu")
    net = dict(recipe.net)
    family = net.get("family", "dc")
    stages = len(net["widths"]) if family == "mlp" else round(math.log2(size / 4))
    net["widths"] = [_narrowed(w, width) for w in net["widths"][-stages:]]
    if family == "dc":  # whose attention is named by the width of a stage
        net["attention"] = [_narrowed(w, width) for w in net.get("attention", ())]
    net |= {"size": size, "validation": HELD_OUT}
    model = model_class("image_gan")(net)
    assert isinstance(model, ImageGan)
    model.use(dataset)
    phases = [_for_size(phase, size / recipe.net["size"]) for phase in recipe.train.phases]
    train = recipe.train.model_copy(update={"phases": tuple(phases)})
    return replace(recipe, net=net, train=train), model


def _for_size(phase: Phase, scale: float) -> Phase:
    """R1 and R2 as strong as they should be at another size: four times for twice the edge."""
    if phase.penalty not in ("exact", "finite_difference"):
        return phase
    ends = {"start": phase.gamma.start * scale**2, "end": phase.gamma.end * scale**2}
    return phase.model_copy(update={"gamma": phase.gamma.model_copy(update=ends)})


def _narrowed(channels: int, width: float) -> int:
    return max(8, round(channels * width))


def _trained(
    recipe: Recipe,
    model: ImageGan,
    seconds: float,
    run: Path,
    on_progress: OnProgress | None,
    is_cancelled: IsCancelled | None,
) -> tuple[Tensor, dict[str, float]]:
    """SAMPLES pictures of a family after so many processor seconds, and what that was.

    `run`/clock.json says how fast it is and how long it has been trained, so that a run that was
    stopped ends as if it had not been.
    """
    clock = run / "clock.json"
    known = json.loads(clock.read_text("utf-8")) if clock.is_file() else {"used": 0.0}
    pace = known.get("pace") or _pace(
        Trainer(model, recipe.train, run / "pace", device=best_device())
    )
    config = _shortened(recipe.train, seconds / pace)
    trainer = Trainer(model, config, run, device=best_device(), identity=recipe.identity)
    begin = time.process_time() - known["used"]

    def is_over() -> bool:
        used = time.process_time() - begin
        if on_progress:
            on_progress(Progress(recipe.name, round(used), round(seconds), seconds - used, ""))
        return used > seconds or bool(is_cancelled and is_cancelled())

    trainer.resume()
    if known["used"] < seconds and trainer.images < config.total_images:
        trainer.run(is_cancelled=is_over)
    write_json(clock, {"pace": pace, "used": time.process_time() - begin})
    made = []
    classes = max(len(model.classes()), 1)
    for first in range(0, SAMPLES, 64):
        seeds = list(range(first, first + 64))
        with torch.no_grad():
            z = model.latents(seeds).to(trainer.device)
            label = torch.tensor(seeds, device=trainer.device) % classes
            made.append(model.synthesise(trainer.ema.module, z, label=label).cpu())
    return torch.cat(made), {"kimg": trainer.images / 1000, "ms": float(f"{pace * 1000:.3g}")}


def _pace(trainer: Trainer, steps: int = 8) -> float:
    """Processor seconds a picture."""
    phase = trainer.config.phases[-1]
    trainer.step(phase, 0.5)
    begin = time.process_time()
    for _ in range(steps):
        trainer.step(phase, 0.5)
    return (time.process_time() - begin) / (steps * trainer.config.batch)


def _shortened(config: TrainConfig, pictures: float) -> TrainConfig:
    """The same with its phases scaled alike to so many pictures, and no sheets on the way."""
    whole = sum(phase.kimg for phase in config.phases)
    scaled = [
        phase.model_copy(update={"kimg": phase.kimg * pictures / 1000 / whole})
        for phase in config.phases
    ]
    changes = {"phases": tuple(scaled), "tick_kimg": 1e6, "ema_kimg": min(config.ema_kimg, 2.0)}
    return config.model_copy(update=changes)


def _rgb(pictures: Tensor) -> Tensor:
    return pictures.expand(-1, 3, -1, -1) if pictures.shape[1] == 1 else pictures


def _write_sheet(path: Path, tiles: Mapping[str, np.ndarray]) -> None:
    """A named row of samples for each family; small pictures are enlarged pixel by pixel."""
    font = ImageFont.load_default(size=15)
    scale = max(1, TILE // next(iter(tiles.values())).shape[0])
    high = scale * sum(row.shape[0] for row in tiles.values())
    wide = scale * max(row.shape[1] for row in tiles.values())
    sheet, top = Image.new("RGB", (MARGIN + wide, high), "black"), 0
    pen = ImageDraw.Draw(sheet)
    for name, row in tiles.items():
        large = Image.fromarray(row.repeat(scale, 0).repeat(scale, 1))
        sheet.paste(large, (MARGIN, top))
        pen.text((8, top + large.height // 2), name, "white", font, anchor="lm")
        top += large.height
    write_beside(path, lambda beside: sheet.save(beside, optimize=True))
