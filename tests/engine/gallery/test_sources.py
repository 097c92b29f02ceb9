"""Sources: kinds without a model and classes that a model lacks are replaced, and said so."""

from __future__ import annotations

import pytest

from engine.errors import CannotPlan
from engine.gallery.sources import drawn, settled
from engine.museum.spec import MuseumRequest, Source
from engine.zoo.card import card

PROPS = "textured_props"


def asked(*sources: Source) -> MuseumRequest:
    return MuseumRequest(sources=sources, count=5)


def test_a_kind_that_no_model_makes_becomes_one_that_can_be_made() -> None:
    request, notes = settled(asked(Source(kind="video"), Source(kind="prop")), [PROPS])
    assert [(s.kind, s.model) for s in request.sources] == [("prop", PROPS)] * 2
    assert notes == ("No model makes films: objects are shown instead.",)


def test_screens_without_a_model_of_films_shine_with_pictures() -> None:
    wish = Source(kind="video", size=(2.0, 3.0), classes=("nature",))
    request, notes = settled(asked(wish), ["restyle", PROPS])
    (source,) = request.sources
    assert (source.kind, source.model, source.size) == ("video", "restyle", (2.0, 3.0))
    assert "nature" not in source.classes
    assert notes == ("No model makes films: pictures shine from the screens instead.",)


def test_without_any_model_own_works_are_still_shown() -> None:
    with pytest.raises(CannotPlan):
        settled(asked(Source(kind="prop")), [])
    nothing_made = MuseumRequest.parse(
        {"count": 0, "works": [{"kind": "painting", "title": "Mine", "size": [1, 1]}]}
    )
    assert settled(nothing_made, []) == (nothing_made, ())


def test_classes_that_the_model_lacks_are_left_out_and_named() -> None:
    source = Source(kind="prop", classes=("chair", "unicorn"))
    request, notes = settled(asked(source), [PROPS])
    assert request.sources[0].classes == ("chair",)
    assert "unicorn" in notes[0]


def test_classes_are_drawn_by_the_seed_from_those_that_the_model_has() -> None:
    names = {one["name"] for one in card(PROPS).net["classes"]}
    first = drawn(PROPS, 1)
    assert set(first) <= names
    assert len(set(first)) == len(first) > 10
    assert drawn(PROPS, 1) == first != drawn(PROPS, 2)
