"""How glass in front of a lamp looks."""

from __future__ import annotations

import numpy as np

from engine.light.colour import kelvin_to_rgb, to_srgb

_USED = 0.55  # how far an eye in the room is used to the light


def colour_of(kelvin: float) -> str:
    """`#rrggbb` of glass with light of that colour temperature behind it, largest channel full."""
    light = kelvin_to_rgb(kelvin) ** (1.0 - _USED)
    codes = np.rint(to_srgb(light / light.max()) * 255).astype(int)
    return "#" + "".join(f"{code:02x}" for code in codes)
