"""One table for a set of generated shapes: its scores with the rows that make them readable.

Beside every model stand two rows that need no model: *retrieval* hands out training examples
(perfect bodies, nothing new) and *real vs real* compares real shapes with other real shapes (what
a perfect model would score at this number of samples).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from rich.box import SIMPLE_HEAD
from rich.console import Console, Group, RenderableType
from rich.table import Table
from rich.text import Text

from engine.data.voxels import VoxelGrid
from engine.errors import BadDataset
from engine.metrics.shape_distances import (
    DISTANCES,
    UNITS,
    Distance,
    Shapes,
    common_side,
    mirrored,
    prepare,
)
from engine.metrics.shapes import (
    COPY_DELTA_E,
    COPY_IOU,
    Score,
    bootstrap,
    diversity,
    floor_scores,
    is_copy,
    is_one_body,
    neighbour_ratio,
    set_scores,
)

RETRIEVAL = "retrieval (training examples)"
FLOOR = "real vs real"
LEAST = 4
"""Fewest shapes in a set that still give a score."""

_COLUMNS = (
    ("one_body", "one body %"),
    ("cov", "COV ↑"),
    ("nna", "1-NNA → 0.5"),
    ("mmd", "MMD ↓"),
    ("nn_ratio", "NN ratio"),
    ("copies", "copies %"),
    ("diversity", "diversity"),
)
_PERCENT = {"one_body", "copies"}


def shape_report(
    samples: Mapping[str, Sequence[VoxelGrid]],
    *,
    train: Sequence[VoxelGrid],
    reference: Sequence[VoxelGrid],
    draws: int = 20,
    seed: int = 0,
    console: Console | None = None,
) -> dict[str, Any]:
    """Score each set of samples against held-out real shapes, and the training set as well.

    Args:
        samples: raw (not cleaned) grids by row name, e.g. {"ours": ..., "3D-GAN (2016)": ...}.
        train: what the models were trained on, for retrieval, copies and the NN ratio.
        reference: real shapes that no model saw.
        draws: random equal-size draws behind each mean and standard deviation.
        console: where the table is printed; None prints nothing.
    Returns:
        JSON-able: `rows` by name, each with shares and, per distance, COV, MMD, 1-NNA, NN ratio
        and diversity as {mean, std}; and the sizes, units and tolerances behind them.
    Raises:
        BadDataset: a set holds fewer than LEAST shapes.
    """
    for name, grids in [*samples.items(), ("train", train), ("reference", reference)]:
        if len(grids) < LEAST:
            raise BadDataset(f"the set {name!r} holds {len(grids)} shapes", least=LEAST)
    side = common_side(train, reference, *samples.values())
    size = min(len(grids) for grids in (train, reference, *samples.values()))
    size = min(size, (len(train) + len(reference)) // 2)
    scorer = _Scorer(train, reference, side=side, size=size, draws=draws, seed=seed)

    rows = {name: scorer.row(grids, prepare(grids, side)) for name, grids in samples.items()}
    rows[RETRIEVAL] = scorer.row(train, scorer.train)
    rows[FLOOR] = scorer.floor(reference)
    report = {
        "rows": rows,
        "set_size": size,
        "draws": draws,
        "seed": seed,
        "counts": {
            "train": len(train),
            "reference": len(reference),
            **{name: len(grids) for name, grids in samples.items()},
        },
        "side_voxels": side,
        "units": UNITS,
        "copy": {"least_iou": COPY_IOU, "most_delta_e": COPY_DELTA_E, "mirrored": True},
    }
    if console is not None:
        print_report(report, console)
    return report


def print_report(report: Mapping[str, Any], console: Console, distance: str = "chamfer") -> None:
    """Print the report as a table, COV, MMD and 1-NNA by one of its distances."""
    console.print(report_page(report, distance))


def report_page(report: Mapping[str, Any], distance: str = "chamfer") -> RenderableType:
    """The same as something to print: a column for each set, which fits 80 characters."""
    table = Table(box=SIMPLE_HEAD, pad_edge=False)
    rows = _cells(report, distance)
    table.add_column("", no_wrap=True)
    for name, *_ in rows:
        table.add_column(name, justify="right")
    for number, (_, head) in enumerate(_COLUMNS, start=1):
        table.add_row(head, *(cells[number] for cells in rows))
    return Group(
        Text(f"Shapes, {_setting(report, distance)}"), table, Text(_legend(report), style="dim")
    )


def markdown_report(report: Mapping[str, Any], distance: str = "chamfer") -> str:
    """The same table as Markdown, for a README or a model card."""
    heads = ["", *(head for _, head in _COLUMNS)]
    lines = [heads, ["---"] + ["---:"] * len(_COLUMNS), *_cells(report, distance)]
    table = "\n".join(f"| {' | '.join(cells)} |" for cells in lines)
    return f"{table}\n\n{_setting(report, distance).capitalize()}. {_legend(report)}\n"


class _Scorer:
    """What every row shares: the real shapes and their distances."""

    def __init__(
        self,
        train: Sequence[VoxelGrid],
        reference: Sequence[VoxelGrid],
        *,
        side: int,
        size: int,
        draws: int,
        seed: int,
    ) -> None:
        self.train = prepare(train, side)
        self.reference = prepare(reference, side)
        self.known = prepare([*train, *mirrored(train)], side)
        self.size, self.draws, self.seed = size, draws, seed
        self.unseen = {
            name: measure(self.reference, self.known).min(1) for name, measure in DISTANCES.items()
        }
        self.among = {
            name: measure(self.reference, self.reference) for name, measure in DISTANCES.items()
        }

    def row(self, grids: Sequence[VoxelGrid], shapes: Shapes) -> dict[str, Any]:
        """All scores of one set of samples."""
        row = self._shares(grids, shapes)
        for name, measure in DISTANCES.items():
            gg = measure(shapes, shapes)
            gr = measure(shapes, self.reference)
            scores = set_scores(
                gg, gr, self.among[name], size=self.size, draws=self.draws, seed=self.seed
            )
            row[name] = self._as_dict(name, measure, shapes, scores, diversity(gg))
        return row

    def floor(self, reference: Sequence[VoxelGrid]) -> dict[str, Any]:
        """Real against other real shapes; the shares are those of the held-out ones."""
        row = self._shares(reference, self.reference)
        for name, measure in DISTANCES.items():
            cross = measure(self.train, self.reference)
            pool = np.block([[measure(self.train, self.train), cross], [cross.T, self.among[name]]])
            scores = floor_scores(pool, size=self.size, draws=self.draws, seed=self.seed)
            row[name] = self._as_dict(
                name, measure, self.reference, scores, diversity(self.among[name])
            )
        return row

    def _shares(self, grids: Sequence[VoxelGrid], shapes: Shapes) -> dict[str, Any]:
        flags = {"one_body": is_one_body(grids), "copies": is_copy(shapes, self.known)}
        return {
            name: bootstrap(_mean, values.astype(float), draws=200, seed=self.seed).as_dict()
            for name, values in flags.items()
        }

    def _as_dict(
        self, name: str, measure: Distance, shapes: Shapes, scores: dict[str, Score], spread: float
    ) -> dict[str, Any]:
        unseen = self.unseen[name]
        to_train = unseen if shapes is self.reference else measure(shapes, self.known).min(1)
        ratio = bootstrap(
            lambda drawn: neighbour_ratio(drawn, unseen), to_train, draws=200, seed=self.seed
        )
        return {
            **{key: score.as_dict() for key, score in scores.items()},
            "nn_ratio": ratio.as_dict(),
            "diversity": {"mean": round(spread, 5), "std": None},
        }


def _mean(values: np.ndarray) -> float:
    return float(values.mean())


def _cells(report: Mapping[str, Any], distance: str) -> list[list[str]]:
    return [[name, *_row_cells(row, distance)] for name, row in report["rows"].items()]


def _row_cells(row: Mapping[str, Any], distance: str) -> list[str]:
    cells = []
    for key, _ in _COLUMNS:
        # Novelty and variety are read off the bodies themselves: Chamfer hardly moves for them.
        source = row if key in _PERCENT else row["iou" if _of_bodies(key) else distance]
        cells.append(cell(source[key], percent=key in _PERCENT))
    return cells


def _of_bodies(key: str) -> bool:
    return key in {"nn_ratio", "diversity"}


def cell(score: Mapping[str, float | None], *, percent: bool = False, digits: int = 2) -> str:
    """A score as people read it: mean ± standard deviation, or '-' where there is none."""
    mean, std = score["mean"], score["std"]
    if mean is None:
        return "-"
    factor, digits = (100, 1) if percent else (1, digits)
    spread = "" if std is None else f" ± {factor * std:.{digits}f}"
    return f"{factor * mean:.{digits}f}{spread}"


def _setting(report: Mapping[str, Any], distance: str) -> str:
    return (
        f"{report['set_size']} samples against {report['set_size']} held-out shapes, "
        f"{report['draws']} draws, {distance} distance ({report['units'][distance]})"
    )


def _legend(report: Mapping[str, Any]) -> str:
    copy = report["copy"]
    return (
        "NN ratio: median 1-IoU to the nearest training example (mirror images too), samples over "
        "held-out shapes. "
        f"Copies: IoU ≥ {copy['least_iou']} and mean ΔE ≤ {copy['most_delta_e']:g} with a training "
        "example or its mirror image. Diversity: mean 1-IoU of two samples. "
        "±: standard deviation over draws; for shares and ratios over resamples."
    )
