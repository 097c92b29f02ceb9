"""The classifier tells what can be told, and agreement is counted against chance."""

from __future__ import annotations

import numpy as np
import pytest

from engine.metrics.class_probe import Probe, agreement, train_probe
from tests.engine.data.shapes import random_block, random_globe


def both(seeds: range) -> tuple[np.ndarray, np.ndarray]:
    fields = [make(seed) for seed in seeds for make in (random_block, random_globe)]
    return np.stack(fields).astype(np.float16), np.tile([0, 1], len(seeds))


@pytest.fixture(scope="module")
def probe() -> Probe:
    fields, labels = both(range(48))
    return train_probe(fields, labels.tolist(), 2)


def test_blocks_and_balls_never_seen_are_told_apart(probe: Probe) -> None:
    fields, labels = both(range(100, 120))
    assert (probe.predict(fields) == labels).mean() >= 0.95


def test_colour_is_not_what_tells_them_apart(probe: Probe) -> None:
    fields, labels = both(range(100, 110))
    fields[:, 1:] *= -1
    assert (probe.predict(fields) == labels).mean() >= 0.9


def test_the_same_data_give_the_same_classifier(probe: Probe) -> None:
    fields, labels = both(range(48))
    again = train_probe(fields, labels.tolist(), 2)
    unseen, _ = both(range(200, 210))
    assert np.array_equal(again.predict(unseen), probe.predict(unseen))
    for a, b in zip(again.net.parameters(), probe.net.parameters(), strict=True):
        assert a.equal(b)


def test_agreement_by_hand() -> None:
    share, chance = agreement(np.array([0, 0, 1, 1]), np.array([0, 1, 1, 1]))
    assert share == 0.75
    assert chance == pytest.approx((2 * 1 + 2 * 3) / 16)


def test_answers_dealt_out_at_random_agree_as_often_as_chance_says() -> None:
    rng = np.random.default_rng(0)
    asked, found = rng.integers(0, 3, 4000), rng.choice(3, 4000, p=[0.6, 0.3, 0.1])
    share, chance = agreement(asked, found)
    assert share == pytest.approx(chance, abs=0.03)
