"""`vernissage train`: a recipe and a folder of data become a run folder with weights and a card."""

from __future__ import annotations

import os
import time
from pathlib import Path

import torch

from engine.errors import BadCheckpoint, BadDataset
from engine.files import write_json
from engine.gan.checkpoint import newest
from engine.gan.precision import best_device
from engine.gan.rng import Streams
from engine.gan.trainer import StepReport, Trainer
from engine.models.registry import model_class
from engine.request import IsCancelled, OnProgress, Progress
from engine.zoo.export import export
from engine.zoo.recipes import Recipe, read_recipe

DATA_VARIABLE = "VERNISSAGE_DATA"


def train(
    recipe: str | Path,
    *,
    tier: str = "cpu",
    data: Path | None = None,
    out: Path | None = None,
    max_minutes: float | None = None,
    resume: bool = False,
    on_progress: OnProgress | None = None,
    is_cancelled: IsCancelled | None = None,
) -> Path:
    """Train a recipe until it is done, time is up, or the user stops; then export what there is.

    Args:
        recipe: a name in the zoo, or the path of a TOML file.
        data: folder with the training files; otherwise $VERNISSAGE_DATA/<folder of the recipe>.
        out: run folder; otherwise runs/<name>-<tier>-<hash of the recipe>.
        resume: continue from the newest checkpoint of the run folder, if it has one; without it
            a folder that holds a run is refused, so that none is lost.
    Returns:
        The run folder: card.json and weights (usable as a model name), sheets, TensorBoard,
        manifest.json, checkpoints.
    Raises:
        BadRecipe, BadDataset, BadCheckpoint, CannotWrite, TrainingDiverged.
    """
    chosen = read_recipe(recipe, tier)
    run = out or Path("runs") / f"{chosen.name}-{chosen.tier}-{chosen.identity}"
    if not resume and newest(run) is not None:
        raise BadCheckpoint(f"{run} holds a run already; with --resume it goes on from there")
    model = model_class(chosen.file.model)(chosen.net)
    model.load(data_folder(chosen, data), Streams(chosen.train.seed))
    if not torch.cuda.is_available():
        # One thread: two OpenMP threads beside any busy process are many times slower than one.
        torch.set_num_threads(1)
    trainer = Trainer(model, chosen.train, run, device=best_device(), identity=chosen.identity)
    if resume:
        trainer.resume()  # may refuse the folder: nothing in it is changed before
    write_json(run / "manifest.json", model.manifest())
    started = time.process_time()

    def on_step(report: StepReport) -> None:
        if on_progress:
            on_progress(_as_progress(report))

    trainer.run(
        max_minutes=max_minutes, on_step=on_step, is_cancelled=is_cancelled or (lambda: False)
    )
    cost = {
        "images": trainer.images,
        "cpu_seconds_this_time": round(time.process_time() - started),
        "device": _device_name(trainer.device),
        "tier": chosen.tier,
    }
    export(run, chosen, model, trainer.ema.module, cost)
    return run


def data_folder(recipe: Recipe, data: Path | None) -> Path:
    """Where the training files are.

    Raises:
        BadDataset: not given, or not a folder.
    """
    root = os.environ.get(DATA_VARIABLE)
    folder = data or (Path(root) / recipe.file.folder if root else None)
    if folder is None:
        raise BadDataset(f"{recipe.name} needs training data (--data or ${DATA_VARIABLE})", least=1)
    if not folder.is_dir():
        raise BadDataset(f"{folder} is not a folder", least=1)
    return folder


def _as_progress(report: StepReport) -> Progress:
    losses = {name: report.values.get(f"{name}/loss") for name in ("critic", "generator")}
    note = "  ".join(f"{name} {loss:.2f}" for name, loss in losses.items() if loss is not None)
    return Progress(report.phase, report.images, report.total, report.eta_s, note)


def _device_name(device: torch.device) -> str:
    if device.type == "cuda":
        return torch.cuda.get_device_name(device)
    return f"CPU, {torch.get_num_threads()} thread"
