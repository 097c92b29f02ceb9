"""What a mesh can be asked so that its corners learn from the answer: losses, samples, pictures.

Two rooms answer alike: `mesh_ops_torch`, which needs nothing but torch, and `mesh_ops_pytorch3d`,
which hands the questions to PyTorch3D. Meshes are tensors here: `vertices` (V, 3) float32 and
`faces` (F, 3) int64, on one device, counter-clockwise seen from outside.
"""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from functools import cache
from typing import Protocol

import torch
from torch import Tensor


@dataclass(frozen=True)
class Seen:
    """What lies behind the centres of the pixels of a picture, row 0 at the top.

    Attributes:
        face: (S, S) int64, -1 where there is none.
        weights: (S, S, 3) barycentric, differentiable in the vertices; 0 where there is no face.
        depth: (S, S) distance from the eye's plane, differentiable likewise; 0 where there is none.
    """

    face: Tensor
    weights: Tensor
    depth: Tensor


class MeshOps(Protocol):
    """Questions about meshes; every answer but `Seen.face` is differentiable in the vertices."""

    def sample_points(
        self, vertices: Tensor, faces: Tensor, count: int, generator: torch.Generator
    ) -> Tensor:
        """(count, 3) random points, evenly by area; the generator moves on by the same draws."""

    def chamfer(self, one: Tensor, other: Tensor) -> Tensor:
        """Mean squared distance from (P, 3) points to the nearest of (Q, 3), plus the way back."""

    def normal_consistency(self, vertices: Tensor, faces: Tensor) -> Tensor:
        """Mean of 1 - cosine of the angle between faces that share an edge; 0 without such."""

    def laplacian(self, vertices: Tensor, faces: Tensor) -> Tensor:
        """Mean distance from a vertex to the mean of its neighbours."""

    def rasterise(self, placed: Tensor, faces: Tensor, size: int) -> Seen:
        """The nearest face at each pixel centre of a picture of `size` x `size` pixels.

        Args:
            placed: (V, 3) vertices as a `Camera` places them: the picture is [-1, 1] to the right
                and up, and depth grows away from the eye. Faces with a corner at depth 0 or less
                are not drawn; both sides of a face are. Of faces at one depth the first is drawn.
        """


@dataclass(frozen=True)
class Camera:
    """A camera without perspective, that looks at a point from far away.

    Attributes:
        axes: (3, 3) rows to the right, up and away from the eye, unit vectors.
        center: (3,) the point that it looks at. reach: radius around it that fills the picture.
    """

    axes: Tensor
    center: Tensor
    reach: float

    def place(self, vertices: Tensor) -> Tensor:
        """(V, 3) right and up in [-1, 1] and depth in [1, 3] for what is within reach."""
        local: Tensor = (vertices - self.center) @ self.axes.T / self.reach
        return local + local.new_tensor([0.0, 0.0, 2.0])


@cache
def mesh_ops() -> MeshOps:
    """PyTorch3D's where it is installed and loads, ours otherwise; they answer alike."""
    try:
        from engine.shape import mesh_ops_pytorch3d
    except ModuleNotFoundError as error:
        if error.name is None or error.name.split(".")[0] != "pytorch3d":
            raise
    except ImportError as error:  # built for another torch
        warnings.warn(f"PyTorch3D is installed but does not load: {error}", stacklevel=2)
    else:
        return mesh_ops_pytorch3d
    from engine.shape import mesh_ops_torch

    return mesh_ops_torch
