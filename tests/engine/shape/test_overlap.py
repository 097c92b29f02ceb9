"""Faces on each other are found, neighbours and near misses are not."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.shape.overlap import DEPTH, overlapping_faces


def shared(one: np.ndarray, other: np.ndarray) -> np.ndarray:
    """(K, 2) corners of what two triangles share, by clipping (Sutherland and Hodgman 1974)."""
    left = [tuple(point) for point in one]
    if np.cross(other[1] - other[0], other[2] - other[0]) < 0:
        other = other[::-1]
    for a, b in zip(other, np.roll(other, -1, 0), strict=True):
        side = [float(np.cross(b - a, np.array(point) - a)) for point in left]
        kept = []
        for k, point in enumerate(left):
            before, last = left[k - 1], side[k - 1]
            if (side[k] > 0) != (last > 0):
                share = last / (last - side[k])
                kept.append(tuple(np.add(before, share * np.subtract(point, before))))
            if side[k] > 0:
                kept.append(point)
        left = kept
    return np.array(left).reshape(-1, 2)


def least_width(corners: np.ndarray) -> float:
    """Of a convex polygon, over 720 directions."""
    angle = np.linspace(0, np.pi, 720, endpoint=False)
    return float(np.ptp(corners @ np.stack([np.cos(angle), np.sin(angle)]), axis=0).min())


@given(st.integers(0, 10_000), st.floats(0.3, 12))
def test_faces_are_paired_only_where_they_share_an_area_and_always_where_it_is_wide(
    seed: int, side: float
) -> None:
    rng = np.random.default_rng(seed)
    corners = rng.random((8, 1, 2)) * 10 + rng.random((8, 3, 2)) * side
    found = {tuple(pair) for pair in np.sort(overlapping_faces(corners)).tolist()}
    for a in range(8):
        for b in range(a):
            both = shared(corners[a], corners[b])
            width = least_width(both) if len(both) else 0.0
            if width > 1.01 * DEPTH:
                assert (b, a) in found
            if width == 0:
                assert (b, a) not in found


@pytest.mark.parametrize("size", [1.0, 300.0])
def test_neighbours_that_share_an_edge_do_not_overlap(size: float) -> None:
    column, row = np.meshgrid(np.arange(30), np.arange(30))
    low = np.stack([column, row], -1).reshape(-1, 1, 2)
    square = np.array([[[0, 0], [1, 0], [0, 1]], [[1, 0], [1, 1], [0, 1]]])
    corners = (low[:, None] + square).reshape(-1, 3, 2) * size / 30 * 20
    assert len(overlapping_faces(corners)) == 0
    assert len(overlapping_faces(np.concatenate([corners, corners[:7]]))) >= 7


def test_a_speck_on_a_large_face_is_found_and_one_beside_it_is_not() -> None:
    large = [[0, 0], [1000, 0], [0, 1000]]
    inside = [[100, 100], [101, 100], [100, 101]]
    beside = [[700, 700], [701, 700], [700, 701]]
    pairs = overlapping_faces(np.array([large, inside, beside], np.float64))
    assert pairs.tolist() == [[0, 1]]


def test_faces_thinner_than_the_filter_sees_do_not_count() -> None:
    large = [[0, 0], [100, 0], [0, 100]]
    sliver = [[10, 10], [40, 40], [40, 40 + DEPTH / 2]]
    assert len(overlapping_faces(np.array([large, sliver], np.float64))) == 0
