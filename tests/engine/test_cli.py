"""The command line: what it prints, where, and with which exit code. The engine is replaced."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from engine import __version__
from engine.console import time_left
from engine.errors import BadMesh, Cancelled, CannotWrite, UnknownModel, VernissageError
from engine.request import GenerateRequest
from tests.engine.command import replace, run


def failing(monkeypatch: pytest.MonkeyPatch, error: BaseException) -> None:
    def generate(request: GenerateRequest, **_: Any) -> None:
        raise error

    replace(monkeypatch, "engine.generate", generate=generate)


def test_version_is_printed() -> None:
    assert run("--version").stdout == f"vernissage {__version__}\n"


@pytest.mark.parametrize(
    "verb", ["generate", "train", "evaluate", "models", "doctor", "worker", "bench", "models show"]
)
def test_every_verb_has_help(verb: str) -> None:
    result = run(*verb.split(), "--help")
    assert result.exit_code == 0
    assert "Usage" in result.stdout


def test_help_imports_neither_torch_nor_numpy_nor_pydantic() -> None:
    code = (
        "import sys, engine.cli\n"
        "try: engine.cli.app(['--help'])\n"
        "except SystemExit: pass\n"
        "print(sorted({'torch', 'numpy', 'pydantic', 'open3d'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "[]"


def test_torch_never_spins_idle_threads() -> None:
    code = "import engine.cli, os; print(os.environ['OMP_WAIT_POLICY'])"
    bare = {name: value for name, value in os.environ.items() if not name.startswith("OMP")}
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, env=bare
    )
    assert done.stdout.strip() == "PASSIVE"


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (UnknownModel("There is no model x", known="y"), 2),
        (BadMesh("This is no GLB file"), 2),
        (CannotWrite("The folder is not writable"), 1),
        (Cancelled("Stopped"), 130),
        (KeyboardInterrupt(), 130),
        (RuntimeError("shapes\ndisagree"), 1),
    ],
)
def test_an_error_is_a_sentence_a_fix_and_an_exit_code_without_traceback(
    monkeypatch: pytest.MonkeyPatch, error: BaseException, code: int
) -> None:
    failing(monkeypatch, error)
    result = run("generate", "voxel_characters")
    assert (result.exit_code, result.stdout) == (code, "")
    assert "Traceback" not in result.stderr
    assert 1 <= len(result.stderr.splitlines()) <= 2
    if isinstance(error, VernissageError):
        assert result.stderr == f"{error}\n{error.fix}\n"


def test_an_error_is_json_where_json_was_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    error = UnknownModel("There is no model x", known="y")
    failing(monkeypatch, error)
    result = run("generate", "x", "--json")
    assert (result.exit_code, result.stdout) == (2, "")
    assert json.loads(result.stderr) == {"error": error.as_dict()}


def test_verbose_shows_the_traceback(monkeypatch: pytest.MonkeyPatch) -> None:
    failing(monkeypatch, RuntimeError("shapes disagree"))
    assert "Traceback" in run("generate", "voxel_characters", "--verbose").stderr


def test_the_first_interrupt_asks_the_engine_to_stop(monkeypatch: pytest.MonkeyPatch) -> None:
    def generate(request: GenerateRequest, *, on_progress: Any, is_cancelled: Any) -> None:
        assert not is_cancelled()
        os.kill(os.getpid(), signal.SIGINT)
        assert is_cancelled()
        raise Cancelled("Stopped after 1 of 3")

    replace(monkeypatch, "engine.generate", generate=generate)
    before = signal.getsignal(signal.SIGINT)
    result = run("generate", "voxel_characters")
    assert result.exit_code == 130
    assert "Stopped after 1 of 3" in result.stderr
    assert signal.getsignal(signal.SIGINT) is before


def test_train_passes_every_option_on(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    asked: dict[str, Any] = {}

    def train(recipe: str, **options: Any) -> Path:
        asked.update(options, recipe=recipe)
        return tmp_path

    replace(monkeypatch, "engine.train", train=train)
    result = run(
        *("train", "voxel_characters", "--tier", "gpu", "--data", "vox", "--out", "runs"),
        *("--max-minutes", "1.5", "--init", "people", "--resume", "--json"),
    )
    assert result.exit_code == 0, result.stderr
    assert json.loads(result.stdout)["run"] == str(tmp_path)
    del asked["on_progress"], asked["is_cancelled"]
    assert asked == {
        "recipe": "voxel_characters",
        "init": "people",
        "tier": "gpu",
        "data": Path("vox"),
        "out": Path("runs"),
        "max_minutes": 1.5,
        "resume": True,
    }


@pytest.mark.parametrize("minutes", ["0", "-1", "nan"])
def test_training_for_no_time_at_all_is_refused_before_it_begins(
    monkeypatch: pytest.MonkeyPatch, minutes: str
) -> None:
    replace(monkeypatch, "engine.train", train=lambda *_, **__: pytest.fail("it began"))
    result = run("train", "people", f"--max-minutes={minutes}")
    assert result.exit_code == 2
    assert "must be above zero" in result.stderr


def test_training_stopped_by_ctrl_c_is_kept_and_exits_with_130(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    def train(recipe: str, *, is_cancelled: Any, **_: Any) -> Path:
        os.kill(os.getpid(), signal.SIGINT)
        assert is_cancelled()
        return tmp_path

    replace(monkeypatch, "engine.train", train=train)
    result = run("train", "voxel_characters", "--json")
    assert result.exit_code == 130
    assert json.loads(result.stdout)["run"] == str(tmp_path)


def test_evaluate_passes_every_option_on(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: dict[str, Any] = {}

    def evaluate(name: str, **options: Any) -> dict[str, Any]:
        asked.update(options, name=name)
        return {"cov": 0.5}

    replace(monkeypatch, "engine.evaluate", evaluate=evaluate)
    result = run(
        *("evaluate", "people", "--data", "vox", "--baseline", "a", "--baseline", "b"),
        *("--samples", "64", "--json"),
    )
    assert json.loads(result.stdout) == {"cov": 0.5}
    assert asked == {
        "name": "people",
        "data": Path("vox"),
        "baselines": ("a", "b"),
        "samples": 64,
        "console": None,
    }


def test_the_worker_exits_with_what_the_server_returns(monkeypatch: pytest.MonkeyPatch) -> None:
    replace(monkeypatch, "engine.worker", serve=lambda: 3)
    assert run("worker").exit_code == 3


def test_a_card_reads_as_a_page(monkeypatch: pytest.MonkeyPatch) -> None:
    from engine.zoo.card import Card, Parent, Source

    minis = Source(
        name="Metro Minis", author="A. Person", licence="CC-BY-4.0", attribution="Credit"
    )
    card = Card(
        name="people",
        title="Voxel people",
        summary="Small people made of cubes.",
        model="voxel_characters",
        net={},
        rig=True,
        weights="people.safetensors",
        sha256="ab" * 32,
        bytes=1_500_000,
        licence="Apache-2.0",
        attribution="Artwork by a person",
        sources=(minis,),
        parents=(Parent(name="ancestors", sha256="cd" * 32),),
        engine="0.1.0",
        cost={"cpu_minutes": 90},
        metrics={"coverage": 0.43, "floor": {"coverage": 0.5}},
        limits=("Humans only.",),
        examples=(),
    )
    replace(monkeypatch, "engine.zoo.card", names=lambda: ["people"], card=lambda name: card)
    page = run("models", "show", "people").stdout
    for said in ("Voxel people", "Metro Minis", "A. Person", "CC-BY-4.0", "Artwork by a person"):
        assert said in page
    for said in ("0.43", "cpu minutes", "Humans only.", "ab" * 32, "begun with ancestors"):
        assert said in page
    assert "1.5 MB" in run("models", "list").stdout
    values = card.model_dump(mode="json")
    assert json.loads(run("models", "show", "people", "--json").stdout) == values
    assert json.loads(run("models", "list", "--json").stdout) == {"models": [values]}


def test_bench_prints_medians_with_their_range(monkeypatch: pytest.MonkeyPatch) -> None:
    from engine import bench

    figures = (bench.Figure("start", "s", (3.0, 1.0, 9.0), bar=2.0),)
    monkeypatch.setattr(bench, "bench_generate", lambda runs, model: figures)
    value = json.loads(run("bench", "generate", "--json").stdout)["figures"][0]
    assert (value["median"], value["min"], value["max"], value["reached"]) == (3, 1, 9, False)
    assert "≤ 2" in run("bench", "generate").stdout


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (None, ""),
        (0.2, "0 s left"),
        (59.4, "59 s left"),
        (59.6, "1 min left"),
        (3570, "1 h 00 min left"),
        (7500, "2 h 05 min left"),
    ],
)
def test_time_left_reads_as_people_say_it(seconds: float | None, words: str) -> None:
    assert time_left(seconds) == words


def test_training_ends_with_what_the_monitors_said_last(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    findings = [
        {"images": images, "name": "collapse", "sentence": f"Alike at {images}.", "remedy": "More."}
        for images in (8, 1600)
    ]
    (tmp_path / "doctor.json").write_text(json.dumps(findings))
    replace(monkeypatch, "engine.train", train=lambda *arguments, **options: tmp_path)
    page = run("train", "people").stdout
    assert "After 1,600 samples: Alike at 1600. More." in " ".join(page.split())
    assert "Alike at 8" not in page
