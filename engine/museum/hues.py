"""Names and likeness of colours: CIE Lab from hex, and the words people use."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

_HUES = ((20, "red"), (65, "orange"), (105, "yellow"), (165, "green"), (225, "turquoise"),
         (290, "blue"), (335, "violet"), (360, "red"))  # fmt: skip


def mean_lab(colours: Sequence[str]) -> np.ndarray:
    """(3,) float64 CIE Lab (D65) of the mean of sRGB hex colours, the first counting most."""
    rgb = np.asarray([[int(c[i : i + 2], 16) for i in (1, 3, 5)] for c in colours]) / 255.0
    linear = np.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4)
    weights = 1.0 / np.arange(1, len(colours) + 1)
    xyz = _TO_XYZ @ (weights @ linear / weights.sum()) / _WHITE
    f = np.where(xyz > (6 / 29) ** 3, np.cbrt(xyz), xyz / (3 * (6 / 29) ** 2) + 4 / 29)
    return np.asarray([116 * f[1] - 16, 500 * (f[0] - f[1]), 200 * (f[1] - f[2])])


def hue_name(colours: Sequence[str]) -> str:
    """One word for the main colour: a hue, or dark, pale, grey."""
    light, a, b = mean_lab(colours)
    if np.hypot(a, b) < 12:
        return "dark" if light < 30 else "pale" if light > 75 else "grey"
    angle = float(np.degrees(np.arctan2(b, a))) % 360
    return next(name for limit, name in _HUES if angle <= limit)


_TO_XYZ = np.asarray(
    [[0.4124564, 0.3575761, 0.1804375], [0.2126729, 0.7151522, 0.0721750],
     [0.0193339, 0.1191920, 0.9503041]]
)  # fmt: skip
_WHITE = np.asarray([0.95047, 1.0, 1.08883])
