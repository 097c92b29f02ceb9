"""What models can be asked for, from the engine's own description to the panel's chooser."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from addon.core import offers
from addon.core.problems import Problem
from engine.zoo import offer as engines
from engine.zoo.card import Card, card

CLASSES = [
    {"name": "sofa", "category": "furniture", "examples": 5, "unit": 0.03},
    {"name": "chair", "category": "furniture", "examples": 20, "unit": 0.03},
    {"name": "boat", "category": "boat", "examples": 9, "unit": 0.2},
    {"name": "cup", "category": "kitchen", "examples": 3, "unit": 0.01},
    {"name": "shape", "category": "", "examples": 2, "unit": 0.01},
]


def props() -> Card:
    values = card("voxel_characters").model_dump()
    changed = {"name": "props", "makes": "shapes", "rig": False, "net": {"classes": CLASSES}}
    return Card.model_validate(values | changed)


def described(*cards: Card) -> tuple[offers.Offer, ...]:
    return offers.read({"models": [engines.describe(one) for one in cards]})


def test_characters_as_the_engine_describes_them_are_what_is_believed_before_it_is_asked() -> None:
    (found,) = described(card("voxel_characters"))
    assert found == offers.CHARACTERS


def test_shapes_have_classes_budgets_and_a_size_of_their_own() -> None:
    (found,) = described(props())
    assert found.own_size
    assert {"class_name", "triangles", "texture", "lods", "collider"} <= found.options
    assert "rig" not in found.options


def test_the_chooser_groups_classes_under_their_category_and_the_engine_knows_every_name() -> None:
    (found,) = described(props())
    names = [name for name, _ in found.names()]
    assert sorted(names) == sorted(
        ["boat", "furniture", "furniture/chair", "furniture/sofa", "kitchen"]
        + ["kitchen/cup", "shape"]
    )
    assert names.index("furniture") + 1 == names.index("furniture/sofa")
    from engine.data.shape_classes import ShapeClass

    classes = [ShapeClass.model_validate(one) for one in CLASSES]
    for name in names:
        assert engines.labels_called(name, classes)
    assert len(engines.labels_called("furniture", classes)) == 2


def test_what_is_kept_as_text_comes_back_the_same() -> None:
    found = described(props(), card("voxel_characters"))
    assert offers.from_text(offers.to_text(found)) == found


@pytest.mark.parametrize(
    "text", ["", "[]", "{", "3", '[["voxel_characters", "A"]]', "[{}]", "null"]
)
def test_text_that_is_something_else_leaves_the_characters(text: str) -> None:
    assert offers.from_text(text) == (offers.CHARACTERS,)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["name", "title", "options", "categories", "classes", "height"]), inner
        )
    ),
    max_leaves=12,
)


@given(st.dictionaries(st.sampled_from(["models", "x"]), json_values))
def test_any_answer_is_offers_or_a_typed_problem(answer: dict[str, Any]) -> None:
    try:
        assert all(isinstance(one, offers.Offer) for one in offers.read(answer))
    except Problem as problem:
        if problem.code != "E_PROTOCOL":
            raise
