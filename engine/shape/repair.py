"""A user's broken mesh made whole: faces turned outward, holes filled, overlaps resolved."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass, replace

import igl
import manifold3d
import numpy as np

from engine.data.mesh_field import encode_soup, place
from engine.data.mesh_shell import Shell, weld
from engine.data.mesh_soup import Soup
from engine.errors import BudgetTooLow
from engine.shape.distance import SAMPLES, away, spread
from engine.shape.holes import fill_holes
from engine.shape.mend import cut_apart
from engine.shape.mesh import TriMesh, bodies, compact, is_watertight, pinched_points
from engine.shape.simplify import simplify
from engine.shape.surface import extract

SIZE = 64
"""Voxels along the longest side: the unit in which repair measures, and of the way by volume."""
CRUMB = 1 / 100
"""Longest side of a loose part, in that of the whole, up to which it is a crumb."""
ASTRAY = 0.05
"""Share of the longest side that a repaired surface may be away from the model's."""
FINE = 8000
"""Triangles of a surface that is built anew, or twice as many as the model had."""
_ROUNDS = 4


@dataclass(frozen=True)
class Repaired:
    """What repair made of a model, in the model's unit and frame (z up).

    Attributes:
        mesh: closed and outward if `watertight`.
        source: (M,) face of `soup` that each face has its look from; None where the surface was
            built anew or reduced, so that looks must be taken from the nearest point.
        soup: the model's faces that were kept, with their paint. shell: the same, welded.
        done, failed: sentences about what was and what could not be done.
        added: distance of the result's furthest point from the model, where holes were closed.
        lost: of the model's furthest visible point from the result. Both as a share of the model's
            longest side.
    """

    mesh: TriMesh
    source: np.ndarray | None
    soup: Soup
    shell: Shell
    watertight: bool
    done: tuple[str, ...]
    failed: tuple[str, ...]
    added: float
    lost: float


def repair(soup: Soup, triangles: int | None = None, *, refine: bool = False) -> Repaired:
    """Make a closed, outward mesh of a soup of triangles.

    First by topology, which keeps every good face with its look: copies go, neighbours agree,
    what has a volume faces out, holes are closed, sheets that touch are cut apart, and parts that
    run through each other are united. If that does not give a closed mesh near the model, the
    surface is built anew from the winding number, which tolerates everything.

    Args:
        triangles: reduce the result to this many.
        refine: then move its corners nearer to the surface that it was reduced from.
    Raises:
        BadMesh: nothing in it has a surface.
    """
    failed: list[str] = []
    whole, unit = place(soup, SIZE)
    origin = soup.corners.reshape(-1, 3).min(0) - whole.corners.reshape(-1, 3).min(0) * unit
    shell, kept = weld(_without_copies(whole))
    crumbs, small = _crumbs(TriMesh(shell.vertices, shell.faces))
    if crumbs:
        shell, kept = weld(kept.take(~small, f"{crumbs} floating crumbs removed"))
    done = list(kept.notes)
    turned = int((shell.outward != shell.faces).any(1).sum())
    if turned:
        done.append(f"{turned} faces turned to agree and face outward")
    steps: list[str] = []
    mesh = _by_topology(shell, steps, failed)
    model = TriMesh(shell.vertices, shell.faces)
    astray = mesh is not None and _lost(model, mesh) > ASTRAY
    if mesh is None or astray:
        failed.append(
            "closing the faces as they are would have lost a part of the model"
            if astray
            else "the faces as they are could not be closed"
        )
        mesh = _anew(kept)
        done.append("surface built anew from the winding number; finer detail is lost")
        anew = True
    else:
        done += steps
        anew = False
    if triangles is not None and len(mesh.faces) > triangles:
        try:
            full, mesh, anew = mesh, simplify(mesh, triangles), True
            done.append(f"reduced to {len(mesh.faces)} triangles")
            if refine:
                mesh = _refined(mesh, full, done)
        except BudgetTooLow as error:
            failed.append(f"{error}; {error.fix}")
    added, lost = _added(mesh, model), _lost(model, mesh)
    placed = replace(shell, vertices=shell.vertices * unit + origin)
    back = TriMesh(mesh.points * unit + origin, mesh.faces)
    kept = replace(kept, corners=kept.corners * unit + origin)
    closed = is_watertight(mesh)
    if not closed:
        failed.append("the mesh is still open")
    return Repaired(
        back,
        None if anew else _sources(mesh, shell),
        kept,
        placed,
        closed,
        tuple(done),
        tuple(failed),
        added,
        lost,
    )


def _added(mesh: TriMesh, model: TriMesh) -> float:
    """Distance of the furthest point of the result from the model, as a share of the longest side."""
    return float(away(spread(mesh, SAMPLES), model).max()) / SIZE


def _lost(model: TriMesh, mesh: TriMesh) -> float:
    """The same of the model from the result; what the result holds inside it is not lost."""
    points = spread(model, SAMPLES)
    turns = igl.fast_winding_number(mesh.points, mesh.faces, points)
    return float(np.where(turns > 0.5, 0.0, away(points, mesh)).max()) / SIZE


def _anew(soup: Soup) -> TriMesh:
    """The surface around what the winding number says is inside, in as many faces as it needs."""
    mesh = extract(encode_soup(soup, SIZE)[0].astype(np.float32))
    budget = max(FINE, 2 * len(soup.corners))
    while budget < len(mesh.faces):  # lattices need more than others
        with suppress(BudgetTooLow):
            return simplify(mesh, budget)
        budget *= 2
    return mesh


def _refined(mesh: TriMesh, full: TriMesh, done: list[str]) -> TriMesh:
    from engine.shape.refine import refine_mesh  # brings torch, which the rest of repair does not

    made = refine_mesh(mesh, full)
    nearer = 1 - made.after.mean / made.before.mean if made.before.mean > 0 else 0.0
    done.append(f"refined: {nearer:.0%} nearer to the full surface in the mean")
    return made.mesh


def _without_copies(soup: Soup) -> Soup:
    """Keep one of faces on the same three corners, whichever way they face."""
    _, key = np.unique(
        np.round(soup.corners.reshape(-1, 3) * 1e4).astype(np.int64), axis=0, return_inverse=True
    )
    _, first = np.unique(np.sort(key.reshape(-1, 3), axis=1), axis=0, return_index=True)
    copies = len(soup.corners) - len(first)
    return soup.take(np.sort(first), f"{copies} copies of faces removed") if copies else soup


def _crumbs(mesh: TriMesh) -> tuple[int, np.ndarray]:
    """Number of loose parts that are tiny beside the whole, and (M,) whether a face is in one."""
    count, part = bodies(mesh)
    low, high = np.full((count, 3), np.inf), np.full((count, 3), -np.inf)
    for corner in range(3):
        np.minimum.at(low, part, mesh.corners[:, corner])
        np.maximum.at(high, part, mesh.corners[:, corner])
    tiny = (high - low).max(1) <= CRUMB * SIZE
    return int(tiny.sum()), tiny[part]


def _by_topology(shell: Shell, done: list[str], failed: list[str]) -> TriMesh | None:
    """A closed mesh of the faces as they are and what closes them; None where that fails."""
    mesh = TriMesh(shell.vertices, shell.outward)
    filled = 0
    for _ in range(_ROUNDS):
        mesh, count = fill_holes(cut_apart(mesh))
        if not count:
            break
        filled += count
    mesh = compact(cut_apart(mesh))
    if not len(mesh.faces) or not is_watertight(mesh) or pinched_points(mesh):
        return None
    if filled:
        done.append(f"{filled} holes filled")
    mesh, flat = _outward(mesh)
    if flat:
        return None
    count = bodies(mesh)[0]
    if count == 1:
        return mesh
    united = _unite(mesh)
    if united is None:
        failed.append(f"{count} parts run through each other and could not be united")
        return mesh
    done.append(f"{count} closed parts united into {bodies(united)[0]}")
    return united


def _outward(mesh: TriMesh) -> tuple[TriMesh, int]:
    """Turn closed parts with a negative volume over. Also the number of parts without any."""
    count, part = bodies(mesh)
    a, b, c = mesh.corners.transpose(1, 0, 2)
    middle = mesh.points.mean(0)
    size = np.bincount(part, np.einsum("mc,mc->m", a - middle, np.cross(b - middle, c - middle)))
    over = size[part] < 0
    faces = np.where(over[:, None], mesh.faces[:, ::-1], mesh.faces)
    area = np.bincount(part, np.linalg.norm(np.cross(b - a, c - a), axis=1), count)
    flat = np.abs(size) < 1e-4 * area**1.5
    return TriMesh(mesh.points, faces), int(flat.sum())


def _unite(mesh: TriMesh) -> TriMesh | None:
    """The union of closed parts, or None where they cannot be united."""
    count, part = bodies(mesh)
    solids = []
    for number in range(count):
        piece = compact(TriMesh(mesh.points, mesh.faces[part == number]))
        solid = manifold3d.Manifold(
            manifold3d.Mesh64(np.ascontiguousarray(piece.points), piece.faces.astype(np.uint64))
        )
        if solid.status() != manifold3d.Error.NoError or solid.is_empty():
            return None
        solids.append(solid)
    made = manifold3d.Manifold.batch_boolean(solids, manifold3d.OpType.Add).to_mesh64()
    united = TriMesh(
        np.asarray(made.vert_properties[:, :3], np.float64), made.tri_verts.astype(np.int64)
    )
    united = compact(cut_apart(united))
    return united if len(united.faces) and is_watertight(united) else None


def _sources(mesh: TriMesh, shell: Shell) -> np.ndarray:
    """(M,) for each face the face of the shell that its middle lies on or nearest to."""
    _, face, _ = igl.point_mesh_squared_distance(
        np.ascontiguousarray(mesh.corners.mean(1)), shell.vertices, shell.faces
    )
    return face.astype(np.int64)
