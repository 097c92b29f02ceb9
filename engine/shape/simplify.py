"""Fewer triangles: to a budget within 5 %, still closed, and chains of them with their distance."""

from __future__ import annotations

from dataclasses import dataclass

import fast_simplification
import igl
import numpy as np

from engine.errors import BudgetTooLow
from engine.shape.distance import deviation
from engine.shape.holes import fill_holes
from engine.shape.mend import cut_apart, largest_body
from engine.shape.mesh import TriMesh, bodies, compact, is_watertight, pinched_points, volume

TOLERANCE = 0.05
CRUMB = 0.005
"""Share of the volume that may be lost when grown-together sheets are cut apart."""
SCRAP = 0.02
"""Of the body's size: a larger piece is never lost, however thin it is."""
LEAST = 4
"""A tetrahedron: no closed mesh has fewer."""
_HASTE = 5.0  # how soon the fast simplifier accepts worse collapses
_HEAD_START = 4  # times the budget: how far the fast one goes before the careful one takes over


@dataclass(frozen=True)
class Level:
    """One level of detail.

    Attributes:
        budget: triangles asked for. hausdorff: distance to the surface it stands for, in voxels.
    """

    mesh: TriMesh
    budget: int
    hausdorff: float


def simplify(mesh: TriMesh, budget: int) -> TriMesh:
    """Collapse edges by quadric error until `budget` triangles are left, ± 5 %.

    A closed mesh of one body stays one. The fast simplifier does not promise it: where it let
    sheets grow together they are cut apart again, and where that is not enough a slower one that
    refuses such collapses, and those that would make faces cross, takes its place.

    Raises:
        BudgetTooLow: the shape has no closed form of so few triangles, or fewer to begin with.
    """
    have, count = len(mesh.faces), bodies(mesh)[0]
    if within(have, budget):
        return mesh
    if have < budget:
        raise BudgetTooLow(f"The surface has {have} triangles, fewer than {budget}", least=have)
    quick = _quick(mesh, budget, count)
    if quick is not None and within(len(quick.faces), budget):
        return quick
    start = _quick(mesh, _HEAD_START * budget, count) if have > _HEAD_START * budget else None
    careful = _careful(start or mesh, budget)
    if is_sound(careful, count) and within(len(careful.faces), budget) and volume(careful) > 0:
        return careful
    least = len(careful.faces) if len(careful.faces) > budget else have
    raise BudgetTooLow(f"{budget} triangles are too few for this shape", least=least)


def _quick(mesh: TriMesh, target: int, most: int) -> TriMesh | None:
    """The fast simplifier's result, mended, or None where it cannot be."""
    points, faces = fast_simplification.simplify(
        mesh.points, mesh.faces, target_count=max(LEAST, target), agg=_HASTE
    )
    small = TriMesh(np.asarray(points, np.float64), np.asarray(faces, np.int64))
    mended = small if is_sound(small, most) else _mended(small, most)
    return compact(mended) if mended is not None and volume(mended) > 0 else None


def _careful(mesh: TriMesh, budget: int) -> TriMesh:
    """Quadric error again, ten times slower: no collapse changes the shape's topology."""
    points, faces, _, _ = igl.qslim(
        np.asfortranarray(mesh.points),
        np.asfortranarray(mesh.faces.astype(np.int32)),
        max(LEAST, budget),
        True,
    )
    return compact(TriMesh(np.ascontiguousarray(points), np.ascontiguousarray(faces, np.int64)))


def _mended(mesh: TriMesh, most: int) -> TriMesh | None:
    """A mesh whose sheets no longer touch, or None where that would tear off more than a crumb."""
    whole = cut_apart(mesh)
    if not is_watertight(whole):
        whole = cut_apart(fill_holes(whole)[0])
    if most > 1:
        return whole if is_sound(whole, most) else None
    body = largest_body(whole)
    light = volume(body) > (1 - CRUMB) * volume(whole)
    return body if light and _second(whole) < SCRAP and is_sound(body) else None


def _second(mesh: TriMesh) -> float:
    """Size of the second largest body as a share of the largest one's; 0 where there is one."""
    count, part = bodies(mesh)
    if count == 1:
        return 0.0
    sizes = [np.linalg.norm(np.ptp(mesh.corners[part == k], axis=(0, 1))) for k in range(count)]
    second, first = np.sort(sizes)[-2:]
    return float(second / first)


def is_sound(mesh: TriMesh, most: int = 1) -> bool:
    """Whether a mesh is closed, touches itself nowhere and has no more than `most` bodies."""
    return is_watertight(mesh) and pinched_points(mesh) == 0 and bodies(mesh)[0] <= most


def within(count: int, budget: int) -> bool:
    """Whether a number of triangles keeps to a budget, to the nearest two."""
    return abs(count - budget) <= max(TOLERANCE * budget, 1)


def levels(surface: TriMesh, budget: int, count: int, ratio: float = 0.5) -> tuple[Level, ...]:
    """A chain of levels of detail, each with `ratio` of the triangles of the one before.

    Each is made from the full surface, so errors do not add up, and its Hausdorff distance is
    measured to that surface. The chain ends early at a level that the shape does not allow.

    Raises:
        BudgetTooLow: not even the first level is possible.
    """
    chain: list[Level] = []
    for level in range(count):
        wanted = max(LEAST, round(budget * ratio**level))
        try:
            mesh = simplify(surface, wanted)
        except BudgetTooLow:
            if not chain:
                raise
            break
        if chain and len(mesh.faces) >= len(chain[-1].mesh.faces):
            break
        chain.append(Level(mesh, wanted, deviation(mesh, surface).hausdorff))
    return tuple(chain)
