"""`vernissage generate`: what it asks of the engine, which is replaced, and what it prints."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from engine.request import GenerateRequest, GenerateResult, Item, Progress, Refusal
from tests.engine.command import replace, run

Calls = list[GenerateRequest]


@pytest.fixture
def calls(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Calls:
    """Replace the engine by one that writes down what it was asked for."""
    asked: Calls = []

    def generate(request: GenerateRequest, *, on_progress: Any, is_cancelled: Any) -> Any:
        asked.append(request)
        on_progress(Progress("generating", 1, request.count, eta_s=0.5))
        assert is_cancelled() is False
        item = Item("person_7", 7, {"glb": tmp_path / "person_7.glb"}, {"triangles": 12})
        return GenerateResult((item,), tmp_path / "sheet.png", tmp_path / "report.json")

    replace(monkeypatch, "engine.generate", generate=generate)
    return asked


def test_generate_passes_every_option_on(calls: Calls) -> None:
    result = run(
        *("generate", "voxel_characters", "--seed", "7", "--count", "3", "--out", "people"),
        *("--truncation", "0.5", "--height", "1.2", "--no-rig", "--no-previews"),
        *("--format", "glb", "--format", "vox"),
    )
    assert result.exit_code == 0, result.stderr
    assert calls == [
        GenerateRequest(
            model="voxel_characters",
            seed=7,
            count=3,
            out=Path("people"),
            truncation=0.5,
            height=1.2,
            rig=False,
            previews=False,
            formats=("glb", "vox"),
        )
    ]


def test_generate_passes_the_options_of_shapes_on(calls: Calls) -> None:
    result = run(
        *("generate", "textured_props", "--class", "chair", "--lods", "2", "--collider", "parts"),
        *("--texture", "512", "--triangles", "800"),
    )
    assert result.exit_code == 0, result.stderr
    assert calls == [
        GenerateRequest(
            model="textured_props",
            class_name="chair",
            lods=2,
            collider="parts",
            texture=512,
            triangles=800,
        )
    ]


def test_generate_tells_of_seeds_that_gave_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    def generate(request: GenerateRequest, **_: Any) -> GenerateResult:
        refused = tuple(Refusal(seed, "E_EMPTY", "Nothing", "Another.") for seed in range(9))
        return GenerateResult((), None, Path("report.json"), refused)

    replace(monkeypatch, "engine.generate", generate=generate)
    words = run("generate", "voxel_characters").stdout
    assert "Seed 0 gave none: Nothing. Another." in words
    assert "4 more gave none" in words
    said = json.loads(run("generate", "voxel_characters", "--json").stdout)
    assert said["refused"][8] == {
        "seed": 8,
        "code": "E_EMPTY",
        "sentence": "Nothing",
        "fix": "Another.",
    }


def test_generate_leaves_out_what_was_not_said(calls: Calls) -> None:
    assert run("generate", "voxel_characters").exit_code == 0
    assert calls == [GenerateRequest(model="voxel_characters")]


def test_generate_json_is_one_object_on_stdout_and_nothing_else(
    calls: Calls, tmp_path: Path
) -> None:
    result = run("generate", "voxel_characters", "--json")
    (line,) = result.stdout.splitlines()
    value = json.loads(line)
    assert value["items"] == [
        {
            "name": "person_7",
            "seed": 7,
            "files": {"glb": str(tmp_path / "person_7.glb")},
            "report": {"triangles": 12},
        }
    ]
    assert value["sheet"] == str(tmp_path / "sheet.png")
    assert value["report"] == str(tmp_path / "report.json")
    assert value["seconds"] >= 0


def test_generate_says_where_things_are(calls: Calls, tmp_path: Path) -> None:
    words = run("generate", "voxel_characters").stdout.replace("\n", "")
    assert str(tmp_path / "sheet.png") in words
    assert str(tmp_path / "report.json") in words


def test_a_request_file_is_replayed_and_options_override_it(calls: Calls, tmp_path: Path) -> None:
    asked = GenerateRequest(model="voxel_characters", seed=5, count=2, out=tmp_path, rig=False)
    file = tmp_path / "request.json"
    file.write_text(asked.model_dump_json())
    assert run("generate", "--request", str(file)).exit_code == 0
    assert run("generate", "--request", str(file), "--seed", "6").exit_code == 0
    assert calls == [asked, asked.model_copy(update={"seed": 6})]


@pytest.mark.parametrize("text", ["", "{", "[1]", "null", '{"colour": "red"}', "[" * 100_000])
def test_a_request_file_that_is_no_request_is_refused(
    calls: Calls, tmp_path: Path, text: str
) -> None:
    file = tmp_path / "request.json"
    file.write_text(text)
    result = run("generate", "--request", str(file))
    assert (result.exit_code, calls) == (2, [])
    assert len(result.stderr.splitlines()) == 2


@pytest.mark.parametrize(
    "arguments",
    [
        ["generate"],
        ["generate", "voxel_characters", "--count", "-1"],
        ["generate", "voxel_characters", "--count", "many"],
        ["generate", "voxel_characters", "--seed", "-1"],
        ["generate", "voxel_characters", "--height", "nan"],
        ["generate", "voxel_characters", "--truncation", "9"],
        ["generate", "voxel_characters", "--format", "obj"],
        ["generate", "--request", "missing.json"],
        ["generate", "voxel_characters", "--nonsense"],
        ["train", "voxel_characters", "--tier", "huge"],
        ["train", "voxel_characters", "--max-minutes", "0"],
        ["bench", "generate", "--runs", "0"],
        ["nonsense"],
    ],
)
def test_a_bad_request_exits_with_2_and_asks_nothing_of_the_engine(
    calls: Calls, arguments: list[str]
) -> None:
    result = run(*arguments)
    assert (result.exit_code, result.stdout, calls) == (2, "", [])
    assert result.stderr
