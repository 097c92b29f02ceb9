# SPDX-License-Identifier: GPL-3.0-or-later
"""From the vertices of a file, split at every hard edge and seam, to the points of a body."""

from __future__ import annotations

from array import array
from dataclasses import dataclass

from .gltf import Mesh


@dataclass(frozen=True)
class Body:
    """A mesh as an artist would have it.

    Attributes:
        point_of: the point of each vertex of the file. Vertices are one point when they have the
            same place and the same bones.
        firsts: for each point the first of its vertices.
        faces: vertices of the file; the two halves of a flat quad are put together again, and what
            has no area is left out.
        flat: every face has one normal: facets, not a rounded surface.
    """

    point_of: array[int]
    firsts: list[int]
    faces: list[tuple[int, ...]]
    flat: bool


def weld(mesh: Mesh) -> Body:
    """Put together what the file had to split."""
    point_of, firsts = _points(mesh)
    normals = _normals(mesh)
    faces = [face for raw in _faces(mesh, normals) if (face := _opened(raw, point_of))]
    flat = all(normals[face[0]] == normals[v] for face in faces for v in face[1:])
    return Body(point_of, firsts, faces, flat)


def _opened(face: tuple[int, ...], point_of: array[int]) -> tuple[int, ...]:
    """A face that touches no point twice, as at the tip of a cone; empty if it has no area.

    Blender crashes on others.
    """
    if len({point_of[vertex] for vertex in face}) == len(face):
        return face
    kept = {point_of[vertex]: vertex for vertex in reversed(face)}
    opened = tuple(vertex for vertex in face if kept[point_of[vertex]] == vertex)
    return opened if len(opened) >= 3 else ()


def _points(mesh: Mesh) -> tuple[array[int], list[int]]:
    points: dict[tuple[float, ...], int] = {}
    point_of, firsts = array("I"), list[int]()
    p, b, w = mesh.positions, mesh.bones, mesh.weights
    for i in range(len(p) // 3):
        key: tuple[float, ...] = (p[3 * i], p[3 * i + 1], p[3 * i + 2])
        if b:
            key += (*b[4 * i : 4 * i + 4], *w[4 * i : 4 * i + 4])
        point = points.setdefault(key, len(firsts))
        if point == len(firsts):
            firsts.append(i)
        point_of.append(point)
    return point_of, firsts


def _normals(mesh: Mesh) -> list[int]:
    """A number for the normal of each vertex: equal numbers, equal normals."""
    n = mesh.normals
    numbers: dict[tuple[float, ...], int] = {}
    if not n:
        return [0] * (len(mesh.positions) // 3)
    keys = zip(n[0::3], n[1::3], n[2::3], strict=True)
    return [numbers.setdefault(key, len(numbers)) for key in keys]


def _faces(mesh: Mesh, normals: list[int]) -> list[tuple[int, ...]]:
    """Halves of a quad are neighbours in the file, (a, b, c) and (a, c, d), with one normal."""
    f = mesh.faces
    triangles = list(zip(f[0::3], f[1::3], f[2::3], strict=True))
    out: list[tuple[int, ...]] = []
    index = 0
    while index < len(triangles):
        a, b, c = triangles[index]
        index += 1
        if mesh.normals and index < len(triangles):
            d, e, last = triangles[index]
            same = normals[a] == normals[b] == normals[c] == normals[last]
            if (d, e) == (a, c) and last != b and same:
                out.append((a, b, c, last))
                index += 1
                continue
        out.append((a, b, c))
    return out
