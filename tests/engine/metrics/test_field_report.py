"""The report of shapes: rows whose scores are known, classes, output that machines read."""

from __future__ import annotations

import io
import json
from typing import Any

import numpy as np
import pytest
from rich.console import Console

from engine.data.shape_classes import ShapeClass
from engine.errors import BadDataset
from engine.metrics import class_probe, field_report
from engine.metrics.field_report import Known, field_markdown, print_field_report
from engine.metrics.field_scores import FieldSet, collect
from engine.metrics.report import FLOOR, RETRIEVAL
from tests.engine.data.shapes import random_block, random_globe

CLASSES = tuple(
    ShapeClass(name=name, category=category, examples=20, unit=0.03)
    for name, category in (("ball", "round"), ("block", "square"))
)
MAKERS = (random_globe, random_block)


def some(first: int, count: int, balls: int) -> FieldSet:
    """`balls` balls, then blocks."""
    label = (np.arange(count) >= balls).astype(np.int64)
    return collect((MAKERS[c](first + i) for i, c in enumerate(label)), label)


def relabelled(shapes: FieldSet, label: np.ndarray) -> FieldSet:
    return FieldSet(shapes.coarse, label, shapes.one_body, shapes.shapes)


def only(shapes: FieldSet, index: int) -> FieldSet:
    """The same shape again and again, under all labels."""
    again = np.full(len(shapes), index)
    drawn = shapes.shapes
    one = type(drawn)(drawn.points[again], drawn.signed[again], drawn.views[again])
    return FieldSet(shapes.coarse[again], shapes.label, shapes.one_body[again], one)


@pytest.fixture(scope="module")
def world() -> tuple[Known, FieldSet, FieldSet]:
    train, unseen, fresh = some(0, 40, 20), some(100, 20, 10), some(200, 40, 20)
    families = np.array([f"family {i // 2}" for i in range(40)])
    return Known(train.coarse, train.label, families, train), unseen, fresh


@pytest.fixture(scope="module")
def report(world: tuple[Known, FieldSet, FieldSet]) -> dict[str, Any]:
    known, unseen, fresh = world
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(field_report, "LARGE", 8)
        patch.setattr(class_probe, "EPOCHS", 40)
        return field_report.field_report(
            {
                "fresh": fresh,
                "thief": known.peers,
                "oracle": unseen,
                "stuck": only(fresh, 30),
                "deaf": relabelled(fresh, 1 - fresh.label),
            },
            known=known,
            reference=unseen,
            classes=CLASSES,
            draws=8,
        )


def test_retrieval_and_the_floor_stand_beside_every_model(report: dict[str, Any]) -> None:
    names = ["fresh", "thief", "oracle", "stuck", "deaf", RETRIEVAL, FLOOR]
    assert list(report["rows"]) == names
    assert list(report["categories"]) == ["round", "square"]
    assert list(report["categories"]["round"]["rows"]) == names
    assert report["categories"]["round"]["held_out"] == 10


def test_handing_out_the_held_out_set_covers_it_and_is_told_to_be_a_copy(
    report: dict[str, Any],
) -> None:
    row = report["rows"]["oracle"]
    for distance in ("chamfer", "views"):
        assert row[distance]["cov"]["mean"] == 1
        assert row[distance]["nna"]["mean"] == 0
        assert row[distance]["mmd"]["mean"] < 0.15
        assert row[distance]["precision"]["mean"] == 1
        assert row[distance]["recall"]["mean"] == 1
    assert row["nn_ratio"]["mean"] == 1


def test_handing_out_training_examples_is_seen_as_copying(report: dict[str, Any]) -> None:
    for name in ("thief", RETRIEVAL):
        row = report["rows"][name]
        assert row["copies"]["mean"] == 1
        assert row["nn_ratio"]["mean"] == 0
    assert report["rows"]["fresh"]["copies"]["mean"] < 0.2
    assert report["rows"]["fresh"]["nn_ratio"]["mean"] == pytest.approx(1, abs=0.6)


def test_one_shape_again_and_again_covers_one(report: dict[str, Any]) -> None:
    row, fresh = report["rows"]["stuck"], report["rows"]["fresh"]
    assert row["chamfer"]["cov"]["mean"] == pytest.approx(1 / 20)
    assert row["chamfer"]["nna"]["mean"] > 0.85
    assert row["chamfer"]["recall"]["mean"] < 0.1
    assert row["diversity"]["mean"] < 0.2
    assert row["families"]["mean"] <= 1 / 20 < fresh["families"]["mean"]


def test_the_same_distribution_scores_as_the_floor(report: dict[str, Any]) -> None:
    fresh, floor = report["rows"]["fresh"], report["rows"][FLOOR]
    for distance in ("chamfer", "views"):
        for key in ("cov", "nna"):
            spread = 4 * floor[distance][key]["std"] + 0.1
            assert fresh[distance][key]["mean"] == pytest.approx(
                floor[distance][key]["mean"], abs=spread
            )
        assert 0.3 < floor[distance]["nna"]["mean"] < 0.7


def test_a_model_that_makes_the_wrong_class_is_heard(report: dict[str, Any]) -> None:
    for key in ("class", "category"):
        assert report["rows"]["fresh"][key]["mean"] > 0.85
        assert report["rows"]["deaf"][key]["mean"] < 0.15
        assert report["rows"][FLOOR][key]["mean"] > 0.85
        assert report["rows"]["fresh"][key]["chance"] == pytest.approx(0.5, abs=0.05)
        assert report["rows"][RETRIEVAL][key]["mean"] is None
    # By category as well: what is asked for and not made is missing there.
    square = report["categories"]["square"]["rows"]
    assert square["deaf"]["chamfer"]["nna"]["mean"] > square["fresh"]["chamfer"]["nna"]["mean"]


def test_the_report_is_json_and_says_how_it_was_measured(report: dict[str, Any]) -> None:
    assert json.loads(json.dumps(report, allow_nan=False)) == report
    assert report["set_size"] == 20
    assert report["counts"]["families"] == 20
    assert report["units"]["chamfer"].startswith("voxels")


def test_the_tables_hold_every_row_and_category(report: dict[str, Any]) -> None:
    out = io.StringIO()
    print_field_report(report, Console(file=out, width=200))
    text, markdown = out.getvalue(), field_markdown(report)
    for word in (*report["rows"], "round (10)", "square (10)", "families reached"):
        assert word in text
        assert word in markdown
    tables = [line for line in markdown.splitlines() if line.startswith("|")]
    assert {line.count("|") for line in tables} == {len(report["rows"]) + 2}


def test_a_set_too_small_to_score_is_refused(world: tuple[Known, FieldSet, FieldSet]) -> None:
    known, unseen, _ = world
    with pytest.raises(BadDataset, match="'few' holds 3"):
        field_report.field_report(
            {"few": some(300, 3, 1)}, known=known, reference=unseen, classes=CLASSES
        )
