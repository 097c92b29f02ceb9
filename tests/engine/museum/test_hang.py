"""Works on walls: gaps, the centre line, doors, and what does not fit."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.museum.hang import BESIDE_DOOR, CORNER, Face, Placed, Rules, hang
from engine.museum.parts import Found
from engine.museum.schema import Work
from engine.museum.works import Exhibit

RULES = Rules(center_line=1.5, gap=0.6, widest_gap=2.0, stack_gap=0.15, rows=1, frame=0.05)
NORTH = Face("n", (0.0, 0.0), (8.0, 0.0), 3.6)
EAST = Face("e", (8.0, 0.0), (8.0, 6.0), 3.6, openings=((2.2, 3.8),))


def picture(name: str, width: float, height: float) -> Exhibit:
    work = Work(
        id=name, kind="painting", title=name, alt=name, size=(width, height, 0.03), origin=Found()
    )
    return Exhibit((work,), work.size)


def pictures(*sizes: tuple[float, float]) -> list[Exhibit]:
    return [picture(f"p{i}", w, h) for i, (w, h) in enumerate(sizes)]


def ends(placed: Placed) -> tuple[float, float]:
    half = RULES.outer(placed.exhibit)[0] / 2
    return placed.along - half, placed.along + half


@given(st.lists(st.tuples(st.floats(0.2, 1.8), st.floats(0.2, 2.4)), max_size=9))
def test_pictures_keep_their_gaps_corners_doors_and_order(sizes: list[tuple[float, float]]) -> None:
    placed = hang(pictures(*sizes), [NORTH, EAST], [], RULES)
    if placed is None:
        assert sum(w + 0.1 + RULES.gap for w, _ in sizes) > 6.0  # far from empty walls
        return
    assert {p.exhibit.first.id for p in placed} == {f"p{i}" for i in range(len(sizes))}
    for face in (NORTH, EAST):
        here = sorted(ends(p) for p in placed if p.face is face)
        for low, high in here:
            assert low >= CORNER - 1e-6
            assert high <= face.length - CORNER + 1e-6
            for a, b in face.openings:
                assert high <= a - BESIDE_DOOR + 1e-6 or low >= b + BESIDE_DOOR - 1e-6
        assert all(
            b[0] - a[1] >= RULES.gap - 1e-6 for a, b in zip(here[:-1], here[1:], strict=True)
        )


def test_middles_are_on_the_centre_line_but_for_works_too_high_for_it() -> None:
    placed = hang(pictures((1, 0.5), (1, 1.2), (1, 2.4)), [NORTH], [], RULES)
    assert placed is not None
    # The third reaches from 1.85 m to 0.60 m, the lowest that is allowed, at half of 2.5 m.
    assert [round(p.y, 3) for p in placed] == [1.5, 1.5, 0.6 + 2.5 / 2]


def test_a_dense_hang_stacks_small_works_about_the_centre_line() -> None:
    rules = Rules(1.5, 0.6, 2.0, 0.15, 3, 0.05)
    placed = hang(pictures((0.5, 0.4), (0.5, 0.4), (0.5, 0.4)), [NORTH], [], rules)
    assert placed is not None
    assert {round(p.along, 3) for p in placed} == {4.0}
    assert [round(p.y, 3) for p in placed] == [2.15, 1.5, 0.85]  # 0.50 high with frames, 0.15 apart


def test_what_does_not_fit_is_not_hung() -> None:
    assert hang(pictures((9, 1)), [NORTH], [], RULES) is None  # wider than the wall
    assert hang(pictures((1, 3.2)), [NORTH], [], RULES) is None  # higher than the room
    assert hang(pictures(*[(1.5, 1)] * 5), [NORTH], [], RULES) is None  # all together


@pytest.mark.parametrize(("along", "fits"), [(4.0, True), (0.5, False), (1.15, True)])
def test_a_fixed_place_is_kept_or_refused(along: float, fits: bool) -> None:
    work = picture("fixed", 1.0, 1.0)
    placed = hang(pictures((1, 1)), [NORTH], [(work, NORTH, along)], RULES)
    assert (placed is not None) == fits
    if placed:
        assert [p.along for p in placed if p.exhibit is work] == [along]


def test_two_works_fixed_to_one_place_are_refused() -> None:
    a, b = picture("a", 1, 1), picture("b", 1, 1)
    assert hang([], [NORTH], [(a, NORTH, 3.0), (b, NORTH, 4.0)], RULES) is None
    assert hang([], [NORTH], [(a, NORTH, 3.0), (b, NORTH, 5.0)], RULES) is not None
