"""Colliders: convex hulls that hold a mesh, few enough corners for a physics engine."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import trimesh
from scipy.spatial import ConvexHull, QhullError

from engine.shape.mesh import TriMesh, compact

MOST_HULLS = 8
MOST_CORNERS = 64
_CUTS = 5  # planes tried along each axis
_OFF = 0.3  # voxels between a cut and the border of cells
_GAIN = 0.03  # of the whole hull's volume: a cut that saves less is not worth a hull


@dataclass(frozen=True)
class Collider:
    """Convex hulls whose union holds a mesh.

    Attributes:
        hulls: closed convex meshes, in the frame of the mesh.
        tolerance: how far the mesh's furthest corner stands out of the hulls, in its unit; rounding
            alone where all is held. fill: volume of the mesh's cells over that of the hulls, 0..1.
    """

    hulls: tuple[TriMesh, ...]
    tolerance: float
    fill: float


def single_hull(mesh: TriMesh, solid_volume: float) -> Collider:
    """One convex hull around everything."""
    return _collider([mesh.points[np.unique(mesh.faces)]], solid_volume)


def convex_parts(mesh: TriMesh, cells: np.ndarray) -> Collider:
    """At most eight hulls, cut where that saves the most volume.

    Args:
        cells: (D, H, W) bool solidity, z, y, x, one cell a unit of the mesh: the box is [0, N]³.

    Greedy cuts along the axes by the volume of the hulls of both sides, as V-HACD (Mamou 2016)
    does. CoACD cuts better and takes 20 s where this takes 0.3: too long for an asset in seconds.
    """
    place = np.argwhere(cells)[:, ::-1].astype(np.float64) + 0.5
    pieces = [compact(mesh)]
    parts = [place]
    volumes = [_volume(place)]
    least = _GAIN * volumes[0]
    cuts = [_best_cut(place)]
    while len(parts) < MOST_HULLS:
        gains = [
            whole - (cut[0] if cut else whole) for whole, cut in zip(volumes, cuts, strict=True)
        ]
        index = int(np.argmax(gains))
        cut = cuts[index]
        if cut is None or gains[index] < least:
            break
        _, axis, level = cut
        below = parts[index][:, axis] < level
        for side in (parts[index][below], parts[index][~below]):
            parts.append(side)
            volumes.append(_volume(side))
            cuts.append(_best_cut(side))
        pieces += _halves(pieces[index], axis, level)
        del parts[index], volumes[index], cuts[index], pieces[index]
    groups = [piece.points for piece in pieces if len(piece.points) >= 4]
    return _collider(groups, float(cells.sum()))


def _halves(mesh: TriMesh, axis: int, level: float) -> tuple[TriMesh, TriMesh]:
    """The surface below and above a plane across an axis.

    The plane is moved off the cells' border, on which ledges lie, to the side that gives a ledge
    to the half that it belongs to: the one with the smaller hulls.
    """
    choices = [
        (_sliced(mesh, axis, level + shift, -1.0), _sliced(mesh, axis, level + shift, 1.0))
        for shift in (-_OFF, _OFF)
    ]
    return min(choices, key=lambda pair: sum(_extent(half.points) for half in pair))


def _extent(points: np.ndarray) -> float:
    """Volume of the convex hull, 0 where there is none."""
    try:
        return float(ConvexHull(points).volume) if len(points) >= 4 else 0.0
    except QhullError:
        return 0.0


def _sliced(mesh: TriMesh, axis: int, level: float, sign: float) -> TriMesh:
    """What of the surface lies above (`sign` 1) or below (-1) a plane across an axis."""
    normal, origin = np.zeros(3), np.zeros(3)
    normal[axis], origin[axis] = sign, level
    points, faces, _ = trimesh.intersections.slice_faces_plane(
        mesh.points, mesh.faces, normal, origin
    )
    return compact(TriMesh(np.asarray(points), np.asarray(faces, np.int64)))


def _best_cut(place: np.ndarray) -> tuple[float, int, float] | None:
    """Volume of both hulls, axis and level of the best of a few cuts; None where none is possible."""
    best: tuple[float, int, float] | None = None
    for axis in range(3):
        low, high = place[:, axis].min(), place[:, axis].max()
        for level in sorted(set(np.rint(np.linspace(low, high, _CUTS + 2)[1:-1]).tolist())):
            below = place[:, axis] < level
            if not below.any() or below.all():
                continue
            total = _volume(place[below]) + _volume(place[~below])
            if best is None or total < best[0]:
                best = total, axis, float(level)
    return best


def _volume(place: np.ndarray) -> float:
    """Volume of the convex hull of unit cells with these centres."""
    ends = place
    for axis in range(2):  # only the ends of each row can be corners of the hull
        key = np.delete(ends, axis, axis=1) @ (1.0, 4096.0)
        order = np.lexsort((ends[:, axis], key))
        ranked = key[order]
        first = np.r_[True, ranked[1:] != ranked[:-1]]
        last = np.r_[ranked[1:] != ranked[:-1], True]
        ends = ends[order[first | last]]
    around = (np.indices((2, 2, 2)).reshape(3, 8).T - 0.5)[None]
    return float(ConvexHull((ends[:, None] + around).reshape(-1, 3)).volume)


def _collider(groups: list[np.ndarray], solid_volume: float) -> Collider:
    hulls = []
    planes = []
    for group in groups:
        hull, equations = _hull(group)
        hulls.append(hull)
        planes.append(equations)
    points = np.concatenate(groups)
    outside = np.full(len(points), np.inf)
    for equations in planes:
        outside = np.minimum(outside, (points @ equations[:, :3].T + equations[:, 3]).max(1))
    size = sum(float(ConvexHull(hull.points).volume) for hull in hulls)
    tolerance = max(0.0, float(outside.max()))
    return Collider(tuple(hulls), tolerance, min(1.0, solid_volume / max(size, 1e-9)))


def _hull(points: np.ndarray) -> tuple[TriMesh, np.ndarray]:
    """A convex hull with few corners that face outward, and its (P, 4) planes."""
    try:
        hull = ConvexHull(points)
    except QhullError:  # flat: give it the thickness that a solid has
        wide = np.concatenate([points - 0.05, points + 0.05])
        hull = ConvexHull(wide)
        points = wide
    if len(hull.vertices) > MOST_CORNERS:
        points = _around(points[hull.vertices])
        hull = ConvexHull(points)
    faces = hull.simplices.astype(np.int64)
    a, b, c = points[faces].transpose(1, 0, 2)
    inward = np.einsum("mc,mc->m", np.cross(b - a, c - a), hull.equations[:, :3]) < 0
    faces[inward] = faces[inward][:, ::-1]
    return compact(TriMesh(points, faces)), hull.equations


def _around(points: np.ndarray) -> np.ndarray:
    """(≤ MOST_CORNERS, 3) corners of a hull that holds the given corners of a convex body.

    Corners are chosen one after the other, the one that stands out furthest first; the hull of the
    chosen is then scaled about its middle until it holds all.
    """
    chosen = sorted({int(k) for axis in points.T for k in (axis.argmin(), axis.argmax())})
    while True:
        middle = points[chosen].mean(0)
        try:
            planes = ConvexHull(points[chosen]).equations
        except QhullError:  # the extremes lie in a plane: take what is furthest from them
            planes = np.zeros((1, 4))
            planes[0, 3] = -1.0
        out = (points @ planes[:, :3].T + planes[:, 3]).max(1)
        out[chosen] = -np.inf
        if len(chosen) >= MOST_CORNERS:
            break
        chosen.append(int(out.argmax()))
    room = -(planes[:, :3] @ middle + planes[:, 3])
    growth = float((((points - middle) @ planes[:, :3].T) / room).max())
    grown: np.ndarray = middle + (points[chosen] - middle) * max(1.0, growth)
    return grown
