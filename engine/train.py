"""`vernissage train`: a recipe, or a model to begin with, and data become weights and a card."""

from __future__ import annotations

import os
import time
from dataclasses import replace
from pathlib import Path

import torch

from engine.data.mesh_dataset import LEAST
from engine.errors import BadCheckpoint, BadDataset, BadRecipe
from engine.files import write_json
from engine.gan.checkpoint import newest, read_net
from engine.gan.distributed import World, join_world
from engine.gan.precision import best_device
from engine.gan.rng import Streams
from engine.gan.trainer import StepReport, Trainer
from engine.gan.transfer import Start, class_rows
from engine.models.base import Model
from engine.models.registry import model_class
from engine.request import IsCancelled, OnProgress, Progress
from engine.zoo.card import weights_path
from engine.zoo.export import export
from engine.zoo.finetune import credits_of, finetune_recipe, with_parent
from engine.zoo.recipes import Recipe, read_recipe
from engine.zoo.registry import Loaded, load

DATA_VARIABLE = "VERNISSAGE_DATA"


def train(
    recipe: str | Path | None = None,
    *,
    init: str | None = None,
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
        recipe: a name in the zoo, or the path of a TOML file; None takes that of `init`.
        init: begin with the weights of this model, a name in the zoo or a run folder. Without a
            recipe its card says how it is fine-tuned, and the new model is called after its folder.
        data: folder with the training files; otherwise $VERNISSAGE_DATA/<folder of the recipe>.
        out: run folder; otherwise runs/<name>-<tier>-<hash of the recipe>.
        resume: continue from the newest checkpoint of the run folder, if it has one; without it
            a folder that holds a run is refused, so that none is lost.

    Several processes that `torchrun` started divide each batch among them and train one model.

    Returns:
        The run folder: card.json and weights (usable as a model name), sheets, TensorBoard,
        manifest.json, checkpoints.
    Raises:
        BadRecipe, BadDataset, BadCheckpoint, CannotWrite, TrainingDiverged.
        UnknownModel, WeightsMismatch: of `init`.
    """
    with join_world() as world:
        return _train(
            recipe, init, tier, data, out, max_minutes, resume, on_progress, is_cancelled, world
        )


def _train(
    recipe: str | Path | None,
    init: str | None,
    tier: str,
    data: Path | None,
    out: Path | None,
    max_minutes: float | None,
    resume: bool,
    on_progress: OnProgress | None,
    is_cancelled: IsCancelled | None,
    world: World,
) -> Path:
    parent = load(init) if init else None
    chosen = _choose(recipe, parent, tier, data, out)
    if not chosen.file.sources:  # a recipe for anybody's data
        sources = credits_of(data_folder(chosen, data))
        chosen = replace(chosen, file=chosen.file.model_copy(update={"sources": sources}))
    run = out or Path("runs") / f"{chosen.name}-{chosen.tier}-{chosen.identity}"
    if not resume and newest(run) is not None:
        raise BadCheckpoint(f"{run} holds a run already; with --resume it goes on from there")
    model = model_class(chosen.file.model)(chosen.net)
    model.load(data_folder(chosen, data), Streams(chosen.train.seed))
    config = chosen.train.for_examples(len(model.examples()[0]))
    if not torch.cuda.is_available():
        # One thread: two OpenMP threads beside any busy process are many times slower than one.
        torch.set_num_threads(1)
    trainer = Trainer(
        model, config, run, device=best_device(), identity=chosen.identity, world=world
    )
    resumed = resume and trainer.resume()  # may refuse the folder: nothing in it is changed before
    if init and parent and not resumed:
        trainer.adopt(_start(init, parent, model))
    if world.leads:
        write_json(run / "manifest.json", model.manifest())
    started = time.process_time()

    def on_step(report: StepReport) -> None:
        if on_progress and world.leads:
            on_progress(_as_progress(report))

    whole = trainer.run(
        max_minutes=max_minutes, on_step=on_step, is_cancelled=is_cancelled or (lambda: False)
    )
    if not world.leads:
        return run
    model.finish(
        trainer.ema.module, whole=whole, on_progress=on_progress, is_cancelled=is_cancelled
    )
    cost = {
        "images": trainer.images,
        "cpu_seconds_this_time": round(time.process_time() - started),
        "device": _device_name(trainer.device),
        "tier": chosen.tier,
    }
    export(run, chosen, model, trainer.ema.module, cost)
    return run


def _choose(
    recipe: str | Path | None, parent: Loaded | None, tier: str, data: Path | None, out: Path | None
) -> Recipe:
    """The recipe to train: as written, as written but begun elsewhere, or derived from a card."""
    if recipe is not None:
        chosen = read_recipe(recipe, tier)
        return with_parent(chosen, parent.card) if parent else chosen
    if parent is None:
        raise BadRecipe("there is neither a recipe nor a model to begin with")
    if data is None:
        raise BadDataset(f"to fine-tune {parent.card.name} takes data of one's own", least=LEAST)
    return finetune_recipe(parent.card, (out or data).resolve().name, data)


def _start(init: str, parent: Loaded, model: Model) -> Start:
    """What the run begins with; a critic comes along where the parent's checkpoints are there."""
    return Start(
        generator=parent.generator.state_dict(),
        critic=read_net(weights_path(init, parent.card).parent, "critic"),
        tables=model.class_tables,
        rows=class_rows(model.classes(), parent.model.classes()),
        kept=model.from_data,
    )


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
