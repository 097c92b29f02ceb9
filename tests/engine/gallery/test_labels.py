"""Labels: apart on their sheet, readable, and drawn in letters that the face has."""

from __future__ import annotations

import io
from itertools import combinations

import numpy as np
import pytest
from PIL import Image

from engine.gallery.labels import EDGE, atlases, quad
from engine.gallery.lettering import has, legible
from engine.museum.plan import plan
from engine.museum.spec import MuseumRequest


def test_every_label_has_a_place_of_its_own_with_writing_on_it() -> None:
    museum = plan(MuseumRequest(count=30, seed=2))
    sheets = atlases(museum)
    places = {name: box for sheet in sheets for name, box in sheet.places.items()}
    assert places.keys() == {label.id for label in museum.labels}
    for sheet in sheets:
        with Image.open(io.BytesIO(sheet.png)) as image:
            pixels = np.asarray(image)
        assert max(pixels.shape) <= EDGE
        for a, b in combinations(sheet.places.values(), 2):
            assert a[0] >= b[2] or b[0] >= a[2] or a[1] >= b[3] or b[1] >= a[3]
        for u0, v0, u1, v1 in sheet.places.values():
            height, width = pixels.shape
            box = pixels[
                round(v0 * height) : round(v1 * height), round(u0 * width) : round(u1 * width)
            ]
            assert 0.01 < (box < 128).mean() < 0.3


def test_a_label_looks_where_its_yaw_says_and_is_not_mirrored() -> None:
    museum = plan(MuseumRequest(count=6, seed=1))
    label = next(label for label in museum.labels if not label.lying)
    corners = quad(label, (0.0, 0.0, 1.0, 1.0))
    a, b, _, d = corners["POSITION"]
    out = np.cross(b - a, d - a)
    yaw = np.radians(label.yaw)
    assert out @ [np.sin(yaw), 0, np.cos(yaw)] > 0
    assert corners["TEXCOORD_0"].tolist() == [[0, 1], [1, 1], [1, 0], [0, 0]]


def test_letters_that_the_face_lacks_are_replaced() -> None:
    assert legible("Café 60 × 40 cm – “Übung”") == "Café 60 × 40 cm – “Übung”"
    assert all(has(c) for c in legible("画 ﬁ 𝔸 Å 😀"))
    assert legible("𝔸") == "A"


@pytest.mark.parametrize("title", ["Тихая вода", "Μέδουσα", "Đường Łódź Þór"])
def test_latin_greek_and_cyrillic_are_set_as_they_are_written(title: str) -> None:
    assert legible(title) == title


@pytest.mark.parametrize(
    ("title", "latin"),
    [("シャガール", "shiyagaru"), ("夜", "Ye"), ("한국", "HanGug"), ("किताब", "kitab"), ("★", "*")],
)
def test_other_scripts_are_set_in_latin_letters(title: str, latin: str) -> None:
    assert legible(title) == latin
