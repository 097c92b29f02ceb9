"""Are texture coordinates inside the texture, beside each other, and of one density?"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from engine.check.finding import Finding, judged, skipped
from engine.check.written import Part, Written
from engine.shape.mesh import TriMesh, cross_products

DEPTH = 0.1
"""Texels by which faces may reach into each other: filtering does not see it."""
SPREAD = 4.0
"""Times the density of the sparsest 5 % of the surface that of the densest 5 % may be."""
_CELLS = 128  # a side, of the grid in which neighbours are looked for
_PAIRS = 2_000_000  # compared at a time
_REST = "Unwrap it again: vernissage generate, or Smart UV Project in Blender."


def atlas_checks(
    written: Written, texture: tuple[int, int] | None, *, palette: bool
) -> list[Finding]:
    """Findings on the texture coordinates of all levels, which share one texture.

    Args:
        texture: width and height in texels, None where there is no texture.
        palette: coordinates point at flat colours, so faces share them.
    """
    return list(_checks(written, texture, palette))


def _checks(written: Written, texture: tuple[int, int] | None, palette: bool) -> Iterator[Finding]:
    missing = [part.name for part in written.chain if part.uvs is None]
    if missing:
        yield judged("uvs in range", False, f"{', '.join(missing)} has no UVs", _REST)
        yield skipped("no uv overlap", "there are no UVs")
        yield skipped("texel density", "there are no UVs")
        return
    corners = np.concatenate([_corners(part) for part in written.chain])
    beyond = int(np.sum(~((corners >= 0) & (corners <= 1)).all((1, 2))))
    yield judged(
        "uvs in range",
        not beyond,
        f"{beyond} faces reach beyond the texture" if beyond else "all within 0 and 1",
        _REST,
        beyond,
    )
    if palette:
        yield skipped("no uv overlap", "faces share the flat colours of a palette")
        yield skipped("texel density", "faces share the flat colours of a palette")
        return
    if texture is None or beyond:
        yield skipped("no uv overlap", "there is no texture that they lie in")
        yield skipped("texel density", "there is no texture that they lie in")
        return
    texels = corners * texture
    pairs = overlapping_faces(texels)
    yield judged(
        "no uv overlap",
        not pairs,
        f"{pairs} pairs of faces lie on each other" if pairs else "no two faces share a texel",
        _REST,
        pairs,
    )
    yield _density(written.chain[0], texels[: len(written.chain[0].faces)])


def _corners(part: Part) -> np.ndarray:
    """(M, 3, 2) texture coordinates of each face's corners."""
    assert part.uvs is not None
    corners: np.ndarray = part.uvs[part.faces]
    return corners


def overlapping_faces(corners: np.ndarray) -> int:
    """Pairs of (M, 3, 2) triangles in texels that reach more than DEPTH into each other.

    The depth is the least over all directions across an edge of either (separating axes), so it is
    exact; no raster is involved.
    """
    low, high = corners.min(1), corners.max(1)
    thick = (high - low).min(1) > DEPTH
    corners, low, high = corners[thick], low[thick], high[thick]
    first, second = _neighbours(low, high)
    count = 0
    for begin in range(0, len(first), _PAIRS):
        one, other = (side[begin : begin + _PAIRS] for side in (first, second))
        reach = (np.minimum(high[one], high[other]) - np.maximum(low[one], low[other])).min(1)
        near = reach > DEPTH
        one, other = one[near], other[near]
        depth = np.minimum(
            _depth(corners[one], corners[other]), _depth(corners[other], corners[one])
        )
        count += int((depth > DEPTH).sum())
    return count


def _depth(one: np.ndarray, other: np.ndarray) -> np.ndarray:
    """(K,) how far triangles reach into each other along the three directions across `one`."""
    side = np.roll(one, -1, 1) - one
    across = np.stack([side[..., 1], -side[..., 0]], -1)
    across /= np.maximum(np.linalg.norm(across, axis=-1, keepdims=True), 1e-12)
    own = np.einsum("kec,kvc->kev", across, one)
    their = np.einsum("kec,kvc->kev", across, other)
    shared = np.minimum(own.max(-1), their.max(-1)) - np.maximum(own.min(-1), their.min(-1))
    depth: np.ndarray = shared.min(-1)
    return depth


def _neighbours(low: np.ndarray, high: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Pairs of boxes that lie in one cell of a grid, each pair once."""
    if not len(low):
        return np.zeros(0, np.int64), np.zeros(0, np.int64)
    start = low.min(0)
    cell = max(float(np.ptp(np.concatenate([low, high]), axis=0).max()) / _CELLS, 1e-9)
    first = ((low - start) / cell).astype(np.int64)
    span = ((high - start) / cell).astype(np.int64) - first + 1
    face, index = _ranges(span.prod(1))
    column, row = index % span[face, 0], index // span[face, 0]
    key = (first[face, 1] + row) * (_CELLS + 1) + first[face, 0] + column
    order = np.argsort(key, kind="stable")
    face, key = face[order], key[order]
    _, begin, size = np.unique(key, return_index=True, return_counts=True)
    # Each entry meets those after it in the same cell.
    left = np.repeat(begin + size, size) - np.arange(len(key)) - 1
    entry, step = _ranges(left)
    one, other = face[entry], face[entry + step + 1]
    both = np.unique(np.minimum(one, other) * len(low) + np.maximum(one, other))
    return both // len(low), both % len(low)


def _ranges(size: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """For counts n: index of each of the n things, and its number 0..n-1."""
    owner = np.repeat(np.arange(len(size)), size)
    return owner, np.arange(len(owner)) - np.repeat(np.cumsum(size) - size, size)


def _density(part: Part, texels: np.ndarray) -> Finding:
    """Texels along a metre, weighed by area: their mean, and how far they differ."""
    real = np.linalg.norm(cross_products(TriMesh(part.points, part.faces)), axis=1)
    ahead, beside = texels[:, 1] - texels[:, 0], texels[:, 2] - texels[:, 0]
    painted = np.abs(ahead[:, 0] * beside[:, 1] - ahead[:, 1] * beside[:, 0])
    density = np.sqrt(painted / np.maximum(real, 1e-30))
    order = np.argsort(density)
    share = np.cumsum(real[order]) / max(real.sum(), 1e-30)
    sparse, middle, dense = (
        float(density[order][np.searchsorted(share, part).clip(0, len(order) - 1)])
        for part in (0.05, 0.5, 0.95)
    )
    spread = dense / max(sparse, 1e-9)
    return judged(
        "texel density",
        spread <= SPREAD,
        f"{middle:.0f} texels a metre, 90 % of the surface within a factor of {spread:.2f}",
        _REST,
        spread,
    )
