"""`evaluate` of textured shapes, from runs in folders to tables and a page."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from engine.data.mesh_dataset import MeshExample
from engine.data.shape_classes import ShapeClass
from engine.errors import BadRequest
from engine.evaluate import evaluate, label_of, raw_fields
from engine.gan.rng import Streams
from engine.metrics import class_probe, field_distances
from engine.metrics.report import FLOOR, RETRIEVAL
from engine.models.registry import model_class
from engine.zoo.export import export
from engine.zoo.recipes import read_recipe
from engine.zoo.registry import load
from tests.engine.data.shapes import write_shapes
from tools.publish_model import with_tables

RECIPE = """
model = "wu2016_shapes"
title = "t"
summary = "s"
folder = "props"
sources = []
[net]
size = 16
validation = {validation}
least = {least}
z_dim = 6
widths = [8, 4]
[train]
batch = 4
precision = "f32"
[[tier.cpu.train.phases]]
name = "play"
kimg = 0.008
loss = "bce"
penalty = "none"
"""


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_shapes(tmp_path_factory.mktemp("data") / "shapes", count=24)


def run(folder: Path, name: str, data: Path, validation: float = 0.4, least: int = 4) -> str:
    """A model as training leaves it, untrained."""
    text = RECIPE.format(validation=validation, least=least)
    (folder / f"{name}.toml").write_text(text)
    recipe = read_recipe(folder / f"{name}.toml", "cpu")
    model = model_class(recipe.file.model)(recipe.net)
    model.load(data, Streams(0))
    with torch.random.fork_rng():
        torch.manual_seed(0)
        generator = model.build().generator
    model.finish(generator)
    return str(export(folder / name, recipe, model, generator, {}).parent)


@pytest.fixture(scope="module")
def ours(data: Path, tmp_path_factory: pytest.TempPathFactory) -> str:
    return run(tmp_path_factory.mktemp("runs"), "ours", data)


def test_a_run_and_a_baseline_are_scored_against_the_held_out_families(
    ours: str, data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(class_probe, "EPOCHS", 1)
    monkeypatch.setattr(field_distances, "PIXELS", 8)
    baseline = run(tmp_path, "theirs", data)
    report = evaluate(ours, data=data, baselines=(baseline,), samples=32)
    assert list(report["rows"]) == ["ours", "theirs", RETRIEVAL, FLOOR]
    model: Any = load(ours).model
    model.load(data, Streams(0))
    held_out = len(model.dataset.of("validation"))
    assert report["set_size"] == report["counts"]["held-out"] == held_out > 4
    assert report["counts"]["train"] == 24 - held_out
    assert report["counts"]["ours"] == held_out * max(1, 32 // held_out)


def test_samples_follow_their_seed_and_class_alone(ours: str) -> None:
    model = load(ours)
    together = list(raw_fields(model, np.array([0, 1, 0])))
    again = list(raw_fields(model, np.array([1, 1])))
    assert together[0].shape == (4, 64, 64, 64)
    assert np.allclose(together[1], again[1], atol=1e-4)
    assert not np.allclose(together[0], again[0], atol=1e-6)


@pytest.mark.parametrize("changes", [{"validation": 0.2}, {"least": 12}])
def test_a_baseline_of_other_classes_or_another_split_is_refused(
    ours: str, data: Path, tmp_path: Path, changes: dict[str, Any]
) -> None:
    with pytest.raises(BadRequest, match="other classes or another split"):
        evaluate(ours, data=data, baselines=(run(tmp_path, "other", data, **changes),))


def test_a_baseline_of_voxels_is_refused_for_shapes(ours: str, data: Path) -> None:
    with pytest.raises(BadRequest, match="voxel_characters makes voxels"):
        evaluate(ours, data=data, baselines=("voxel_characters",))


@pytest.mark.parametrize(
    ("category", "kind", "expected"),
    [
        ("furniture", "chair", 0),
        ("furniture", "throne", 1),  # what furniture holds besides
        ("food", "pear", 3),  # the largest of food
        ("vehicle", "car", None),
        ("vehicle", "", None),
        ("rock", "", 4),  # a category that is one class
    ],
)
def test_a_held_out_shape_stands_for_the_class_that_a_model_would_be_asked_for(
    category: str, kind: str, expected: int | None
) -> None:
    classes = [
        ShapeClass(name=name, category=group, examples=examples, unit=0.03)
        for name, group, examples in (
            ("chair", "furniture", 9),
            ("other furniture", "furniture", 9),
            ("apple", "food", 8),
            ("bread", "food", 11),
            ("rock", "rock", 9),
        )
    ]
    example = MeshExample("f.glb", category, kind, "family", "validation", 0.03, Path("f.npz"))
    assert label_of(example, classes) == expected


def test_publishing_fills_the_place_of_its_model_alone() -> None:
    page = "a\n<!-- tables: one -->\nold\n<!-- end -->\nb\n<!-- tables: two -->\n<!-- end -->\n"
    filled = with_tables(page, "one", "| new \\1 |\n")
    assert filled == page.replace("old\n", "\n| new \\1 |\n\n")
    assert with_tables(filled, "one", "| new \\1 |\n") == filled
    assert with_tables(page, "three", "x") == page
