"""Surfaces against brute force: volume, area, closedness, colours."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from engine.errors import EmptyShape
from engine.shape.quads import Surface, edge_contacts, greedy_quads, is_closed, triangulate

GRIDS = hnp.arrays(bool, st.tuples(*[st.integers(1, 6)] * 3)).filter(lambda solid: solid.any())
Face = tuple[tuple[int, ...], tuple[int, ...]]


def brute_faces(solid: np.ndarray, colors: np.ndarray) -> dict[Face, tuple[int, ...]]:
    """Colour of each unit face, by (twice its centre, normal), both x, y, z."""
    found = {}
    for z, y, x in np.argwhere(solid):
        for axis in range(3):
            for sign in (-1, 1):
                near = [int(z), int(y), int(x)]
                near[axis] += sign
                inside = all(0 <= i < n for i, n in zip(near, solid.shape, strict=True))
                if inside and solid[tuple(near)]:
                    continue
                center = [2 * int(z) + 1, 2 * int(y) + 1, 2 * int(x) + 1]
                center[axis] += sign
                normal = tuple(sign if a == axis else 0 for a in (2, 1, 0))
                found[tuple(center[::-1]), normal] = tuple(int(c) for c in colors[z, y, x])
    return found


def painted(solid: np.ndarray, seed: int, shades: int = 3) -> np.ndarray:
    rng = np.random.default_rng(seed)
    palette = rng.integers(0, 256, (shades, 3)).astype(np.uint8)
    return palette[rng.integers(0, shades, solid.shape)]


def cross(surface: Surface) -> np.ndarray:
    a, b, c = (surface.points[surface.faces[:, k]].astype(float) for k in range(3))
    return np.cross(b - a, c - a)


def directed_edges(surface: Surface) -> Counter[tuple[tuple[int, ...], tuple[int, ...]]]:
    places = [tuple(point) for point in surface.points.tolist()]
    return Counter(
        (places[face[k]], places[face[(k + 1) % 3]])
        for face in surface.faces.tolist()
        for k in range(3)
    )


@settings(max_examples=150, deadline=None)
@given(GRIDS, st.integers(0, 99))
def test_quads_cover_each_visible_face_once_in_its_colour(solid, seed):
    colors = painted(solid, seed)
    quads = greedy_quads(colors, solid)
    covered: list[tuple[Face, tuple[int, ...]]] = []
    for corners, normal, color in zip(quads.corners, quads.normals, quads.colors, strict=True):
        low, high = corners.min(0), corners.max(0)
        flat = int(np.flatnonzero(normal)[0])
        spans = [range(low[a], high[a]) if a != flat else [low[a]] for a in range(3)]
        for place in np.stack(np.meshgrid(*spans, indexing="ij"), -1).reshape(-1, 3):
            center = tuple(int(2 * place[a] + (a != flat)) for a in range(3))
            covered.append(((center, tuple(normal.tolist())), tuple(color.tolist())))
    assert len(covered) == len(dict(covered))
    assert dict(covered) == brute_faces(solid, colors)


@settings(max_examples=200, deadline=None)
@given(GRIDS, st.integers(0, 99))
def test_triangles_are_closed_with_the_volume_and_area_of_the_voxels(solid, seed):
    colors = painted(solid, seed)
    surface = triangulate(greedy_quads(colors, solid))
    edges = directed_edges(surface)
    assert all(edges[end, start] == count for (start, end), count in edges.items())
    assert is_closed(surface.points, surface.faces)
    doubled = cross(surface)
    area = np.linalg.norm(doubled, axis=-1) / 2
    assert area.min() > 0
    assert area.sum() == pytest.approx(len(brute_faces(solid, colors)))
    outward = (doubled * surface.normals[surface.faces[:, 0]]).sum(-1)
    assert np.allclose(outward, 2 * area)
    a = surface.points[surface.faces[:, 0]]
    assert (a * doubled).sum() / 6 == pytest.approx(solid.sum())


@settings(max_examples=80, deadline=None)
@given(GRIDS, st.integers(0, 99))
def test_edges_used_by_four_faces_are_the_edge_contacts(solid, seed):
    surface = triangulate(greedy_quads(painted(solid, seed), solid))
    crowded = 0
    for (start, end), count in directed_edges(surface).items():
        assert count in (1, 2)
        if count == 2 and start < end:
            crowded += int(np.abs(np.subtract(end, start)).sum())
    assert crowded == edge_contacts(solid)


def test_two_voxels_that_touch_by_an_edge_are_closed_and_reported():
    solid = np.zeros((1, 2, 2), bool)
    solid[0, 0, 0] = solid[0, 1, 1] = True
    surface = triangulate(greedy_quads(painted(solid, 0, 1), solid))
    assert is_closed(surface.points, surface.faces)
    assert edge_contacts(solid) == 1


def test_a_box_of_one_colour_is_six_quads_and_eight_places():
    quads = greedy_quads(np.zeros((4, 3, 5, 3), np.uint8), np.ones((4, 3, 5), bool))
    surface = triangulate(quads)
    assert (len(quads.corners), len(surface.faces), len(surface.points)) == (6, 12, 24)
    assert len(np.unique(surface.points, axis=0)) == 8


def test_a_missing_triangle_is_not_closed():
    surface = triangulate(greedy_quads(np.zeros((1, 1, 1, 3), np.uint8), np.ones((1, 1, 1), bool)))
    assert not is_closed(surface.points, surface.faces[1:])


@settings(max_examples=80, deadline=None)
@given(GRIDS, st.integers(0, 99))
def test_a_quad_between_two_marks_is_one_voxel_wide_across_the_change(solid, seed):
    marks = np.random.default_rng(seed).integers(0, 2, [n + 1 for n in solid.shape])
    quads = greedy_quads(np.zeros((*solid.shape, 3), np.uint8), solid, marks)
    for corners in quads.corners:
        for k in range(4):
            start, end = corners[k], corners[(k + 1) % 4]
            if marks[tuple(start[::-1])] != marks[tuple(end[::-1])]:
                assert np.abs(end - start).sum() == 1
    surface = triangulate(quads)
    assert is_closed(surface.points, surface.faces)


def test_an_empty_grid_raises_empty_shape():
    with pytest.raises(EmptyShape):
        greedy_quads(np.zeros((2, 2, 2, 3), np.uint8), np.zeros((2, 2, 2), bool))
