"""Charts: areas, which way they look, and lightmap coordinates that keep lengths."""

from __future__ import annotations

import numpy as np
import pytest

from engine.gallery.charts import Chart, box, box_path, ground, polygon, sweep, turned
from engine.gallery.pack import GUTTER, pack
from engine.gallery.polygons import signed_area, triangulate


def corners(chart: Chart) -> np.ndarray:
    return chart.positions[chart.faces]


def crosses(chart: Chart) -> np.ndarray:
    a, b, c = corners(chart).transpose(1, 0, 2)
    return np.cross(b - a, c - a)


def area(*charts: Chart) -> float:
    return float(sum(np.linalg.norm(crosses(c), axis=1).sum() / 2 for c in charts))


def volume(charts: list[Chart]) -> float:
    return float(
        sum(np.linalg.det(corners(c)).sum() / 6 for c in charts)
    )  # of a closed body, by the divergence theorem


L_SHAPE = np.array([(0, 0), (4, 0), (4, 1), (1, 1), (1, 3), (0, 3)], float)


@pytest.mark.parametrize("turn", [1, -1])
def test_a_polygon_of_either_winding_is_covered_once_and_looks_up(turn: int) -> None:
    chart = polygon(ground(), L_SHAPE[::turn])
    assert area(chart) == pytest.approx(6.0)
    assert (crosses(chart)[:, 1] > 0).all()


def test_an_opening_is_left_open() -> None:
    hole = box_path(1.0, 2.0) + (3.0, 3.0)
    points, faces = triangulate(np.array([(0, 0), (6, 0), (7, 3), (6, 6), (0, 6)], float), hole)
    whole = sum(signed_area(points[f]) for f in faces)
    assert whole == pytest.approx(36 + 3 - 2)
    middles = points[faces].mean(1)
    assert not ((np.abs(middles - 3.0) < (0.5, 1.0)).all(1)).any()


def test_triangles_are_wound_as_their_normals_look() -> None:
    profile = np.array([(0.1, 0.0), (0.1, 0.2), (0.05, 0.3), (0.0, 0.3)])
    charts = [
        *sweep(ground(), L_SHAPE, profile, closed=True),
        turned(ground(), np.array([(0.4, 0.0), (0.5, 0.2), (0.0, 0.6)]), 16),
    ]
    for chart in charts:
        wound = crosses(chart)
        size = np.linalg.norm(wound, axis=1)
        mean = chart.normals[chart.faces].mean(1)
        assert (np.einsum("nk,nk->n", wound, mean)[size > 1e-9] > 0).all()


def test_a_box_has_the_volume_of_a_box_and_a_drum_that_of_a_drum() -> None:
    body = [*box(ground(1.0), 2.0, 3.0, 0.5)]
    bottom = polygon(ground(1.0), box_path(2.0, 3.0))
    assert volume(body) - volume([bottom]) == pytest.approx(3.0)
    drum = turned(ground(), np.array([(1.0, 0.0), (1.0, 2.0), (0.0, 2.0)]), 256)
    assert volume([drum]) == pytest.approx(2 * np.pi, rel=1e-3)


def test_lightmap_coordinates_keep_lengths_and_areas() -> None:
    chart = sweep(ground(), L_SHAPE, np.array([(0.0, 0.0), (0.0, 2.0)]), closed=True)[0]
    flat = chart.flat[chart.faces]
    for side in range(3):
        here = flat[:, side] - flat[:, side - 1]
        there = corners(chart)[:, side] - corners(chart)[:, side - 1]
        assert np.linalg.norm(here, axis=1) == pytest.approx(np.linalg.norm(there, axis=1))


def test_packed_charts_lie_apart_and_inside() -> None:
    rng = np.random.default_rng(0)
    sizes = rng.uniform(0.02, 6.0, (80, 2))
    (wide, high), density, places = pack(list(sizes))
    texels = np.ceil(sizes * density).astype(int) + 2 * GUTTER
    assert (places >= 0).all()
    assert (places + texels <= (wide, high)).all()
    used = np.zeros((high, wide), int)
    for (x, y), (w, h) in zip(places, texels, strict=True):
        used[y : y + h, x : x + w] += 1
    assert used.max() == 1
    assert used.mean() > 0.7
