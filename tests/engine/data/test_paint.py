"""Colours from palette scores: what wins where, against brute force."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from scipy import ndimage

from engine.data.paint import Paint, without_specks
from engine.data.proportions import filled_place, unfill

IDENTITY = (np.ones(3), np.full(3, -0.5))


def scores(seed: int, entries: int = 5, size: int = 8) -> np.ndarray:
    noise = np.random.default_rng(seed).normal(size=(entries, size, size, size))
    return ndimage.gaussian_filter(noise, (0, 1.2, 1.2, 1.2)).astype(np.float32)


@pytest.mark.parametrize("seed", range(3))
def test_the_entry_with_the_highest_trilinear_score_shows(seed: int) -> None:
    volume = scores(seed)
    palette = np.random.default_rng(1).random((5, 3)).astype(np.float32)
    points = np.random.default_rng(2).uniform(-1, 9, (4000, 3))
    place = (points[:, ::-1] - 0.5).clip(0, 7).T
    score = np.stack([ndimage.map_coordinates(one, place, order=1) for one in volume])
    first, second = np.sort(score, 0)[[-1, -2]]
    clear = first - second > 2e-3  # at the very end of the grid it is read a hair before it
    seen = Paint(volume, palette, *IDENTITY).at(points)
    assert np.array_equal(seen[clear], palette[score.argmax(0)][clear])
    assert clear.mean() > 0.9


def test_a_border_between_two_entries_lies_where_their_scores_meet() -> None:
    ramp = np.broadcast_to(np.arange(8, dtype=np.float32), (8, 8, 8))  # along x
    paint = Paint(np.stack([ramp, 6.4 - ramp]), np.eye(2, 3, dtype=np.float32), *IDENTITY)
    x = np.linspace(0.6, 7.4, 500)
    blue = paint.at(np.stack([x, np.full(500, 4.0), np.full(500, 4.0)], -1))[:, 0] == 1
    assert x[blue.argmax()] == pytest.approx(3.2 + 0.5, abs=0.02)
    assert blue[blue.argmax() :].all()


@pytest.mark.parametrize("sides", [(1.0, 1.0, 1.0), (0.4, 0.9, 1.0), (1.0, 0.25, 0.5)])
def test_places_in_a_filled_field_are_where_unfilling_looks(sides: tuple[float, ...]) -> None:
    edge, size = 16, 32
    proportions = torch.tensor(sides)
    axes = torch.meshgrid(*[torch.arange(edge, dtype=torch.float32)] * 3, indexing="ij")
    filled = torch.stack([torch.ones(edge, edge, edge), *axes])
    field = unfill(filled, proportions, size)
    scale, offset = filled_place(proportions, edge, size)
    inside = torch.nonzero(field[0] > 0)
    place = (inside + 0.5) * scale + offset
    within = ((place > 0) & (place < edge - 1)).all(1)
    read = field[1:, inside[:, 0], inside[:, 1], inside[:, 2]].T
    assert within.sum() > 1000
    torch.testing.assert_close(read[within], place[within], atol=1e-3, rtol=0)


def test_a_lone_voxel_is_outvoted_and_a_stripe_of_two_is_not() -> None:
    strong = np.zeros((3, 16, 16, 16), np.float32)
    strong[0] = 6
    strong[1, 5, 5, 5] = 12
    strong[2, :, 10:12] = 12
    winner = without_specks(strong, np.ones((16, 16, 16))).argmax(0)
    assert not (winner == 1).any()
    assert (winner[:, 10:12] == 2).all()
    assert (winner[:, 12:] == 0).all()


def test_a_vote_leaves_a_straight_border_where_it_was() -> None:
    x = np.arange(16) - 7.3
    volume = np.stack([np.broadcast_to(side * 4 * x, (16, 16, 16)) for side in (1, -1)])
    voted = without_specks(volume.astype(np.float32), np.ones((16, 16, 16)))
    line = (voted[0] - voted[1])[8, 8]
    after = np.flatnonzero(line > 0)[0]
    crossing = after - line[after] / (line[after] - line[after - 1])
    assert crossing == pytest.approx(7.3, abs=0.15)


def test_what_is_far_from_the_surface_has_no_vote() -> None:
    volume = np.zeros((2, 8, 8, 8), np.float32)
    volume[0, :4], volume[1, 4:] = 5, 5
    near = np.ones((8, 8, 8))
    near[4:] = 0
    winner = without_specks(volume, near).argmax(0)
    assert (winner[:4] == 0).all()
