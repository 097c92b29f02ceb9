"""Training speed on this machine: `vernissage bench train`.

One step of ours beside one step of the plans that it is compared with, at the same resolution,
batch and number of channels: the 3D-GAN of Wu et al. 2016, as it was published (float32, contiguous
layout, its own widths) and as ported onto this engine's trainer; for shapes also SDF-StyleGAN
(Zheng et al. 2022) on this trainer, with the widths of its recipe and with the published ones. The
runs alternate, so that a machine whose speed drifts does not favour either.

With `--minutes` the recipes of shapes train one after another, each for so long, and are scored.
"""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from rich.console import Console
from torch import Tensor

from engine.bench import Figure
from engine.data.mesh_dataset import MANIFEST
from engine.data.vox import write_vox
from engine.data.voxel_field import encode
from engine.data.voxels import VoxelGrid
from engine.errors import BadCheckpoint
from engine.evaluate import evaluate
from engine.files import write_json
from engine.gan.checkpoint import newest
from engine.gan.config import Phase, TrainConfig
from engine.gan.losses import LOSSES
from engine.gan.precision import best_device, wait
from engine.gan.rng import Streams
from engine.gan.trainer import Trainer
from engine.models.base import Model
from engine.models.registry import model_class
from engine.nets.dc import DCCritic, DCGenerator
from engine.request import IsCancelled, OnProgress, Progress
from engine.zoo.export import export
from engine.zoo.recipes import Recipe, read_recipe

STEPS = 4
"""Steps behind one run of a figure: a multiple of every recipe's `penalty_every`."""

PUBLISHED = {16: (512, 256), 32: (512, 256, 128)}
"""Widths of 3D-GAN's stages from 4³ up, by the edge of its output."""

SHAPES = ("textured_props", "wu2016_shapes", "sdf_stylegan")
"""Recipes of shapes: ours first, then the baselines."""

SMALL = 2
"""Batch at which SDF-StyleGAN's published widths are timed: eight take minutes a step."""

Step = Callable[[], None]


def run(runs: int = 5) -> tuple[Figure, ...]:
    """Milliseconds a step, and the ratios pair by pair, for figures of voxels and for shapes.

    Args:
        runs: alternating repetitions behind each median.
    """
    torch.set_num_threads(1)
    with tempfile.TemporaryDirectory(prefix="vernissage-bench-") as name:
        folder = Path(name)
        _draw_figures(folder / "figures")
        _draw_shapes(folder / "shapes")
        return (*_figures(folder, runs), *_shapes(folder, runs))


def _figures(folder: Path, runs: int) -> tuple[Figure, ...]:
    trainers = {name: _trainer(name, folder) for name in ("voxel_characters", "wu2016")}
    batch = trainers["voxel_characters"].config.batch
    times = alternate(
        {
            "ours": _last_phase(trainers["voxel_characters"]),
            "ported": _last_phase(trainers["wu2016"]),
            "published": _published_step(batch, channels=4, size=16),
        },
        runs,
    )
    return (
        Figure("voxel_characters, one step", "ms", times["ours"]),
        Figure("3D-GAN as published, one step", "ms", times["published"]),
        Figure("3D-GAN ported to this trainer, one step", "ms", times["ported"]),
        Figure("published 3D-GAN step / ours", "×", over(times, "published"), 2.0, "higher"),
        Figure("ported 3D-GAN step / ours", "×", over(times, "ported")),
    )


def _shapes(folder: Path, runs: int) -> tuple[Figure, ...]:
    trainers = {name: _trainer(name, folder) for name in SHAPES}
    batch = trainers["textured_props"].config.batch
    times = alternate(
        {
            "ours": _last_phase(trainers["textured_props"]),
            "ported": _last_phase(trainers["wu2016_shapes"]),
            "sdf": _last_phase(trainers["sdf_stylegan"]),
            "published": _published_step(batch, channels=4, size=32),
        },
        runs,
    )
    large = read_recipe("sdf_stylegan", "gpu").net  # the published sizes
    wide = alternate(
        {
            "ours": _last_phase(_trainer("textured_props", folder, batch=SMALL)),
            "sdf": _last_phase(_trainer("sdf_stylegan", folder, net=large, batch=SMALL)),
        },
        runs=1,
        warm=0,
    )
    return (
        Figure("textured_props, one step", "ms", times["ours"]),
        Figure("3D-GAN (32³) as published, one step", "ms", times["published"]),
        Figure("3D-GAN (32³) ported to this trainer, one step", "ms", times["ported"]),
        Figure("SDF-StyleGAN, widths of its recipe, one step", "ms", times["sdf"]),
        Figure("published 3D-GAN (32³) step / ours", "×", over(times, "published"), 2.0, "higher"),
        Figure("ported 3D-GAN (32³) step / ours", "×", over(times, "ported")),
        Figure("SDF-StyleGAN step, widths of its recipe / ours", "×", over(times, "sdf")),
        Figure(
            f"SDF-StyleGAN step, published widths, batch {SMALL} / ours",
            "×",
            over(wide, "sdf"),
            2.0,
            "higher",
        ),
    )


# ---------------------------------------------------------------- steps


def alternate(steps: Mapping[str, Step], runs: int, warm: int = 1) -> dict[str, tuple[float, ...]]:
    """Milliseconds a step of each; the first `warm` rounds fill caches and are not counted."""
    device = best_device()
    # On a processor only its own time counts: what other programs take is no part of a step.
    clock = time.process_time if device.type == "cpu" else time.perf_counter
    times: dict[str, list[float]] = {name: [] for name in steps}
    for _ in range(runs + warm):
        for name, step in steps.items():
            wait(device)
            begin = clock()
            for _ in range(STEPS):
                step()
            wait(device)
            times[name].append((clock() - begin) / STEPS * 1e3)
    return {name: tuple(values[warm:]) for name, values in times.items()}


def over(times: Mapping[str, tuple[float, ...]], name: str) -> tuple[float, ...]:
    return tuple(b / a for a, b in zip(times["ours"], times[name], strict=True))


def _trainer(
    name: str, folder: Path, *, net: dict[str, Any] | None = None, batch: int | None = None
) -> Trainer:
    recipe = read_recipe(name, "cpu")
    figures = recipe.file.folder == "voxel_characters"
    extra: dict[str, Any] = {"pool": 64, "include": ["*"]} if figures else {"validation": 0.0}
    model = model_class(recipe.file.model)((net or recipe.net) | extra)
    model.load(folder / ("figures" if figures else "shapes"), Streams(0))
    config = recipe.train.model_copy(update={"batch": batch or recipe.train.batch})
    return Trainer(model, config, folder / name, device=best_device())


def _last_phase(trainer: Trainer) -> Step:
    """A step of a trainer's last phase, in which both players learn."""

    def step() -> None:
        trainer.step(trainer.config.phases[-1], 0.5)

    return step


def _published_step(batch: int, *, channels: int, size: int) -> Step:
    """3D-GAN's own loop in plain torch: critic on real, critic on fake, generator."""
    device = best_device()
    widths = PUBLISHED[size]
    generator = DCGenerator(ndim=3, channels=channels, widths=widths, z_dim=200).to(device)
    critic = DCCritic(ndim=3, channels=channels, widths=widths[::-1]).to(device)
    of_generator = torch.optim.Adam(generator.parameters(), lr=2.5e-3, betas=(0.5, 0.999))
    of_critic = torch.optim.Adam(critic.parameters(), lr=1e-5, betas=(0.5, 0.999))
    loss = LOSSES["bce"]
    real = torch.rand(batch, channels, size, size, size, device=device) * 2 - 1

    def apply(optimizer: torch.optim.Optimizer, value: Tensor) -> None:
        optimizer.zero_grad()
        value.backward()
        optimizer.step()

    def step() -> None:
        z = torch.randn(batch, 200, device=device)
        apply(of_critic, loss.d(critic(real), critic(generator(z).detach())))
        fake = critic(generator(z))
        apply(of_generator, loss.g(fake, fake))

    return step


# ---------------------------------------------------------------- equal time


def train_for(
    name: str,
    minutes: float,
    *,
    data: Path,
    run: Path,
    on_progress: OnProgress | None = None,
    is_cancelled: IsCancelled | None = None,
) -> Path:
    """Train a recipe for so many minutes of processor time, its phases shortened to fit.

    Processor time, since other programs would take from one model what they leave to the next.

    Returns:
        The run folder, usable as a model name.
    Raises:
        BadCheckpoint: the folder holds a run already. BadDataset, TrainingDiverged.
    """
    if newest(run) is not None:
        raise BadCheckpoint(f"{run} holds a run already; name another folder with --out")
    recipe = read_recipe(name, "cpu")
    model = model_class(recipe.file.model)(recipe.net)
    model.load(data, Streams(recipe.train.seed))
    torch.set_num_threads(1)
    recipe = replace(recipe, train=_fitted(recipe, model, minutes * 60, run / "pace"))
    trainer = Trainer(model, recipe.train, run, device=best_device(), identity=recipe.identity)
    begin = time.process_time()

    def is_over() -> bool:
        used = time.process_time() - begin
        if on_progress:
            on_progress(Progress(name, round(used), round(minutes * 60), minutes * 60 - used, ""))
        return used > minutes * 60 or bool(is_cancelled and is_cancelled())

    trainer.run(is_cancelled=is_over)
    model.finish(trainer.ema.module)
    cost = {
        "images": trainer.images,
        "cpu_seconds": round(time.process_time() - begin),
        "device": f"{trainer.device.type}, {torch.get_num_threads()} thread",
        "tier": recipe.tier,
    }
    export(run, recipe, model, trainer.ema.module, cost)
    return run


def equal_time(
    minutes: float,
    *,
    data: Path,
    out: Path,
    console: Console | None = None,
    on_progress: OnProgress | None = None,
    is_cancelled: IsCancelled | None = None,
) -> dict[str, Any]:
    """Train SHAPES one after another for so many minutes each, and score them in one table.

    Returns:
        The report of `engine.evaluate.evaluate`; `out/report.json` holds it as well.
    """
    runs = [
        train_for(name, minutes, data=data, run=out / name, on_progress=on_progress,
                  is_cancelled=is_cancelled)
        for name in SHAPES
    ]  # fmt: skip
    report = evaluate(str(runs[0]), data=data, baselines=tuple(map(str, runs[1:])), console=console)
    write_json(out / "report.json", report)
    return report


def _fitted(recipe: Recipe, model: Model, seconds: float, scratch: Path) -> TrainConfig:
    """The recipe's training with all phases scaled alike, so that together they take `seconds`."""
    trainer = Trainer(model, recipe.train, scratch, device=best_device())

    def pace(phase: Phase) -> float:
        trainer.step(phase, 0.5)
        begin = time.process_time()
        for _ in range(2 * STEPS):
            trainer.step(phase, 0.5)
        return (time.process_time() - begin) / (2 * STEPS * recipe.train.batch)

    whole = sum(pace(phase) * phase.kimg * 1000 for phase in recipe.train.phases)
    scaled = [
        phase.model_copy(update={"kimg": phase.kimg * seconds / whole})
        for phase in recipe.train.phases
    ]
    # No sheets on the way: drawing them is no training.
    changes = {"phases": tuple(scaled), "stop_kimg": None, "tick_kimg": 1e6}
    return recipe.train.model_copy(update=changes)


# ---------------------------------------------------------------- data that need no download


def _draw_figures(folder: Path) -> None:
    """Random towers: the time of a step does not depend on what it learns."""
    for index in range(12):
        rng = Streams(0).numpy("figures", index)
        solid = rng.random((12, 5, 8)) < 0.8
        solid[:3, 1:4, 1:7] = True
        colors = rng.integers(0, 4, (12, 5, 8, 3)) * 60
        colors[~solid] = 0
        write_vox(folder / f"f{index}x{index}.vox", VoxelGrid(solid, colors.astype("uint8")))


def _draw_shapes(folder: Path, size: int = 32) -> None:
    """The same as a built data set: coloured blocks."""
    (folder / "items").mkdir(parents=True)
    items = []
    for index in range(12):
        rng = Streams(0).numpy("shapes", index)
        solid = np.zeros((size,) * 3, bool)
        solid[tuple(slice(2, int(end)) for end in rng.integers(8, size - 2, 3))] = True
        colors = np.where(solid[..., None], rng.integers(0, 256, 3), 0).astype(np.uint8)
        item = f"items/{index}.npz"
        np.savez(folder / item, field=encode(VoxelGrid(solid, colors)).astype(np.float16))
        items.append(
            {
                "file": f"{index}.glb",
                "category": "block",
                "class": "even" if index % 2 else "odd",
                "family": str(index),
                "units_per_voxel": 0.03,
                "item": item,
            }
        )
    write_json(folder / MANIFEST, {"size": size, "items": items})
