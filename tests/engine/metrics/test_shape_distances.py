"""All-pairs voxel distances against KD-trees, loops and closed forms."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.spatial import cKDTree

from engine.data.voxels import VoxelGrid
from engine.metrics.shape_distances import (
    DISTANCES,
    chamfer,
    color_distance,
    iou_distance,
    looks_distance,
    mirrored,
    prepare,
)
from engine.shape.palette import srgb_to_lab

SIDE = 6


def grid(*cells: tuple[int, int, int], color: tuple[int, int, int] = (255, 0, 0)) -> VoxelGrid:
    solid = np.zeros((SIDE,) * 3, bool)
    colors = np.zeros((SIDE,) * 3 + (3,), np.uint8)
    for cell in cells:
        solid[cell], colors[cell] = True, color
    return VoxelGrid(solid, colors)


def random_grids(count: int, seed: int, fill: float = 0.2) -> list[VoxelGrid]:
    """Noise on a common 2x6x6 slab, so that `stand` leaves every grid where it is."""
    rng = np.random.default_rng(seed)
    grids = []
    for _ in range(count):
        solid = rng.random((SIDE,) * 3) < fill
        solid[:2] = True
        colors = rng.integers(0, 256, (SIDE,) * 3 + (3,), dtype=np.uint8)
        grids.append(VoxelGrid(solid, np.where(solid[..., None], colors, 0).astype(np.uint8)))
    return grids


def is_open(solid: np.ndarray) -> np.ndarray:
    """Solid voxels that a walk through the air from the corner touches, found by hand."""
    air = np.pad(~solid, 1, constant_values=True)
    reached = {(0, 0, 0)}
    front = [(0, 0, 0)]
    skin = set()
    while front:
        here = front.pop()
        for axis in range(3):
            for step in (-1, 1):
                there = tuple(c + step * (a == axis) for a, c in enumerate(here))
                if min(there) < 0 or any(c >= s for c, s in zip(there, air.shape, strict=True)):
                    continue
                if not air[there]:
                    skin.add(there)
                elif there not in reached:
                    reached.add(there)
                    front.append(there)
    return np.array(sorted(skin)) - 1


def test_chamfer_of_all_pairs_equals_kd_trees() -> None:
    ones, others = random_grids(4, 0), random_grids(5, 1)
    measured = chamfer(prepare(ones, SIDE), prepare(others, SIDE))
    for i, one in enumerate(ones):
        for j, other in enumerate(others):
            a, b = is_open(one.solid), is_open(other.solid)
            expected = cKDTree(b).query(a)[0].mean() + cKDTree(a).query(b)[0].mean()
            assert measured[i, j] == pytest.approx(expected, abs=1e-8)


def test_chamfer_is_in_voxels() -> None:
    column = grid((0, 2, 2), (1, 2, 2), (2, 2, 2))
    taller = grid((0, 2, 2), (1, 2, 2), (2, 2, 2), (3, 2, 2), (4, 2, 2))
    # Two of five voxels stand 1 and 2 above the shorter column; none of it is off the taller one.
    measured = chamfer(prepare([column], SIDE), prepare([taller], SIDE))
    assert measured[0, 0] == pytest.approx((1 + 2) / 5)


def test_iou_and_color_of_all_pairs_equal_loops() -> None:
    ones, others = random_grids(3, 2), random_grids(4, 3)
    a, b = prepare(ones, SIDE), prepare(others, SIDE)
    iou, color, looks = iou_distance(a, b), color_distance(a, b), looks_distance(a, b)
    for i in range(3):
        for j in range(4):
            one, other = a.solid[i] > 0, b.solid[j] > 0
            assert iou[i, j] == pytest.approx(1 - (one & other).sum() / (one | other).sum())
            shared = np.flatnonzero(a.surface[i] & b.surface[j])
            lab_a = srgb_to_lab(ones[i].colors.reshape(-1, 3)[shared])
            lab_b = srgb_to_lab(others[j].colors.reshape(-1, 3)[shared])
            expected = min(1.0, np.linalg.norm(lab_a - lab_b, axis=1).mean() / 100)
            assert color[i, j] == pytest.approx(expected, rel=1e-5)
            assert looks[i, j] == pytest.approx(0.5 * iou[i, j] + 0.5 * color[i, j], rel=1e-5)


def test_black_against_white_looks_as_far_as_colour_can_take_it() -> None:
    a = prepare([grid((0, 2, 2), color=(0, 0, 0))], SIDE)
    b = prepare([grid((0, 2, 2), color=(255, 255, 255))], SIDE)
    assert looks_distance(a, b)[0, 0] == pytest.approx(0.5, abs=1e-4)


@settings(max_examples=25)
@given(st.integers(0, 10_000))
def test_every_distance_is_symmetric_and_zero_only_for_itself(seed: int) -> None:
    shapes = prepare(random_grids(4, seed), SIDE)
    for name, measure in DISTANCES.items():
        matrix = measure(shapes, shapes)
        assert (np.diag(matrix) == 0).all(), name
        assert np.allclose(matrix, matrix.T, atol=1e-6), name
        assert (matrix + np.eye(4) > 0).all(), name


def test_where_a_figure_stands_does_not_count() -> None:
    here = prepare([grid((0, 1, 1), (1, 1, 1))], SIDE)
    there = prepare([grid((3, 4, 2), (4, 4, 2))], SIDE)
    for measure in DISTANCES.values():
        assert measure(here, there)[0, 0] == 0


def test_a_hollow_body_equals_a_full_one() -> None:
    full = np.ones((4, 4, 4), bool)
    hollow = full.copy()
    hollow[1:3, 1:3, 1:3] = False
    colors = np.full((4, 4, 4, 3), 200, np.uint8)
    a = prepare([VoxelGrid(full, colors)], 4)
    b = prepare([VoxelGrid(hollow, np.where(hollow[..., None], colors, 0).astype(np.uint8))], 4)
    for measure in DISTANCES.values():
        assert measure(a, b)[0, 0] == 0


def test_an_empty_shape_is_as_far_as_anything_can_be_except_from_another() -> None:
    shapes = prepare([grid(), grid((0, 2, 2)), grid()], SIDE)
    assert chamfer(shapes, shapes)[0].tolist() == pytest.approx([0, 2 * SIDE * 3**0.5, 0])
    assert iou_distance(shapes, shapes)[0].tolist() == [0, 1, 0]
    assert looks_distance(shapes, shapes)[0].tolist() == [0, 1, 0]


def test_mirroring_exchanges_left_and_right_only() -> None:
    (flipped,) = mirrored([grid((0, 1, 0), (3, 1, 5))])
    assert np.argwhere(flipped.solid).tolist() == [[0, 1, 5], [3, 1, 0]]
    assert (flipped.colors[0, 1, 5] == [255, 0, 0]).all()
