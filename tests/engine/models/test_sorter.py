"""Sorters adapted to pictures that look different: what adaptation is worth (C18)."""

from __future__ import annotations

from statistics import mean

import numpy as np
import torch
from torch import Tensor

from engine.models.sorter import EDGE, KNOWN, OTHERS, Labelled, Sorter, fit


def shapes(count: int, seed: int) -> tuple[np.ndarray, Tensor]:
    """Soft grey discs, squares, rings and crosses: (N, 32, 32) in [0, 1], and which."""
    rng = np.random.default_rng(seed)
    label = np.arange(count) % 4
    at, radius = rng.uniform(0.35, 0.65, (2, count, 1, 1)), rng.uniform(0.18, 0.3, (count, 1, 1))
    line = np.arange(EDGE) / EDGE
    y, x = abs(line[:, None] - at[0]) / radius, abs(line - at[1]) / radius
    far, most, least = np.hypot(y, x), np.maximum(y, x), np.minimum(y, x)
    outside = [far - 1, most - 1, abs(far - 0.8) - 0.25, np.maximum(most - 1, least - 0.3)]
    cover = np.choose(label[:, None, None], [1 / (1 + np.exp(20 * one)) for one in outside])
    grey = cover * rng.uniform(0.6, 1, (count, 1, 1)) + rng.normal(0, 0.03, cover.shape)
    return grey, torch.from_numpy(label)


def plain(grey: np.ndarray) -> Tensor:
    return torch.from_numpy(2 * grey.astype(np.float32) - 1)[:, None].repeat(1, 3, 1, 1)


def coloured(grey: np.ndarray, seed: int) -> Tensor:
    """A light colour on a darker one that changes from side to side."""
    rng = np.random.default_rng(seed)
    light = rng.uniform(0.4, 1, (len(grey), 3, 1, 1))
    left, right = rng.uniform(0, 0.45, (2, len(grey), 3, 1, 1))
    along = np.arange(EDGE) / EDGE
    dark = left + (right - left) * along
    mixed = grey[:, None] * light + (1 - grey[:, None]) * dark
    return torch.from_numpy(2 * mixed.astype(np.float32) - 1)


def test_c18_the_gain_by_adaptation_to_colours_is_15_points_and_more() -> None:
    torch.set_num_threads(1)
    grey, label = shapes(1000, seed=0)
    known = Labelled(plain(grey), label, torch.arange(1000) >= 800)
    others = coloured(shapes(1000, seed=1)[0], seed=1)
    # Accuracy is that on pictures that nothing was learned from.
    grey, truth = shapes(1000, seed=2)
    unseen = coloured(grey, seed=2)
    scores: dict[bool, list[float]] = {False: [], True: []}
    for adapt, right in scores.items():
        for seed in range(2):
            done = fit(known, others, seed=seed, epochs=8, adapt=adapt)
            assert done.accuracy > 0.9
            chances = done.sorter.chances(unseen, OTHERS)
            right.append(100 * float((chances.argmax(1) == truth).float().mean()))
    assert mean(scores[True]) >= mean(scores[False]) + 15, scores


def test_c18_a_sorter_that_is_not_adapted_sees_both_sets_alike() -> None:
    x = torch.randn(4, 3, EDGE, EDGE)
    alone, adapted = Sorter(3, adapt=False).eval(), Sorter(3)
    assert torch.equal(alone.chances(x, OTHERS), alone.chances(x, KNOWN))
    adapted.trunk(x + 1, OTHERS)  # learns the statistics of the one set
    adapted.eval()
    assert not torch.equal(adapted.chances(x, OTHERS), adapted.chances(x, KNOWN))
