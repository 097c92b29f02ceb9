"""Do coarser levels stay near the finest, and do colliders hold it?"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, TypeGuard

import numpy as np
from scipy.spatial import ConvexHull, QhullError

from engine.check.finding import Finding, judged, skipped
from engine.check.written import Part, Written
from engine.shape.distance import deviation, spread
from engine.shape.mesh import TriMesh, is_watertight, volume

SAMPLES = 12_000
ROUNDING = 1e-5
"""Of the size of the asset: what 32-bit positions and rounded statements may differ."""
_FOUND = 0.03  # how much more than its search finds a Hausdorff distance may be
_BULGE = 1e-4  # of its volume: a hull that lacks more of its own convex hull has a dent


def level_checks(written: Written) -> Iterator[Finding]:
    """Findings on the chain of levels of detail and on the colliders."""
    yield _chain(written)
    yield _near(written)
    yield from _collider(written)


def _chain(written: Written) -> Finding:
    counts = [len(part.faces) for part in written.chain]
    if len(written.drawn) > 1 or len(counts) < 2:
        return skipped("levels shrink", "there is one level of detail")
    falling = all(after < before for before, after in zip(counts, counts[1:], strict=False))
    return judged(
        "levels shrink",
        falling,
        f"{' > '.join(map(str, counts))} triangles" if falling else f"{counts} do not fall",
        "Ask for fewer levels, or for more triangles: vernissage generate --lods.",
    )


def _near(written: Written) -> Finding:
    """The distance of each level to the finest one.

    A level's stated distance is to the surface that all levels stand for, so two of them are no
    further apart than the sum of both.
    """
    if len(written.drawn) > 1 or len(written.chain) < 2:
        return skipped("levels near", "there is one level of detail")
    stated = _stated_distances(written)
    finest, *coarser = (part.welded for part in written.chain)
    far = [deviation(finest, mesh).hausdorff for mesh in coarser]
    shown = ", ".join(f"{distance * 1000:.2f} mm" for distance in far)
    worst = max(far) / written.size
    if stated is None:
        return skipped("levels near", f"{shown} from the finest; the file states no distance")
    slack = ROUNDING * written.size
    bounds = [(stated[0] + one) * (1 + _FOUND) + slack for one in stated[1:]]
    within = all(distance <= bound for distance, bound in zip(far, bounds, strict=True))
    allowed = ", ".join(f"{bound * 1000:.2f} mm" for bound in bounds)
    return judged(
        "levels near",
        within,
        f"{shown} from the finest at most (Hausdorff), {allowed} stated",
        "Make it again: its levels are not those that were measured.",
        worst,
    )


def _stated_distances(written: Written) -> list[float] | None:
    levels: Any = written.stated.get("lods")
    if not isinstance(levels, list) or len(levels) != len(written.chain):
        return None
    found = [level.get("hausdorff_m") if isinstance(level, dict) else None for level in levels]
    distances = [float(one) for one in found if is_number(one)]
    return distances if len(distances) == len(found) else None


def is_number(value: Any) -> TypeGuard[float]:
    """Whether a JSON value is a number that can be compared."""
    return (
        isinstance(value, int | float) and not isinstance(value, bool) and bool(np.isfinite(value))
    )


def _collider(written: Written) -> Iterator[Finding]:
    if not written.colliders:
        yield skipped("collider convex", "there is no collider")
        yield skipped("collider holds", "there is no collider")
        return
    hulls = [_convex(part) for part in written.colliders]
    dented = [
        part.name for part, hull in zip(written.colliders, hulls, strict=True) if hull is None
    ]
    again = "Make it again: vernissage generate --collider."
    yield judged(
        "collider convex",
        not dented,
        f"{', '.join(dented)} is open, inward or has dents" if dented else _amount(len(hulls)),
        again,
        len(dented),
    )
    if dented:
        yield skipped("collider holds", "it is not convex")
        return
    collider = written.stated.get("collider")
    stated = collider.get("tolerance_m") if isinstance(collider, dict) else None
    out = outside([hull for hull in hulls if hull is not None], written.drawn)
    allowed = (float(stated) if is_number(stated) else 0.0) + ROUNDING * written.size
    yield judged(
        "collider holds",
        out <= allowed,
        f"the finest level stands out by {max(out, 0) * 1000:.3f} mm, {allowed * 1000:.3f} stated",
        again,
        max(out, 0.0) / written.size,
    )


def _amount(count: int) -> str:
    return "one convex hull" if count == 1 else f"{count} convex hulls"


def _convex(part: Part) -> ConvexHull | None:
    """The convex hull of a part that is one itself: closed, outward, without dents."""
    mesh = part.welded
    try:
        hull = ConvexHull(mesh.points)
    except QhullError:
        return None
    whole = float(hull.volume)
    solid = is_watertight(mesh) and abs(volume(mesh) - whole) <= _BULGE * whole
    return hull if solid else None


def outside(hulls: list[ConvexHull], parts: tuple[Part, ...]) -> float:
    """How far the corners of parts, and points all over them, stand out of a union of hulls."""
    worst = -np.inf
    for part in parts:
        points = spread(TriMesh(part.points, part.faces), SAMPLES)
        out = np.full(len(points), np.inf)
        for hull in hulls:
            planes = hull.equations
            out = np.minimum(out, (points @ planes[:, :3].T + planes[:, 3]).max(1))
        worst = max(worst, float(out.max()))
    return worst
