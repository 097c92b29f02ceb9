"""Sorting pictures: copies in class folders, whatever is wrong with a folder said in a sentence (C18)."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from PIL import Image

from engine.dataset_sort import sort
from engine.errors import BadRequest, Cancelled, NoClasses, NothingToSort
from tests.engine.command import run
from tests.engine.models.pictures import draw


def unsorted(folder: Path, classes: Path) -> Path:
    """The last pictures of each class without it, in two folders where names meet."""
    for path in sorted(classes.glob("*/0[34]*.png")):
        place = folder / ("a" if path.parent.name == "disc" else "b") / path.name
        place.parent.mkdir(parents=True, exist_ok=True)
        path.rename(place)
    return folder


def test_c18_the_command_sorts_a_folder_and_touches_nothing_else(tmp_path: Path) -> None:
    like = draw(tmp_path / "like", count=48)
    loose = unsorted(tmp_path / "loose", like)
    (loose / "broken.png").write_bytes(b"no picture")
    before = {path: path.read_bytes() for path in loose.rglob("*.png")}
    out = tmp_path / "sorted"
    words = ("dataset", "sort", str(loose), "--like", str(like), "--epochs", "6")
    done = run(*words, "--out", str(out), "--json")
    assert done.exit_code == 0, done.output
    manifest = json.loads((out / "manifest.json").read_text())
    assert {path: path.read_bytes() for path in loose.rglob("*.png")} == before
    assert list(manifest["refused"]) == ["broken.png"]
    assert manifest["adapted"]
    assert 0 <= manifest["omega"] <= 1
    assert {item["file"] for item in manifest["items"]} == {
        path.relative_to(loose).as_posix() for path in before if path.name != "broken.png"
    }
    for item in manifest["items"]:
        assert (out / item["to"]).read_bytes() == before[loose / item["file"]]
        assert item["to"].startswith(f"{item['class']}/")
        assert 0.5 <= item["probability"] <= 1
    files = {path.relative_to(out).as_posix() for path in out.rglob("*") if path.is_file()}
    assert files == {"manifest.json", *(item["to"] for item in manifest["items"])}
    right = [(i["class"] == "disc") == i["file"].startswith("a/") for i in manifest["items"]]
    assert sum(right) >= len(right) - 1
    # The same seed sorts alike; nothing stays beside.
    again = sort(loose, like, tmp_path / "again", epochs=6)
    assert again.manifest == manifest
    plain = run(*words, "--out", str(tmp_path / "plain"), "--no-adapt", "--epochs", "2", "--json")
    assert json.loads(plain.output)["adapted"] is False
    assert {path.name for path in tmp_path.iterdir()} == {
        "like",
        "loose",
        "sorted",
        "again",
        "plain",
    }


def test_c18_too_few_pictures_are_sorted_without_adaptation(tmp_path: Path) -> None:
    like = draw(tmp_path / "like", count=4)
    loose = tmp_path / "loose"
    loose.mkdir()
    (like / "disc" / "003.png").rename(loose / "one.png")
    draw(tmp_path / "more", count=5)
    (tmp_path / "more/disc/004.png").rename(like / "disc/004.png")
    manifest = sort(loose, like, tmp_path / "sorted", epochs=4).manifest
    assert not manifest["adapted"]
    assert manifest["a_distance"] == {"global": 0, "local": 0}
    assert [item["class"] for item in manifest["items"]] == ["disc"]


def test_c18_bad_folders_are_refused_and_nothing_is_written(tmp_path: Path) -> None:
    like = draw(tmp_path / "like", count=4)
    loose, out, empty = tmp_path / "loose", tmp_path / "out", tmp_path / "empty"
    empty.mkdir()
    loose.mkdir()
    Image.new("RGB", (9, 9)).save(loose / "one.png")
    with pytest.raises(NoClasses, match="0 class folders") as caught:
        sort(loose, empty, out)
    assert "--like" in caught.value.fix
    (empty / "text.png").write_text("no picture")
    with pytest.raises(NothingToSort, match=r"1 were refused, such as text\.png"):
        sort(empty, like, out)
    with pytest.raises(BadRequest, match="is no folder"):
        sort(tmp_path / "none", like, out)
    with pytest.raises(BadRequest, match="lies in another"):
        sort(like / "disc", like, out)
    with pytest.raises(BadRequest, match="not empty"):
        sort(loose, like, empty)
    with pytest.raises(Cancelled):
        sort(loose, like, out, epochs=1, is_cancelled=lambda: True)
    assert {path.name for path in tmp_path.iterdir()} == {"like", "loose", "empty"}
    said = run("dataset", "sort", str(loose), "--like", str(loose), "--out", str(out))
    assert said.exit_code == 2
    assert "Traceback" not in said.output
