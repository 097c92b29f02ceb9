"""Bundles of stand-ins: checked as true ones are, and within a headset's budget."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine.bench_bundles import StandIns, growth, planned
from engine.gallery.budget import BUDGETS, worst_view
from engine.gallery.check import check_bundle
from engine.museum.check import check


@pytest.mark.parametrize(("theme", "count"), [("sculpture_court", 60), ("night_cinema", 20)])
def test_a_bundle_of_stand_ins_has_no_faults(theme: str, count: int, tmp_path: Path) -> None:
    museum = StandIns().bundle(planned(theme, count, 2), tmp_path)
    assert check(museum) == []
    assert check_bundle(museum, tmp_path) == []
    worst = worst_view(museum, tmp_path)
    assert worst.draws <= BUDGETS["quest3"][0]


def test_growth_tells_three_figures_of_each_house() -> None:
    figures = list(growth("small_cabinet", (4, 12)))
    assert len(figures) == 6
    assert all(figure.reached for figure in figures)


def test_a_stand_in_a_corner_is_not_further_aside_than_the_checker_allows() -> None:
    # The middle of the nearest cell lay at 45.6 degrees.
    assert check(planned("brick_warehouse", 109, 10)) == []
