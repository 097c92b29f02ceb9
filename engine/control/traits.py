"""What a person sees of a shape, as numbers: how tall, how symmetric, how light ..."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import ndimage

from engine.data.voxel_field import REACH
from engine.shape.palette import srgb_to_lab

SHAPE = ("height", "width", "depth", "volume", "symmetry", "parts")
COLOR = ("lightness", "redness", "yellowness", "saturation")
WORDS = {
    "height": ("taller", "lower"),
    "width": ("wider", "narrower"),
    "depth": ("deeper", "shallower"),
    "volume": ("fuller", "slighter"),
    "symmetry": ("more symmetric", "less symmetric"),
    "parts": ("more parts", "fewer parts"),
    "lightness": ("lighter", "darker"),
    "redness": ("redder", "greener"),
    "yellowness": ("yellower", "bluer"),
    "saturation": ("more colorful", "greyer"),
}
"""What more and less of a trait is called. Redness and yellowness are the two axes of hue in Lab."""


@dataclass(frozen=True)
class Box:
    """Where a body begins and ends along z, y, x, in voxels."""

    low: np.ndarray
    high: np.ndarray

    @property
    def size(self) -> np.ndarray:
        size: np.ndarray = self.high - self.low
        return size


def box_of(field: np.ndarray) -> Box | None:
    """Bounds of the surface, to a fraction of a voxel; None where nothing is inside."""
    distance = field[0].astype(np.float64) * REACH
    if not (distance > 0).any():
        return None
    low, high = np.zeros(3), np.zeros(3)
    for axis in range(3):
        # The deepest point of each slice: the surface ends where it goes through zero.
        depth = distance.max(tuple(other for other in range(3) if other != axis))
        low[axis] = _end(depth)
        high[axis] = len(depth) - _end(depth[::-1])
    return Box(low, high)


def _end(depth: np.ndarray) -> float:
    first = int((depth > 0).argmax())
    if first == 0:
        return 0.0
    inside, outside = depth[first], depth[first - 1]
    return float(first + 0.5 - inside / max(inside - outside, 1e-9))


def traits(field: np.ndarray) -> dict[str, float]:
    """The traits of a field (4, N, N, N), each named as in WORDS; all 0 where nothing is inside.

    height, width, depth in voxels; volume as a share of the cube; symmetry as the overlap with the
    mirror image (1 is perfect); parts as the mean number of separate pieces in a horizontal slice
    (a chair's legs are four); lightness, redness, yellowness and saturation in CIE Lab.
    """
    bounds = box_of(field)
    if bounds is None:
        return dict.fromkeys((*SHAPE, *COLOR), 0.0)
    solid = field[0] > 0
    mirror = solid[..., ::-1]
    slices = [ndimage.label(level, np.ones((3, 3)))[1] for level in solid if level.any()]
    height, depth, width = bounds.size
    return {
        "height": float(height),
        "width": float(width),
        "depth": float(depth),
        "volume": float((field[0] * REACH + 0.5).clip(0, 1).mean()),
        "symmetry": float((solid & mirror).sum() / (solid | mirror).sum()),
        "parts": float(np.mean(slices)),
        **_color(field, solid),
    }


def _color(field: np.ndarray, solid: np.ndarray) -> dict[str, float]:
    """Means over the voxels just inside the surface."""
    skin = solid & (field[0] * REACH < 1)
    color = ((field[1:, skin if skin.any() else solid].T + 1) * 127.5).round().clip(0, 255)
    lab = srgb_to_lab(color.astype(np.uint8))
    light, red, yellow = lab.mean(0)
    return {
        "lightness": float(light),
        "redness": float(red),
        "yellowness": float(yellow),
        "saturation": float(np.hypot(lab[:, 1], lab[:, 2]).mean()),
    }
