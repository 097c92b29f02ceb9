"""Small worlds to light: quads with charts of their own."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from engine.light.texels import Surface, flat_normals

Quad = Sequence[Sequence[float]]


def surface(
    quads: Sequence[Quad], albedo: float | Sequence[Sequence[float]] = 0.5, *, density: float = 8.0
) -> Surface:
    """Quads, counter-clockwise from their front, side by side in one lightmap."""
    margin, x, highest = 3, 3, 0
    corners, places = [], []
    for quad in np.asarray(quads, float):
        sides = [np.linalg.norm(quad[i] - quad[0]) * density for i in (1, 3)]
        wide, high = (max(2, round(side)) for side in sides)
        flat = np.asarray([(x, 3), (x + wide, 3), (x + wide, 3 + high), (x, 3 + high)], float)
        for face in ((0, 1, 2), (0, 2, 3)):
            corners.append(quad[list(face)])
            places.append(flat[list(face)])
        x += wide + margin
        highest = max(highest, high)
    points = np.asarray(corners, np.float32)
    size = (highest + 2 * margin, x)
    normals = np.repeat(flat_normals(points)[:, None], 3, axis=1)
    colour = np.broadcast_to(
        np.repeat(np.atleast_2d(albedo), 2, 0) if np.ndim(albedo) else albedo, (len(points), 3)
    )
    return Surface(points, normals, colour, np.asarray(places) / size[::-1], size)


def box(low: Sequence[float], high: Sequence[float], *, inside: bool = True) -> list[Quad]:
    """Floor, ceiling, and the walls at z0, z1, x0, x1 of a box, seen from inside or outside."""
    (a, b, c), (d, e, f) = low, high
    quads: list[Quad] = [
        [(a, b, f), (d, b, f), (d, b, c), (a, b, c)],
        [(a, e, c), (d, e, c), (d, e, f), (a, e, f)],
        [(a, b, c), (d, b, c), (d, e, c), (a, e, c)],
        [(d, b, f), (a, b, f), (a, e, f), (d, e, f)],
        [(a, b, f), (a, b, c), (a, e, c), (a, e, f)],
        [(d, b, c), (d, b, f), (d, e, f), (d, e, c)],
    ]
    return quads if inside else [quad[::-1] for quad in quads]


def triangles(quads: Sequence[Quad]) -> np.ndarray:
    """(2n, 3, 3) of quads."""
    corners = np.asarray(quads, np.float32)
    return corners[:, [[0, 1, 2], [0, 2, 3]]].reshape(-1, 3, 3)
