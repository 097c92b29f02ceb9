"""Rays against triangles: the one file that loads Open3D, whose ray caster is Embree."""

from __future__ import annotations

import os
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np

from engine.errors import CannotTrace

BATCH = 1_000_000
"""Rays cast at once: Open3D returns 40 bytes a hit."""


@cache
def _open3d() -> Any:
    """The library, loaded when the first ray is cast: it takes a second that others need not wait.

    Raises:
        CannotTrace: it is not installed, or a system library that it needs is missing.
    """
    try:
        import open3d
    except (ImportError, OSError) as error:
        raise CannotTrace(f"Light cannot be traced: Open3D does not load ({error})") from error
    return open3d


def ready() -> None:
    """Load the ray caster now. Raises `CannotTrace`."""
    _open3d()


@dataclass(frozen=True)
class Hits:
    """What K rays met first.

    Attributes:
        distance: (K,) along the ray, inf where it left the scene.
        triangle: (K,) index, -1 where it left.
        weights: (K, 2) barycentric weights of the second and third corner.
        behind: (K,) bool, the triangle was met from its back.
    """

    distance: np.ndarray
    triangle: np.ndarray
    weights: np.ndarray
    behind: np.ndarray

    @property
    def left(self) -> np.ndarray:
        """(K,) bool, the ray met nothing."""
        return self.triangle < 0


class Scene:
    """Triangles that stop rays from both sides."""

    def __init__(self, corners: np.ndarray) -> None:
        """Build the tree.

        Args:
            corners: (M, 3, 3) metres; M may be 0, then nothing is ever met.
        """
        self._core = _open3d().core
        self._scene = _open3d().t.geometry.RaycastingScene(nthreads=processors())
        self.count = len(corners)
        if self.count:
            points = np.ascontiguousarray(corners, np.float32).reshape(-1, 3)
            faces = np.arange(len(points), dtype=np.uint32).reshape(-1, 3)
            self._scene.add_triangles(self._core.Tensor(points), self._core.Tensor(faces))

    def hits(self, origins: np.ndarray, directions: np.ndarray) -> Hits:
        """First hits of rays from (K, 3) origins along (K, 3) unit directions."""
        total = len(origins)
        distance = np.full(total, np.inf, np.float32)
        triangle = np.full(total, -1, np.int32)
        weights = np.zeros((total, 2), np.float32)
        behind = np.zeros(total, bool)
        for part in self._parts(total):
            rays = np.concatenate([origins[part], directions[part]], axis=1, dtype=np.float32)
            found = self._scene.cast_rays(self._core.Tensor(rays))
            distance[part] = found["t_hit"].numpy()
            triangle[part] = found["primitive_ids"].numpy().view(np.int32)
            weights[part] = found["primitive_uvs"].numpy()
            normal = found["primitive_normals"].numpy()
            behind[part] = np.einsum("ij,ij->i", normal, rays[:, 3:]) > 0
        triangle[np.isinf(distance)] = -1
        return Hits(distance, triangle, weights, behind & (triangle >= 0))

    def blocked(self, origins: np.ndarray, ends: np.ndarray, short: float = 2e-3) -> np.ndarray:
        """(K,) bool: something lies between (K, 3) origins and (K, 3) ends.

        Args:
            short: metres before the end that are not looked at, so that a lamp does not hide
                itself.
        """
        answer = np.zeros(len(origins), bool)
        for part in self._parts(len(origins)):
            way = (ends[part] - origins[part]).astype(np.float32)
            far = np.linalg.norm(way, axis=1, keepdims=True)
            # Open3D takes one far limit for all rays, so that their lengths become the unit.
            keep = np.maximum(1.0 - short / np.maximum(far, 1e-6), 0.0)
            rays = np.concatenate([origins[part], way * keep], axis=1, dtype=np.float32)
            answer[part] = self._scene.test_occlusions(
                self._core.Tensor(rays), tnear=0.0, tfar=1.0
            ).numpy()
        return answer

    def _parts(self, total: int) -> list[slice]:
        if not self.count:
            return []
        return [slice(start, start + BATCH) for start in range(0, total, BATCH)]


def processors() -> int:
    """Processors that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
