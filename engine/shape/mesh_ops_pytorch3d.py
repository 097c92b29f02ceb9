"""`MeshOps` by PyTorch3D (extra `pytorch3d`), which has compiled code for CPU and CUDA."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from contextlib import contextmanager

import torch
from pytorch3d.loss import chamfer_distance, mesh_laplacian_smoothing, mesh_normal_consistency
from pytorch3d.ops import sample_points_from_meshes
from pytorch3d.renderer.mesh.rasterize_meshes import rasterize_meshes
from pytorch3d.structures import Meshes
from torch import Tensor

from engine.shape.mesh_ops import Seen


def sample_points(
    vertices: Tensor, faces: Tensor, count: int, generator: torch.Generator
) -> Tensor:
    # PyTorch3D draws from the global generator: lend it the state of ours.
    with _as_global(generator):
        return sample_points_from_meshes(Meshes([vertices], [faces]), count)[0]


def chamfer(one: Tensor, other: Tensor) -> Tensor:
    return chamfer_distance(one[None], other[None])[0]


def normal_consistency(vertices: Tensor, faces: Tensor) -> Tensor:
    return mesh_normal_consistency(Meshes([vertices], [faces])).reshape(())


def laplacian(vertices: Tensor, faces: Tensor) -> Tensor:
    with warnings.catch_warnings():  # torch's about how PyTorch3D makes its sparse matrix
        warnings.filterwarnings("ignore", message="Sparse invariant checks")
        return mesh_laplacian_smoothing(Meshes([vertices], [faces]))


def rasterise(placed: Tensor, faces: Tensor, size: int) -> Seen:
    # Its pictures have x to the left.
    turned = placed * placed.new_tensor([-1.0, 1.0, 1.0])
    face, _, weights, _ = rasterize_meshes(
        Meshes([turned], [faces]), image_size=size, faces_per_pixel=1
    )
    face, weights = face[0, :, :, 0], weights[0, :, :, 0]
    seen = (face >= 0)[:, :, None]
    # It adds 1e-8 to the area of a triangle, so that weights of small ones do not sum to 1.
    weights = torch.where(seen, weights / weights.sum(2, keepdim=True), 0.0)
    depth = (weights * placed[:, 2][faces][face.clamp(min=0)]).sum(2)
    return Seen(face, weights, depth)


@contextmanager
def _as_global(generator: torch.Generator) -> Iterator[None]:
    """Draw from torch's global generator as from this one, and leave the global one untouched."""
    world = torch.cuda if generator.device.type == "cuda" else torch
    before = world.get_rng_state()
    world.set_rng_state(generator.get_state())
    try:
        yield
        generator.set_state(world.get_rng_state())
    finally:
        world.set_rng_state(before)
