"""From a request to files: the whole path with the weights that ship."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from engine.data.vox import read_vox
from engine.errors import BadRequest, Cancelled, CannotWrite, UnknownModel
from engine.generate import check_folder, generate
from engine.metrics.shapes import is_one_body
from engine.request import GenerateRequest, Progress

MODEL = "voxel_characters"


def request(out: Path, **values: Any) -> GenerateRequest:
    return GenerateRequest.parse({"model": MODEL, "out": out} | values)


def digests(folder: Path, pattern: str = "*.*") -> dict[str, str]:
    return {p.name: hashlib.sha256(p.read_bytes()).hexdigest() for p in folder.glob(pattern)}


def test_d20_a_request_leaves_assets_previews_a_sheet_and_a_report(tmp_path: Path) -> None:
    seen: list[Progress] = []
    result = generate(
        request(tmp_path, seed=5, count=3, formats=("glb", "vox")), on_progress=seen.append
    )
    assert [item.seed for item in result.items] == [5, 6, 7]
    for item in result.items:
        assert set(item.files) == {"glb", "vox", "preview"}
        assert all(path.is_absolute() and path.is_file() for path in item.files.values())
        assert item.report["closed"]
        assert item.report["bodies"] == 1
        assert item.report["height_m"] == pytest.approx(1.7)
        assert item.report["novelty"] > 0
        grid = read_vox(item.files["vox"])[0]
        assert grid.solid.sum() == item.report["voxels"]
        assert is_one_body([grid]).all()
        preview = np.asarray(Image.open(item.files["preview"]))
        assert preview.std() > 10
    assert result.sheet is not None
    report = json.loads(result.report.read_text())
    assert "Mike Judge" in report["attribution"]
    assert [p.done for p in seen] == [0, 1, 2, 3]
    assert seen[-1].eta_s == 0
    replay = GenerateRequest.parse(json.loads((tmp_path / "request.json").read_text()))
    assert replay.seed == 5


def test_a7_the_same_request_gives_the_same_bytes_in_two_processes(tmp_path: Path) -> None:
    for name, threads in (("one", "1"), ("two", "2")):
        command = [
            sys.executable, "-m", "engine.cli", "generate", MODEL,
            "--seed", "3", "--count", "2", "--format", "glb", "--format", "vox",
            "--out", str(tmp_path / name),
        ]  # fmt: skip
        subprocess.run(
            command, check=True, env=os.environ | {"OMP_NUM_THREADS": threads}, timeout=120
        )
    first, second = (digests(tmp_path / name, "voxel*") for name in ("one", "two"))
    assert len(first) == 6
    assert first == second


def test_a_seed_does_not_depend_on_where_the_count_begins(tmp_path: Path) -> None:
    generate(request(tmp_path / "a", seed=0, count=3, previews=False))
    generate(request(tmp_path / "b", seed=2, previews=False))
    name = f"{MODEL}-000002.glb"
    assert digests(tmp_path / "a")[name] == digests(tmp_path / "b")[name]


def test_the_validator_has_nothing_to_say(
    tmp_path: Path, validate_glb: Callable[[Path], dict[str, Any]]
) -> None:
    for rig in (True, False):
        out = tmp_path / str(rig)
        for item in generate(request(out, seed=20, count=8, rig=rig, previews=False)).items:
            issues = validate_glb(item.files["glb"])["issues"]
            assert issues["numErrors"] == 0, issues["messages"]
            assert issues["numWarnings"] == 0, issues["messages"]


def test_e10_the_file_says_where_it_comes_from(tmp_path: Path) -> None:
    (item,) = generate(request(tmp_path, seed=9, previews=False)).items
    data = item.files["glb"].read_bytes()
    length = int.from_bytes(data[12:16], "little")
    extras = json.loads(data[20 : 20 + length])["asset"]["extras"]
    assert extras["model"] == MODEL
    assert extras["seed"] == 9
    assert extras["digitalSourceType"].endswith("/trainedAlgorithmicMedia")
    assert extras["nearest_example"]["ratio"] == item.report["novelty"]


def test_a_cancel_keeps_what_was_finished_and_nothing_half_written(tmp_path: Path) -> None:
    asked = iter([False, False, True])
    with pytest.raises(Cancelled):
        generate(request(tmp_path, count=9), is_cancelled=lambda: next(asked))
    assert sorted(p.suffix for p in tmp_path.iterdir()) == [".glb", ".glb", ".png", ".png"]


def test_a_file_where_the_folder_should_be_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "taken").write_text("")
    with pytest.raises(CannotWrite) as caught:
        generate(request(tmp_path / "taken" / "out"))
    assert "--out" in caught.value.fix


@pytest.mark.parametrize("name", ["a\0b", "half a pair \ud800"])
def test_a_name_that_no_folder_can_have_is_a_bad_request(tmp_path: Path, name: str) -> None:
    with pytest.raises(BadRequest, match="out"):
        generate(request(tmp_path / name))


def test_many_commands_may_look_at_the_same_folder_at_the_same_time(tmp_path: Path) -> None:
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(check_folder, [tmp_path] * 2000))  # raises what a look has raised
    assert list(tmp_path.iterdir()) == []


def test_a_full_disk_leaves_no_half_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(self: Path, data: bytes) -> int:
        with self.open("wb") as file:
            file.write(data[: len(data) // 2])
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "write_bytes", full)
    with pytest.raises(CannotWrite, match="No space left"):
        generate(request(tmp_path))
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "values",
    [
        {"count": 0},
        {"count": -3},
        {"count": 10_001},
        {"seed": -1},
        {"height": 0},
        {"formats": ("fbx",)},
        {"formats": ()},
        {"colour": "red"},
        {"truncation": 9},
    ],
)
def test_a_request_that_cannot_be_served_names_the_field(values: dict[str, Any]) -> None:
    with pytest.raises(BadRequest, match=next(iter(values))):
        GenerateRequest.parse(values)


def test_an_unknown_model_is_refused_before_anything_is_written(tmp_path: Path) -> None:
    with pytest.raises(UnknownModel, match="no_such"):
        generate(request(tmp_path, model="no_such"))
    assert list(tmp_path.iterdir()) == []
