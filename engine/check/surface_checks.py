"""Is the surface of each part whole: closed, one body, outward, without empty faces, in budget?"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from scipy import sparse

from engine.check.finding import Finding, judged, skipped
from engine.check.written import Part, Written
from engine.shape.mesh import (
    TriMesh,
    bodies,
    cross_products,
    edge_keys,
    open_edges,
    pinched_points,
    volume,
)
from engine.shape.simplify import TOLERANCE, within

FLAT = 1e-6
"""Of the part's size: a face whose height is less has no direction."""


def surface_checks(written: Written, *, blocky: bool) -> Iterator[Finding]:
    """Findings on the drawn part and its coarser levels.

    Args:
        blocky: the file is voxel art, in which a long edge may border on several short ones.
    """
    parts = [(part, part.welded) for part in written.chain]
    yield _watertight(parts, blocky)
    yield _bodies(parts, blocky)
    yield _outward(parts)
    yield _degenerate(parts)
    yield _budget(written)


def _watertight(parts: list[tuple[Part, TriMesh]], blocky: bool) -> Finding:
    gaps = {
        part.name: len(_uneven(mesh)) if blocky else open_edges(mesh) + pinched_points(mesh)
        for part, mesh in parts
    }
    total = sum(gaps.values())
    wrong = [name for name, count in gaps.items() if count]
    return judged(
        "watertight",
        not total,
        f"{', '.join(wrong)} open or pinched at {total} edges"
        if total
        else f"{_count(len(parts), 'part')} closed, corners at seams of the texture merged",
        "Close it: vernissage repair FILE.",
        total,
    )


def _bodies(parts: list[tuple[Part, TriMesh]], blocky: bool) -> Finding:
    counts = [_touching(mesh) if blocky else bodies(mesh)[0] for _, mesh in parts]
    most = max(counts)
    return judged(
        "one body",
        most == 1,
        "one body each" if most == 1 else f"{most} bodies that do not touch",
        "Join or drop the loose parts: vernissage repair FILE drops crumbs.",
        most,
    )


def _outward(parts: list[tuple[Part, TriMesh]]) -> Finding:
    """Volumes are positive and no corner's normal points against all the faces around it."""
    inward = [part.name for part, mesh in parts if not volume(mesh) > 0]
    against = 0
    for part, _ in parts:
        if part.normals is None:
            inward.append(f"{part.name} (no normals)")
            continue
        flat = cross_products(TriMesh(part.points, part.faces))
        along = np.einsum("mkc,mc->mk", part.normals[part.faces], flat) > 0
        agrees = np.zeros(len(part.points), bool)
        agrees[part.faces[along]] = True
        used = np.zeros(len(part.points), bool)
        used[part.faces] = True
        against += int((used & ~agrees).sum())
    sentence = "all faces and normals point outward"
    if inward:
        sentence = f"{', '.join(inward)} faces inward"
    elif against:
        sentence = f"{_count(against, 'normal')} against the faces around them"
    return judged(
        "outward",
        not inward and not against,
        sentence,
        "Turn the faces outward: vernissage repair FILE.",
        against + len(inward),
    )


def _degenerate(parts: list[tuple[Part, TriMesh]]) -> Finding:
    count = sum(int(flat_faces(mesh).sum()) for _, mesh in parts)
    return judged(
        "no empty face",
        not count,
        f"{_count(count, 'face')} without area" if count else "every face has an area",
        "Drop them: vernissage repair FILE.",
        count,
    )


def flat_faces(mesh: TriMesh) -> np.ndarray:
    """(M,) bool: two corners are one, or the lowest height is below FLAT of the mesh's size."""
    double = np.linalg.norm(cross_products(mesh), axis=1)
    corners = mesh.corners
    longest = np.linalg.norm(corners - np.roll(corners, 1, 1), axis=-1).max(1)
    size = float(np.linalg.norm(np.ptp(mesh.points, axis=0)))
    flat: np.ndarray = double <= FLAT * size * longest
    return flat


def _budget(written: Written) -> Finding:
    stated = written.stated
    levels = stated.get("lods")
    named = [stated.get("budget")]
    if isinstance(levels, list) and all(isinstance(level, dict) for level in levels):
        named = [level.get("budget") for level in levels]
    asked = [budget for budget in named if isinstance(budget, int) and budget > 0]
    have = [len(part.faces) for part in written.chain]
    if len(asked) < len(named):
        return skipped("budget", f"{have[0]} triangles; the file states no budget")
    if len(asked) != len(have):
        return judged(
            "budget", False, f"{len(asked)} levels are stated, {len(have)} are there", _AGAIN
        )
    off = max(abs(count - budget) / budget for count, budget in zip(have, asked, strict=True))
    return judged(
        "budget",
        all(within(count, budget) for count, budget in zip(have, asked, strict=True)),
        f"{', '.join(map(str, have))} triangles for {', '.join(map(str, asked))} asked "
        f"(±{TOLERANCE:.0%})",
        _AGAIN,
        off,
    )


_AGAIN = "Make it again with the budget it can keep: vernissage generate --triangles."


def _uneven(mesh: TriMesh) -> np.ndarray:
    """Edges that faces on both sides do not cover equally, as rows of lines; none if closed.

    Edges that run back and forth between two corners cancel out. What is left must run along an
    axis, and along each such line as many edges must run up as down.
    """
    start, end = _lonely(mesh)
    axis, line, low, high, sign = _along(mesh, start, end)
    if (axis < 0).any():
        return np.flatnonzero(axis < 0)
    # Walk along each line: the sum of what runs there must be zero between all of its ends.
    place = np.concatenate([low, high])
    owner = np.concatenate([line, line])
    change = np.concatenate([sign, -sign])
    order = np.lexsort((place, owner))
    total = np.cumsum(change[order])
    last = np.r_[
        (place[order][1:] != place[order][:-1]) | (owner[order][1:] != owner[order][:-1]), True
    ][: len(order)]
    return np.flatnonzero(last & (total != 0))


def _lonely(mesh: TriMesh) -> tuple[np.ndarray, np.ndarray]:
    """Corners at start and end of the directed edges left when opposite ones have cancelled."""
    along, back = edge_keys(mesh)
    keys, counts = np.unique(np.concatenate([along, back]), return_counts=True)
    forth = np.zeros(len(keys), np.int64)
    np.add.at(forth, np.searchsorted(keys, along), 1)
    left = np.maximum(2 * forth - counts, 0)
    edges = np.repeat(keys, left)
    return edges // len(mesh.points), edges % len(mesh.points)


def _along(mesh: TriMesh, start: np.ndarray, end: np.ndarray) -> tuple[np.ndarray, ...]:
    """Axis (-1 where an edge runs along none), line, lower and upper end, and sign of edges."""
    a, b = mesh.points[start], mesh.points[end]
    differs = a != b
    axis = np.where(differs.sum(1) == 1, differs.argmax(1), -1)
    picked = np.arange(len(a)), axis
    fixed = a.copy()
    fixed[picked] = 0.0
    _, line = np.unique(np.column_stack([axis, fixed]), axis=0, return_inverse=True)
    low, high = np.minimum(a[picked], b[picked]), np.maximum(a[picked], b[picked])
    return axis, line.reshape(-1), low, high, np.where(b[picked] > a[picked], 1, -1)


def _touching(mesh: TriMesh) -> int:
    """Bodies of voxel art: parts that share neither a corner nor a stretch of an edge."""
    _, part = bodies(mesh)
    start, end = _lonely(mesh)
    _, line, low, high, _ = _along(mesh, start, end)
    owner = np.zeros(len(mesh.points), np.int64)
    owner[mesh.faces] = part[:, None]
    order = np.lexsort((low, line))
    line, low, high, owner = line[order], low[order], high[order], owner[start[order]]
    reach = np.array(high)
    for k in range(1, len(reach)):
        if line[k] == line[k - 1]:
            reach[k] = max(reach[k], reach[k - 1])
    meets = np.flatnonzero((line[1:] == line[:-1]) & (low[1:] <= reach[:-1]))
    count = int(part.max()) + 1
    links = sparse.coo_matrix(
        (np.ones(len(meets)), (owner[meets], owner[meets + 1])), (count, count)
    )
    return int(sparse.csgraph.connected_components(links, directed=False)[0])


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
