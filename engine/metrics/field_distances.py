"""Distances between all pairs of two sets of textured fields: one of shape, one of looks.

Fields may have any edge that is a multiple of GRID; lengths are in voxels of a grid of GRID³.

chamfer  mean distance from points spread evenly over the surface of one shape to the surface of the
         other, plus the same the other way round. In voxels, not squared. The distance is read from
         the other's signed distance volume, so it is to the surface itself and not to points on it:
         hundreds of points measure what takes thousands between two clouds.
views    root mean square difference of sRGB pixels over four shaded views, all round from a little
         above. In [0, 1]. No trained net stands between, which another net could learn to please.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

import igl
import numpy as np
from scipy import ndimage, sparse
from skimage.measure import marching_cubes

from engine.data.field_picture import picture_of_field
from engine.shape.distance import spread
from engine.shape.mesh import TriMesh

GRID = 32
"""Edge of the grid on which the distance to a surface is kept."""
DIAGONAL = GRID * 3**0.5
POINTS = 384
"""Points on a surface; twice as many move Chamfer distances by less than one per cent."""
NEAR = 2.0
"""Voxels from the surface within which distances are exact."""
VIEWS, PIXELS = 4, 32
"""Views a quarter turn apart, and the edge of each; every pixel is the mean of four rays."""


@dataclass(frozen=True)
class FieldShapes:
    """n shapes, ready to be compared.

    Attributes:
        points: (n, POINTS, 3) float32 on the surface, x, y, z; NaN for an empty shape.
        signed: (n, GRID³) float16 distance of the grid's centres to the surface, positive inside;
            for an empty shape minus the diagonal of the grid everywhere.
        views: (n, VIEWS * PIXELS² * 3) float32 sRGB in [0, 1].
    """

    points: np.ndarray
    signed: np.ndarray
    views: np.ndarray

    def __len__(self) -> int:
        return len(self.points)

    @property
    def empty(self) -> np.ndarray:
        """(n,) bool."""
        return np.isnan(self.points[:, 0, 0])


Distance = Callable[[FieldShapes, FieldShapes], np.ndarray]
"""(n shapes, m shapes) to (n, m) float64."""


def prepare_fields(fields: Iterable[np.ndarray]) -> FieldShapes:
    """What the distances need of fields (4, M, M, M); about 0.1 s a shape on one core.

    The fields are taken one after the other: all of a data set would not fit into memory.
    """
    points, signed, views = [], [], []
    for field in fields:
        values = np.nan_to_num(field.astype(np.float32), nan=-1.0)
        views.append(_views(values))
        if (values[0] > 0).any():
            surface = _surface(values[0])
        else:
            surface = np.full((POINTS, 3), np.nan), np.full((GRID,) * 3, -DIAGONAL)
        points.append(surface[0].astype(np.float32))
        signed.append(surface[1].ravel().astype(np.float16))
    return FieldShapes(np.stack(points), np.stack(signed), np.stack(views))


def chamfer(a: FieldShapes, b: FieldShapes) -> np.ndarray:
    """(n, m) voxels; empty against solid is twice the grid's diagonal, two empty ones are equal."""
    distance = _one_way(a, b) + _one_way(b, a).T
    distance[np.logical_xor.outer(a.empty, b.empty)] = 2 * DIAGONAL
    distance[np.ix_(a.empty, b.empty)] = 0.0
    return distance


def views(a: FieldShapes, b: FieldShapes) -> np.ndarray:
    """(n, m) root mean square difference of pixels."""
    square = (a.views**2).sum(1)[:, None] + (b.views**2).sum(1)[None] - 2 * a.views @ b.views.T
    # Equal pictures leave a rounding error, but must tie exactly; half a step of 8 bits is equal.
    square[square < a.views.shape[1] * (0.5 / 255) ** 2] = 0.0
    return np.sqrt(square.astype(np.float64) / a.views.shape[1])


DISTANCES: dict[str, Distance] = {"chamfer": chamfer, "views": views}
"""What the set scores are computed by."""


def _one_way(a: FieldShapes, b: FieldShapes) -> np.ndarray:
    """(n, m) mean distance from the points of one to the surface of the other."""
    mean = np.full((len(a), len(b)), DIAGONAL)
    volumes = np.ascontiguousarray(b.signed.T, np.float32)
    for row in np.flatnonzero(~a.empty):
        mean[row] = np.abs(_reader(a.points[row]) @ volumes).mean(0)
    return mean


def _reader(points: np.ndarray) -> sparse.csr_matrix:
    """(P, GRID³) trilinear weights at points x, y, z; voxel i has its centre at i + 0.5."""
    place = (points[:, ::-1] - 0.5).clip(0, GRID - 1.001)
    base = place.astype(np.int64)
    share = (place - base).astype(np.float32)
    columns, weights = [], []
    for corner in np.ndindex(2, 2, 2):
        weights.append(np.where(corner, share, 1 - share).prod(1))
        z, y, x = (base + corner).T
        columns.append((z * GRID + y) * GRID + x)
    index = np.stack(columns, 1).ravel()
    start = np.arange(0, len(index) + 1, 8)
    return sparse.csr_matrix((np.stack(weights, 1).ravel(), index, start), (len(points), GRID**3))


def _surface(distance: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Points spread over the surface where (M, M, M) is 0, and the true signed distance to it.

    What a net calls distance is only its sign and its zero; the rest is measured.
    """
    edge = len(distance) // GRID
    # One empty voxel around closes what touches the border.
    corners, faces, _, _ = marching_cubes(np.pad(distance, 1, constant_values=-1.0), 0.0)
    mesh = TriMesh((corners[:, ::-1].astype(np.float64) - 0.5) / edge, faces.astype(np.int64))
    cells = distance.reshape(GRID, edge, GRID, edge, GRID, edge)
    return spread(mesh, POINTS)[:POINTS], _measured(cells, mesh)


def _measured(cells: np.ndarray, mesh: TriMesh) -> np.ndarray:
    """(GRID, GRID, GRID) signed distance of the centres: exact within NEAR of the surface.

    One further away goes to the point of the surface that is nearest to the nearest of those.
    """
    inside = cells.mean((1, 3, 5)) > 0
    low, high = cells.min((1, 3, 5)), cells.max((1, 3, 5))
    touched = ((low <= 0) & (high > 0)) | (ndimage.grey_erosion(inside, 3) != inside)
    near = ndimage.distance_transform_edt(~touched) <= NEAR
    places = np.argwhere(near) + 0.5
    _, _, feet = igl.point_mesh_squared_distance(
        np.ascontiguousarray(places[:, ::-1]), mesh.points, mesh.faces
    )
    foot = np.zeros((*inside.shape, 3))
    foot[near] = feet[:, ::-1]
    if not near.all():
        source = ndimage.distance_transform_edt(~near, return_distances=False, return_indices=True)
        foot = foot[tuple(np.asarray(source))]
    centre = np.stack(list(np.indices(inside.shape)), -1) + 0.5
    away = np.linalg.norm(centre - foot, axis=-1)
    return np.where(inside, away, -away)


def _views(field: np.ndarray) -> np.ndarray:
    turned = [np.rot90(field, k, (2, 3)) for k in range(VIEWS)]
    pictures = np.stack([picture_of_field(one, PIXELS) for one in turned])
    flat: np.ndarray = pictures.astype(np.float32).ravel() / 255
    return flat
