"""Geometry on the ground and graphs of rooms, against brute force."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.museum.layout import Layout, lay_out
from engine.museum.openings import shared_walls
from engine.museum.outlines import inside, overlap, to_outline
from engine.museum.solids import Solid, axes
from engine.museum.themes import PlanStyle
from engine.museum.ways import bridges, reach

number = st.floats(-3, 3)
boxes = st.builds(
    lambda x, z, w, d, yaw: Solid("", "", "", (x, z), (w, d), yaw, 1.0).corners(),
    number,
    number,
    st.floats(0.2, 2),
    st.floats(0.2, 2),
    st.floats(0, 360),
)


def cloud(corners: np.ndarray) -> np.ndarray:
    """Points that fill a parallelogram, its border left out."""
    grid = np.stack(np.meshgrid(*[np.linspace(0.01, 0.99, 24)] * 2), -1).reshape(-1, 2)
    return (
        corners[0]
        + grid[:, :1] * (corners[1] - corners[0])
        + grid[:, 1:] * (corners[3] - corners[0])
    )


@settings(max_examples=60)
@given(boxes, boxes)
def test_boxes_overlap_where_they_share_points(a: np.ndarray, b: np.ndarray) -> None:
    assert overlap(a, b, 0.0) == overlap(b, a, 0.0)
    if inside(cloud(a), b).any() or inside(cloud(b), a).any():
        assert overlap(a, b, 0.0)
    elif to_outline(a, b) > 0.2:
        assert not overlap(a, b, 0.0)


@settings(max_examples=60)
@given(boxes, boxes)
def test_the_distance_of_outlines_is_that_of_their_nearest_border_points(
    a: np.ndarray, b: np.ndarray
) -> None:
    t = np.linspace(0, 1, 60)[:, None, None]
    border_a = (a + t * (np.roll(a, -1, 0) - a)).reshape(-1, 2)
    border_b = (b + t * (np.roll(b, -1, 0) - b)).reshape(-1, 2)
    sampled = np.linalg.norm(border_a[:, None] - border_b, axis=2).min()
    exact = to_outline(a, b)
    if not overlap(a, b, 0.0):
        assert exact <= sampled + 1e-9
        assert sampled - exact < 0.12


@pytest.mark.parametrize("yaw", [0.0, 30.0, 90.0, 200.0])
def test_a_yaw_of_90_faces_x_and_the_left_hand_is_to_the_left(yaw: float) -> None:
    left, ahead = axes(yaw)
    assert np.allclose(ahead, [np.sin(np.radians(yaw)), np.cos(np.radians(yaw))])
    # Seen from above, with x to the right and z down, left is ahead turned against the clock.
    assert np.allclose(left, [ahead[1], -ahead[0]])


pairs = st.lists(
    st.tuples(st.integers(0, 6), st.integers(0, 6)).filter(lambda p: p[0] != p[1]), max_size=14
)


@given(pairs)
def test_bridges_are_the_doors_that_cut_the_house_when_closed(doors: list[tuple[int, int]]) -> None:
    expected = set()
    for i, (a, b) in enumerate(doors):
        if b not in reach(a, doors[:i] + doors[i + 1 :]):
            expected.add(frozenset((a, b)))
    assert {frozenset(pair) for pair in bridges(doors)} == expected


STYLES = [
    PlanStyle(kind="loop", front=0.3),
    PlanStyle(kind="loop", front=0.5),
    PlanStyle(kind="spine"),
    PlanStyle(kind="court"),
]


@pytest.mark.parametrize("count", [1, 2, 3, 4, 5, 7, 9, 14, 15, 23, 40])
@pytest.mark.parametrize("style", STYLES, ids=lambda s: f"{s.kind}-{s.front}")
def test_rooms_fill_the_house_and_have_the_areas_they_asked_for(
    style: PlanStyle, count: int
) -> None:
    areas = np.random.default_rng(count).uniform(30, 90, count)
    layout = lay_out(list(areas), style)
    assert np.allclose([r.width * r.depth for r in layout.rects], areas)
    corners = [
        np.asarray([(r.x0, r.z0), (r.x1, r.z0), (r.x1, r.z1), (r.x0, r.z1)]) for r in layout.rects
    ]
    assert not any(overlap(a, b, 1e-6) for i, a in enumerate(corners) for b in corners[i + 1 :])
    low, high = np.min([c.min(0) for c in corners], 0), np.max([c.max(0) for c in corners], 0)
    assert np.prod(high - low) == pytest.approx(areas.sum())
    assert sorted(layout.route) == list(range(count))


@pytest.mark.parametrize("count", [3, 6, 14, 15, 40, 80])
def test_the_route_of_a_loop_leads_through_walls_that_can_have_doors_and_back(count: int) -> None:
    layout: Layout = lay_out([60.0] * count, PlanStyle(kind="loop"))
    walls = shared_walls(layout.rects, [0.0] * count, 0.3, 1.2)
    trips = zip(layout.route, [*layout.route[1:], layout.route[0]], strict=True)
    assert all((min(t), max(t)) in walls for t in trips)
