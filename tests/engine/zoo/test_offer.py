"""What a model can be asked for, and what becomes of a request that asks for more."""

from __future__ import annotations

import json
import subprocess
import sys
from collections import Counter
from typing import Any

import pytest

from engine.errors import BadRequest, UnknownClass
from engine.request import GenerateRequest
from engine.zoo.card import card
from engine.zoo.offer import applying, as_asked, describe, draw_label, labels_called, settle
from tests.engine.makers.balls import CLASSES, balls

PEOPLE, BALLS = card("voxel_characters"), balls().card


def test_asking_what_a_model_offers_needs_no_torch() -> None:
    code = (
        "import sys; from engine.zoo import card, offer\n"
        "offer.describe(card.card('voxel_characters'))\n"
        "print('torch' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"


def test_the_options_described_are_the_fields_that_apply_with_their_ranges() -> None:
    people, shapes = describe(PEOPLE), describe(BALLS)
    assert list(people["options"]) == ["truncation", "height", "rig"]
    assert people["options"]["height"]["default"] == 1.7
    assert people["options"]["rig"] == {"type": "boolean", "default": True}
    assert people["people"]
    assert people["formats"] == ["glb", "vox"]
    assert people["categories"] == []
    assert set(shapes["options"]) >= {"class_name", "triangles", "texture", "lods", "collider"}
    assert "rig" not in shapes["options"]
    assert shapes["options"]["texture"]["enum"] == [256, 512, 1024, 2048]
    assert shapes["options"]["height"]["default"] is None
    json.dumps([people, shapes], allow_nan=False)


@pytest.mark.parametrize("about", [PEOPLE, BALLS])
def test_every_bound_described_is_one_that_a_request_has(about: Any) -> None:
    for name, option in describe(about)["options"].items():
        for bound, beyond in (("minimum", -1), ("maximum", 1)):
            if bound in option:
                GenerateRequest.parse({name: option[bound]})
                with pytest.raises(BadRequest, match=name):
                    GenerateRequest.parse({name: option[bound] + beyond})
        for choice in option.get("enum", ()):
            GenerateRequest.parse({name: choice})


def test_classes_are_grouped_by_category() -> None:
    (round_,) = [one for one in describe(BALLS)["categories"] if one["name"] == "round"]
    assert round_["classes"] == [
        {"name": "ball", "examples": 36},
        {"name": "disc", "examples": 4},
    ]


@pytest.mark.parametrize(
    "values",
    [{"class_name": "ball"}, {"triangles": 500}, {"lods": 1}, {"collider": "none"}],
)
def test_an_option_that_a_model_has_no_use_for_is_refused_by_name(values: dict[str, Any]) -> None:
    with pytest.raises(BadRequest, match=next(iter(values))):
        settle(GenerateRequest.parse(values), PEOPLE)


def test_a_default_is_no_demand_and_neither_is_a_missing_armature() -> None:
    settle(GenerateRequest.parse({"triangles": 3000, "lods": 3}), PEOPLE)
    assert not settle(GenerateRequest.parse({"rig": False}), BALLS).rig
    with pytest.raises(BadRequest, match="rigged"):
        settle(GenerateRequest.parse({"rig": True}), BALLS)


def test_people_are_rigged_and_1_7_m_tall_and_shapes_of_their_own_size() -> None:
    people, shape = settle(GenerateRequest(), PEOPLE), settle(GenerateRequest(), BALLS)
    assert (people.rig, people.height) == (True, 1.7)
    assert (shape.rig, shape.height) == (False, None)


@pytest.mark.parametrize("about", [PEOPLE, BALLS])
def test_what_is_written_of_a_request_asks_for_the_same_again(about: Any) -> None:
    settled = settle(GenerateRequest(seed=3, truncation=0.5), about)
    written = json.loads(json.dumps(as_asked(settled, about)))
    assert settle(GenerateRequest.parse(written), about) == settled
    assert set(written) == {"model", "seed", "count", "formats", "previews", *applying(about)}


@pytest.mark.parametrize(
    ("name", "found"),
    [
        (None, range(len(CLASSES))),
        ("ball", [0]),
        (" Ball ", [0]),
        ("round", [0, 1]),
        ("box", [2, 3]),
        ("toy/box", [3]),
    ],
)
def test_a_name_is_a_class_a_category_or_both_with_a_slash(name: str | None, found: Any) -> None:
    assert labels_called(name, CLASSES) == list(found)


def test_an_unknown_class_is_told_what_is_like_it_and_all_there_is() -> None:
    with pytest.raises(UnknownClass, match="did you mean ball") as caught:
        labels_called("balls", CLASSES)
    assert all(one.name in caught.value.fix for one in CLASSES)
    with pytest.raises(UnknownClass, match=r"no class called qqqq$"):
        labels_called("qqqq", CLASSES)


def test_classes_are_drawn_as_often_as_the_roots_of_their_examples() -> None:
    drawn = Counter(draw_label(seed, [0, 1, 2], CLASSES) for seed in range(6000))
    # Roots of 36, 4 and 16: shares of 6, 2 and 4 in 12; 3 sigma of the first are 0.02.
    for label, share in ((0, 6 / 12), (1, 2 / 12), (2, 4 / 12)):
        assert drawn[label] / 6000 == pytest.approx(share, abs=0.02)
