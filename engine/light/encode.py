"""Lightmaps as PNG: 8-bit sRGB codes of light divided by a scale."""

from __future__ import annotations

import io

import numpy as np
from PIL import Image

from engine.light.colour import to_linear, to_srgb

_CUT = 99.9  # percentile: what is brighter is a handful of texels right under a lamp


def scale_of(picture: np.ndarray) -> float:
    """What (H, W, 3) light is divided by, so that almost all of it fits; three digits, at least 1."""
    if not picture.size:
        return 1.0
    return max(1.0, float(f"{np.percentile(picture.max(2), _CUT):.3g}"))


def lightmap_png(picture: np.ndarray, scale: float) -> bytes:
    """The PNG of an (H, W, 3) lightmap: the same light gives the same bytes."""
    codes = np.rint(to_srgb(picture / scale) * 255).astype(np.uint8)
    data = io.BytesIO()
    Image.fromarray(codes).save(data, "PNG", compress_level=7)
    return data.getvalue()


def read_lightmap(data: bytes, scale: float) -> np.ndarray:
    """(H, W, 3) float32 light of such a PNG."""
    with Image.open(io.BytesIO(data)) as image:
        codes = np.asarray(image.convert("RGB"), np.float32) / 255
    return (to_linear(codes) * scale).astype(np.float32)
