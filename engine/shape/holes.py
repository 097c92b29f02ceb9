"""Holes: where the borders of a mesh run, and the least surface that closes each."""

from __future__ import annotations

import numpy as np

from engine.shape.mesh import TriMesh, edge_keys

LONG = 48
"""Border edges above which a hole is closed by a fan around its middle: the best is too slow."""


def loops(mesh: TriMesh) -> list[list[int]]:
    """Borders as rings of points, each running so that a face filling it faces like its neighbours.

    Where several borders meet in one point they are told apart at that point.
    """
    along, back = edge_keys(mesh)
    keys = np.unique(along)
    place = np.searchsorted(keys, back).clip(0, len(keys) - 1)
    lonely = np.flatnonzero(keys[place] != back)
    count = len(mesh.points)
    following: dict[int, list[int]] = {}
    for edge in lonely:
        end, start = divmod(int(back[edge]), count)
        following.setdefault(end, []).append(start)
    rings = []
    for first in sorted(following):
        while following[first]:
            path = [first]
            seen = {first: 0}
            while True:
                onward = following.get(path[-1])
                if not onward:
                    break  # a border that ends: the faces beside it do not agree
                point = onward.pop()
                if point in seen:
                    rings.append(path[seen[point] :])
                    for gone in path[seen[point] + 1 :]:
                        del seen[gone]
                    del path[seen[point] + 1 :]
                    if len(path) == 1 and not following[point]:
                        break
                    continue
                seen[point] = len(path)
                path.append(point)
    return [ring for ring in rings if len(ring) >= 3]


def fill_holes(mesh: TriMesh) -> tuple[TriMesh, int]:
    """Close every border; the faces of the mesh come first and unchanged. Also the number closed."""
    points, faces = [mesh.points], [mesh.faces]
    count = len(mesh.points)
    rings = loops(mesh)
    for ring in rings:
        around = np.array(ring)
        if len(ring) <= LONG:
            faces.append(around[_least_area(mesh.points[around])])
            continue
        points.append(mesh.points[around].mean(0, keepdims=True))
        faces.append(np.stack([around, np.roll(around, -1), np.full(len(around), count)], -1))
        count += 1
    return TriMesh(np.concatenate(points), np.concatenate(faces).astype(np.int64)), len(rings)


def _least_area(ring: np.ndarray) -> np.ndarray:
    """(n - 2, 3) triangles of the smallest total area across a ring of points (Barequet 1995)."""
    count = len(ring)
    cost = np.zeros((count, count))
    choice = np.zeros((count, count), np.int64)
    for width in range(2, count):
        for low in range(count - width):
            high = low + width
            middle = np.arange(low + 1, high)
            across = np.cross(ring[middle] - ring[low], ring[high] - ring[low])
            size = np.linalg.norm(across, axis=1) + cost[low, middle] + cost[middle, high]
            best = int(size.argmin())
            cost[low, high], choice[low, high] = size[best], middle[best]
    triangles, spans = [], [(0, count - 1)]
    while spans:
        low, high = spans.pop()
        if high - low < 2:
            continue
        split = int(choice[low, high])
        triangles.append((low, split, high))
        spans += [(low, split), (split, high)]
    return np.array(triangles, np.int64)
