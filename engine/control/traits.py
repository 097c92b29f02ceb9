"""What a person sees of a shape, as numbers: how tall, how symmetric, how light ..."""

from __future__ import annotations

import numpy as np
from scipy import ndimage

from engine.data.proportions import RIM
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


def traits(sample: np.ndarray) -> dict[str, float]:
    """The traits of a sample (7, N, N, N), each named as in WORDS; all 0 where nothing is inside.

    height, depth, width as shares of the cube's inside; volume as the solid share of the box;
    symmetry as the overlap with the mirror image (1 is perfect); parts as the mean number of
    separate pieces in a horizontal slice (a chair's legs are four); lightness, redness, yellowness
    and saturation in CIE Lab.
    """
    solid = sample[0] > 0
    if not solid.any():
        return dict.fromkeys((*SHAPE, *COLOR), 0.0)
    squeezed = (sample[4:, 0, 0, 0].astype(np.float64) + 1) / 2
    sides = _sides(sample[0]) / (len(solid) - 2 * RIM)
    height, depth, width = sides * squeezed / squeezed.max()
    mirror = solid[..., ::-1]
    slices = [ndimage.label(level, np.ones((3, 3)))[1] for level in solid if level.any()]
    return {
        "height": float(height),
        "width": float(width),
        "depth": float(depth),
        "volume": float((sample[0] + 0.5).clip(0, 1).sum() / _sides(sample[0]).prod()),
        "symmetry": float((solid & mirror).sum() / (solid | mirror).sum()),
        "parts": float(np.mean(slices)),
        **_color(sample, solid),
    }


def _sides(distance: np.ndarray) -> np.ndarray:
    """(3,) extent of the body along z, y, x in voxels, to a fraction of one."""
    sides = np.zeros(3)
    for axis in range(3):
        # The deepest point of each slice: the body ends where it goes through zero.
        depth = distance.max(tuple(other for other in range(3) if other != axis))
        sides[axis] = len(depth) - _end(depth) - _end(depth[::-1])
    return sides


def _end(depth: np.ndarray) -> float:
    first = int((depth > 0).argmax())
    if first == 0:
        return 0.0
    inside, outside = float(depth[first]), float(depth[first - 1])
    return first + 0.5 - inside / max(inside - outside, 1e-9)


def _color(sample: np.ndarray, solid: np.ndarray) -> dict[str, float]:
    """Means over the voxels just inside the surface."""
    skin = solid & (sample[0] < 1)
    color = ((sample[1:4, skin if skin.any() else solid].T + 1) * 127.5).round().clip(0, 255)
    lab = srgb_to_lab(color.astype(np.uint8))
    light, red, yellow = lab.mean(0)
    return {
        "lightness": float(light),
        "redness": float(red),
        "yellowness": float(yellow),
        "saturation": float(np.hypot(lab[:, 1], lab[:, 2]).mean()),
    }
