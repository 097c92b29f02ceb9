# SPDX-License-Identifier: GPL-3.0-or-later
"""From a museum's fixtures, in lumens and kelvins, to what a renderer is given."""

from __future__ import annotations

import math

LUMENS_PER_WATT = 100.0
"""What Blender calls a watt, in lumens: so that a room is well exposed with the exposure at 0.

683 would be the physical figure; then nothing could be seen without a camera's exposure.
"""

WHITE_K = 6500.0
"""What Blender shows as white."""

ADAPTED = 0.7
"""How far eyes get used to the light of the house: 0 not at all, 1 until it looks white."""


def seen_kelvin(kelvin: float, house: float) -> float:
    """The colour temperature that a lamp of `kelvin` seems to have in a house lit by `house`.

    Eyes get used to the colour of a light in steps of 1/kelvin.
    """
    shift = ADAPTED * (1.0 / house - 1.0 / WHITE_K)
    return min(max(1.0 / max(1.0 / kelvin - shift, 1e-9), 1_000.0), 20_000.0)


def colour(kelvin: float) -> tuple[float, float, float]:
    """Linear sRGB of a black body of 1,000 to 20,000 K, its largest part 1.

    Planckian locus after Kim et al. (2002), then to sRGB primaries.
    """
    t = min(max(kelvin, 1_667.0), 25_000.0)
    if t <= 4_000.0:
        x = -0.2661239e9 / t**3 - 0.2343589e6 / t**2 + 0.8776956e3 / t + 0.179910
    else:
        x = -3.0258469e9 / t**3 + 2.1070379e6 / t**2 + 0.2226347e3 / t + 0.240390
    if t <= 2_222.0:
        y = -1.1063814 * x**3 - 1.34811020 * x**2 + 2.18555832 * x - 0.20219683
    elif t <= 4_000.0:
        y = -0.9549476 * x**3 - 1.37418593 * x**2 + 2.09137015 * x - 0.16748867
    else:
        y = 3.0817580 * x**3 - 5.87338670 * x**2 + 3.75112997 * x - 0.37001483
    big_x, big_z = x / y, (1.0 - x - y) / y
    parts = (
        3.2404542 * big_x - 1.5371385 - 0.4985314 * big_z,
        -0.9692660 * big_x + 1.8760108 + 0.0415560 * big_z,
        0.0556434 * big_x - 0.2040259 + 1.0572252 * big_z,
    )
    most = max(parts)
    red, green, blue = (max(part, 0.0) / most for part in parts)
    return (red, green, blue)


def spot_watts(lumens: float, cone: float) -> float:
    """Of a spot that sends all its lumens into `cone` (full angle, radians).

    Blender's number is that of a lamp that shines as brightly in every direction.
    """
    return lumens / LUMENS_PER_WATT * 2.0 / (1.0 - math.cos(cone / 2.0))


def area_watts(lumens: float) -> float:
    """Of a surface."""
    return lumens / LUMENS_PER_WATT


def linear(colour: str) -> tuple[float, float, float]:
    """A colour such as #dfe8f0 in linear light."""
    red, green, blue = (int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5))
    return (_linear(red), _linear(green), _linear(blue))


def _linear(value: float) -> float:
    return value / 12.92 if value <= 0.04045 else float(((value + 0.055) / 1.055) ** 2.4)
