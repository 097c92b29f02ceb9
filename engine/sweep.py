"""`vernissage sweep`: search a recipe's rates by random draws and successive halving; it can be resumed.

Every trial is a setting drawn from a named stream, so that the tenth is the same whenever it is
drawn. All train a little; the better half (or third) goes on from its checkpoint with several times
the budget, and so on (Jamieson & Talwalkar 2016). The score is the sliced Wasserstein distance from
samples to data that were not trained on: rough, cheap and the same for every model.
"""

from __future__ import annotations

import json
import math
import time
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError, model_validator

from engine.errors import BadRecipe, TrainingDiverged
from engine.files import write_json
from engine.gan.config import Phase, TrainConfig
from engine.gan.distributed import Rows
from engine.gan.precision import best_device
from engine.gan.rng import Streams
from engine.gan.sliced import sliced_distance
from engine.gan.task import Task
from engine.gan.trainer import Trainer
from engine.models.plane import Plane
from engine.models.registry import model_class
from engine.request import IsCancelled, OnProgress, Progress, first_fault
from engine.train import data_folder
from engine.zoo.recipes import read_recipe

TOY = "playground"
"""The recipe that needs no data: 25 Gaussians."""
SAMPLES = 512
RESULTS = "sweep.json"


class Range(BaseModel):
    """Where a field of the phases is searched: between two bounds, or among some values."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    low: float | None = None
    high: float | None = None
    log: bool = Field(True, description="Each tenfold is as likely as any other.")
    among: tuple[Any, ...] = ()

    @model_validator(mode="after")
    def _says_where(self) -> Range:
        bounds = self.low is not None and self.high is not None and self.low < self.high
        if bool(self.among) == bounds or (self.log and bounds and not (self.low or 0) > 0):
            raise ValueError("give low < high (above zero, or log = false), or values `among`")
        return self

    def draw(self, share: float) -> Any:
        """The value at a uniform `share` in [0, 1)."""
        if self.among:
            return self.among[int(share * len(self.among))]
        assert self.low is not None
        assert self.high is not None
        if self.log:
            value = math.exp(math.log(self.low) + share * math.log(self.high / self.low))
        else:
            value = self.low + share * (self.high - self.low)
        return float(f"{value:.3g}")


SPACE: dict[str, Range] = {
    "lr_g": Range(low=3e-5, high=3e-3),
    "lr_d": Range(low=3e-5, high=3e-3),
    "gamma": Range(low=0.01, high=10.0),
    "beta2": Range(among=(0.9, 0.99, 0.999)),
}


@dataclass(frozen=True)
class Plan:
    """How much is tried.

    Attributes:
        trials: settings at the start. kimg: what each sees in the first round.
        rounds: how many. keep: one in so many goes on, with so many times the samples.
    """

    trials: int = 12
    kimg: float = 2.0
    rounds: int = 3
    keep: int = 3
    seed: int = 0


def sweep(
    recipe: str | Path = TOY,
    *,
    tier: str = "cpu",
    data: Path | None = None,
    space: Mapping[str, Range] = SPACE,
    plan: Plan = Plan(),
    out: Path = Path("runs/sweep"),
    max_minutes: float | None = None,
    on_progress: OnProgress | None = None,
    is_cancelled: IsCancelled | None = None,
) -> list[dict[str, Any]]:
    """Try settings until the plan is done, time is up or the user stops; the same call goes on.

    Returns:
        Results, the best first: trial, values, kimg, score; `out/sweep.json` holds them too, and
        `out/best.toml` the best setting, to be put into a recipe.
    Raises:
        BadRecipe: an unknown field, or `out` holds another sweep. BadDataset, CannotWrite.
    """
    torch.set_num_threads(1)
    task, base = _game(recipe, tier, data)
    settings = [_draw(space, plan.seed, trial) for trial in range(plan.trials)]
    _check(base, settings[0])
    what = {"recipe": str(recipe), "tier": tier, "plan": vars(plan), "space": _as_json(space)}
    results = _begun(out, what)
    deadline = time.monotonic() + max_minutes * 60 if max_minutes else math.inf
    alive = list(range(plan.trials))
    total = sum(max(1, plan.trials // plan.keep**r) for r in range(plan.rounds))
    done = 0
    for number in range(plan.rounds):
        kimg = plan.kimg * plan.keep**number
        for trial in alive:
            if _find(results, trial, number) is None:
                if time.monotonic() > deadline or (is_cancelled and is_cancelled()):
                    return _ranked(out, what, results)
                score = _score(task, base, settings[trial], kimg, out / f"trial-{trial:03d}")
                row = {"trial": trial, "round": number, "kimg": kimg, "score": score}
                results.append(row | {"values": settings[trial]})
                write_json(out / RESULTS, what | {"results": results})
            done += 1
            if on_progress:
                best = min(r["score"] for r in results if r["score"] is not None)
                on_progress(Progress(f"round {number + 1}", done, total, None, f"best {best:.4f}"))
        order = sorted(alive, key=lambda t: _sortable(_find(results, t, number)))
        alive = order[: max(1, len(alive) // plan.keep)]
    return _ranked(out, what, results)


def read_space(path: Path) -> dict[str, Range]:
    """A TOML file with a table for each field: `lr_g = { low = 1e-5, high = 1e-2 }`.

    Raises:
        BadRecipe: it cannot be read or says something else.
    """
    try:
        table = tomllib.loads(path.read_text(encoding="utf-8"))
        return TypeAdapter(dict[str, Range]).validate_python(table)
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise BadRecipe(f"{path} cannot be read: {error}") from error
    except ValidationError as error:
        raise BadRecipe(f"{path}: {first_fault(error, 'space')}") from error


def _game(recipe: str | Path, tier: str, data: Path | None) -> tuple[Task, TrainConfig]:
    if str(recipe) == TOY:
        phase = {"name": "play", "kimg": 1e4, "lr_g": 1e-3, "lr_d": 1e-3, "gamma": 0.05}
        config = {"batch": 128, "ema_kimg": 8, "precision": "f32", "phases": [phase]}
        return Plane(), TrainConfig.model_validate(config)
    chosen = read_recipe(recipe, tier)
    model = model_class(chosen.file.model)(chosen.net)
    model.load(data_folder(chosen, data), Streams(chosen.train.seed))
    return model, chosen.train


def _draw(space: Mapping[str, Range], seed: int, trial: int) -> dict[str, Any]:
    rng = Streams(seed).numpy("trial", trial)
    return {name: where.draw(float(rng.random())) for name, where in sorted(space.items())}


def _check(base: TrainConfig, values: Mapping[str, Any]) -> None:
    try:
        _with(base, values)
    except ValidationError as error:
        raise BadRecipe(f"the space: {first_fault(error, 'phase')}") from error


def _with(base: TrainConfig, values: Mapping[str, Any]) -> TrainConfig:
    """The training with every phase's fields set to a setting's."""
    phases = [
        Phase.model_validate(phase.model_dump() | dict(values)).model_dump()
        for phase in base.phases
    ]
    return TrainConfig.model_validate(base.model_dump() | {"phases": phases, "tick_kimg": 1e6})


def _score(
    task: Task, base: TrainConfig, values: Mapping[str, Any], kimg: float, run: Path
) -> float | None:
    """The distance after `kimg`, going on from what there is; None for a game that broke."""
    config = _with(base, values).model_copy(update={"stop_kimg": kimg})
    trainer = Trainer(task, config, run, device=best_device(), identity="sweep")
    trainer.resume()
    try:
        trainer.run()
    except TrainingDiverged:
        return None
    batch = task.batch(SAMPLES, 0, Streams(config.seed + 1))
    held_out = task.held_out(SAMPLES)
    real = batch.real if held_out is None or len(held_out) < SAMPLES else held_out
    with torch.no_grad():
        parts = [Rows(first, 64, SAMPLES).of_batch(batch) for first in range(0, SAMPLES, 64)]
        fake = torch.cat([task.fake(trainer.ema.module, part) for part in parts])
    score = sliced_distance(fake, real)
    return round(score, 6) if math.isfinite(score) else None


def _begun(out: Path, what: dict[str, Any]) -> list[dict[str, Any]]:
    path = out / RESULTS
    if not path.exists():
        return []
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
        results: list[dict[str, Any]] = found.pop("results")
    except (OSError, ValueError, KeyError, AttributeError) as error:
        raise BadRecipe(f"{path} cannot be read: {error}") from error
    if found != json.loads(json.dumps(what)):
        raise BadRecipe(f"{out} holds another sweep: name another folder with --out")
    return results


def _ranked(out: Path, what: dict[str, Any], results: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The last result of each trial: who came further first, then by score."""
    last = {row["trial"]: row for row in sorted(results, key=lambda r: r["round"])}
    ranked = sorted(last.values(), key=lambda r: (-r["round"], _sortable(r)))
    write_json(out / RESULTS, what | {"results": results})
    if ranked:
        lines = [f"{name} = {json.dumps(value)}" for name, value in ranked[0]["values"].items()]
        text = f"# Best of a sweep of {what['recipe']}: put it into a recipe.\n[phase]\n"
        (out / "best.toml").write_text(text + "\n".join(lines) + "\n", encoding="utf-8")
    return ranked


def _find(results: list[dict[str, Any]], trial: int, number: int) -> dict[str, Any] | None:
    return next((r for r in results if (r["trial"], r["round"]) == (trial, number)), None)


def _sortable(row: dict[str, Any] | None) -> float:
    return math.inf if row is None or row["score"] is None else row["score"]


def _as_json(space: Mapping[str, Range]) -> dict[str, Any]:
    return {name: where.model_dump(mode="json") for name, where in sorted(space.items())}
