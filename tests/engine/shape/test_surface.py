"""Fields to surfaces: volume and area in closed form, one closed body, nothing lost or left over."""

from __future__ import annotations

import numpy as np
import pytest
import trimesh
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.errors import EmptyShape
from engine.shape.mesh import TriMesh, area, bodies, euler_number, is_watertight, volume
from engine.shape.simplify import is_sound
from engine.shape.surface import extract, solidify, taubin
from tests.engine.shape.fields import SIZE, ball, box, field_of, noise, ring

R, r = 9.0, 4.0


@pytest.mark.parametrize(
    ("distance", "true_volume", "true_area", "euler"),
    [
        (ball(10), 4 / 3 * np.pi * 10**3, 4 * np.pi * 10**2, 2),
        (ring(R, r), 2 * np.pi**2 * R * r**2, 4 * np.pi**2 * R * r, 0),
        (box(10, 6, 8), 20 * 12 * 16, 2 * (20 * 12 + 12 * 16 + 20 * 16), 2),
    ],
    ids=["ball", "ring", "box"],
)
def test_volume_area_and_genus_are_those_of_the_closed_form(
    distance: np.ndarray, true_volume: float, true_area: float, euler: int
):
    mesh = extract(field_of(distance))
    assert volume(mesh) == pytest.approx(true_volume, rel=0.01)
    assert area(mesh) == pytest.approx(true_area, rel=0.03)
    assert euler_number(mesh) == euler
    assert is_sound(mesh)


def test_the_surface_lies_where_the_field_is_zero_in_voxels_of_its_box():
    mesh = extract(field_of(ball(8, at=(3, -2, 1))))
    middle = np.array([SIZE / 2 + 3, SIZE / 2 - 2, SIZE / 2 + 1])
    away = np.linalg.norm(mesh.points - middle, axis=1)
    assert np.abs(away - 8).max() < 0.1


@given(st.integers(0, 10_000), st.sampled_from([1, 2, 3]))
@settings(max_examples=15)
def test_any_field_gives_one_closed_outward_body(seed: int, upsample: int):
    mesh = extract(field_of(noise(seed)), upsample)
    judge = trimesh.Trimesh(mesh.points, mesh.faces, process=False)
    assert judge.is_watertight
    assert judge.is_winding_consistent
    assert judge.volume > 0
    assert judge.body_count == 1
    assert judge.euler_number == euler_number(mesh)


def test_a_small_floater_is_dropped_and_counted():
    solid = solidify(field_of(np.maximum(ball(8), ball(1.4, at=(12, 0, 0)))))
    assert (solid.crumbs, solid.bridged) == (1, 0)


def test_a_large_part_nearby_is_joined_and_one_far_away_is_not():
    near = np.maximum(ball(6, at=(-6, 0, 0)), ball(5, at=(7, 0, 0)))
    solid = solidify(field_of(near))
    assert (solid.crumbs, solid.bridged) == (0, 1)
    mesh = extract(field_of(near))
    assert bodies(mesh)[0] == 1
    assert np.ptp(mesh.points[:, 0]) == pytest.approx(24, abs=0.3)
    far = np.maximum(ball(5, at=(-10, 0, 0)), ball(4, at=(10, 0, 0)))
    assert solidify(field_of(far)).bridged == 0


def test_a_cavity_that_nothing_reaches_is_filled():
    hollow = np.minimum(ball(10), -ball(5))
    mesh = extract(field_of(hollow))
    assert bodies(mesh)[0] == 1
    assert volume(mesh) == pytest.approx(4 / 3 * np.pi * 10**3, rel=0.01)
    assert solidify(field_of(hollow)).filled > 1000


def test_a_body_that_the_box_cuts_off_is_closed_there():
    mesh = extract(field_of(ball(13, at=(10, 0, 0))))
    assert is_watertight(mesh)
    assert mesh.points[:, 0].max() <= SIZE + 0.5


def test_smoothing_takes_off_noise_but_not_volume():
    sphere = trimesh.creation.icosphere(4, 10.0)
    rough = np.random.default_rng(0).normal(size=sphere.vertices.shape) * 0.05
    mesh = TriMesh(np.asarray(sphere.vertices + rough), np.asarray(sphere.faces, np.int64))
    smooth = taubin(mesh, 10)
    before = np.linalg.norm(mesh.points, axis=1).std()
    assert np.linalg.norm(smooth.points, axis=1).std() < before / 2
    assert volume(smooth) == pytest.approx(volume(mesh), rel=0.005)


@pytest.mark.parametrize("value", [-1.0, np.nan])
def test_a_field_without_an_inside_is_refused_with_a_sentence(value: float):
    field = np.full((4, 8, 8, 8), value, np.float32)
    with pytest.raises(EmptyShape):
        extract(field)


def test_a_thin_shape_lies_where_it_lay_in_its_field_however_fine_the_grid() -> None:
    bar = field_of(box(2.0, 1.5, 11.0)).copy()
    bar = np.roll(bar, (-3, 2, 4), (1, 2, 3))  # z, y, x
    for upsample in (1, 2, 3):
        mesh = extract(bar, upsample)
        middle = (mesh.points.min(0) + mesh.points.max(0)) / 2
        assert np.allclose(middle, (20, 18, 13), atol=0.05)
        assert np.allclose(np.ptp(mesh.points, axis=0), (4, 3, 22), atol=0.5)
    assert solidify(bar, 3).distance.size < 0.2 * (3 * 32) ** 3  # and its grid is no larger than it
