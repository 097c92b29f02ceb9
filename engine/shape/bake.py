"""Textures of an unwrapped shape: base colour and tangent-space normals, without seams."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from scipy import ndimage

from engine.shape.mesh import TriMesh, corner_angles, cross_products, vertex_normals
from engine.shape.raster import cover
from engine.shape.uv import Unwrapped

REACH_OUT = 2.5
"""Texels around a chart that are baked as if its faces went on; beyond, the nearest is repeated."""
_AGREES = 0.02  # cosine: a normal this far on a face's side still is after rounding

Sample = Callable[[np.ndarray], np.ndarray]
"""(K, 3) points on or near the surface to (K, 3): colours in [0, 1] sRGB, or outward directions."""


@dataclass(frozen=True)
class Frame:
    """What shades a corner: (V, 3) unit normals, (V, 4) unit tangents with the hand in w.

    As glTF means them: tangents run with u, and w times normal × tangent runs with v upwards.
    """

    normals: np.ndarray
    tangents: np.ndarray


@dataclass(frozen=True)
class Texels:
    """Every texel that lies in a face or near one, each with its place on the surface.

    Attributes:
        pixel: (K,) row * size + column. face: (K,) over all parts. weights: (K, 3) barycentric;
            negative in the gutter. nearest: (size²,) for each texel the index of its texel here.
    """

    size: int
    pixel: np.ndarray
    face: np.ndarray
    weights: np.ndarray
    nearest: np.ndarray

    def blend(self, corners: np.ndarray) -> np.ndarray:
        """(K, C) values at the texels from (M, 3, C) values at the corners of the faces."""
        narrow = corners.astype(np.float32)
        mixed = narrow[self.face, 0] * self.weights[:, :1]
        for corner in (1, 2):
            mixed += narrow[self.face, corner] * self.weights[:, corner : corner + 1]
        return mixed

    def picture(self, values: np.ndarray) -> np.ndarray:
        """(size, size, 3) uint8 from (K, 3) values in [0, 1]; the rest repeats what is nearest."""
        levels = np.rint(values.clip(0, 1) * 255).astype(np.uint8)
        return levels[self.nearest].reshape(self.size, self.size, 3)


def texels(parts: Sequence[Unwrapped], size: int) -> Texels:
    """Where on the surface the texels of an atlas lie."""
    corners = (np.concatenate([part.uvs[part.faces] for part in parts]) * size).astype(np.float64)
    seen = cover(corners, size, size)
    face = np.full(size * size, -1)
    face[seen.pixel] = seen.triangle
    empty = (face < 0).reshape(size, size)
    away, (row, column) = ndimage.distance_transform_edt(empty, return_indices=True)
    source = (row * size + column).reshape(-1)
    pixel = np.flatnonzero(away.reshape(-1) <= REACH_OUT)
    owner = face[source[pixel]]
    place = np.full(size * size, -1)
    place[pixel] = np.arange(len(pixel))
    # A texel beyond the baked ones repeats the nearest face texel, which is one of them.
    nearest = np.where(place >= 0, place, place[source])
    return Texels(size, pixel, owner, _barycentric(corners, owner, pixel, size), nearest)


def _barycentric(
    corners: np.ndarray, owner: np.ndarray, pixel: np.ndarray, size: int
) -> np.ndarray:
    """(K, 3) float32 weights of texel centres in the planes of their faces, also outside; tamed.

    Args:
        corners: (M, 3, 2) in texels. owner: (K,) faces. pixel: (K,) row * size + column.
    """
    a, b, c = corners.transpose(1, 0, 2)
    ab, ac = b - a, c - a
    whole = ab[:, 0] * ac[:, 1] - ab[:, 1] * ac[:, 0]
    whole = np.where(np.abs(whole) < 1e-9, np.inf, whole)
    row, column = np.divmod(pixel, size)
    x, y = column + 0.5 - a[owner, 0], row + 0.5 - a[owner, 1]
    weights = np.empty((len(pixel), 3), np.float32)
    weights[:, 1] = x * (ac[:, 1] / whole)[owner] - y * (ac[:, 0] / whole)[owner]
    weights[:, 2] = y * (ab[:, 0] / whole)[owner] - x * (ab[:, 1] / whole)[owner]
    weights[:, 0] = 1 - weights[:, 1] - weights[:, 2]
    # Beside a sliver the plane runs far away within a texel: stay within a face's size of it.
    reach = np.abs(weights).max(1)
    wild = np.flatnonzero(reach > 2)
    third = np.float32(1 / 3)
    weights[wild] = third + (weights[wild] - third) / reach[wild, None]
    return weights


def frames(part: Unwrapped, smooth: TriMesh) -> Frame:
    """Normals of the smooth mesh at the split corners, and tangents as MikkTSpace makes them.

    Args:
        smooth: the mesh before it was split, so that normals agree across the borders of charts.
            Where such a normal points against all faces that a corner has in its chart, as at the
            border of a chart along a blade, the corner gets the normal of these faces.
    """
    mesh = TriMesh(part.points, part.faces)
    normals = _agreeing(vertex_normals(smooth)[part.source], mesh)
    a, b, c = mesh.corners.transpose(1, 0, 2)
    ua, ub, uc = part.uvs[part.faces].transpose(1, 0, 2)
    du, dv = (ub - ua)[:, 0], (uc - ua)[:, 0]
    eu, ev = (ub - ua)[:, 1], (uc - ua)[:, 1]
    turn = np.where(du * ev - dv * eu < 0, -1.0, 1.0)[:, None]  # v runs downwards
    along = ((b - a) * ev[:, None] - (c - a) * eu[:, None]) * turn
    total = np.zeros((len(part.points), 3))
    hand = np.zeros(len(part.points))
    angles = corner_angles(mesh)
    for corner in range(3):
        vertex = part.faces[:, corner]
        flat = _unit(_flatten(along, normals[vertex])) * angles[:, corner : corner + 1]
        np.add.at(total, vertex, flat)
        np.add.at(hand, vertex, -turn[:, 0] * angles[:, corner])
    tangents = _flatten(total, normals)
    lost = np.linalg.norm(tangents, axis=1) < 1e-9
    tangents[lost] = _any_across(normals[lost])
    sign = np.where(hand < 0, -1.0, 1.0)[:, None]
    return Frame(normals, np.concatenate([_unit(tangents), sign], axis=1))


def _agreeing(normals: np.ndarray, mesh: TriMesh) -> np.ndarray:
    """(V, 3) normals, replaced where they point against each face around their corner."""
    along = np.einsum("mkc,mc->mk", normals[mesh.faces], _unit(cross_products(mesh))) > _AGREES
    lost = np.ones(len(normals), bool)
    lost[mesh.faces[along]] = False
    return np.where(lost[:, None], vertex_normals(mesh), normals)


def bake_color(parts: Sequence[Unwrapped], spots: Texels, color: Sample) -> np.ndarray:
    """(size, size, 3) uint8 sRGB."""
    places = spots.blend(np.concatenate([part.points[part.faces] for part in parts]))
    return spots.picture(color(places))


def bake_normals(
    parts: Sequence[Unwrapped], shading: Sequence[Frame], spots: Texels, outward: Sample
) -> np.ndarray:
    """(size, size, 3) uint8 tangent-space normals as glTF reads them: x with u, y up, z out.

    Directions that lie behind the coarse face, as on walls that it cut away, are bent to its edge.
    """
    places = spots.blend(np.concatenate([part.points[part.faces] for part in parts]))
    wanted = outward(places)
    normal = spots.blend(
        np.concatenate([one.normals[part.faces] for part, one in zip(parts, shading, strict=True)])
    )
    tangent = spots.blend(
        np.concatenate([one.tangents[part.faces] for part, one in zip(parts, shading, strict=True)])
    )
    binormal = np.cross(normal, tangent[:, :3]) * tangent[:, 3:]
    tangent = tangent[:, :3]
    # The shader adds these three up unnormalised: invert exactly that.
    across, up, out = (
        np.cross(binormal, normal),
        np.cross(normal, tangent),
        np.cross(tangent, binormal),
    )
    volume = np.einsum("kc,kc->k", tangent, across)
    volume = np.where(np.abs(volume) < 1e-9, 1.0, volume)
    local = np.stack([np.einsum("kc,kc->k", wanted, axis) for axis in (across, up, out)], -1)
    local = _unit(local / volume[:, None])
    local[:, 2] = np.maximum(local[:, 2], 0.1)
    return spots.picture(_unit(local) * 0.5 + 0.5)


def _flatten(vectors: np.ndarray, normals: np.ndarray) -> np.ndarray:
    """Vectors without their part along the normals."""
    flat: np.ndarray = vectors - np.einsum("nc,nc->n", vectors, normals)[:, None] * normals
    return flat


def _any_across(normals: np.ndarray) -> np.ndarray:
    """A direction at right angles to each normal."""
    axis = np.where(np.abs(normals[:, :1]) < 0.9, (1.0, 0.0, 0.0), (0.0, 1.0, 0.0))
    return _unit(np.cross(normals, axis))


def _unit(vectors: np.ndarray) -> np.ndarray:
    length = np.linalg.norm(vectors, axis=-1, keepdims=True)
    unit: np.ndarray = vectors / np.maximum(length, 1e-12)
    return unit
