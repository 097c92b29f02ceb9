"""One table for models of pictures: each model's row, and what real pictures score against others."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import torch
from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table
from torch import Tensor

from engine.errors import BadDataset
from engine.metrics.percept import Percept, agreement, ambiguity
from engine.metrics.picture_scores import frechet, kid, precision_recall, sliced_wasserstein

FLOOR = "real vs real"
LEAST = 32

COPY = 0.25
"""Novelty below which a picture counts as a copy: a quarter of an unseen picture's distance."""

COLUMNS = (
    ("swd", "SWD ↓"),
    ("swd_ratio", "SWD / floor ↓"),
    ("frechet", "Fréchet ↓"),
    ("frechet_random", "Fréchet, random features ↓"),
    ("kid", "KID ↓"),
    ("precision", "precision ↑"),
    ("recall", "recall ↑"),
    ("agreement", "class agreement ↑"),
    ("agreement_ratio", "class agreement / chance ↑"),
    ("ambiguity", "style ambiguity"),
    ("novelty", "novelty, 1 = unseen"),
    ("copies", "copies"),
)


@dataclass(frozen=True)
class PictureSet:
    """Pictures (N, 3, S, S) in [-1, 1], their classes (N,), and how new each is (N,), if known."""

    pictures: Tensor
    label: Tensor
    novelty: Tensor | None = None


def picture_report(
    rows: Mapping[str, PictureSet], *, real: PictureSet, percept: Percept, seed: int = 0
) -> dict[str, Any]:
    """Score sets of pictures against real ones, and one half of the real ones against the other.

    Every row is scored against the same half, with as many pictures as it has, so that figures
    which depend on numbers are comparable.

    Returns:
        JSON-able: `pictures` by row name, the floor among them, and the numbers behind them.
    Raises:
        BadDataset: fewer than LEAST pictures in a set.
    """
    half = len(real.pictures) // 2
    for name, one in rows.items():
        if min(len(one.pictures), half) < LEAST:
            raise BadDataset(f"{name} or the real pictures are too few to score", least=2 * LEAST)
    order = torch.randperm(len(real.pictures), generator=torch.Generator().manual_seed(seed))
    first, second = order[:half], order[half:]
    twin = Percept.twin(percept.coder)
    known = {key: p.of(real.pictures) for key, p in (("own", percept), ("random", twin))}
    reference = {key: value[first] for key, value in known.items()}
    pixels = real.pictures[first]

    def row(one: PictureSet, size: int) -> dict[str, float]:
        made = {"own": percept.of(one.pictures), "random": twin.of(one.pictures)}
        few = {key: value[:size] for key, value in made.items()}
        precision, recall = precision_recall(few["own"], reference["own"])
        scores = {
            "swd": sliced_wasserstein(one.pictures[:size], pixels),
            "frechet": frechet(few["own"], reference["own"]),
            "frechet_random": frechet(few["random"], reference["random"]),
            "kid": kid(few["own"], reference["own"]),
            "precision": precision,
            "recall": recall,
            "agreement": agreement(made["own"], one.label, known["own"][first], real.label[first]),
            "ambiguity": ambiguity(made["own"], known["own"][first], real.label[first]),
        }
        if one.novelty is not None:
            scores["novelty"] = float(one.novelty.median())
            scores["copies"] = float((one.novelty < COPY).sum())
        return scores

    scored = {name: row(one, half) for name, one in rows.items()}
    scored[FLOOR] = row(PictureSet(real.pictures[second], real.label[second]), half)
    chance = 1 / (int(real.label.max()) + 1)
    for scores in scored.values():
        scores["swd_ratio"] = scores["swd"] / max(scored[FLOOR]["swd"], 1e-9)
        scores["agreement_ratio"] = scores["agreement"] / chance
    return {
        "pictures": {
            name: {key: float(f"{value:.4g}") for key, value in scores.items()}
            for name, scores in scored.items()
        },
        "reference": half,
        "seed": seed,
        "chance": round(chance, 4),
        "copy": COPY,
    }


def print_picture_report(report: Mapping[str, Any], console: Console) -> None:
    """The report as a table, a column for each set."""
    table = Table(box=SIMPLE_HEAD, pad_edge=False)
    table.add_column("", no_wrap=True)
    for name in report["pictures"]:
        table.add_column(name, justify="right")
    for key, head in COLUMNS:
        cells = [row.get(key) for row in report["pictures"].values()]
        table.add_row(head, *("-" if cell is None else f"{cell:.4g}" for cell in cells))
    console.print(table)


def picture_markdown(report: Mapping[str, Any]) -> str:
    """The same table as Markdown."""
    lines = [["", *(head for _, head in COLUMNS)], ["---"] + ["---:"] * len(COLUMNS)]
    for name, row in report["pictures"].items():
        lines.append([name, *("-" if row.get(k) is None else f"{row[k]:.4g}" for k, _ in COLUMNS)])
    table = "\n".join(f"| {' | '.join(cells)} |" for cells in lines)
    return f"{table}\n\n{report['reference']} real pictures to compare with; chance {report['chance']:.2f}.\n"
