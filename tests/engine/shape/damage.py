"""What goes wrong with meshes, done on purpose: holes, flips, copies, noise, crumbs."""

from __future__ import annotations

import numpy as np

from engine.data.mesh_paint import Paint
from engine.data.mesh_soup import Soup

KINDS = ("holes", "flips", "copies", "noise", "crumbs", "everything")


def soup_of(points: np.ndarray, faces: np.ndarray) -> Soup:
    """A grey soup of a mesh."""
    corners = np.asarray(points, np.float64)[np.asarray(faces)]
    count = len(corners)
    return Soup(
        corners,
        np.zeros((count, 3, 2)),
        np.ones((count, 3, 3)),
        (Paint(np.full(3, 0.5)),),
        np.zeros(count, np.int64),
    )


def damaged(soup: Soup, kind: str, seed: int) -> Soup:
    """A copy of a soup with one kind of damage, or with all of them."""
    random = np.random.default_rng(seed)
    corners, source = soup.corners.copy(), np.arange(len(soup.corners))
    reach = float(np.ptp(corners.reshape(-1, 3), axis=0).max())
    if kind in ("noise", "everything"):
        spots, place = np.unique(corners.reshape(-1, 3).round(9), axis=0, return_inverse=True)
        moved = spots + random.normal(size=spots.shape) * reach * 0.002
        corners = moved[place.ravel()].reshape(-1, 3, 3)
    if kind in ("holes", "everything"):
        middle = corners.mean(1)
        keep = np.ones(len(corners), bool)
        for _ in range(3):
            center = middle[random.integers(len(middle))]
            near = np.linalg.norm(middle - center, axis=1).argsort()
            keep[near[: max(1, len(corners) // 60)]] = False
        corners, source = corners[keep], source[keep]
    if kind in ("flips", "everything"):
        over = random.random(len(corners)) < 0.2
        corners[over] = corners[over][:, ::-1]
    if kind in ("copies", "everything"):
        again = random.integers(len(corners), size=max(1, len(corners) // 10))
        corners = np.concatenate([corners, corners[again]])
        source = np.concatenate([source, source[again]])
    if kind in ("crumbs", "everything"):
        spot = corners.reshape(-1, 3).mean(0) + (0.4 * reach, 0.1 * reach, 0.2 * reach)
        crumb = spot + random.random((5, 3, 3)) * reach * 0.004
        corners = np.concatenate([corners, crumb])
        source = np.concatenate([source, np.zeros(5, np.int64)])
    return Soup(
        corners, soup.uvs[source], soup.tints[source], soup.paints, soup.paint[source], soup.notes
    )
