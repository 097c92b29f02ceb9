"""The set metrics against sets whose scores are known without computing them."""

from __future__ import annotations

import numpy as np
import pytest

from engine.data.voxels import VoxelGrid
from engine.metrics.shape_distances import DISTANCES, Distance, mirrored, prepare
from engine.metrics.shapes import (
    bootstrap,
    coverage,
    diversity,
    floor_scores,
    is_copy,
    is_one_body,
    minimum_matching,
    nearest_neighbour_accuracy,
    neighbour_ratio,
    set_scores,
)

SIDE = 10


def figure(seed: int, mode: int | None = None) -> VoxelGrid:
    """A coloured block of a size and colour that belong to its mode, with a little noise."""
    rng = np.random.default_rng(seed)
    sizes = np.random.default_rng(99 if mode is None else 1000 + mode)
    sides = rng.integers(3, 10, 3) if mode is None else sizes.integers(3, 10, 3)
    base = rng.integers(0, 256, 3) if mode is None else sizes.integers(0, 256, 3)
    solid = np.zeros((SIDE,) * 3, bool)
    solid[tuple(slice(0, int(side)) for side in sides)] = True
    top = np.argwhere(solid & (np.arange(SIDE) == sides[0] - 1)[:, None, None])
    solid[tuple(top[rng.permutation(len(top))[: len(top) // 3]].T)] = False
    noise = rng.integers(-8, 9, (*solid.shape, 3))
    colors = np.where(solid[..., None], (base + noise).clip(0, 255), 0).astype(np.uint8)
    return VoxelGrid(solid, colors)


def matrices(
    samples: list[VoxelGrid], references: list[VoxelGrid], measure: Distance
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    g, r = prepare(samples, SIDE), prepare(references, SIDE)
    return measure(g, g), measure(g, r), measure(r, r)


REAL = [figure(seed) for seed in range(40)]
MODAL = [figure(seed, mode=seed % 10) for seed in range(40)]

every_distance = pytest.mark.parametrize("measure", DISTANCES.values(), ids=DISTANCES)


# -- oracles ---------------------------------------------------------------------------------------


@every_distance
def test_identical_sets_cover_everything_and_are_told_to_be_copies(measure: Distance) -> None:
    gg, gr, rr = matrices(REAL, REAL, measure)
    assert coverage(gr) == 1
    assert minimum_matching(gr) == 0
    assert nearest_neighbour_accuracy(gg, gr, rr) == 0


@every_distance
def test_one_repeated_shape_covers_one_reference_and_is_told_apart(measure: Distance) -> None:
    gg, gr, rr = matrices([figure(777)] * 40, REAL, measure)
    assert coverage(gr) == 1 / 40
    assert nearest_neighbour_accuracy(gg, gr, rr) > 0.9
    assert diversity(gg) == 0


def test_what_is_equally_far_from_everything_covers_nothing() -> None:
    empty = VoxelGrid(np.zeros((SIDE,) * 3, bool), np.zeros((SIDE,) * 3 + (3,), np.uint8))
    _, gr, _ = matrices([empty] * 5, REAL, DISTANCES["chamfer"])
    assert coverage(gr) == 0
    assert coverage(np.array([[3.0]])) == 1  # the only one there is


@every_distance
def test_half_the_modes_cover_at_most_half(measure: Distance) -> None:
    half = [figure(1000 + seed, mode=seed % 5) for seed in range(40)]
    whole = [figure(1000 + seed, mode=seed % 10) for seed in range(40)]
    gg, gr, rr = matrices(half, MODAL, measure)
    gg_all, gr_all, _ = matrices(whole, MODAL, measure)
    assert coverage(gr) <= 0.5
    assert coverage(gr) < coverage(gr_all)
    assert minimum_matching(gr) > 2 * minimum_matching(gr_all)
    assert nearest_neighbour_accuracy(gg, gr, rr) > nearest_neighbour_accuracy(gg_all, gr_all, rr)


@every_distance
def test_the_same_distribution_scores_as_the_floor(measure: Distance) -> None:
    fresh = [figure(500 + seed) for seed in range(40)]
    gg, gr, rr = matrices(fresh, REAL, measure)
    ours = set_scores(gg, gr, rr, size=20, draws=20, seed=0)
    pool = np.block([[gg, gr], [gr.T, rr]])
    floor = floor_scores(pool, size=20, draws=20, seed=0)
    for name in ("cov", "nna", "mmd"):
        assert ours[name].mean == pytest.approx(floor[name].mean, abs=4 * floor[name].std), name
    assert 0.35 < floor["nna"].mean < 0.65


@every_distance
def test_the_order_of_the_sets_does_not_matter(measure: Distance) -> None:
    rng = np.random.default_rng(3)
    samples = [figure(900 + seed % 30) for seed in range(40)]  # holds ties
    gg, gr, rr = matrices(samples, REAL, measure)
    g, r = rng.permutation(40), rng.permutation(40)
    gg2, gr2, rr2 = matrices([samples[i] for i in g], [REAL[i] for i in r], measure)
    assert coverage(gr2) == coverage(gr)
    assert minimum_matching(gr2) == pytest.approx(minimum_matching(gr))
    assert nearest_neighbour_accuracy(gg2, gr2, rr2) == nearest_neighbour_accuracy(gg, gr, rr)


def test_nearest_neighbour_accuracy_is_the_same_from_either_side() -> None:
    gg, gr, rr = matrices(MODAL, REAL, DISTANCES["iou"])
    forth, back = nearest_neighbour_accuracy(gg, gr, rr), nearest_neighbour_accuracy(rr, gr.T, gg)
    assert forth == back


def test_set_metrics_of_points_on_a_line_by_hand() -> None:
    g, r = np.array([0.0, 1.0, 10.0]), np.array([0.4, 5.0, 12.0])
    gg, gr, rr = (np.abs(a[:, None] - b[None]) for a, b in ((g, g), (g, r), (r, r)))
    assert coverage(gr) == pytest.approx(2 / 3)  # 0 and 1 choose 0.4, 10 chooses 12
    assert minimum_matching(gr) == pytest.approx((0.4 + 4.0 + 2.0) / 3)
    # Neighbours: 0->.4 no, 1->.4 no, 10->12 no, .4->0 no, 5->1 no, 12->10 no.
    assert nearest_neighbour_accuracy(gg, gr, rr) == 0


def test_tied_neighbours_count_their_share() -> None:
    g, r = np.array([0.0, 2.0]), np.array([0.0, 9.0])
    gg, gr, rr = (np.abs(a[:, None] - b[None]) for a, b in ((g, g), (g, r), (r, r)))
    # 0 and 0' find each other: wrong twice. 2 ties between 0 (own) and 0' (other): half. 9 -> 2.
    assert nearest_neighbour_accuracy(gg, gr, rr) == pytest.approx(0.5 / 4)


def test_the_same_seed_gives_the_same_scores() -> None:
    gg, gr, rr = matrices(MODAL, REAL, DISTANCES["iou"])
    one = set_scores(gg, gr, rr, size=15, draws=5, seed=4)
    assert one == set_scores(gg, gr, rr, size=15, draws=5, seed=4)
    assert one != set_scores(gg, gr, rr, size=15, draws=5, seed=5)
    assert one["cov"].std > 0


# -- copies, bodies, neighbours --------------------------------------------------------------------


def test_copies_are_found_shifted_mirrored_and_slightly_off_but_not_recoloured() -> None:
    train = REAL[:10]
    original = train[3]
    speck = VoxelGrid(original.solid.copy(), original.colors.copy())
    speck.colors[original.solid] = (original.colors[original.solid].astype(int) + 1).clip(0, 255)
    repainted = VoxelGrid(
        original.solid, np.where(original.solid[..., None], 255 - original.colors, 0).astype("u1")
    )
    known = prepare([*train, *mirrored(train)], SIDE)
    probes = [original, *mirrored([original]), speck, repainted, figure(4321)]
    assert is_copy(prepare(probes, SIDE), known).tolist() == [True, True, True, False, False]


def test_one_body_means_26_connected_and_not_empty() -> None:
    solid = np.zeros((5, 3, 3, 3), bool)
    solid[0, 0, 0, 0] = True
    solid[1, [0, 1], [0, 1], [0, 1]] = True  # two voxels that share a corner
    solid[2, [0, 2], [0, 2], [0, 2]] = True  # two that do not
    solid[3] = True
    grids = [VoxelGrid(one, np.zeros((3, 3, 3, 3), np.uint8)) for one in solid]
    assert is_one_body(grids).tolist() == [True, True, False, True, False]


def test_the_neighbour_ratio_compares_medians() -> None:
    assert neighbour_ratio(np.array([1.0, 2.0, 9.0]), np.array([4.0, 4.0, 4.0])) == 0.5
    assert neighbour_ratio(np.zeros(3), np.array([1.0])) == 0
    assert np.isnan(neighbour_ratio(np.ones(3), np.zeros(3)))


def test_diversity_is_the_mean_over_different_pairs() -> None:
    assert diversity(np.array([[0.0, 1.0, 2.0], [1.0, 0.0, 3.0], [2.0, 3.0, 0.0]])) == 2
    assert diversity(np.zeros((1, 1))) == 0


def test_the_bootstrap_of_a_share_has_the_binomial_error() -> None:
    values = np.repeat([1.0, 0.0], [80, 20])
    score = bootstrap(lambda drawn: float(drawn.mean()), values, draws=2000, seed=0)
    assert score.mean == pytest.approx(0.8)
    assert score.std == pytest.approx((0.8 * 0.2 / 100) ** 0.5, rel=0.1)
