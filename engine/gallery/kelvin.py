"""Lamps in other programs, and how glass in front of one looks."""

from __future__ import annotations

import numpy as np

from engine.light.colour import kelvin_to_rgb, to_srgb

_USED = 0.55  # how far an eye in the room is used to the light


def linear_of(kelvin: float) -> np.ndarray:
    """(3,) linear sRGB of a black body, largest channel 1."""
    light = kelvin_to_rgb(kelvin)
    return np.asarray(light / light.max())


def colour_of(kelvin: float) -> str:
    """`#rrggbb` of glass with light of that colour temperature behind it, largest channel full."""
    light = kelvin_to_rgb(kelvin) ** (1.0 - _USED)
    codes = np.rint(to_srgb(light / light.max()) * 255).astype(int)
    return "#" + "".join(f"{code:02x}" for code in codes)
