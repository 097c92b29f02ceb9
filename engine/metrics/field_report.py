"""One report for models of textured shapes: scores overall and by category, rows that explain them.

Beside every model stand *retrieval*, which hands out training examples of the classes asked for, and
*real vs real*, real shapes of those classes against others, whatever family they belong to: what a
perfect model would score at this number of samples. The two differ because held-out families are
not the families of the training set.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from rich.box import SIMPLE_HEAD
from rich.console import Console, Group, RenderableType
from rich.table import Table
from rich.text import Text

from engine.data.shape_classes import ShapeClass
from engine.errors import BadDataset
from engine.metrics.class_probe import agreement, train_probe
from engine.metrics.field_scores import (
    ALL,
    FieldSet,
    Matrices,
    Nearest,
    Pairs,
    distances,
    families_reached,
    match,
    nearest_known,
    scored_draws,
)
from engine.metrics.report import FLOOR, LEAST, RETRIEVAL, cell
from engine.metrics.shapes import (
    COPY_DELTA_E,
    COPY_IOU,
    Score,
    bootstrap,
    diversity,
    neighbour_ratio,
)

LARGE = 16
"""Held-out shapes that give a category a table line of its own."""
UNITS = {"chamfer": "voxels of a 32³ grid", "views": "RMS of sRGB, 0..1"}
BETTER = {"cov": "COV ↑", "nna": "1-NNA → 0.5", "mmd": "MMD ↓"} | {
    "precision": "precision ↑",
    "recall": "recall ↑",
}
NOTHING: dict[str, float | None] = {"mean": None, "std": None}


@dataclass(frozen=True)
class Known:
    """What the models were trained on.

    Attributes:
        coarse: (m, 4, N, N, N) all training examples. label: (m,). families: (m,) names.
        peers: the part of them that is scored as retrieval, of the held-out shapes' classes.
    """

    coarse: np.ndarray
    label: np.ndarray
    families: np.ndarray
    peers: FieldSet


def field_report(
    samples: Mapping[str, FieldSet],
    *,
    known: Known,
    reference: FieldSet,
    classes: Sequence[ShapeClass],
    draws: int = 20,
    seed: int = 0,
) -> dict[str, Any]:
    """Score each set of samples, retrieval, and real against real.

    Args:
        samples: uncurated samples by row name, labelled with the class that each was asked for.
        reference: real shapes that no model saw.
        draws: random pairings of samples and held-out shapes behind each mean.
    Returns:
        JSON-able: `rows` by name; `categories` by name with `rows` of their own; the sizes, units
        and tolerances behind them.
    Raises:
        BadDataset: a set holds fewer than LEAST shapes.
    """
    sets = {**samples, "retrieval": known.peers, "held-out": reference}
    for name, shapes in sets.items():
        if len(shapes) < LEAST:
            raise BadDataset(f"the set {name!r} holds {len(shapes)} shapes", least=LEAST)
    scorer = _Scorer(samples, known, reference, classes, draws, seed)
    rows = {name: scorer.row(shapes) for name, shapes in samples.items()}
    rows[RETRIEVAL] = scorer.retrieval()
    rows[FLOOR] = scorer.floor()
    return {
        "rows": {name: {**row.whole, **row.groups[ALL]} for name, row in rows.items()},
        "categories": {
            group: {
                "held_out": int(member.sum()),
                "rows": {name: _three(row.groups[group]) for name, row in rows.items()},
            }
            for group, member in scorer.groups.items()
            if group != ALL
        },
        "set_size": len(reference),
        "draws": draws,
        "seed": seed,
        "counts": {
            "train": len(known.label),
            "families": len(np.unique(known.families)),
            "classes": len(classes),
            **{name: len(shapes) for name, shapes in sets.items()},
        },
        "units": UNITS,
        "copy": {"least_iou": COPY_IOU, "most_delta_e": COPY_DELTA_E, "mirrored": True},
    }


@dataclass(frozen=True)
class _Row:
    whole: dict[str, Any]
    groups: dict[str, dict[str, Any]]


class _Scorer:
    """What every row shares: the real shapes, their distances, the classifier."""

    def __init__(
        self,
        samples: Mapping[str, FieldSet],
        known: Known,
        reference: FieldSet,
        classes: Sequence[ShapeClass],
        draws: int,
        seed: int,
    ) -> None:
        self.known, self.reference, self.draws, self.seed = known, reference, draws, seed
        names = sorted({one.category for one in classes})
        self.category = np.array([names.index(one.category) for one in classes])
        held_out = Counter(names[self.category[label]] for label in reference.label)
        of_each = np.array([names[self.category[label]] for label in reference.label])
        large = sorted(name for name, count in held_out.items() if count >= LARGE)
        self.groups = {ALL: np.ones(len(reference), bool)} | {n: of_each == n for n in large}
        self.probe = train_probe(known.coarse, known.label.tolist(), len(classes))
        self.among = distances(reference, reference)
        self.unseen = nearest_known(reference.coarse, known.coarse)
        self.size = min(len(known.peers), *(len(one) for one in samples.values()))

    def row(self, shapes: FieldSet) -> _Row:
        gg = distances(shapes, shapes)
        near = nearest_known(shapes.coarse, self.known.coarse)
        whole = self._whole(shapes, near) | self._agreement(shapes)
        whole["families"] = self._families(near)
        whole["diversity"] = _alone(diversity(gg["chamfer"]))
        return _Row(whole, self._against_held_out(shapes, gg))

    def retrieval(self) -> _Row:
        peers = self.known.peers
        gg = distances(peers, peers)
        near = nearest_known(peers.coarse, self.known.coarse)
        whole = self._whole(peers, near) | {"families": self._families(near)}
        # The classifier has learnt these by heart.
        whole |= {
            "class": NOTHING,
            "category": NOTHING,
            "diversity": _alone(diversity(gg["chamfer"])),
        }
        return _Row(whole, self._against_held_out(peers, gg))

    def floor(self) -> _Row:
        peers, reference = self.known.peers, self.reference
        cross, among = distances(peers, reference), distances(peers, peers)
        pool: dict[str, Matrices] = {}
        for name, rr in self.among.items():
            whole = np.block([[among[name], cross[name]], [cross[name].T, rr]])
            pool[name] = (whole, whole, whole)
        label = np.concatenate([peers.label, reference.label])

        def choose(rng: np.random.Generator) -> Pairs:
            r = match(reference.label, label, self.category, rng)
            left = np.setdiff1d(np.arange(len(label)), r)
            g = match(reference.label, label[left], self.category, rng)
            paired = (r >= 0) & (g >= 0)
            return left[g[paired]], r[paired]

        members = {
            name: self.groups[name] if name == ALL else self.category[label] == group
            for name, group in self._group_numbers().items()
        }
        members[ALL] = np.ones(len(label), bool)
        groups = scored_draws(pool, choose, members, draws=self.draws, seed=self.seed)
        row = self._whole(reference, self.unseen) | self._agreement(reference)
        row |= {"families": NOTHING, "diversity": _alone(diversity(self.among["chamfer"]))}
        return _Row(row, groups)

    def _group_numbers(self) -> dict[str, int]:
        """The category number of every large category; ALL stands for itself."""
        numbers = {ALL: -1}
        for name, member in self.groups.items():
            if name != ALL:
                numbers[name] = int(self.category[self.reference.label[member][0]])
        return numbers

    def _against_held_out(
        self, shapes: FieldSet, gg: Mapping[str, np.ndarray]
    ) -> dict[str, dict[str, Any]]:
        gr = distances(shapes, self.reference)
        matrices = {name: (gg[name], gr[name], self.among[name]) for name in gg}

        def choose(rng: np.random.Generator) -> Pairs:
            g = match(self.reference.label, shapes.label, self.category, rng)
            paired = np.flatnonzero(g >= 0)
            return g[paired], paired

        return scored_draws(matrices, choose, self.groups, draws=self.draws, seed=self.seed)

    def _whole(self, shapes: FieldSet, near: Nearest) -> dict[str, Any]:
        ratio = bootstrap(
            lambda drawn: neighbour_ratio(drawn, self.unseen.away),
            near.away,
            draws=200,
            seed=self.seed,
        )
        return {
            "one_body": self._share(shapes.one_body),
            "copies": self._share(near.copy),
            "nn_ratio": ratio.as_dict(),
            "nn_distance": _alone(float(np.median(near.away))),
        }

    def _agreement(self, shapes: FieldSet) -> dict[str, Any]:
        found = self.probe.predict(shapes.coarse)
        row: dict[str, Any] = {}
        for key, asked, seen in (
            ("class", shapes.label, found),
            ("category", self.category[shapes.label], self.category[found]),
        ):
            _, chance = agreement(asked, seen)
            row[key] = self._share(asked == seen) | {"chance": round(chance, 5)}
        return row

    def _families(self, near: Nearest) -> dict[str, Any]:
        return families_reached(
            near,
            self.known.families,
            float(np.median(self.unseen.away)),
            size=self.size,
            draws=self.draws,
            seed=self.seed,
        ).as_dict()

    def _share(self, flags: np.ndarray) -> dict[str, Any]:
        return bootstrap(
            lambda drawn: float(drawn.mean()), flags.astype(float), draws=200, seed=self.seed
        ).as_dict()


def _alone(value: float) -> dict[str, float | None]:
    return Score(value, float("nan")).as_dict()


def _three(scores: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    """COV, MMD and 1-NNA: precision and recall of a score of shapes say little."""
    return {d: {k: of[k] for k in ("cov", "mmd", "nna")} for d, of in scores.items()}


# ---------------------------------------------------------------- as tables


def field_page(report: Mapping[str, Any]) -> RenderableType:
    """The report for a terminal: one table overall, one a distance by category."""
    parts: list[RenderableType] = []
    for title, lines in _tables(report):
        table = Table(box=SIMPLE_HEAD, pad_edge=False)
        for number, head in enumerate(lines[0]):
            table.add_column(head, justify="right" if number else "left", no_wrap=not number)
        for line in lines[1:]:
            table.add_row(*line)
        parts += [Text(title), table]
    return Group(*parts, Text(_legend(report), style="dim"))


def field_markdown(report: Mapping[str, Any]) -> str:
    """The same as Markdown, for docs/quality.md."""
    parts = []
    for title, lines in _tables(report):
        ruled = [lines[0], ["---"] + ["---:"] * (len(lines[0]) - 1), *lines[1:]]
        parts.append(f"{title}:\n\n" + "\n".join(f"| {' | '.join(line)} |" for line in ruled))
    return "\n\n".join([*parts, _legend(report)]) + "\n"


def print_field_report(report: Mapping[str, Any], console: Console) -> None:
    console.print(field_page(report))


def _tables(report: Mapping[str, Any]) -> list[tuple[str, list[list[str]]]]:
    rows = report["rows"]
    heads = ["", *rows]
    whole = [
        ["one body %", *(cell(row["one_body"], percent=True) for row in rows.values())],
        *(
            [f"{distance}: {head}", *(cell(row[distance][key], digits=3) for row in rows.values())]
            for distance in report["units"]
            for key, head in BETTER.items()
        ),
        *(
            [f"{key} recognised %", *(_recognised(row[key]) for row in rows.values())]
            for key in ("category", "class")
        ),
        ["NN ratio", *(cell(row["nn_ratio"]) for row in rows.values())],
        ["copies %", *(cell(row["copies"], percent=True) for row in rows.values())],
        ["families reached %", *(cell(row["families"], percent=True) for row in rows.values())],
        ["diversity", *(cell(row["diversity"]) for row in rows.values())],
    ]
    tables = [(_setting(report), [heads, *whole])]
    for distance in report["units"]:
        lines = [
            [
                f"{name} ({group['held_out']})",
                *(
                    f"{of[distance]['cov']['mean']:.2f} / {cell(of[distance]['nna'])}"
                    for of in group["rows"].values()
                ),
            ]
            for name, group in report["categories"].items()
        ]
        if lines:
            title = f"COV / 1-NNA by {distance}, by category (held-out shapes)"
            tables.append((title, [heads, *lines]))
    return tables


def _recognised(score: Mapping[str, Any]) -> str:
    if score["mean"] is None:
        return "-"
    return f"{cell(score, percent=True)} ({score['mean'] / max(score['chance'], 1e-9):.1f}×)"


def _setting(report: Mapping[str, Any]) -> str:
    return (
        f"Textured shapes, {report['set_size']} samples against {report['set_size']} held-out "
        f"shapes of the same classes, {report['draws']} draws"
    )


def _legend(report: Mapping[str, Any]) -> str:
    copy, counts = report["copy"], report["counts"]
    units = "; ".join(f"{name} in {unit}" for name, unit in report["units"].items())
    return (
        f"MMD: {units}. Recognised: by a classifier of {counts['classes']} classes that learnt the "
        f"{counts['train']} training shapes; (n×) over chance; {FLOOR}: of held-out shapes. "
        "NN ratio: median 1-IoU to the nearest training example (mirror images too), samples over "
        f"held-out shapes. Copies: IoU ≥ {copy['least_iou']} and mean ΔE ≤ "
        f"{copy['most_delta_e']:g} with one. Families reached: of {counts['families']} in the "
        "training set, those nearest to some sample, no further from it than held-out shapes are. "
        "Diversity: mean chamfer of two samples. ±: standard deviation over draws; for shares and "
        "ratios over resamples."
    )
