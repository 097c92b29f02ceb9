"""A simplified mesh fitted to the surface it stands for: its corners move, its faces stay."""

from __future__ import annotations

from dataclasses import dataclass

import igl
import numpy as np
import torch
from torch import Tensor

from engine.errors import EmptyShape
from engine.shape.distance import Deviation, away, deviation, spread
from engine.shape.mesh import TriMesh, cross_products
from engine.shape.mesh_ops import MeshOps, mesh_ops

STEPS = 40
SAMPLES = 1000
"""Points drawn on each of the two surfaces at each step."""
RATE = 0.01
"""First step of a corner, in mean edges of the mesh; it falls to 0."""
FLATNESS = 0.001
"""Weight of the normal consistency beside the Chamfer distance in mean edges squared."""
SMOOTHNESS = 0.003
"""Weight of the Laplacian of how far the corners have moved: neighbours move alike."""
_FADE = (0.9, 0.99)
_TESTED = 4000  # points of each surface that must be no further away than the worst was
_SLACK = 0.95  # of that: the worst may lie between the points
_BACK = (0.5, 0.5, 0.5, 0.0, 0.0, 0.0)  # shares of their way that misplaced corners keep


@dataclass(frozen=True)
class Refined:
    """A refined mesh with the same faces, and its distances to the target before and after.

    If what came out is no nearer in the mean and at worst, or a face turned over, `mesh` is what
    came in.
    """

    mesh: TriMesh
    before: Deviation
    after: Deviation


def refine_mesh(
    mesh: TriMesh, target: TriMesh, *, steps: int = STEPS, seed: int = 0, ops: MeshOps | None = None
) -> Refined:
    """Move the corners of a mesh so that its faces lie nearer to a surface.

    Each step draws points on both surfaces and takes to each the nearest point of the other
    surface, not of a sample of it: on these pairs the Chamfer distance is that of the surfaces,
    with no floor from the spacing of points. Faces do not change, so a closed mesh stays closed.

    Args:
        mesh: such as `simplify` makes. target: what it was made from, in the same frame.
        seed: of the points that are drawn; the same seed gives the same mesh.
        ops: default: PyTorch3D where it is installed.
    Raises:
        EmptyShape: one of the two has no area.
    """
    for one in (mesh, target):
        if not len(one.faces) or not np.linalg.norm(cross_products(one), axis=1).sum() > 0:
            raise EmptyShape("There is no surface to refine")
    use = ops if ops is not None else mesh_ops()
    before = deviation(mesh, target)
    scene = _Scene(mesh, target)
    generator = torch.Generator().manual_seed(seed)
    moved = torch.zeros_like(scene.vertices, requires_grad=True)
    mean, power = torch.zeros_like(scene.vertices), torch.zeros_like(scene.vertices)
    for step in range(steps):
        vertices = scene.vertices + moved
        points, others = scene.pairs(vertices, use, generator)
        loss = (
            use.chamfer(points, others)
            + FLATNESS * use.normal_consistency(vertices, scene.faces)
            + SMOOTHNESS * use.laplacian(moved, scene.faces)
        )
        (slope,) = torch.autograd.grad(loss, moved)
        # Adam (Kingma and Ba 2015) by hand: torch.optim loads torch's compiler, which takes 2 s.
        mean.lerp_(slope, 1 - _FADE[0])
        power.lerp_(slope.square(), 1 - _FADE[1])
        unbiased = [1 - fade ** (step + 1) for fade in _FADE]
        with torch.no_grad():
            way = mean / unbiased[0] / ((power / unbiased[1]).sqrt() + 1e-8)
            moved -= RATE * (1 - step / steps) * way
    made = _held_back(mesh, scene.back(scene.vertices + moved.detach()), target, before)
    after = deviation(made, target)
    if after.mean < before.mean and after.hausdorff <= before.hausdorff and not _turned(mesh, made):
        return Refined(made, before, after)
    return Refined(mesh, before, before)


def _held_back(mesh: TriMesh, made: TriMesh, target: TriMesh, before: Deviation) -> TriMesh:
    """The refined mesh with corners taken back where it is further away than it was at worst.

    A mean falls at the cost of tips that hold few points; this gives the tips back.
    """
    moved = made.points - mesh.points
    ends, worst = spread(target, _TESTED), _SLACK * before.hausdorff
    for share in _BACK:
        made = TriMesh(mesh.points + moved, mesh.faces)
        own = spread(made, _TESTED)
        far = np.concatenate([own[away(own, target) > worst], ends[away(ends, made) > worst]])
        if not len(far):
            break
        _, face, _ = igl.point_mesh_squared_distance(far, made.points, made.faces)
        moved[np.unique(made.faces[face])] *= share
    return made


class _Scene:
    """Mesh and target around the origin, in mean edges of the mesh: weights suit any size."""

    def __init__(self, mesh: TriMesh, target: TriMesh) -> None:
        edges = mesh.corners - np.roll(mesh.corners, 1, axis=1)
        self._unit = float(np.linalg.norm(edges, axis=2).mean())
        self._middle = mesh.points.mean(0)
        self._mesh = mesh
        self._target = np.ascontiguousarray((target.points - self._middle) / self._unit)
        self._target_faces = target.faces
        self._tree = igl.AABB()
        self._tree.init(self._target, target.faces)
        self.vertices = _tensor((mesh.points - self._middle) / self._unit)
        self.faces = torch.from_numpy(mesh.faces)
        self._surface = _tensor(self._target), torch.from_numpy(target.faces)

    def pairs(
        self, vertices: Tensor, ops: MeshOps, generator: torch.Generator
    ) -> tuple[Tensor, Tensor]:
        """Points of the mesh, differentiable, and of the target: drawn on one, nearest on other."""
        drawn = ops.sample_points(vertices, self.faces, SAMPLES, generator)
        wanted = ops.sample_points(*self._surface, SAMPLES, generator)
        with torch.no_grad():
            _, _, feet = self._tree.squared_distance(
                self._target, self._target_faces, drawn.double().numpy()
            )
            places = vertices.double().numpy()
            _, face, near = igl.point_mesh_squared_distance(
                wanted.double().numpy(), places, self._mesh.faces
            )
            corners = np.ascontiguousarray(places[self._mesh.faces[face]].transpose(1, 0, 2))
            weights = _tensor(igl.barycentric_coordinates(near, *corners))
        nearest = (vertices[self.faces[torch.from_numpy(face)]] * weights[:, :, None]).sum(1)
        return torch.cat([drawn, nearest]), torch.cat([_tensor(feet), wanted])

    def back(self, vertices: Tensor) -> TriMesh:
        """The mesh with corners there, in its own frame."""
        return TriMesh(
            vertices.double().numpy() * self._unit + self._middle, self._mesh.faces.copy()
        )


def _turned(before: TriMesh, after: TriMesh) -> bool:
    """Whether a face with an area points the other way than before."""
    dots = np.einsum("mc,mc->m", cross_products(before), cross_products(after))
    return bool((dots < 0).any())


def _tensor(values: np.ndarray) -> Tensor:
    return torch.from_numpy(np.ascontiguousarray(values, dtype=np.float32))
