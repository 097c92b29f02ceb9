"""The commands `vernissage museum`."""

from __future__ import annotations

import json
from pathlib import Path

from PIL import Image
from typer.testing import CliRunner

from engine.cli import app

RUN = CliRunner()


def test_plan_writes_a_museum_and_its_drawing_and_check_passes_it(tmp_path: Path) -> None:
    out = tmp_path / "m"
    args = ["museum", "plan", "--works", "6", "--theme", "small_cabinet", "--out", str(out)]
    done = RUN.invoke(app, [*args, "--json"])
    assert done.exit_code == 0, done.output
    told = json.loads(done.stdout)
    assert (told["works"], told["rooms"] >= 1) == (6, True)
    assert sorted(p.name for p in out.iterdir()) == ["museum.json", "plan.svg"]
    checked = RUN.invoke(app, ["museum", "check", str(out), "--json"])
    assert checked.exit_code == 0
    assert json.loads(checked.stdout)["faults"] == []


def test_check_says_what_is_wrong_and_fails(tmp_path: Path) -> None:
    RUN.invoke(app, ["museum", "plan", "--works", "5", "--out", str(tmp_path)])
    file = tmp_path / "museum.json"
    values = json.loads(file.read_text(encoding="utf-8"))
    values["labels"] = []
    file.write_text(json.dumps(values))
    done = RUN.invoke(app, ["museum", "check", str(file)])
    assert done.exit_code == 1
    assert "W5" in done.stdout


def test_options_override_a_description(tmp_path: Path) -> None:
    description = tmp_path / "wish.json"
    description.write_text(json.dumps({"theme": "white_cube", "count": 9, "seed": 1}))
    args = ["museum", "plan", str(description), "--works", "4", "--out", str(tmp_path / "m")]
    assert RUN.invoke(app, args).exit_code == 0
    museum = json.loads((tmp_path / "m/museum.json").read_text(encoding="utf-8"))
    assert (len(museum["works"]), museum["seed"]) == (4, 1)


def test_a_bad_wish_exits_with_2_and_a_fix() -> None:
    done = RUN.invoke(app, ["museum", "plan", "--theme", "moon", "--json"])
    assert done.exit_code == 2
    assert "white_cube" in done.output


def test_the_schema_is_printed() -> None:
    done = RUN.invoke(app, ["museum", "schema"])
    assert json.loads(done.stdout)["title"] == "Museum"


def test_build_writes_a_bundle_and_check_walks_through_it(tmp_path: Path) -> None:
    Image.new("RGB", (40, 30), "teal").save(tmp_path / "mine.png")
    work = {"kind": "painting", "title": "Mine", "file": "mine.png", "size": [0.8, 0.6]}
    (tmp_path / "show.json").write_text(json.dumps({"count": 0, "works": [work]}))
    out = tmp_path / "bundle"
    plain = ["--light", "none", "--no-contact", "--json"]
    done = RUN.invoke(
        app, ["museum", "build", str(tmp_path / "show.json"), "--out", str(out), *plain]
    )
    assert done.exit_code == 0, done.output
    assert json.loads(done.stdout)["works"] == 1
    checked = RUN.invoke(app, ["museum", "check", str(out), "--profile", "quest2"])
    assert checked.exit_code == 0, checked.output
    (out / "works/own-001.webp").unlink()
    missing = RUN.invoke(app, ["museum", "check", str(out)])
    assert missing.exit_code == 1
    assert "works/own-001.webp is missing" in missing.output


def test_a_plan_that_is_written_can_be_built_but_not_bent(tmp_path: Path) -> None:
    done = RUN.invoke(app, ["museum", "build", str(tmp_path), "--works", "9"])
    assert done.exit_code == 2
    assert "plan it anew" in done.output
