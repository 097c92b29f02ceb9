"""Equal time: recipes are shortened to fit, all phases alike; the benchmark's data are a data set."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from engine import bench_train
from engine.bench_train import SHAPES, STEPS, train_for
from engine.data.mesh_dataset import read_mesh_dataset
from engine.errors import BadCheckpoint
from engine.models.textured_shapes import TexturedShapes
from engine.zoo.card import card
from engine.zoo.recipes import read_recipe
from tests.engine.data.shapes import write_shapes

RECIPE = """
model = "textured_shapes"
title = "t"
summary = "s"
folder = "props"
sources = []
[net]
size = 16
validation = 0.0
z_dim = 8
geometry = 64
color = 64
widths = [12, 8]
encoder = [8, 12]
coarse = [8, 12]
fine = [8, 8]
paint = 6
colors = 4
[train]
batch = 4
precision = "f32"
[[tier.cpu.train.phases]]
name = "learn"
kind = "pretrain"
kimg = 400
[[tier.cpu.train.phases]]
name = "play"
kimg = 100
"""


def test_a_recipe_of_hours_is_run_through_in_the_minutes_it_is_given(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    data = write_shapes(tmp_path / "data", count=9)
    recipe = tmp_path / "tiny.toml"
    recipe.write_text(RECIPE)
    monkeypatch.setattr(TexturedShapes, "picture", lambda self, generator: None)
    seconds = 3.0
    run = train_for(str(recipe), seconds / 60, data=data, run=tmp_path / "run")
    cost = card(str(run)).cost
    assert 0 < cost["images"] < 500_000
    assert cost["cpu_seconds"] < 3 * seconds
    checkpoint = max((run / "checkpoints").iterdir())
    assert int(checkpoint.name) == cost["images"]
    with pytest.raises(BadCheckpoint, match="holds a run already"):
        train_for(str(recipe), seconds / 60, data=data, run=run)


def test_phases_are_scaled_alike(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    data = write_shapes(tmp_path / "data", count=9)
    (tmp_path / "tiny.toml").write_text(RECIPE)
    recipe = read_recipe(tmp_path / "tiny.toml", "cpu")
    model = bench_train.model_class(recipe.file.model)(recipe.net)
    model.load(data, bench_train.Streams(0))
    long, short = (
        bench_train._fitted(recipe, model, seconds, tmp_path / "pace") for seconds in (100.0, 1.0)
    )
    for fitted in (long, short):
        learn, play = fitted.phases
        assert learn.kimg / play.kimg == pytest.approx(4)
    assert long.phases[0].kimg > 10 * short.phases[0].kimg


def test_the_benchmarks_shapes_are_a_data_set(tmp_path: Path) -> None:
    bench_train._draw_shapes(tmp_path)
    dataset = read_mesh_dataset(tmp_path, 0.0)
    assert len(dataset.examples) == 12
    fields = dataset.fields("train")
    assert fields.shape[1] == 4
    assert all((field[0] > 0).any() for field in fields)
    json.loads((tmp_path / "manifest.json").read_text())


@pytest.mark.parametrize("name", [*SHAPES, "voxel_characters", "wu2016"])
def test_every_run_of_steps_holds_whole_rounds_of_penalties(name: str) -> None:
    for phase in read_recipe(name, "cpu").train.phases:
        assert phase.penalty == "none" or STEPS % phase.penalty_every == 0
