"""Rasterising against brute force, and solid cells against known solids."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.shape.raster import cover, nearest, solid_cells


def inside(corners: np.ndarray, x: float, y: float) -> float:
    """Smallest signed distance-like weight of a point: positive strictly inside."""
    sides = []
    for k in range(3):
        (ax, ay), (bx, by) = corners[k], corners[(k + 1) % 3]
        sides.append((bx - ax) * (y - ay) - (by - ay) * (x - ax))
    return min(sides) if sum(sides) > 0 else min(-side for side in sides)


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 10_000))
def test_covered_pixels_are_those_whose_centre_is_inside(seed):
    rng = np.random.default_rng(seed)
    corners = rng.uniform(-4, 14, (5, 3, 2))
    seen = cover(corners, 12, 9)
    found = set(zip(seen.triangle.tolist(), seen.pixel.tolist(), strict=True))
    for triangle in range(5):
        for row in range(9):
            for column in range(12):
                depth = inside(corners[triangle], column + 0.5, row + 0.5)
                if abs(depth) > 1e-6:
                    assert ((triangle, row * 12 + column) in found) == (depth > 0)


def test_weights_rebuild_the_place_of_the_pixel():
    corners = np.random.default_rng(1).uniform(0, 20, (8, 3, 2))
    seen = cover(corners, 20, 20)
    place = (corners[seen.triangle] * seen.weights[..., None]).sum(1)
    row, column = np.divmod(seen.pixel, 20)
    assert np.allclose(place, np.stack([column + 0.5, row + 0.5], -1))


def test_a_triangle_seen_edge_on_covers_nothing():
    flat = np.array([[[0.0, 0.0], [5.0, 5.0], [10.0, 10.0]]])
    assert len(cover(flat, 10, 10).pixel) == 0


def test_the_nearest_fragment_wins_each_pixel():
    square = np.array([[0.0, 0.0], [8.0, 0.0], [0.0, 8.0]])
    seen = cover(np.stack([square, square, square]), 8, 8)
    front = nearest(seen, np.array([1.0, 3.0, 2.0])[seen.triangle], 64)
    assert set(seen.triangle[front[front >= 0]].tolist()) == {1}
    assert (front < 0).sum() == 64 - len(np.unique(seen.pixel))


@pytest.mark.parametrize("edge", [3, 7])
def test_cells_inside_a_box_are_solid(edge):
    points = np.array([[x, y, z] for x in (0, 1) for y in (0, 1) for z in (0, 1)], float) * edge
    faces = [(0, 1, 3), (0, 3, 2), (4, 6, 7), (4, 7, 5), (0, 4, 5), (0, 5, 1)]
    faces += [(2, 3, 7), (2, 7, 6), (0, 2, 6), (0, 6, 4), (1, 5, 7), (1, 7, 3)]
    solid = solid_cells(points[np.array(faces)], np.full(3, -2.0), 1.0, (12, 13, 14))
    expected = np.zeros((12, 13, 14), bool)
    expected[2 : 2 + edge, 2 : 2 + edge, 2 : 2 + edge] = True
    assert (solid == expected).all()
