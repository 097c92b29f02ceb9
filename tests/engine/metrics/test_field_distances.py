"""Distances of fields against closed forms and KD-trees."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.spatial import cKDTree
from skimage.measure import marching_cubes

from engine.metrics.field_distances import (
    DIAGONAL,
    DISTANCES,
    GRID,
    chamfer,
    prepare_fields,
    views,
)
from engine.shape.distance import spread
from engine.shape.mesh import TriMesh
from tests.engine.data.shapes import block, field_of, random_block, random_globe

RED, BLUE = np.array([0.9, -0.8, -0.8]), np.array([-0.8, -0.8, 0.9])
EMPTY = np.full((4, GRID, GRID, GRID), -1.0, np.float32)


def ball(radius: float, color: np.ndarray = RED, size: int = GRID) -> np.ndarray:
    """In the middle of the cube."""
    at = np.indices((size,) * 3) + 0.5 - size / 2
    return field_of(radius - np.linalg.norm(at, axis=0), color)


def dense(field: np.ndarray) -> np.ndarray:
    """(20000, 3) points of the surface."""
    corners, faces, _, _ = marching_cubes(np.pad(field[0], 1, constant_values=-1.0), 0.0)
    mesh = TriMesh(corners[:, ::-1].astype(np.float64) - 0.5, faces.astype(np.int64))
    return spread(mesh, 20_000)[:20_000]


def test_chamfer_of_balls_in_balls_is_twice_the_difference_of_radii() -> None:
    shapes = prepare_fields([ball(4.0), ball(7.5), ball(12.0)])
    expected = 2 * np.abs(np.subtract.outer([4, 7.5, 12], [4, 7.5, 12]))
    assert chamfer(shapes, shapes) == pytest.approx(expected, abs=0.2)


def test_chamfer_of_all_pairs_equals_kd_trees_of_dense_points() -> None:
    ones, others = [random_block(1), random_globe(2)], [random_block(3), random_block(4)]
    measured = chamfer(prepare_fields(ones), prepare_fields(others))
    for i, one in enumerate(ones):
        for j, other in enumerate(others):
            a, b = dense(one), dense(other)
            expected = cKDTree(b).query(a)[0].mean() + cKDTree(a).query(b)[0].mean()
            assert measured[i, j] == pytest.approx(expected, rel=0.04, abs=0.1)


def test_a_finer_grid_is_measured_in_the_same_unit() -> None:
    coarse, fine = prepare_fields([ball(8.0)]), prepare_fields([ball(16.0, size=2 * GRID)])
    assert chamfer(coarse, fine)[0, 0] < 0.15
    # A pixel at the outline weighs the colour of the air beyond it by the grid.
    assert views(coarse, fine)[0, 0] < 0.05


def test_what_a_net_calls_distance_counts_by_its_zero_alone() -> None:
    # At half-integer borders hard occupancy crosses zero where the distance does.
    true = block((8.0, 6.0, 5.0), RED)
    hard = true.copy()
    hard[0] = np.where(true[0] > 0, 1.0, -1.0)
    shapes = prepare_fields([true, hard, block((12.0, 9.0, 9.0), RED)])
    measured = chamfer(shapes, shapes)
    assert measured[0, 1] < 0.2
    assert measured[1, 2] == pytest.approx(measured[0, 2], abs=0.15)


def test_colour_is_seen_in_views_alone() -> None:
    shapes = prepare_fields([ball(9.0, RED), ball(9.0, BLUE)])
    assert chamfer(shapes, shapes)[0, 1] < 0.1
    assert views(shapes, shapes)[0, 1] > 0.1


def test_views_look_from_all_sides() -> None:
    # A fin that stands at the back, or at one side, or nowhere.
    body = block((8.0, 8.0, 8.0), RED)
    fins = []
    for part in (np.s_[2:18, 24:28, 15:17], np.s_[2:18, 15:17, 24:28], np.s_[0:0]):
        field = body.copy()
        field[(0, *(part if isinstance(part, tuple) else (part,)))] = 1.0
        fins.append(field)
    shapes = prepare_fields(fins)
    apart = views(shapes, shapes)
    assert (apart[np.triu_indices(3, 1)] > 0.01).all()


@pytest.mark.parametrize("measure", DISTANCES.values(), ids=DISTANCES)
def test_every_distance_is_symmetric_and_least_for_equal_shapes(measure) -> None:  # type: ignore
    shapes = prepare_fields([random_block(seed) for seed in range(5)])
    matrix = measure(shapes, shapes)
    assert np.allclose(matrix, matrix.T, atol=1e-5)
    assert (matrix.argmin(1) == np.arange(5)).all()
    assert np.diag(matrix).max() < 0.15


def test_an_empty_shape_is_far_from_all_but_another() -> None:
    shapes = prepare_fields([EMPTY, ball(6.0), np.full_like(EMPTY, np.nan)])
    assert chamfer(shapes, shapes)[0].tolist() == [0, 2 * DIAGONAL, 0]
    assert views(shapes, shapes)[0, 1] > 0.05
