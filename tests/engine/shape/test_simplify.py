"""Budgets within 5 %, closed all the way down, and distances that are true."""

from __future__ import annotations

import numpy as np
import pytest
import trimesh
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.errors import BudgetTooLow
from engine.shape.distance import deviation
from engine.shape.mend import cut_apart, without_folds
from engine.shape.mesh import TriMesh, bodies, is_watertight, pinched_points, volume
from engine.shape.simplify import is_sound, levels, simplify
from engine.shape.surface import extract
from tests.engine.shape.fields import ball, field_of, noise, ring


def cube(low: tuple[float, float, float]) -> trimesh.Trimesh:
    return trimesh.creation.box(bounds=[low, np.add(low, 1)])


def joined(*parts: trimesh.Trimesh) -> TriMesh:
    """Parts as one mesh, corners that coincide welded."""
    whole = trimesh.util.concatenate(parts)
    whole.merge_vertices(digits_vertex=6)
    return TriMesh(np.asarray(whole.vertices), np.asarray(whole.faces, np.int64))


@pytest.mark.parametrize("budget", [200, 1000, 3000, 7777])
def test_a_budget_is_kept_within_5_percent(budget: int):
    mesh = simplify(extract(field_of(ring())), budget)
    assert abs(len(mesh.faces) - budget) <= 0.05 * budget
    assert is_sound(mesh)


@given(st.integers(0, 10_000), st.integers(1200, 6000))
@settings(max_examples=10)
def test_a_sponge_stays_one_closed_body_or_is_refused_with_a_number(seed: int, budget: int):
    surface = extract(field_of(noise(seed)))
    try:
        mesh = simplify(surface, budget)
    except BudgetTooLow as error:
        mesh = simplify(surface, error.details["least"])  # what the fix says does work
        budget = len(mesh.faces)
    judge = trimesh.Trimesh(mesh.points, mesh.faces, process=False)
    assert judge.is_watertight
    assert judge.body_count == 1
    assert judge.volume > 0
    assert abs(len(mesh.faces) - budget) <= 0.05 * budget


def test_a_budget_above_what_there_is_or_below_a_solid_is_refused():
    surface = extract(field_of(ball(10)), 1)
    with pytest.raises(BudgetTooLow, match="fewer than"):
        simplify(surface, 10 * len(surface.faces))


def test_levels_halve_and_their_distance_grows():
    chain = levels(extract(field_of(ball(10))), 2000, 3)
    assert [level.budget for level in chain] == [2000, 1000, 500]
    assert chain[0].hausdorff < chain[1].hausdorff < chain[2].hausdorff < 0.3


def test_the_hausdorff_distance_of_two_concentric_balls_is_the_difference_of_radii():
    one, other = (trimesh.creation.icosphere(4, size) for size in (1.0, 1.25))
    a, b = (TriMesh(np.asarray(m.vertices), np.asarray(m.faces, np.int64)) for m in (one, other))
    assert deviation(a, b).hausdorff == pytest.approx(0.25, abs=0.005)
    assert deviation(a, a).hausdorff == pytest.approx(0, abs=1e-6)


def test_a_spike_on_one_of_two_surfaces_is_seen_from_either_side():
    plain = trimesh.creation.icosphere(3, 1.0)
    a = TriMesh(np.asarray(plain.vertices), np.asarray(plain.faces, np.int64))
    spiked = a.points.copy()
    spiked[7] *= 1.5
    b = TriMesh(spiked, a.faces)
    assert deviation(a, b).hausdorff == pytest.approx(0.5, abs=0.01)
    assert deviation(b, a).hausdorff == pytest.approx(0.5, abs=0.01)


def test_cubes_that_touch_along_an_edge_are_cut_apart():
    mesh = joined(cube((0, 0, 0)), cube((1, 1, 0)))
    assert not is_watertight(mesh)
    apart = cut_apart(mesh)
    assert is_sound(apart, 2)
    assert bodies(apart)[0] == 2
    assert volume(apart) == pytest.approx(2, rel=0.05)


def test_cubes_that_touch_in_a_point_are_cut_apart():
    mesh = joined(cube((0, 0, 0)), cube((1, 1, 1)))
    assert (is_watertight(mesh), pinched_points(mesh)) == (True, 1)
    assert is_sound(cut_apart(mesh), 2)


def test_a_face_and_its_counter_face_cancel_out():
    mesh = joined(cube((0, 0, 0)))
    fin = np.array([mesh.faces[0], mesh.faces[0][::-1]])
    folded = TriMesh(mesh.points, np.concatenate([mesh.faces, fin]))
    assert len(without_folds(folded).faces) == 12
    assert is_sound(cut_apart(folded))
