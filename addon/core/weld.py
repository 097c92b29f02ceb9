# SPDX-License-Identifier: GPL-3.0-or-later
"""From the vertices of a file, split at every hard edge and seam, to the points of a body."""

from __future__ import annotations

from array import array

from .glb import Mesh


def weld(mesh: Mesh) -> tuple[array[int], list[int]]:
    """Find the vertices that are one point: same place, same bones.

    Returns:
        The point of each vertex, and for each point the first of its vertices.
    """
    points: dict[tuple[float, ...], int] = {}
    point_of, firsts = array("I"), list[int]()
    p, b, w = mesh.positions, mesh.bones, mesh.weights
    skinned = bool(b)
    for i in range(len(p) // 3):
        key: tuple[float, ...] = (p[3 * i], p[3 * i + 1], p[3 * i + 2])
        if skinned:
            key += (*b[4 * i : 4 * i + 4], *w[4 * i : 4 * i + 4])
        point = points.setdefault(key, len(firsts))
        if point == len(firsts):
            firsts.append(i)
        point_of.append(point)
    return point_of, firsts


def polygons(mesh: Mesh) -> list[tuple[int, ...]]:
    """The faces as vertex indices, the two halves of a flat quad put together again.

    Halves are neighbours in the file, (a, b, c) and (a, c, d), with one common normal.
    """
    faces, n = mesh.faces, mesh.normals
    triangles = [(faces[i], faces[i + 1], faces[i + 2]) for i in range(0, len(faces), 3)]
    out: list[tuple[int, ...]] = []
    index = 0
    while index < len(triangles):
        a, b, c = triangles[index]
        if index + 1 < len(triangles) and n:
            d, e, f = triangles[index + 1]
            normals = {tuple(n[3 * v : 3 * v + 3]) for v in (a, b, c, f)}
            if (d, e) == (a, c) and f != b and len(normals) == 1:
                out.append((a, b, c, f))
                index += 2
                continue
        out.append((a, b, c))
        index += 1
    return out


def flat(mesh: Mesh, faces: list[tuple[int, ...]]) -> bool:
    """Every face has one normal: facets, not a rounded surface."""
    n = mesh.normals
    return all(len({tuple(n[3 * v : 3 * v + 3]) for v in face}) == 1 for face in faces)
