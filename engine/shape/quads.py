"""Voxels to a surface: maximal flat rectangles, and triangles without T-junctions.

Points are lattice points in the order x (right), y (depth), z (up): right-handed, voxel units.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from engine.errors import EmptyShape

_Point = tuple[int, int]
_Corner = tuple[int, int, int]


@dataclass(frozen=True)
class Quads:
    """Flat rectangles.

    Attributes:
        corners: (Q, 4, 3) int32 lattice points, counter-clockwise seen from outside.
        normals: (Q, 3) int8 unit vectors. colors: (Q, 3) uint8 sRGB.
    """

    corners: np.ndarray
    normals: np.ndarray
    colors: np.ndarray


@dataclass(frozen=True)
class Surface:
    """Indexed triangles; vertices are shared where place, normal and colour agree.

    Attributes:
        points: (N, 3) int32 lattice points. normals: (N, 3) int8. colors: (N, 3) uint8 sRGB.
        faces: (M, 3) uint32, counter-clockwise seen from outside.
    """

    points: np.ndarray
    normals: np.ndarray
    colors: np.ndarray
    faces: np.ndarray


def greedy_quads(colors: np.ndarray, solid: np.ndarray, marks: np.ndarray | None = None) -> Quads:
    """Merge the visible faces of a voxel grid into maximal same-coloured rectangles.

    Args:
        colors: (D, H, W, 3) uint8 sRGB; read only where `solid`.
        solid: (D, H, W) bool; axis order z (up), y (depth), x (right); the outside is empty.
        marks: (D+1, H+1, W+1) integer label of each lattice point, such as its bone. Faces merge
            only where their four corners are labelled alike, so that a rectangle that spans two
            labels is one voxel wide across the change and bending stretches no more than that.
    Returns:
        Quads whose union is exactly the boundary of `solid`: closed, no inner faces.
    Raises:
        EmptyShape: `solid` has no voxel.

    Greedy meshing after Lysenko (2012), one sweep per axis and direction.
    """
    if not solid.any():
        raise EmptyShape("The shape has no solid voxel")
    filled = solid.transpose(2, 1, 0)
    packed = colors.astype(np.int64) @ (1 << 16, 1 << 8, 1)
    shades, shade = np.unique(packed.transpose(2, 1, 0)[filled], return_inverse=True)
    paint = np.zeros(filled.shape, dtype=np.int64)
    paint[filled] = shade.ravel()
    label = np.zeros([n + 1 for n in filled.shape], dtype=np.int64)
    if marks is not None:
        label[:] = np.unique(marks, return_inverse=True)[1].reshape(marks.shape).transpose(2, 1, 0)
    corners, normals, keys = [], [], []
    for axis in range(3):
        for sign in (-1, 1):
            for place, kinds in _face_layers(filled, paint, label, axis, sign):
                for u0, v0, u1, v1, kind in _rectangles(kinds):
                    corners.append(_corners(axis, sign, place, (u0, v0), (u1, v1)))
                    normals.append([sign if a == axis else 0 for a in range(3)])
                    keys.append(kind)
    base = int(label.max()) + 1
    shown = shades[np.array(keys) // base**4]
    return Quads(
        corners=np.array(corners, dtype=np.int32),
        normals=np.array(normals, dtype=np.int8),
        colors=np.stack([shown >> 16, shown >> 8 & 255, shown & 255], -1).astype(np.uint8),
    )


def _face_layers(
    filled: np.ndarray, paint: np.ndarray, label: np.ndarray, axis: int, sign: int
) -> list[tuple[int, list[list[int]]]]:
    """Layers of visible faces: lattice coordinate on `axis`, and a table [u][v] of their kinds.

    A kind packs colour and corner labels; -1 is no face. (axis, u, v) is a cyclic order of x, y, z.
    """
    order = (axis, (axis + 1) % 3, (axis + 2) % 3)
    body, shade, points = (array.transpose(order) for array in (filled, paint, label))
    beyond = np.zeros_like(body)
    if sign > 0:
        beyond[:-1], points = body[1:], points[1:]
    else:
        beyond[1:], points = body[:-1], points[:-1]
    kind = shade
    base = int(label.max()) + 1
    for near_u, near_v in ((0, 0), (1, 0), (1, 1), (0, 1)):
        rows, columns = body.shape[1:]
        kind = kind * base + points[:, near_u : near_u + rows, near_v : near_v + columns]
    kind = np.where(body & ~beyond, kind, -1)
    layers = np.flatnonzero((kind >= 0).any((1, 2)))
    return [(int(i) + (sign > 0), kind[i].tolist()) for i in layers]


def _rectangles(kinds: list[list[int]]) -> list[tuple[int, int, int, int, int]]:
    """Cover all cells ≥ 0 with equal-valued rectangles (u0, v0, u1, v1, kind); empties `kinds`."""
    found = []
    for u0, row in enumerate(kinds):
        for v0, kind in enumerate(row):
            if kind < 0:
                continue
            v1 = v0 + 1
            while v1 < len(row) and row[v1] == kind:
                v1 += 1
            run = [kind] * (v1 - v0)
            u1 = u0 + 1
            while u1 < len(kinds) and kinds[u1][v0:v1] == run:
                u1 += 1
            for taken in kinds[u0:u1]:
                taken[v0:v1] = [-1] * (v1 - v0)
            found.append((u0, v0, u1, v1, kind))
    return found


def _corners(axis: int, sign: int, place: int, low: _Point, high: _Point) -> list[list[int]]:
    """Corners of a rectangle, counter-clockwise seen from its outer side."""
    loop = [low, (high[0], low[1]), high, (low[0], high[1])]
    corners = []
    for u, v in loop if sign > 0 else loop[::-1]:
        point = [0, 0, 0]
        point[axis], point[(axis + 1) % 3], point[(axis + 2) % 3] = place, u, v
        corners.append(point)
    return corners


def triangulate(quads: Quads) -> Surface:
    """Cut quads into triangles that meet edge to edge.

    Where a corner of one quad lies on the side of another, the other gets a vertex there. Merged
    by position the triangles are closed: every directed edge is balanced by its opposite. None is
    degenerate.
    """
    outlines = quads.corners.tolist()
    junctions: set[_Corner] = {(x, y, z) for outline in outlines for x, y, z in outline}
    points: list[_Corner] = []
    owners: list[int] = []
    faces: list[np.ndarray] = []
    for index, outline in enumerate(outlines):
        loop, pattern = _with_junctions(outline, junctions)
        faces.append(np.array(_clip_ears(pattern)) + len(owners))
        points.extend(loop)
        owners.extend([index] * len(loop))
    rows = np.concatenate([np.array(points), quads.normals[owners], quads.colors[owners]], axis=1)
    vertices, place = np.unique(rows, axis=0, return_inverse=True)
    return Surface(
        points=vertices[:, :3].astype(np.int32),
        normals=vertices[:, 3:6].astype(np.int8),
        colors=vertices[:, 6:].astype(np.uint8),
        faces=place.ravel()[np.concatenate(faces)].astype(np.uint32),
    )


def _with_junctions(
    outline: list[list[int]], junctions: set[_Corner]
) -> tuple[list[_Corner], tuple[_Point, ...]]:
    """The outline of a quad with every junction on it, in space and in its own plane."""
    loop: list[_Corner] = []
    pattern: list[_Point] = []
    place, step = [0, 0], [1, 0]
    for side in range(4):
        x, y, z = outline[side]
        end_x, end_y, end_z = outline[(side + 1) % 4]
        length = abs(end_x - x) + abs(end_y - y) + abs(end_z - z)
        dx, dy, dz = (end_x - x) // length, (end_y - y) // length, (end_z - z) // length
        for _ in range(length):
            if (x, y, z) in junctions:
                loop.append((x, y, z))
                pattern.append((place[0], place[1]))
            x, y, z = x + dx, y + dy, z + dz
            place = [place[0] + step[0], place[1] + step[1]]
        step = [-step[1], step[0]]  # a quarter turn to the left
    return loop, tuple(pattern)


@lru_cache(maxsize=4096)
def _clip_ears(pattern: tuple[_Point, ...]) -> tuple[tuple[int, int, int], ...]:
    """Triangles of a convex outline that may have vertices along its sides, shortest cuts first."""
    left = list(range(len(pattern)))
    triangles = []
    while len(left) > 3:
        ears = []
        for k, middle in enumerate(left):
            before, after = left[k - 1], left[(k + 1) % len(left)]
            rest = left[:k] + left[k + 1 :]
            a, b, c = pattern[before], pattern[middle], pattern[after]
            if _turn(a, b, c) > 0 and any(_turn(a, c, pattern[other]) for other in rest):
                ears.append(((a[0] - c[0]) ** 2 + (a[1] - c[1]) ** 2, k, (before, middle, after)))
        _, k, triangle = min(ears)
        triangles.append(triangle)
        del left[k]
    triangles.append((left[0], left[1], left[2]))
    return tuple(triangles)


def _turn(a: _Point, b: _Point, c: _Point) -> int:
    """Twice the signed area of a, b, c: positive for a left turn, zero on one line."""
    return (b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0])


def is_closed(points: np.ndarray, faces: np.ndarray) -> bool:
    """Whether, merged by position, every directed edge is balanced by its opposite.

    Args:
        points: (N, 3) integer lattice points. faces: (M, 3) indices.
    """
    _, place = np.unique(points, axis=0, return_inverse=True)
    loop = place.ravel()[faces].astype(np.int64)
    start, end = loop.ravel(), np.roll(loop, -1, axis=1).ravel()
    key = np.minimum(start, end) * (start.max() + 1) + np.maximum(start, end)
    _, edge = np.unique(key, return_inverse=True)
    balance = np.bincount(edge.ravel(), weights=np.where(start < end, 1, -1))
    return bool((balance == 0).all() and (start != end).all())


def edge_contacts(solid: np.ndarray) -> int:
    """Count the lattice edges where two voxels touch by that edge alone.

    There four faces meet: the surface is closed, but not manifold.
    """
    count = 0
    for first, second in ((0, 1), (0, 2), (1, 2)):
        third = 3 - first - second
        cells = solid.transpose(third, first, second)
        a, b, c, d = cells[:, :-1, :-1], cells[:, :-1, 1:], cells[:, 1:, 1:], cells[:, 1:, :-1]
        count += int(((a & c & ~b & ~d) | (b & d & ~a & ~c)).sum())
    return count
