"""Rays against a wall; and what is said where the ray caster does not load."""

from __future__ import annotations

import sys
from collections.abc import Iterator

import numpy as np
import pytest

from engine.errors import CannotTrace
from engine.light import rays as module
from engine.light.rays import Scene, ready
from tests.engine.light.rooms import triangles

WALL = triangles([[(-1, -1, 0), (1, -1, 0), (1, 1, 0), (-1, 1, 0)]])  # looks along +Z


@pytest.fixture
def _no_library(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    module._open3d.cache_clear()
    monkeypatch.setitem(sys.modules, "open3d", None)
    yield
    module._open3d.cache_clear()


@pytest.mark.usefixtures("_no_library")
def test_a_missing_library_is_named_with_what_to_install() -> None:
    with pytest.raises(CannotTrace, match="Open3D does not load") as caught:
        ready()
    assert "pip install open3d" in caught.value.fix
    assert "--light none" in caught.value.fix


@pytest.mark.usefixtures("rays")
def test_rays_say_what_they_meet_from_which_side_and_how_far() -> None:
    origins = np.asarray([[0.5, 0, 3], [0, 0, -2], [5, 0, 3]])
    ways = np.asarray([[0, 0, -1], [0, 0, 1], [0, 0, -1.0]])
    hits = Scene(WALL).hits(origins, ways)
    assert hits.distance == pytest.approx([3, 2, np.inf])
    assert hits.behind.tolist() == [False, True, False]
    assert hits.left.tolist() == [False, False, True]
    corners = WALL[hits.triangle[0]]
    u, v = hits.weights[0]
    place = corners[0] + u * (corners[1] - corners[0]) + v * (corners[2] - corners[0])
    assert place == pytest.approx([0.5, 0, 0], abs=1e-6)


@pytest.mark.usefixtures("rays")
def test_only_what_lies_between_hides() -> None:
    start = np.zeros((3, 3)) + (0, 0, 1.0)
    ends = np.asarray([[0, 0, -1], [0, 0, 0.5], [0, 0, 0.0]])  # behind, before, on the wall
    assert Scene(WALL).blocked(start, ends).tolist() == [True, False, False]


@pytest.mark.usefixtures("rays")
def test_an_empty_scene_stops_nothing() -> None:
    empty = Scene(np.zeros((0, 3, 3)))
    assert empty.hits(np.zeros((2, 3)), np.ones((2, 3))).left.all()
    assert not empty.blocked(np.zeros((2, 3)), np.ones((2, 3))).any()
