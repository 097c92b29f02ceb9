"""Are texture coordinates inside the texture, beside each other, and of one density?"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from engine.check.finding import Finding, judged, skipped
from engine.check.written import Part, Written
from engine.shape.mesh import TriMesh, cross_products
from engine.shape.overlap import overlapping_faces

SPREAD = 4.0
"""Times the density of the sparsest 5 % of the surface that of the densest 5 % may be."""
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
    pairs = len(overlapping_faces(texels))
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
