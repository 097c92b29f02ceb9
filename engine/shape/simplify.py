"""Fewer triangles: to a budget within 5 %, still closed, and chains of them with their distance."""

from __future__ import annotations

from dataclasses import dataclass

import fast_simplification
import numpy as np

from engine.errors import BudgetTooLow
from engine.shape.distance import deviation
from engine.shape.holes import fill_holes
from engine.shape.mend import cut_apart, largest_body
from engine.shape.mesh import TriMesh, bodies, compact, is_watertight, pinched_points, volume

TOLERANCE = 0.05
CRUMB = 0.005
"""Share of the volume that may be lost when grown-together sheets are cut apart."""
LEAST = 4
"""A tetrahedron: no closed mesh has fewer."""
_TRIES = (1.0, 0.985, 1.015, 0.97, 1.03, 0.96, 1.04)
_STEP = 1.2  # of the triangles: less is no step
_HASTE = (5.0, 7.0)  # how soon the simplifier accepts worse collapses; low is careful


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

    A closed mesh of one body stays one. The simplifier does not promise it: where it let sheets
    grow together they are cut apart again, and if that is not enough the next of a fixed list of
    near targets is tried.

    Raises:
        BudgetTooLow: the shape has no closed form of so few triangles, or fewer to begin with.
    """
    have, count = len(mesh.faces), bodies(mesh)[0]
    if within(have, budget):
        return mesh
    if have < budget:
        raise BudgetTooLow(f"The surface has {have} triangles, fewer than {budget}", least=have)
    best = have
    for haste in _HASTE:
        for share in _TRIES:
            points, faces = fast_simplification.simplify(
                mesh.points, mesh.faces, target_count=max(LEAST, round(budget * share)), agg=haste
            )
            small = TriMesh(np.asarray(points, np.float64), np.asarray(faces, np.int64))
            if not is_sound(small, count):
                mended = _mended(small, count)
                if mended is None:
                    continue
                small = mended
            best = min(best, len(small.faces))
            small = compact(small)
            if within(len(small.faces), budget) and volume(small) > 0:
                return small
    if have > _STEP**2 * budget:  # in two steps, with what grew together cut apart in between
        return simplify(simplify(mesh, round((have * budget) ** 0.5)), budget)
    raise BudgetTooLow(f"{budget} triangles are too few for this shape", least=best)


def _mended(mesh: TriMesh, most: int) -> TriMesh | None:
    """A mesh whose sheets no longer touch, or None where that would tear off more than a crumb."""
    whole = cut_apart(mesh)
    if not is_watertight(whole):
        whole = cut_apart(fill_holes(whole)[0])
    body = largest_body(whole) if most == 1 else whole
    kept = is_sound(body, most) and volume(body) > (1 - CRUMB) * volume(whole)
    return body if kept else None


def is_sound(mesh: TriMesh, most: int = 1) -> bool:
    """Whether a mesh is closed, touches itself nowhere and has no more than `most` bodies."""
    return is_watertight(mesh) and pinched_points(mesh) == 0 and bodies(mesh)[0] <= most


def within(count: int, budget: int) -> bool:
    """Whether a number of triangles keeps to a budget, to the nearest two."""
    return abs(count - budget) <= max(TOLERANCE * budget, 1)


def levels(surface: TriMesh, budget: int, count: int, ratio: float = 0.5) -> tuple[Level, ...]:
    """A chain of levels of detail, each with `ratio` of the triangles of the one before.

    Each is made from the full surface, so errors do not add up, and its Hausdorff distance is
    measured to that surface. A level that the shape does not allow repeats the one before.

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
            mesh, wanted = chain[-1].mesh, chain[-1].budget
        chain.append(Level(mesh, wanted, deviation(mesh, surface).hausdorff))
    return tuple(chain)
