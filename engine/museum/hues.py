"""Names and likeness of the colours of works."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from engine.shape.palette import srgb_to_lab

_HUES = (
    (48, "red"),
    (78, "orange"),
    (112, "yellow"),
    (170, "green"),
    (230, "turquoise"),
    (312, "blue"),
    (345, "violet"),
    (360, "red"),
)  # CIE Lab hue angle in degrees, up to which the word is used


def mean_lab(colours: Sequence[str]) -> np.ndarray:
    """(3,) float64 CIE Lab: mean of hex colours, each counting less than the one before."""
    rgb = np.asarray([[int(c[i : i + 2], 16) for i in (1, 3, 5)] for c in colours], np.uint8)
    return np.average(srgb_to_lab(rgb), axis=0, weights=1.0 / np.arange(1, len(colours) + 1))


def hue_name(colours: Sequence[str]) -> str:
    """One word for the main colour: a hue, or dark, pale, grey."""
    light, a, b = mean_lab(colours)
    if np.hypot(a, b) < 12:
        return "dark" if light < 30 else "pale" if light > 75 else "grey"
    angle = float(np.degrees(np.arctan2(b, a))) % 360
    return next(name for limit, name in _HUES if angle <= limit)
