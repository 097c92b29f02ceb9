"""`vernissage project`: from a folder of pictures to pictures of one's own, as one command that goes on.

Six stages (collect, preprocess, train, generate, evaluate, adjust) in rounds: what the monitors and the
figures of a round say becomes the recipe of the next, which begins with its weights. Every stage that
is done is written down in `project.json`; the same command goes on behind it.
"""

from __future__ import annotations

import json
import time
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from PIL import Image

from engine.bench_families import score
from engine.data.picture_dataset import read_pictures, square
from engine.errors import BadRequest
from engine.files import write_beside, write_bytes, write_json
from engine.gan.logbook import read_findings
from engine.gan.rng import Streams
from engine.models.image_gan import ImageGan
from engine.request import IsCancelled, OnProgress
from engine.train import train
from engine.zoo.novelty import nearest
from engine.zoo.recipes import read_recipe
from engine.zoo.registry import load

STATE = "project.json"
SAMPLES = 256
SHOWN = 64
ADVICE: dict[str, dict[str, float]] = {
    # What a monitor found → what the next round's phases are multiplied by.
    "collapse": {"gamma": 3.0, "augment_p": 1.3},
    "overfit": {"gamma": 2.0, "augment_p": 1.5},
    "critic won": {"gamma": 2.0, "lr_d": 0.5},
    "vanishing": {"lr_d": 0.5},
    "nan": {"lr_g": 0.5, "lr_d": 0.5, "gamma": 2.0},
}


@dataclass(frozen=True)
class Stage:
    """A stage as a project's page tells of it."""

    round: int
    name: str
    seconds: float
    told: dict[str, Any]


class Project:
    """One folder that holds all of it: data, runs, samples, figures, a page.

    Args:
        recipe: a family of image GANs; its size is the size of the pictures.
    """

    def __init__(self, folder: Path, data: Path, recipe: str, minutes: float) -> None:
        if recipe.endswith(".toml"):
            recipe = str(Path(recipe).resolve())
        self.folder, self.data, self.recipe, self.minutes = folder, data, recipe, minutes
        base = read_recipe(recipe, "cpu")
        if base.file.model != "image_gan":
            raise BadRequest(f"{recipe} is no family of image GANs; see docs/families.md")
        self.size = int(base.net.get("size", 64))
        self.stages = self._begun()

    def _begun(self) -> list[Stage]:
        path = self.folder / STATE
        if not path.exists():
            return []
        state = json.loads(path.read_text(encoding="utf-8"))
        if state["recipe"] != self.recipe:
            raise BadRequest(
                f"{self.folder} is a project of {state['recipe']}; name another folder"
            )
        return [Stage(**stage) for stage in state["stages"]]

    def run(
        self,
        rounds: int = 1,
        on_progress: OnProgress | None = None,
        is_cancelled: IsCancelled | None = None,
    ) -> list[Stage]:
        """All stages of so many rounds that are not done yet; stops after one when cancelled.

        Raises:
            BadDataset: too few pictures. BadRecipe, CannotWrite, TrainingDiverged.
        """

        def train_it(number: int) -> dict[str, Any]:
            return self._train(number, on_progress, is_cancelled)

        for number in range(1, rounds + 1):
            steps: dict[str, Callable[[int], dict[str, Any]]] = {
                "train": train_it,
                "generate": self._generate,
                "evaluate": self._evaluate,
                "adjust": self._adjust,
            }
            if number == 1:
                steps = {"collect": self._collect, "preprocess": self._preprocess} | steps
            for name, step in steps.items():
                if self.told(number, name) is not None:
                    continue
                if is_cancelled and is_cancelled():
                    return self.stages
                begin = time.monotonic()
                told = step(number)
                if is_cancelled and is_cancelled():
                    return self.stages  # a training that was stopped goes on next time
                self.stages.append(Stage(number, name, round(time.monotonic() - begin, 1), told))
                self._write()
        return self.stages

    def told(self, number: int, name: str) -> dict[str, Any] | None:
        """What a stage said, if it is done."""
        found = (s.told for s in self.stages if (s.round, s.name) == (number, name))
        return next(found, None)

    # ---------------------------------------------------------------- stages

    def _collect(self, number: int) -> dict[str, Any]:
        found = read_pictures(self.data, smallest=min(self.size, 32))
        write_json(self.folder / "collected.json", found.manifest())
        why = Counter(found.refused.values())
        return {
            "pictures": len(found.pictures),
            "refused": len(found.refused),
            "most common reason": why.most_common(1)[0][0] if why else "",
            "classes": dict(Counter(p.kind or "picture" for p in found.pictures)),
        }

    def _preprocess(self, number: int) -> dict[str, Any]:
        """Squares of the recipe's size as PNG; the families keep their names, so the split does too."""
        count = 0
        for picture in read_pictures(self.data, smallest=min(self.size, 32)).pictures:
            pixels = square(picture.pixels, self.size)
            name = picture.name.replace("/", "_").rsplit(".", 1)[0]
            path = self._pictures / (picture.kind or "picture") / f"{name}.png"
            _save(path, pixels)
            count += 1
        return {"squares": count, "pixels": self.size}

    def _train(
        self, number: int, on_progress: OnProgress | None, is_cancelled: IsCancelled | None
    ) -> dict[str, Any]:
        before = self.folder / f"run-{number - 1}"
        run = train(
            self._recipe_of(number),
            init=str(before) if number > 1 else None,
            data=self._pictures,
            out=self.folder / f"run-{number}",
            max_minutes=self.minutes,
            resume=True,
            on_progress=on_progress,
            is_cancelled=is_cancelled,
        )
        said = {finding["name"]: finding["sentence"] for finding in read_findings(run)}
        return {"images": load(str(run)).card.cost["images"], "findings": said}

    def _generate(self, number: int) -> dict[str, Any]:
        made, model = self._made(number)
        tiles = [model.decode(sample) for sample in made[:SHOWN].numpy()]
        sheet = np.concatenate([np.concatenate(tiles[i : i + 8], 1) for i in range(0, SHOWN, 8)])
        _save(self.folder / f"samples-{number}.png", sheet)
        return {"seeds": f"0 to {SHOWN - 1}", "sheet": f"samples-{number}.png"}

    def _evaluate(self, number: int) -> dict[str, Any]:
        made, model = self._made(number)
        model.load(self._pictures, Streams(0))
        real = model.held_out(SAMPLES)
        names, examples = model.examples()
        if real is None or len(real) < 8:
            real = examples[:SAMPLES].float()  # too few to hold any out
        known = load(str(self.folder / f"run-{number}"))
        news = [
            nearest(x, known.prints, list(names), known.print_scale).ratio for x in made[:SHOWN]
        ]
        rgb = [x.expand(-1, 3, -1, -1) if x.shape[1] == 1 else x for x in (made, real, examples)]
        return {
            "samples": score(rgb[0], rgb[1]),
            "real": score(rgb[2][:SAMPLES].float(), rgb[1]),
            "novelty": round(float(np.median(news)), 3),
            "nearest": round(float(np.min(news)), 3),
        }

    def _adjust(self, number: int) -> dict[str, Any]:
        """The recipe of the next round: milder rates, and what the monitors' findings ask for."""
        findings = (self.told(number, "train") or {}).get("findings", {})
        changes = adjusted(read_recipe(self._recipe_of(number), "cpu").train.phases[-1], findings)
        lines = [f'extends = "{self.recipe}"', "[phase]"]
        lines += [f"{name} = {json.dumps(value)}" for name, value in changes.items()]
        write_bytes(self.folder / f"adjusted-{number + 1}.toml", ("\n".join(lines) + "\n").encode())
        return {"because of": sorted(findings), "next": changes}

    # ---------------------------------------------------------------- helpers

    @property
    def _pictures(self) -> Path:
        return self.folder / "pictures"

    def _recipe_of(self, number: int) -> str | Path:
        return self.recipe if number == 1 else self.folder / f"adjusted-{number}.toml"

    @torch.no_grad()
    def _made(self, number: int) -> tuple[torch.Tensor, ImageGan]:
        known = load(str(self.folder / f"run-{number}"))
        assert isinstance(known.model, ImageGan)
        seeds = torch.arange(SAMPLES)
        z = known.model.latents(seeds.tolist())
        label = seeds % max(len(known.model.classes()), 1)
        parts = zip(z.split(64), label.split(64), strict=True)
        made = [known.model.synthesise(known.generator, a, label=b) for a, b in parts]
        return torch.cat(made), known.model

    def _write(self) -> None:
        state = {"recipe": self.recipe, "stages": [vars(stage) for stage in self.stages]}
        write_json(self.folder / STATE, state)
        lines = [f"# {self.folder.name}", "", f"Recipe: `{self.recipe}`", ""]
        for stage in self.stages:
            lines.append(f"## {stage.round}. {stage.name} ({stage.seconds:g} s)")
            lines += ["", *(f"- {key}: {_said(value)}" for key, value in stage.told.items()), ""]
            if stage.name == "generate":
                lines += [f"![samples]({stage.told['sheet']})", ""]
        write_bytes(self.folder / "report.md", "\n".join(lines).encode())


def adjusted(phase: Any, findings: Mapping[str, str]) -> dict[str, float]:
    """Fields of the next round's phases: rates at which a trained game goes on, and the remedies."""
    changes = {
        "lr_g": phase.lr_g.end,
        "lr_d": phase.lr_d.end,
        "gamma": phase.gamma.end,
        "augment_p": phase.augment_p.end,
    }
    for name in findings:
        for field, factor in ADVICE.get(name, {}).items():
            changes[field] *= factor
    changes["augment_p"] = min(changes["augment_p"], 0.9)
    return {name: float(f"{value:.4g}") for name, value in changes.items()}


def _save(path: Path, pixels: np.ndarray) -> None:
    image = Image.fromarray(pixels)
    write_beside(path, lambda beside: image.save(beside))


def _said(value: Any) -> str:
    if isinstance(value, dict):
        return ", ".join(f"{key} {_said(each)}" for key, each in value.items()) or "none"
    return ", ".join(map(str, value)) or "nothing" if isinstance(value, list) else str(value)
