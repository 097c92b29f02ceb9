"""Manifold again: edges that more than two faces share, and points where sheets touch, are cut."""

from __future__ import annotations

import numpy as np
from scipy import sparse

from engine.shape.mesh import TriMesh, bodies, compact, cross_products, edge_keys, volume

_STEP_BACK = 0.05  # of the way to its neighbours: what was cut apart no longer touches


def cut_apart(mesh: TriMesh) -> TriMesh:
    """Give sheets that only touch their own corners, after Guéziec et al. (2001).

    Around an edge that several sheets share, each face is paired with the one across the material
    that it bounds. Corners are then the fans of faces that these pairs join. Copies of a point
    step back into their own fan, so that they stay apart when a program welds by position.

    Returns:
        The same faces without those that cancel out, as face and counter-face on three corners.
        Closed and manifold if each directed edge had its counter-edge.
    """
    mesh = without_folds(mesh)
    partner = _partners(mesh)
    corner = np.arange(len(partner))
    paired = partner >= 0
    following = partner // 3 * 3 + (partner % 3 + 1) % 3
    count = len(partner)
    ring = sparse.coo_matrix(
        (np.ones(int(paired.sum())), (corner[paired], following[paired])), (count, count)
    )
    _, fan = sparse.csgraph.connected_components(ring, directed=False)
    old = mesh.faces.reshape(-1)
    points = np.empty((int(fan.max()) + 1, 3))
    points[fan] = mesh.points[old]
    faces = fan.reshape(-1, 3).astype(np.int64)
    home = np.empty(len(points), np.int64)
    home[fan] = old
    copied = np.bincount(home, minlength=len(mesh.points))[home] > 1
    if copied.any():
        total = np.zeros_like(points)
        np.add.at(total, fan, points[np.roll(faces, -1, 1).reshape(-1)])
        around = total / np.bincount(fan)[:, None]
        points[copied] += _STEP_BACK * (around[copied] - points[copied])
    return TriMesh(points, faces)


def without_folds(mesh: TriMesh) -> TriMesh:
    """Drop faces with a repeated corner, copies of a face, and pairs of face and counter-face."""
    faces = mesh.faces
    proper = (faces != np.roll(faces, 1, axis=1)).all(1)
    faces = faces[proper]
    first = faces.argmin(1)
    turned = np.take_along_axis(faces, (first[:, None] + np.arange(3)) % 3, axis=1)
    even = turned[:, 1] < turned[:, 2]
    key = np.sort(faces, axis=1)
    _, group = np.unique(key, axis=0, return_inverse=True)
    group = group.ravel()
    surplus = np.bincount(group, np.where(even, 1, -1)).astype(np.int64)
    wanted = np.where(even, surplus[group] > 0, surplus[group] < 0)
    _, leader = np.unique(np.where(wanted, group, -1), return_index=True)
    keep = np.zeros(len(faces), bool)
    keep[leader] = True
    return TriMesh(mesh.points, faces[keep & wanted])


def largest_body(mesh: TriMesh) -> TriMesh:
    """The part that encloses the most volume."""
    count, part = bodies(mesh)
    if count <= 1:
        return mesh
    parts = [TriMesh(mesh.points, mesh.faces[part == k]) for k in range(count)]
    return compact(max(parts, key=lambda one: abs(volume(compact(one)))))


def _partners(mesh: TriMesh) -> np.ndarray:
    """(3 M,) for each directed edge the one that runs back across the same material, or -1."""
    along, back = edge_keys(mesh)
    order = np.argsort(along, kind="stable")
    ranked = along[order]
    low = np.searchsorted(ranked, back, side="left")
    high = np.searchsorted(ranked, back, side="right")
    partner = np.where(high > low, order[low.clip(0, len(order) - 1)], -1)
    _, index, count = np.unique(along, return_inverse=True, return_counts=True)
    busy = np.flatnonzero((count[index] > 1) | (high - low > 1))
    if not len(busy):
        return partner
    partner[busy] = -1
    normal = cross_products(mesh)
    normal /= np.maximum(np.linalg.norm(normal, axis=1, keepdims=True), 1e-30)
    groups: dict[int, tuple[list[int], list[int]]] = {}
    for edge in busy:
        key = int(min(along[edge], back[edge]))
        sides = groups.setdefault(key, ([], []))
        sides[0 if along[edge] == key else 1].append(int(edge))
    for ahead, behind in groups.values():
        _pair(mesh, normal, ahead, behind, partner)
    return partner


def _pair(
    mesh: TriMesh, normal: np.ndarray, ahead: list[int], behind: list[int], partner: np.ndarray
) -> None:
    """Pair faces around one edge so that each pair bounds one wedge of material."""
    if not ahead or not behind:
        return
    edge = ahead[0]
    ends = mesh.faces[edge // 3, [edge % 3, (edge + 1) % 3]]
    start, end = mesh.points[ends]
    axis = (end - start) / max(float(np.linalg.norm(end - start)), 1e-30)
    turns = sorted(
        (_turn(axis, np.cross(normal[a // 3], axis), np.cross(normal[b // 3], -axis)), a, b)
        for a in ahead
        for b in behind
    )
    for _, a, b in turns:
        if partner[a] < 0 and partner[b] < 0:
            partner[a], partner[b] = b, a


def _turn(axis: np.ndarray, one: np.ndarray, other: np.ndarray) -> float:
    """Angle from one face to the other through the material, 0 to 2 π.

    `one` and `other` point from the edge into their faces; the face of `one` has the edge running
    along `axis`, so its material lies against its normal.
    """
    inward = np.cross(one, axis)
    return float(np.arctan2(other @ inward, other @ one) % (2 * np.pi))
