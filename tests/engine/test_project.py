"""A project: six stages, done once each, in rounds that begin with what the last one learned (E1)."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from PIL import Image

from engine.errors import BadRequest
from engine.gan.config import Phase
from engine.project import Project, adjusted
from engine.zoo.registry import load
from tests.engine.models.pictures import draw

RECIPE = """
extends = "stylegan"
title = "Mine"
[net]
size = 16
widths = [12, 8]
z_dim = 8
patches = 0
validation = 0.25
[train]
batch = 16
precision = "f32"
[phase]
kimg = 0.32
"""


def test_e1_six_stages_make_a_report_and_are_done_once(tmp_path: Path) -> None:
    data = draw(tmp_path / "data")
    (data / "broken.png").write_bytes(b"no picture")
    recipe = tmp_path / "mine.toml"
    recipe.write_text(RECIPE)
    folder = tmp_path / "project"

    stages = Project(folder, data, str(recipe), 5.0).run(1)
    names = [stage.name for stage in stages]
    assert names == ["collect", "preprocess", "train", "generate", "evaluate", "adjust"]
    assert stages[0].told["refused"] == 1
    with Image.open(next((folder / "pictures" / "disc").iterdir())) as picture:
        assert picture.size == (16, 16)
    with Image.open(folder / "samples-1.png") as sheet:
        assert sheet.size == (128, 128)
    assert {"swd", "frechet", "recall"} <= set(stages[4].told["samples"])
    assert "## 1. evaluate" in (folder / "report.md").read_text()

    stopped = Project(folder, data, str(recipe), 5.0)
    assert len(stopped.run(2, is_cancelled=lambda: True)) == 6
    more = Project(folder, data, str(recipe), 5.0).run(2)
    assert [stage.round for stage in more] == [1] * 6 + [2] * 4
    assert more[:6] == stages
    first = load(str(folder / "run-1")).card
    assert load(str(folder / "run-2")).card.parents[-1].sha256 == first.sha256
    state = json.loads((folder / "project.json").read_text())
    assert len(state["stages"]) == 10


def test_e1_what_a_monitor_finds_changes_the_next_round() -> None:
    phase = Phase.model_validate({"name": "play", "kimg": 1, "gamma": 1.0, "augment_p": 0.4})
    plain = adjusted(phase, {})
    assert plain == {"lr_g": 2e-4, "lr_d": 2e-4, "gamma": 1.0, "augment_p": 0.4}
    both = adjusted(phase, {"overfit": "", "critic won": ""})
    assert both == {"lr_g": 2e-4, "lr_d": 1e-4, "gamma": 4.0, "augment_p": 0.6}


def test_a_project_of_something_else_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BadRequest, match="no family"):
        Project(tmp_path, tmp_path, "voxel_characters", 1.0)
