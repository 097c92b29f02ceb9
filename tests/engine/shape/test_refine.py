"""Refinement brings a simplified mesh nearer to its surface and keeps what made it sound."""

from __future__ import annotations

import importlib.util

import numpy as np
import pytest

from engine.errors import EmptyShape
from engine.shape import mesh_ops_torch
from engine.shape.distance import deviation
from engine.shape.mesh import TriMesh, bodies, is_watertight
from engine.shape.refine import refine_mesh
from engine.shape.simplify import simplify
from engine.shape.surface import extract
from tests.engine.shape.fields import ball, field_of, ring


@pytest.fixture(scope="module")
def surface() -> TriMesh:
    return extract(field_of(ring()))


@pytest.fixture(scope="module")
def rough(surface) -> TriMesh:
    return simplify(surface, 200)


def refined(mesh, target, **options):
    return refine_mesh(mesh, target, ops=mesh_ops_torch, **options)


def test_a_refined_mesh_is_nearer_by_a_quarter_and_has_the_same_faces(rough, surface) -> None:
    made = refined(rough, surface)
    assert np.array_equal(made.mesh.faces, rough.faces)
    assert is_watertight(made.mesh)
    assert bodies(made.mesh)[0] == 1
    assert made.before == deviation(rough, surface)
    assert made.after == deviation(made.mesh, surface)
    assert made.after.mean < 0.75 * made.before.mean
    assert made.after.hausdorff <= made.before.hausdorff


def test_corners_inside_a_ball_end_with_its_volume() -> None:
    fine = extract(field_of(ball()))
    shrunk = simplify(fine, 300)
    shrunk = TriMesh((shrunk.points - 16) * 0.97 + 16, shrunk.faces)
    made = refined(shrunk, fine)
    assert made.after.mean < 0.35 * made.before.mean


def test_the_same_seed_gives_the_same_mesh(rough, surface) -> None:
    one, other = (refined(rough, surface, steps=3, seed=seed) for seed in (4, 4))
    assert np.array_equal(one.mesh.points, other.mesh.points)


def test_size_and_place_do_not_matter(rough, surface) -> None:
    near = refined(rough, surface, steps=5)
    far = refined(*(TriMesh(m.points * 0.01 + 7, m.faces) for m in (rough, surface)), steps=5)
    assert np.allclose(far.mesh.points, near.mesh.points * 0.01 + 7, atol=1e-4)


def test_what_would_come_out_no_better_is_left_as_it_was(surface) -> None:
    made = refined(surface, surface, steps=2)
    assert made.mesh is surface
    assert made.after == made.before


def test_a_mesh_without_area_is_refused(surface) -> None:
    for empty in (
        TriMesh(np.zeros((0, 3)), np.zeros((0, 3), np.int64)),
        TriMesh(np.zeros((3, 3)), np.array([[0, 1, 2]])),
    ):
        with pytest.raises(EmptyShape):
            refined(empty, surface)
        with pytest.raises(EmptyShape):
            refined(surface, empty)


def test_pytorch3d_refines_to_the_same_mesh(rough, surface) -> None:
    if importlib.util.find_spec("pytorch3d") is None:
        pytest.skip("PyTorch3D is not installed: docs/pytorch3d.md says how")
    from engine.shape import mesh_ops_pytorch3d

    one = refined(rough, surface)
    other = refine_mesh(rough, surface, ops=mesh_ops_pytorch3d)
    assert other.after.mean == pytest.approx(one.after.mean, rel=0.02)
    assert np.abs(one.mesh.points - other.mesh.points).max() < 0.05
