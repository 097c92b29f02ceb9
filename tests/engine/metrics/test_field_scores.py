"""Draws by class, manifolds, copies and families, against what is known without computing."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.metrics.field_scores import (
    Nearest,
    body_distance,
    collect,
    families_reached,
    inside_manifold,
    match,
    nearest_known,
    scored_draws,
)
from tests.engine.data.shapes import block, random_block

GROUP = np.array([0, 0, 1])  # classes 0 and 1 are of one category


@settings(max_examples=60)
@given(
    st.lists(st.integers(0, 2), min_size=1, max_size=12),
    st.lists(st.integers(0, 2), min_size=1, max_size=12),
    st.integers(0, 99),
)
def test_a_draw_gives_each_its_class_while_there_are_any(
    wanted: list[int], have: list[int], seed: int
) -> None:
    chosen = match(np.array(wanted), np.array(have), GROUP, np.random.default_rng(seed))
    taken = [int(i) for i in chosen if i >= 0]
    assert len(set(taken)) == len(taken)
    needs, owns = Counter(wanted), Counter(have)
    own = Counter(w for w, i in zip(wanted, chosen, strict=True) if i >= 0 and have[i] == w)
    assert own == Counter({k: min(n, owns[k]) for k, n in needs.items() if min(n, owns[k])})
    for w, i in zip(wanted, chosen, strict=True):
        if i >= 0:
            assert GROUP[have[i]] == GROUP[w]
    # None goes without while its category has some left.
    for group in (0, 1):
        left = sum(GROUP[k] == group for k in have) - sum(GROUP[have[i]] == group for i in taken)
        without = sum(GROUP[w] == group for w, i in zip(wanted, chosen, strict=True) if i < 0)
        assert left == 0 or without == 0


def test_draws_differ_by_seed_and_repeat_with_it() -> None:
    wanted, have = np.zeros(5, int), np.zeros(50, int)
    one, same, other = (
        match(wanted, have, GROUP, np.random.default_rng(seed)).tolist() for seed in (1, 1, 2)
    )
    assert one == same != other


def line(*points: float) -> np.ndarray:
    return np.array(points)


def apart(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    return np.abs(a[:, None] - b[None])


def test_a_manifold_reaches_to_the_third_neighbour() -> None:
    b = line(0, 1, 2, 3, 100)
    # Radii 3, 2, 2, 3, 99: all within [-3, 6], and 100 reaches down to 1.
    assert inside_manifold(apart(line(-3.1, 5.9, 50, 200), b), apart(b, b)) == 0.5


def test_precision_and_recall_of_known_sets() -> None:
    rng = np.random.default_rng(0)
    real = rng.normal(size=60)
    for samples, precision, recall in (
        (real, 1.0, 1.0),
        (np.full(60, real[0]) + 1e-9 * rng.normal(size=60), 1.0, 1 / 60),
        (real + 1000, 0.0, 0.0),
    ):
        gr = apart(samples, real)
        assert inside_manifold(gr, apart(real, real)) == pytest.approx(precision)
        assert inside_manifold(gr.T, apart(samples, samples)) == pytest.approx(recall)


def test_scores_of_groups_use_the_pairs_of_their_own() -> None:
    real, made = line(0, 1, 10, 11, 20, 21), line(0, 1, 10, 11, 500, 500.1)
    matrices = {"line": (apart(made, made), apart(made, real), apart(real, real))}
    groups = {"all": np.ones(6, bool), "good": np.arange(6) < 4, "bad": np.arange(6) >= 4}
    pairs = np.arange(6), np.arange(6)
    found = scored_draws(matrices, lambda rng: pairs, groups, draws=3, seed=0)
    assert found["good"]["line"]["cov"] == {"mean": 1.0, "std": 0.0}
    assert found["good"]["line"]["nna"]["mean"] == 0
    assert found["good"]["line"]["mmd"]["mean"] == 0
    assert found["bad"]["line"]["nna"]["mean"] == 1
    assert found["bad"]["line"]["mmd"]["mean"] == pytest.approx((480 + 479) / 2)
    assert found["all"]["line"]["cov"]["mean"] == pytest.approx(5 / 6, abs=1e-4)


# -- what is known ---------------------------------------------------------------------------------


def test_body_distances_of_all_pairs_equal_loops() -> None:
    ones = np.stack([random_block(seed) for seed in range(3)])
    others = np.stack([random_block(seed) for seed in range(10, 14)])
    measured = body_distance(ones, others)
    for i, a in enumerate(ones[:, 0] > 0):
        for j, b in enumerate(others[:, 0] > 0):
            assert measured[i, j] == pytest.approx(1 - (a & b).sum() / (a | b).sum())


def test_copies_are_found_mirrored_but_not_repainted() -> None:
    known = np.stack([random_block(seed) for seed in range(6)])
    known[2, 0, 4:8, 10:20, :9] = 1.0  # lopsided, so that its mirror image is another body
    mirror = known[2][..., ::-1]
    repainted = known[4].copy()
    repainted[1:] *= -1
    near = nearest_known(np.stack([known[1], mirror, repainted, random_block(77)]), known)
    assert near.index[:3].tolist() == [1, 2, 4]
    assert near.away[:3] == pytest.approx(0)
    assert near.copy.tolist() == [True, True, False, False]
    assert near.away[3] > 0.1


def test_families_reached_are_those_with_a_sample_near_by() -> None:
    families = np.array(["a", "a", "b", "c", "d"])
    away = np.array([0.1, 0.2, 0.1, 0.9])
    near = Nearest(np.array([0, 1, 2, 3]), away, np.zeros(4, bool))
    whole = families_reached(near, families, 0.5, size=4, draws=3, seed=0)
    assert (whole.mean, whole.std) == (0.5, 0.0)  # a and b; c is too far, d nobody's nearest
    assert families_reached(near, families, 0.5, size=2, draws=50, seed=0).mean < 0.5


def test_one_body_is_counted_before_any_repair() -> None:
    two = block((10.0, 8.0, 8.0), np.zeros(3))
    two[0, 10:14] = -1.0
    whole = block((10.0, 8.0, 8.0), np.zeros(3))
    empty = np.full_like(whole, -1.0)
    assert collect([whole, two, empty], np.zeros(3, int)).one_body.tolist() == [True, False, False]
