"""Shaded views against the closed form of a ball, and their gradients."""

from __future__ import annotations

import importlib.util

import numpy as np
import pytest
import torch

from engine.errors import EmptyShape
from engine.shape import mesh_ops_torch
from engine.shape.mesh import TriMesh
from engine.shape.mesh_ops import Camera
from engine.shape.surface import extract
from engine.shape.views import _LAMP, SHADE, cameras, shade, shaded_views
from tests.engine.shape.fields import ball, box, field_of


@pytest.fixture(scope="module")
def round_mesh() -> TriMesh:
    return extract(field_of(ball()))


def test_a_ball_is_the_same_disc_lit_the_same_from_all_sides(round_mesh) -> None:
    pictures = shaded_views(round_mesh, 7, 48)
    assert pictures.shape == (7, 48, 48)
    assert pictures.dtype == np.float32
    # Its box's diagonal fills the picture, so the disc has a radius of 1 / sqrt(3) of it.
    assert np.allclose((pictures > 0).mean((1, 2)), np.pi / 12, atol=0.02)
    across = (np.arange(48) + 0.5) / 24 - 1
    x, y = np.meshgrid(across, -across)
    normal = np.stack([x, y, -np.sqrt(np.maximum(1 / 3 - x**2 - y**2, 0))], -1) * 3**0.5
    lit = normal @ (np.array(_LAMP) / np.linalg.norm(_LAMP))
    wanted = SHADE + (1 - SHADE) * np.maximum(lit, 0)
    inner = x**2 + y**2 < 0.28
    for picture in pictures:
        assert np.abs(picture - wanted)[inner].mean() < 0.02


def test_a_view_does_not_change_with_place_and_size(round_mesh) -> None:
    far = TriMesh(round_mesh.points * 0.125 - 40, round_mesh.faces)
    assert np.abs(shaded_views(far, 3, 32) - shaded_views(round_mesh, 3, 32)).mean() < 1e-3


def test_cameras_stand_evenly_around_with_up_upward_and_right_to_the_right() -> None:
    around = cameras(40, torch.zeros(3), 1.0)
    axes = torch.stack([camera.axes for camera in around])
    assert torch.allclose(axes @ axes.transpose(1, 2), torch.eye(3).expand(40, 3, 3), atol=1e-6)
    assert (axes[:, 1, 2] > 0).all()
    assert axes[:, 2].mean(0).abs().max() < 0.03
    assert axes[0, 0].tolist() == [1, 0, 0]  # the first stands in front, where -y is
    assert axes[0, 2, 1] > 0
    spacing = (axes[:, 2] @ axes[:, 2].T - 2 * torch.eye(40)).max(1).values.arccos()
    assert spacing.min() > 0.5 * spacing.max()


def test_a_longer_body_looks_longer() -> None:
    tall = shaded_views(extract(field_of(box(4, 4, 12))), 5, 32) > 0
    flat = shaded_views(extract(field_of(box(12, 4, 4))), 5, 32) > 0
    front = 2  # of five, the one at eye level
    high, wide = tall[front].any(1).sum(), tall[front].any(0).sum()
    assert high > 2 * wide
    assert flat[front].any(0).sum() > flat[front].any(1).sum()


def test_the_gradient_of_a_picture_is_that_of_finite_differences() -> None:
    corners = torch.tensor([[-9.0, -8, 0.3], [9, -8, -0.2], [0, 12, 0.1]], dtype=torch.float64)
    faces = torch.tensor([[0, 1, 2]])
    axes = torch.eye(3, dtype=torch.float64) * torch.tensor([1.0, 1, -1])
    camera = Camera(axes, torch.zeros(3, dtype=torch.float64), 1.0)

    def brightness(vertices):
        return shade(vertices, faces, camera, 4, mesh_ops_torch).sum()

    assert brightness(corners) > 16 * SHADE
    assert torch.autograd.gradcheck(brightness, (corners.requires_grad_(),))


def test_a_mesh_without_faces_is_refused() -> None:
    with pytest.raises(EmptyShape):
        shaded_views(TriMesh(np.zeros((3, 3)), np.zeros((0, 3), np.int64)))


def test_pytorch3d_draws_the_same_views(round_mesh) -> None:
    if importlib.util.find_spec("pytorch3d") is None:
        pytest.skip("PyTorch3D is not installed: docs/pytorch3d.md says how")
    from engine.shape import mesh_ops_pytorch3d

    one = shaded_views(round_mesh, 2, 24)
    other = shaded_views(round_mesh, 2, 24, ops=mesh_ops_pytorch3d)
    assert np.abs(one - other).mean() < 1e-4
    assert np.abs(one - other).max() < 0.3  # an edge between faces may be either's
