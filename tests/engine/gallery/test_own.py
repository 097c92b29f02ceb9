"""A folder of the user's becomes works of sensible size; what cannot be read is told."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import trimesh
from PIL import Image

from engine.errors import BadRequest
from engine.gallery.own import own_works
from engine.museum.plan import plan
from engine.museum.spec import MuseumRequest


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    Image.new("RGB", (600, 200), "red").save(tmp_path / "b_red-field.png")
    Image.fromarray(np.zeros((90, 60, 3), np.uint8)).save(tmp_path / "a.jpg")
    trimesh.creation.box((0.5, 1.0, 0.25)).export(tmp_path / "c.glb")
    trimesh.creation.box((500.0, 1000.0, 250.0)).export(tmp_path / "d.glb")
    (tmp_path / "e.webm").write_bytes(b"\x1aE\xdf\xa3film")
    (tmp_path / "f.png").write_bytes(b"nothing")
    (tmp_path / "g.txt").write_text("no work")
    return tmp_path


def test_pictures_films_and_shapes_are_works_with_titles_and_proportions(folder: Path) -> None:
    works, notes = own_works(folder)
    assert [(work["kind"], work["title"], work["file"]) for work in works] == [
        ("painting", "a", "a.jpg"),
        ("painting", "b red field", "b_red-field.png"),
        ("sculpture", "c", "c.glb"),
        ("sculpture", "d", "d.glb"),
        ("video", "e", "e.webm"),
    ]
    assert works[0]["size"] == pytest.approx([0.8, 1.2])
    assert works[1]["size"] == pytest.approx([1.2, 0.4])
    assert works[2]["size"] == pytest.approx([0.5, 1.0, 0.25]), "its own size can be true"
    assert works[3]["size"] == pytest.approx([0.5, 1.0, 0.25]), "a kilometre cannot"
    assert len(notes) == 1
    assert notes[0].startswith("f.png is no image")


def test_they_can_be_planned_as_they_are(folder: Path) -> None:
    works, _ = own_works(folder)
    museum = plan(MuseumRequest.parse({"count": 0, "works": works}))
    assert {work.title for work in museum.works} == {"a", "b red field", "c", "d", "e"}


def test_a_folder_without_works_is_refused_with_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(BadRequest, match="no picture, film or GLB"):
        own_works(tmp_path)
    with pytest.raises(BadRequest, match="is no folder"):
        own_works(tmp_path / "none")
