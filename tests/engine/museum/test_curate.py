"""Curation: rooms with a reason, an order that beats chance, and the visitor's wishes."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations

import numpy as np
import pytest

from engine.museum.curate import _cut, _features, curate
from engine.museum.hues import hue_name
from engine.museum.parts import Found, Made
from engine.museum.schema import Work
from engine.museum.spec import Visitor
from engine.museum.works import Exhibit


def likeness(found: Sequence[Exhibit]) -> float:
    """Mean cosine between neighbours in this order; 1 where all are alike."""
    f = _features(found)
    f = f / np.linalg.norm(f, axis=1, keepdims=True)
    return float((f[:-1] * f[1:]).sum(1).mean())


def exhibit(name: str, class_name: str, kind: str = "painting", colour: str = "") -> Exhibit:
    origin = Made(model="paintings", seed=1, class_name=class_name) if class_name else Found()
    work = Work.model_validate(
        {
            "id": name,
            "kind": kind,
            "title": name,
            "alt": name,
            "size": (1, 1, 0.5),
            "colours": [colour] if colour else [],
            "origin": origin,
        }
    )
    return Exhibit((work,), work.size)


def shuffled(classes: dict[str, int], seed: int = 0) -> list[Exhibit]:
    names = [c for c, n in classes.items() for _ in range(n)]
    order = np.random.default_rng(seed).permutation(len(names))
    return [exhibit(f"w{i}", names[j]) for i, j in enumerate(order)]


def test_rooms_are_classes_where_the_classes_fill_rooms() -> None:
    rooms = curate(shuffled({"portrait": 8, "animal": 8, "landscape": 8}), [1, 1, 1])
    assert sorted(room.title for room in rooms) == ["Animal", "Landscape", "Portrait"]
    for room in rooms:
        classes = {e.first.origin.class_name for e in room.exhibits}  # type: ignore[union-attr]
        assert classes == {room.title.lower()}


def test_the_order_is_at_least_three_times_as_alike_as_chance() -> None:
    found = shuffled({f"class {i}": 8 for i in range(10)})
    for i, e in enumerate(found):
        found[i] = exhibit(f"w{i}", e.first.origin.class_name or "", "painting")  # type: ignore[union-attr]
    rooms = curate(found, [1] * 8)
    ordered = [e for room in rooms for e in room.exhibits]
    # Works of one kind are alike to begin with; what is left to win is counted.
    base = likeness([exhibit("a", "x"), exhibit("b", "y")])
    assert likeness(ordered) - base >= 3 * (likeness(found) - base)


@pytest.mark.parametrize("seed", range(6))
def test_the_cut_into_rooms_is_the_best_of_all(seed: int) -> None:
    rng = np.random.default_rng(seed)
    line, rooms = rng.normal(size=(9, 3)), 3
    bounds, cost = _cut(line, [1.0] * rooms)

    def price(cuts: tuple[int, ...]) -> float:
        parts = np.split(line, cuts)
        spread = sum(float(((p - p.mean(0)) ** 2).sum()) for p in parts)
        return spread + sum(0.02 * (len(p) - 3) ** 2 / 3 for p in parts)

    allowed = [
        cuts
        for cuts in combinations(range(1, 9), rooms - 1)
        if all(1 <= len(p) <= 6 for p in np.split(line, cuts))
    ]
    assert cost == pytest.approx(min(map(price, allowed)))
    assert price(tuple(bounds[1:-1])) == pytest.approx(cost)


@pytest.mark.parametrize("count", [3, 4, 11, 40])
def test_every_work_is_in_one_room_and_no_room_is_empty(count: int) -> None:
    kinds = ["painting", "sculpture", "prop", "video", "character"]
    found = [exhibit(f"w{i}", "x", kinds[i % 5]) for i in range(count)]
    rooms = curate(found, [1.0, 2.0, 1.0], solid_room=1)
    assert sorted(e.first.id for room in rooms for e in room.exhibits) == sorted(
        e.first.id for e in found
    )
    assert all(room.exhibits for room in rooms)


def test_colours_make_rooms_where_nothing_else_does() -> None:
    blue, red = "#2040c0", "#c02020"
    found = [exhibit(f"w{i}", "", colour=(blue, red)[i % 2]) for i in range(12)]
    rooms = curate(found, [1, 1])
    assert sorted(room.title for room in rooms) == ["Blue", "Red"]


@pytest.mark.parametrize(
    ("colour", "name"),
    [("#c02020", "red"), ("#2040c0", "blue"), ("#20a030", "green"), ("#e0d030", "yellow"),
     ("#101010", "dark"), ("#f4f4f4", "pale"), ("#808080", "grey"), ("#e08020", "orange")],
)  # fmt: skip
def test_colours_have_the_names_people_give_them(colour: str, name: str) -> None:
    assert hue_name([colour]) == name


def test_e7_what_a_visitor_likes_comes_first() -> None:
    found = shuffled({"portrait": 8, "animal": 8, "landscape": 8, "city": 8})
    for liked in ("animal", "city"):
        rooms = curate(found, [1, 1, 1, 1], Visitor(likes=(liked,)))
        assert rooms[0].title.lower() == liked


def test_the_court_has_most_of_the_sculptures() -> None:
    found = [exhibit(f"w{i}", "x", "sculpture" if i % 2 else "painting") for i in range(40)]
    rooms = curate(found, [1.0] * 5, solid_room=4)
    solids = [sum(not e.flat for e in room.exhibits) for room in rooms]
    assert solids[4] == max(solids)
    assert solids[4] >= 2 * np.median(solids[:4])
