"""museum.json: strict, versioned, and never out of its folder."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from engine.errors import BadMuseum, NewerMuseum
from engine.museum import store
from engine.museum.parts import FilePath
from engine.museum.schema import Museum

PATH = TypeAdapter(FilePath)


def values(museum: Museum) -> dict[str, Any]:
    return json.loads(store.museum_bytes(museum))


def test_a_museum_survives_writing_and_reading(mixed: Museum, tmp_path: Path) -> None:
    file = store.write_museum(mixed, tmp_path)
    assert store.read_museum(tmp_path) == store.read_museum(file) == mixed
    assert file.read_bytes() == store.museum_bytes(store.read_museum(file))


@pytest.mark.parametrize(
    "path",
    ["/etc/passwd", "../a.png", "a/../../b", "a//b", "a/./b", "c:/a", "a\\b", "a\nb", "", "a/"],
)
def test_a_path_that_could_leave_the_folder_is_refused(path: str) -> None:
    with pytest.raises(ValidationError):
        PATH.validate_python(path)


@given(st.text(max_size=40))
def test_every_accepted_path_lies_below_the_folder(path: str) -> None:
    try:
        accepted = PATH.validate_python(path)
    except ValidationError:
        return
    home = Path("/museum")
    assert home in Path(home, accepted).parents
    assert ".." not in Path(accepted).parts


def test_a_link_that_leads_out_of_the_folder_is_refused(tmp_path: Path) -> None:
    (tmp_path / "outside.png").write_bytes(b"x")
    home = tmp_path / "museum"
    home.mkdir()
    (home / "link.png").symlink_to(tmp_path / "outside.png")
    (home / "real.png").write_bytes(b"x")
    assert store.file_of(home, "real.png") == (home / "real.png").resolve()
    for name in ("link.png", "missing.png"):
        with pytest.raises(BadMuseum, match=name):
            store.file_of(home, name)


def test_a_newer_version_is_refused_with_its_number(mixed: Museum) -> None:
    with pytest.raises(NewerMuseum, match="version 2") as caught:
        store.parse_museum({**values(mixed), "version": 2})
    assert "Update" in caught.value.fix


def test_an_older_version_is_migrated_step_by_step(
    mixed: Museum, monkeypatch: pytest.MonkeyPatch
) -> None:
    def rename(old: dict[str, Any]) -> dict[str, Any]:
        return {**{k: v for k, v in old.items() if k != "name"}, "title": old["name"]}

    monkeypatch.setattr(store, "VERSION", 2)
    monkeypatch.setattr(store, "MIGRATIONS", {1: rename})
    monkeypatch.setattr(
        store, "Museum", type("Next", (), {"model_validate": staticmethod(lambda v: v)})
    )
    old = {**values(mixed), "name": "Old"}
    del old["title"]
    migrated: Any = store.parse_museum(old)
    assert (migrated["version"], migrated["title"], "name" in migrated) == (2, "Old", False)


@pytest.mark.parametrize(
    "change",
    [
        {"rooms": []},
        {"seed": -1},
        {"seed": float("nan")},
        {"extra": 1},
        {"format": "gltf"},
        {"version": True},
        {"version": "1"},
        {"title": ""},
        {"title": "x" * 161},
    ],
    ids=str,
)
def test_a_faulty_museum_is_refused_in_one_sentence(mixed: Museum, change: dict[str, Any]) -> None:
    with pytest.raises(BadMuseum) as caught:
        store.parse_museum({**values(mixed), **change})
    assert "\n" not in str(caught.value)
    assert caught.value.fix


@pytest.mark.parametrize("list_name", ["doors", "slots", "labels", "walls", "lights"])
def test_ids_are_unique_and_what_they_name_exists(mixed: Museum, list_name: str) -> None:
    twice = values(mixed)
    twice[list_name].append(twice[list_name][0])
    with pytest.raises(BadMuseum, match="twice"):
        store.parse_museum(twice)
    lost = values(mixed)
    key = "rooms" if list_name == "doors" else "room"
    lost[list_name][0][key] = ["nowhere", None] if key == "rooms" else "nowhere"
    with pytest.raises(BadMuseum, match="no room nowhere"):
        store.parse_museum(lost)


@pytest.mark.parametrize("text", ["", "[]", "{", '{"format": 1}', "[" * 100_000, "\ud800"])
def test_what_is_no_museum_is_refused(tmp_path: Path, text: str) -> None:
    (tmp_path / "museum.json").write_bytes(text.encode("utf-8", "surrogatepass"))
    with pytest.raises(BadMuseum):
        store.read_museum(tmp_path)
    with pytest.raises(BadMuseum, match="could not be read"):
        store.read_museum(tmp_path / "missing.json")


def test_a_file_too_large_to_be_a_museum_is_not_even_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(store, "MAX_BYTES", 10)
    (tmp_path / "museum.json").write_text("{" * 11)
    with pytest.raises(BadMuseum, match="larger"):
        store.read_museum(tmp_path)


def test_the_published_schema_is_that_of_the_code(root: Path) -> None:
    published = json.loads((root / "docs/museum.schema.json").read_text(encoding="utf-8"))
    assert published == store.json_schema()
