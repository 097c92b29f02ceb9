"""The sweep: the same settings whenever they are drawn, halving, and going on where it stopped (C20)."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import torch

from engine.errors import BadRecipe
from engine.gan.sliced import sliced_distance
from engine.sweep import Plan, Range, read_space, sweep
from engine.zoo.recipes import read_recipe

PLAN = Plan(trials=4, kimg=0.256, rounds=2, keep=2)
SPACE = {"lr_g": Range(low=1e-4, high=1e-2), "beta2": Range(among=(0.9, 0.99))}


def test_c20_the_sliced_distance_of_a_shift_is_its_length_over_the_root_of_the_dimensions() -> None:
    x = torch.randn(256, 16)
    assert sliced_distance(x, x) == 0
    moved = x.clone()
    moved[:, 3] += 2.0
    # A direction sees the shift by its cosine: on average 1/16 of its square.
    assert sliced_distance(x, moved, slices=4096) == pytest.approx(2 / 16**0.5, rel=0.1)


def test_c20_the_better_half_goes_on_and_a_stopped_sweep_ends_as_a_whole_one(
    tmp_path: Path,
) -> None:
    whole = sweep(space=SPACE, plan=PLAN, out=tmp_path / "whole")
    calls = iter([False] * 3)
    sweep(space=SPACE, plan=PLAN, out=tmp_path / "parts", is_cancelled=lambda: next(calls, True))
    begun = json.loads((tmp_path / "parts/sweep.json").read_text())["results"]
    assert len(begun) == 3
    parts = sweep(space=SPACE, plan=PLAN, out=tmp_path / "parts")
    assert parts == whole
    rounds = [row["round"] for row in whole]
    assert rounds == [1, 1, 0, 0]
    first = {
        row["trial"]: row["score"]
        for row in json.loads((tmp_path / "whole/sweep.json").read_text())["results"]
        if row["round"] == 0
    }
    kept = {row["trial"] for row in whole if row["round"] == 1}
    assert max(first[t] for t in kept) <= min(first[t] for t in first if t not in kept)
    assert whole[0]["score"] <= whole[1]["score"]


def test_c20_another_sweep_in_the_same_folder_is_refused(tmp_path: Path) -> None:
    small = Plan(trials=2, kimg=0.128, rounds=1)
    sweep(space=SPACE, plan=small, out=tmp_path)
    with pytest.raises(BadRecipe, match="another sweep"):
        sweep(space=SPACE, plan=Plan(trials=3, kimg=0.128, rounds=1), out=tmp_path)


def test_c20_the_best_setting_can_be_put_into_a_recipe(tmp_path: Path) -> None:
    sweep(space=SPACE, plan=Plan(trials=2, kimg=0.128, rounds=1), out=tmp_path)
    best = (tmp_path / "best.toml").read_text()
    mine = tmp_path / "mine.toml"
    mine.write_text('extends = "voxel_characters"\n' + best)
    phase = read_recipe(mine, "cpu").train.phases[0]
    assert f"lr_g = {phase.lr_g.start}" in best or f"{phase.lr_g.start:g}" in best


def test_c20_a_range_is_even_in_its_logarithm() -> None:
    where = Range(low=1e-4, high=1e-2)
    assert where.draw(0.0) == 1e-4
    assert where.draw(0.5) == pytest.approx(1e-3, rel=1e-2)
    assert Range(low=0.0, high=2.0, log=False).draw(0.25) == 0.5
    assert Range(among=("a", "b")).draw(0.99) == "b"


@pytest.mark.parametrize("text", ["lr_g = 3", "lr_g = { low = 2.0, high = 1.0 }", "what"])
def test_a_space_that_says_nothing_is_refused(tmp_path: Path, text: str) -> None:
    path = tmp_path / "space.toml"
    path.write_text(text)
    with pytest.raises(BadRecipe):
        read_space(path)


def test_a_field_that_no_phase_has_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BadRecipe, match="momentum"):
        sweep(space={"momentum": Range(low=0.1, high=0.9)}, plan=PLAN, out=tmp_path)
