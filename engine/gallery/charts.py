"""Pieces of surface that lie flat: each is geometry, texture coordinates and a lightmap chart.

Everything in a house is made of these few: polygons, walls with holes, profiles swept along a path,
and turned bodies. Metres in glTF's frame; triangles are counter-clockwise seen from the front.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from engine.gallery.polygons import triangulate


@dataclass(frozen=True)
class Plane:
    """A flat frame of reference: `right` x `up` = `out`, all unit; `origin` in metres."""

    origin: np.ndarray
    right: np.ndarray
    up: np.ndarray

    @cached_property
    def out(self) -> np.ndarray:
        (a, b, c), (d, e, f) = self.right, self.up
        return np.array([b * f - c * e, c * d - a * f, a * e - b * d])

    def place(self, points: np.ndarray, lift: float | np.ndarray = 0.0) -> np.ndarray:
        """(n, 3) positions of (n, 2) points of the plane, `lift` metres out of it."""
        points = np.asarray(points, float)
        high = np.broadcast_to(np.asarray(lift, float), points.shape[:1])
        flat = points[:, :1] * self.right + points[:, 1:] * self.up
        return self.origin + flat + high[:, None] * self.out


def ground(y: float = 0.0) -> Plane:
    """The plane of the floor, seen from above: (x, -z)."""
    return Plane(np.array([0.0, y, 0.0]), np.array([1.0, 0.0, 0.0]), np.array([0.0, 0.0, -1.0]))


def ceiling(y: float) -> Plane:
    """The plane of a ceiling, seen from below: (x, z)."""
    return Plane(np.array([0.0, y, 0.0]), np.array([1.0, 0.0, 0.0]), np.array([0.0, 0.0, 1.0]))


def upright(origin: Sequence[float], yaw: float) -> Plane:
    """The plane of a wall that looks along `yaw`, as one who faces it sees it: (right, up)."""
    angle = np.radians(yaw)
    right = np.array([np.cos(angle), 0.0, -np.sin(angle)])
    return Plane(np.asarray(origin, float), right, np.array([0.0, 1.0, 0.0]))


@dataclass(frozen=True)
class Chart:
    """A piece of surface that a lightmap can hold without folds.

    Attributes:
        positions: (n, 3) metres. normals: (n, 3) unit. faces: (m, 3) indices.
        uv: (n, 2) metres along the material, v down the surface.
        flat: (n, 2) metres in the chart's own lightmap rectangle, v down.
    """

    positions: np.ndarray
    normals: np.ndarray
    uv: np.ndarray
    flat: np.ndarray
    faces: np.ndarray


def polygon(
    plane: Plane,
    corners: np.ndarray,
    *,
    hole: np.ndarray | None = None,
    lift: float = 0.0,
    turn: float = 0.0,
) -> Chart:
    """A flat polygon that looks out of the plane.

    Args:
        corners: (n, 2) in turn, either way round. hole: the corners of an opening in it.
        turn: degrees by which the material is turned.
    """
    points, faces = triangulate(np.asarray(corners, float), hole)
    angle = np.radians(turn)
    c, s = np.cos(angle), np.sin(angle)
    uv = points @ np.array([[c, -s], [s, c]]) * (1.0, -1.0)
    return _flat(plane, points, faces, lift, uv)


def sheet(plane: Plane, columns: np.ndarray, rows: np.ndarray, keep: np.ndarray) -> Chart:
    """A wall cut into a grid, without the cells that doors take.

    Args:
        columns, rows: ascending grid lines in metres. keep: (rows - 1, columns - 1) bool.
    """
    x, y = np.meshgrid(columns, rows)
    points = np.stack([x.ravel(), y.ravel()], 1)
    wide = len(columns)
    r, c = np.nonzero(keep)
    a = r * wide + c
    quads = np.stack([a, a + 1, a + wide + 1, a + wide], 1)
    return _flat(plane, points, _halved(quads), 0.0, points * (1.0, -1.0))


def _flat(
    plane: Plane, points: np.ndarray, faces: np.ndarray, lift: float, uv: np.ndarray
) -> Chart:
    used, index = np.unique(faces, return_inverse=True)
    points, uv, faces = points[used], uv[used], index.reshape(-1, 3)
    down = points * (1.0, -1.0)
    normals = np.broadcast_to(plane.out, (len(points), 3))
    return Chart(plane.place(points, lift), normals, uv, down - down.min(0), faces)


def _halved(quads: np.ndarray) -> np.ndarray:
    """(m, 4) corners in turn to (2m, 3) triangles."""
    return np.concatenate([quads[:, [0, 1, 2]], quads[:, [0, 2, 3]]])


def sweep(
    plane: Plane, path: np.ndarray, profile: np.ndarray, *, closed: bool = False, lift: float = 0.0
) -> list[Chart]:
    """A profile along a path, mitred at its corners: skirtings, frames, cornices, boxes.

    Args:
        path: (n, 2) points of the plane.
        profile: (k, 2) of (metres to the left of the path, metres out of the plane). The surface
            looks to the right of the way from one to the next.
    Returns:
        One chart for each stretch of the path.
    """
    path, profile = np.asarray(path, float), np.asarray(profile, float)
    ends = np.roll(path, -1, 0) if closed else path[1:]
    starts = path if closed else path[:-1]
    along = ends - starts
    lengths = np.linalg.norm(along, axis=1)
    along = along / lengths[:, None]
    left = np.stack([-along[:, 1], along[:, 0]], 1)
    corner = _mitres(left, closed)
    steps = np.diff(profile, axis=0)
    run = np.concatenate([[0.0], np.cumsum(np.linalg.norm(steps, axis=1))])
    charts, before = [], 0.0
    for i, length in enumerate(lengths):
        first, last = corner[i], corner[(i + 1) % len(corner)]
        a = starts[i] + profile[:, :1] * first
        b = ends[i] + profile[:, :1] * last
        inside = np.concatenate([(a - starts[i]) @ along[i], (b - starts[i]) @ along[i]])
        place = [plane.place(p, profile[:, 1] + lift) for p in (a, b)]
        charts.append(_strip(plane, place, inside, run, steps, left[i], before))
        before += length
    return charts


def _mitres(left: np.ndarray, closed: bool) -> np.ndarray:
    """How far a point one metre to the left of the path moves at each corner."""
    a, b = (
        (np.roll(left, 1, 0), left)
        if closed
        else (
            np.concatenate([left[:1], left]),
            np.concatenate([left, left[-1:]]),
        )
    )
    middle = a + b
    return middle / np.maximum(0.5 * (middle**2).sum(1, keepdims=True), 0.1)


def _strip(
    plane: Plane,
    ends: list[np.ndarray],
    inside: np.ndarray,
    run: np.ndarray,
    steps: np.ndarray,
    left: np.ndarray,
    before: float,
) -> Chart:
    """One straight stretch: a row of quads, flat each, in one chart."""
    k = len(steps)
    which = np.stack([np.arange(k), np.arange(k) + 1], 1).ravel()  # each edge twice: hard edges
    places = np.concatenate([ends[0][which], ends[1][which]])
    s = np.concatenate([inside[: k + 1][which], inside[k + 1 :][which]])
    t = np.tile(run[which], 2)
    across = left[0] * plane.right + left[1] * plane.up
    normal = steps[:, 1:] * across - steps[:, :1] * plane.out
    normal /= np.maximum(np.linalg.norm(normal, axis=1, keepdims=True), 1e-12)
    normals = np.tile(np.repeat(normal, 2, 0), (2, 1))
    low = 2 * np.arange(k)
    quads = np.stack([low, low + 1, low + 1 + 2 * k, low + 2 * k], 1)
    st = np.stack([s, t], 1)
    return Chart(places, normals, st + (before, 0.0), st - st.min(0), _halved(quads))


def turned(plane: Plane, profile: np.ndarray, sides: int = 24, *, smooth: bool = True) -> Chart:
    """A profile turned about the plane's normal through its origin: drums, lamps.

    Args:
        profile: (k, 2) of (radius, metres out of the plane), outside on the right of the way.
    """
    profile = np.asarray(profile, float)
    angle = np.linspace(0.0, -2 * np.pi, sides + 1)  # clockwise: the left is outside
    wave = np.stack([np.cos(angle), np.sin(angle)], 1)
    steps = np.diff(profile, axis=0)
    k = len(steps)
    which = np.stack([np.arange(k), np.arange(k) + 1], 1).ravel()
    run = np.concatenate([[0.0], np.cumsum(np.linalg.norm(steps, axis=1))])
    widest = float(profile[:, 0].max())
    normal = np.stack([steps[:, 1], -steps[:, 0]], 1)
    normal /= np.maximum(np.linalg.norm(normal, axis=1, keepdims=True), 1e-12)
    normal = np.repeat(normal, 2, 0)
    if smooth and k > 1:
        normal = _softened(normal)
    rays = wave[:, None, :1] * plane.right + wave[:, None, 1:] * plane.up  # (sides + 1, 1, 3)
    places = plane.origin + rays * profile[which, :1] + profile[which, 1:] * plane.out
    normals = (rays * normal[:, :1] + normal[:, 1:] * plane.out).reshape(-1, 3)
    st = np.stack(np.broadcast_arrays(-angle[:, None] * widest, run[which]), -1)
    low = 2 * np.arange(k)
    rows = 2 * k * np.arange(sides)[:, None]
    quads = np.stack([low, low + 1, low + 1 + 2 * k, low + 2 * k], 1)[None] + rows[..., None]
    flat, points = st.reshape(-1, 2), places.reshape(-1, 3)
    faces = _halved(quads.reshape(-1, 4))
    a, b, c = points[faces].transpose(1, 0, 2)
    whole = np.linalg.norm(np.cross(b - a, c - a), axis=1) > 1e-10  # none at the poles
    return Chart(points, normals, flat, flat, faces[whole])


def _softened(normal: np.ndarray) -> np.ndarray:
    """Normals shared between steps that bend by less than 40 degrees."""
    out = normal.copy()
    for i in range(1, len(normal) - 1, 2):
        if normal[i] @ normal[i + 1] > np.cos(np.radians(40.0)):
            middle = normal[i] + normal[i + 1]
            out[i] = out[i + 1] = middle / np.linalg.norm(middle)
    return out


def box_path(width: float, depth: float) -> np.ndarray:
    """(4, 2) corners of a rectangle about the origin, clockwise: outside is on the left."""
    x, y = width / 2, depth / 2
    return np.array([(-x, -y), (-x, y), (x, y), (x, -y)])


def box(plane: Plane, width: float, depth: float, height: float, bevel: float = 0.0) -> list[Chart]:
    """A box that stands on the plane about its origin, without a bottom; `bevel` breaks its edges."""
    profile = [(0.0, 0.0), (0.0, height - bevel)]
    if bevel:
        profile.append((-bevel, height))
    sides = sweep(plane, box_path(width, depth), np.array(profile), closed=True)
    lid = box_path(width - 2 * bevel, depth - 2 * bevel)
    return [*sides, polygon(plane, lid, lift=height)]


def tangents(
    positions: np.ndarray, normals: np.ndarray, uv: np.ndarray, faces: np.ndarray
) -> np.ndarray:
    """(n, 4) unit vectors along u at the vertices; the hand in w, for pictures whose v runs down."""
    a, b, c = positions[faces].transpose(1, 0, 2)
    p, q, r = uv[faces].transpose(1, 0, 2)
    (du1, dv1), (du2, dv2) = (q - p).T, (r - p).T
    size = du1 * dv2 - du2 * dv1
    size = np.where(np.abs(size) < 1e-12, 1e-12, size)[:, None]
    along_u = ((b - a) * dv2[:, None] - (c - a) * dv1[:, None]) / size
    along_v = ((c - a) * du1[:, None] - (b - a) * du2[:, None]) / size
    corner, count = faces.T.ravel(), len(positions)
    total_u, total_v = (
        np.stack([np.bincount(corner, np.tile(w, 3), count) for w in along.T], 1)
        for along in (along_u, along_v)
    )
    n = normals
    t = total_u - (total_u * n).sum(1, keepdims=True) * n
    length = np.linalg.norm(t, axis=1, keepdims=True)
    across = np.cross(n, np.where(np.abs(n[:, :1]) < 0.9, (1.0, 0.0, 0.0), (0.0, 1.0, 0.0)))
    across /= np.linalg.norm(across, axis=1, keepdims=True)
    t = np.where(length > 1e-9, t / np.maximum(length, 1e-9), across)
    hand = np.where((np.cross(n, t) * total_v).sum(1) > 0, -1.0, 1.0)
    return np.concatenate([t, hand[:, None]], axis=1)
