"""A field to one closed surface: cavities filled, floaters gone, gaps bridged, then marched."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import ndimage, sparse
from skimage.measure import marching_cubes

from engine.data.voxel_field import REACH
from engine.errors import EmptyShape
from engine.shape.mesh import TriMesh, bodies, compact, volume

PART_SHARE = 0.02
"""A loose part with this share of the volume belongs to the shape; a smaller one is a crumb."""
GAP = 3.0
"""Voxels across which a loose part is joined to the body; one further away is a floater."""
_NECK = 0.9  # voxels: radius of what joins them
_AROUND = 4
"""Voxels around the inside that are looked at: the rest of the field is empty, and costs time."""
_LEAST = 1e-3  # of REACH: a cell that clean-up turned over lies just beyond the surface


@dataclass(frozen=True)
class Solid:
    """One body as signed distance on a fine grid, and what clean-up did to get there.

    Attributes:
        distance: (D, H, W) float32 in voxels of the field / REACH, positive inside; z, y, x. Its
            outermost cells are outside.
        step: edge of a cell in voxels of the field.
        origin: (3,) x, y, z in voxels of the field: where the second cell along each axis begins.
        crumbs: loose parts removed. bridged: loose parts joined. filled: cells of cavities.
    """

    distance: np.ndarray
    step: float
    origin: np.ndarray
    crumbs: int
    bridged: int
    filled: int

    def read(self, volumes: np.ndarray, points: np.ndarray) -> np.ndarray:
        """(C, K) trilinear values of (C, D, H, W) volumes on this grid at (K, 3) points x, y, z."""
        place = ((points - self.origin) / self.step + 0.5).T[
            ::-1
        ]  # + 1 cell of margin, - 0.5 to cell centres
        return np.stack(
            [
                ndimage.map_coordinates(one, place, order=1, mode="nearest", prefilter=False)
                for one in volumes
            ]
        )


def solidify(field: np.ndarray, upsample: int = 2) -> Solid:
    """Refine a field and make it one body without cavities.

    Args:
        field: (4, N, N, N) float32 as the package's data room describes it; only channel 0 is read.
        upsample: cells along the edge of a voxel.
    Raises:
        EmptyShape: nothing is inside, or a value is not finite.
    """
    coarse = field[0].astype(np.float32)
    if not np.isfinite(coarse).all():
        raise EmptyShape("The field has values that are no numbers")
    if not (coarse > 0).any():
        raise EmptyShape("The field has no inside")
    inside = np.argwhere(coarse > 0)
    start = np.maximum(inside.min(0) - _AROUND, 0)
    end = np.minimum(inside.max(0) + 1 + _AROUND, coarse.shape)
    fine = coarse[tuple(slice(a, b) for a, b in zip(start, end, strict=True))]
    if upsample > 1:
        fine = ndimage.zoom(fine, upsample, order=3, mode="nearest", grid_mode=True)
    fine = np.pad(fine.clip(-1, 1), 1, constant_values=-1.0)
    step = 1.0 / upsample
    fine, crumbs, bridged = _one_part(fine, step)
    solid = fine > 0
    filled = ndimage.binary_fill_holes(solid)
    cells = int(filled.sum() - solid.sum())
    fine = np.where(filled, np.maximum(fine, _LEAST), np.minimum(fine, -_LEAST))
    origin = start[::-1].astype(np.float64)
    return Solid(fine.astype(np.float32), step, origin, crumbs, bridged, cells)


def _one_part(fine: np.ndarray, step: float) -> tuple[np.ndarray, int, int]:
    """Join what is near and large, drop the rest; cells are neighbours where they share a face."""
    bridged = 0
    for _ in range(8):  # a neck joins one part; more than eight loose parts are debris
        label, count = ndimage.label(fine > 0)
        if count == 0:
            raise EmptyShape("The refined field has no inside")
        sizes = np.bincount(label.ravel())[1:]
        body = 1 + int(sizes.argmax())
        large = [k + 1 for k in np.flatnonzero(sizes >= PART_SHARE * sizes.sum()) if k + 1 != body]
        neck = _neck(label, body, large, step) if large else None
        if neck is None:
            break
        fine = np.maximum(fine, neck)
        bridged += 1
    else:
        label, count = ndimage.label(fine > 0)
        sizes = np.bincount(label.ravel())[1:]
        body = 1 + int(sizes.argmax())
    loose = (label > 0) & (label != body)
    return np.where(loose, -np.maximum(np.abs(fine), _LEAST), fine), count - 1, bridged


def _neck(label: np.ndarray, body: int, parts: list[int], step: float) -> np.ndarray | None:
    """Distance field of a round bar from the body to the nearest of the parts, if one is near."""
    away, source = ndimage.distance_transform_edt(label != body, return_indices=True)
    among = np.where(np.isin(label, parts), away, np.inf)
    end = np.unravel_index(int(among.argmin()), among.shape)
    if among[end] * step > GAP:
        return None
    start = source[(slice(None), *end)].astype(np.float64)
    axis = np.array(end, dtype=np.float64) - start
    place = np.moveaxis(np.indices(label.shape), 0, -1) - start
    along = (place @ axis / max(float(axis @ axis), 1e-9)).clip(0, 1)
    distance = np.linalg.norm(place - along[..., None] * axis, axis=-1) * step
    neck: np.ndarray = ((_NECK - distance) / REACH).clip(-1, 1)
    return neck


def march(solid: Solid, smooth: int = 3) -> TriMesh:
    """The surface of a solid: closed, outward, one body.

    Args:
        smooth: pairs of Taubin steps; they take off the steps of the grid, not the volume.
    Returns:
        Points in voxels of the field: its box is [0, N]³.
    """
    points, faces, _, _ = marching_cubes(solid.distance, 0.0, allow_degenerate=False)
    points = (points[:, ::-1].astype(np.float64) - 0.5) * solid.step + solid.origin
    mesh = _largest(TriMesh(points, faces.astype(np.int64)))
    if volume(mesh) < 0:
        mesh = TriMesh(mesh.points, mesh.faces[:, ::-1].copy())
    return taubin(mesh, smooth)


def extract(field: np.ndarray, upsample: int = 2) -> TriMesh:
    """The surface of a field: closed, outward, one body, in voxels x, y, z.

    Raises:
        EmptyShape: nothing is inside, or a value is not finite.
    """
    return march(solidify(field, upsample))


def taubin(mesh: TriMesh, pairs: int, shrink: float = 0.5, grow: float = -0.53) -> TriMesh:
    """Smooth without shrinking (Taubin 1995): a step towards the neighbours' mean, one back."""
    count = len(mesh.points)
    start, end = mesh.faces.reshape(-1), np.roll(mesh.faces, -1, 1).reshape(-1)
    links = sparse.coo_matrix((np.ones(len(start)), (start, end)), (count, count)).tocsr()
    links = ((links + links.T) > 0).astype(np.float64)
    mean = sparse.diags(1 / np.maximum(np.asarray(links.sum(1)).ravel(), 1)) @ links
    points = mesh.points
    for _ in range(pairs):
        for amount in (shrink, grow):
            points = points + amount * (mean @ points - points)
    return TriMesh(points, mesh.faces)


def _largest(mesh: TriMesh) -> TriMesh:
    """The part that encloses most; marching may close a corner contact to a shell of its own."""
    count, part = bodies(mesh)
    if count == 1:
        return mesh
    shells = [TriMesh(mesh.points, mesh.faces[part == k]) for k in range(count)]
    return compact(max(shells, key=lambda shell: abs(volume(shell))))
