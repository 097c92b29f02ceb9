"""The report: rows that must be there, rows whose scores are known, output that machines read."""

from __future__ import annotations

import io
import json
from typing import Any

import numpy as np
import pytest
from rich.console import Console

from engine.data.voxels import VoxelGrid
from engine.errors import BadDataset
from engine.metrics.report import FLOOR, RETRIEVAL, markdown_report, shape_report

SIDE = 8


def figure(seed: int) -> VoxelGrid:
    """A block of random size and colour."""
    rng = np.random.default_rng(seed)
    solid = np.zeros((SIDE,) * 3, bool)
    solid[tuple(slice(0, int(side)) for side in rng.integers(2, 9, 3))] = True
    color = rng.integers(0, 256, 3, dtype=np.uint8)
    return VoxelGrid(solid, np.where(solid[..., None], color, 0).astype(np.uint8))


TRAIN = [figure(seed) for seed in range(30)]
HELDOUT = [figure(100 + seed) for seed in range(12)]
FRESH = [figure(200 + seed) for seed in range(40)]


def rows(**samples: list[VoxelGrid]) -> dict[str, Any]:
    report = shape_report(samples, train=TRAIN, reference=HELDOUT, draws=8)
    found: dict[str, Any] = report["rows"]
    return found


def test_retrieval_and_the_floor_stand_beside_every_model() -> None:
    assert list(rows(ours=FRESH, theirs=TRAIN)) == ["ours", "theirs", RETRIEVAL, FLOOR]


def test_handing_out_training_examples_is_seen_as_copying() -> None:
    found = rows(ours=FRESH, thief=TRAIN)
    for row in (found[RETRIEVAL], found["thief"]):
        assert row["copies"]["mean"] == 1
        assert row["iou"]["nn_ratio"]["mean"] == 0
    assert found["ours"]["copies"]["mean"] < 0.2
    assert found["ours"]["iou"]["nn_ratio"]["mean"] == pytest.approx(1, abs=0.5)


def test_handing_out_the_held_out_set_is_the_opposite_of_the_floor() -> None:
    row = rows(oracle=HELDOUT)["oracle"]
    assert row["chamfer"]["cov"]["mean"] == 1
    assert row["chamfer"]["nna"]["mean"] == 0
    assert row["chamfer"]["mmd"]["mean"] == 0
    assert row["iou"]["nn_ratio"]["mean"] == 1


def test_a_model_of_noise_is_far_from_everything_and_falls_to_pieces() -> None:
    rng = np.random.default_rng(0)
    noise = [
        VoxelGrid(solid, np.where(np.stack([solid] * 3, -1), 99, 0).astype(np.uint8))
        for solid in rng.random((20, SIDE, SIDE, SIDE)) < 0.02
    ]
    found = rows(noise=noise, ours=FRESH)
    # 1-NNA alone is fooled: the nearest neighbour of scattered points is always a solid body.
    assert found["noise"]["chamfer"]["nna"]["mean"] < 0.6
    for measure in ("chamfer", "iou", "looks"):
        assert found["noise"][measure]["mmd"]["mean"] > 1.5 * found["ours"][measure]["mmd"]["mean"]
    assert found["noise"]["one_body"]["mean"] == 0


def test_the_report_is_json_and_says_how_it_was_measured() -> None:
    report = shape_report({"ours": FRESH}, train=TRAIN, reference=HELDOUT, draws=3)
    assert json.loads(json.dumps(report, allow_nan=False)) == report
    assert report["set_size"] == 12
    assert report["counts"] == {"train": 30, "reference": 12, "ours": 40}
    assert report["units"]["chamfer"] == "voxels"


def test_the_same_seed_gives_the_same_report() -> None:
    assert rows(ours=FRESH) == rows(ours=FRESH)


def test_the_table_holds_a_line_for_every_row() -> None:
    out = io.StringIO()
    report = shape_report(
        {"ours": FRESH},
        train=TRAIN,
        reference=HELDOUT,
        draws=3,
        console=Console(file=out, width=140),
    )
    text, markdown = out.getvalue(), markdown_report(report)
    for name in report["rows"]:
        assert name in text
        assert f"| {name} |" in markdown
    table = [line for line in markdown.splitlines() if line.startswith("|")]
    assert {line.count("|") for line in table} == {9}


def test_a_set_too_small_to_score_is_refused() -> None:
    with pytest.raises(BadDataset, match="'ours' holds 3"):
        shape_report({"ours": FRESH[:3]}, train=TRAIN, reference=HELDOUT)
