"""Shaded pictures of a mesh from all sides: what a critic or a distance between looks needs.

A picture is (S, S) float32, row 0 at the top: 0 where there is nothing, and on the body the light of
a lamp that stands beside the eye, from `SHADE` where a face is seen edge-on to 1.
"""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor
from torch.nn.functional import avg_pool2d, normalize

from engine.errors import EmptyShape
from engine.shape import mesh_ops_torch
from engine.shape.mesh import TriMesh
from engine.shape.mesh_ops import Camera, MeshOps

SHADE = 0.25
SAMPLES = 2
"""A side, in each pixel."""
_LAMP = (-0.35, 0.45, -0.82)  # to the right, up and away from the eye


def cameras(count: int, center: Tensor, reach: float) -> tuple[Camera, ...]:
    """Cameras spread evenly around a point, z up; the same for the same count.

    Args:
        center: (3,) what they look at. reach: radius around it that fills a picture.

    Their directions lie on a spiral of golden angles (Vogel 1979), the first one highest.
    """
    made = []
    for k in range(count):
        height = 1 - (2 * k + 1) / count
        turn = k * np.pi * (3 - 5**0.5)
        flat = (1 - height**2) ** 0.5
        away = -np.array([flat * np.sin(turn), -flat * np.cos(turn), height])
        right = np.array([np.cos(turn), np.sin(turn), 0.0])
        axes = np.stack([right, np.cross(right, away), away])
        made.append(Camera(torch.as_tensor(axes).to(center), center, reach))
    return tuple(made)


def shade(vertices: Tensor, faces: Tensor, camera: Camera, size: int, ops: MeshOps) -> Tensor:
    """(size, size) picture of a mesh, differentiable in the vertices wherever the body is seen.

    Not so at its outline: a pixel there is the body's or is not. A critic of views that trains on
    a graphics card passes `mesh_ops()`, which are PyTorch3D's where it is installed.
    """
    seen = ops.rasterise(camera.place(vertices), faces, size * SAMPLES)
    a, b, c = vertices[faces].unbind(1)
    normals = normalize(torch.linalg.cross(b - a, c - a), dim=1)
    lamp = normalize(vertices.new_tensor(_LAMP), dim=0) @ camera.axes
    light = SHADE + (1 - SHADE) * (normals @ lamp).clamp(min=0)
    picture = torch.where(seen.face >= 0, light[seen.face.clamp(min=0)], 0.0)
    return avg_pool2d(picture[None, None], SAMPLES)[0, 0]


def shaded_views(
    mesh: TriMesh, count: int = 12, size: int = 64, *, ops: MeshOps = mesh_ops_torch
) -> np.ndarray:
    """Pictures of a mesh from all sides, at the size at which its box just fits any of them.

    Args:
        mesh: z up. count: of views. size: edge of a picture in pixels.
        ops: PyTorch3D's draw the same; on a processor they try every face at every pixel, which
            takes 26 times as long.
    Returns:
        (count, size, size) float32 in [0, 1], the same for the same mesh wherever it stands and
        however large it is.
    Raises:
        EmptyShape: the mesh has no faces.
    """
    if not len(mesh.faces):
        raise EmptyShape("There is no surface to look at")
    used = mesh.points[mesh.faces]
    low, high = used.min((0, 1)), used.max((0, 1))
    reach = max(float(np.linalg.norm(high - low)) / 2, 1e-9)
    vertices = torch.from_numpy((mesh.points - (low + high) / 2) / reach).float()
    faces = torch.from_numpy(mesh.faces)
    around = cameras(count, vertices.new_zeros(3), 1.0)
    with torch.no_grad():
        views = [shade(vertices, faces, camera, size, ops) for camera in around]
    return torch.stack(views).numpy()
