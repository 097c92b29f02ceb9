"""The colour of light of a colour temperature."""

from __future__ import annotations

import numpy as np


def linear_of(kelvin: float) -> np.ndarray:
    """(3,) linear sRGB of a black body, largest channel 1 (after Krystek 1985's locus)."""
    t = float(np.clip(kelvin, 1_800, 12_000))
    u = (0.860117757 + 1.54118254e-4 * t + 1.28641212e-7 * t * t) / (
        1 + 8.42420235e-4 * t + 7.08145163e-7 * t * t
    )
    v = (0.317398726 + 4.22806245e-5 * t + 4.20481691e-8 * t * t) / (
        1 - 2.89741816e-5 * t + 1.61456053e-7 * t * t
    )
    x, y = 3 * u / (2 * u - 8 * v + 4), 2 * v / (2 * u - 8 * v + 4)
    xyz = np.array([x / y, 1.0, (1 - x - y) / y])
    to_rgb = np.array(
        [
            [3.2404542, -1.5371385, -0.4985314],
            [-0.9692660, 1.8760108, 0.0415560],
            [0.0556434, -0.2040259, 1.0572252],
        ]
    )
    rgb = np.clip(to_rgb @ xyz, 0.0, None)
    return rgb / rgb.max()


def colour_of(kelvin: float) -> str:
    """The same as `#rrggbb` in sRGB."""
    light = linear_of(kelvin)
    shown = np.where(light <= 0.0031308, light * 12.92, 1.055 * light ** (1 / 2.4) - 0.055)
    return "#" + "".join(f"{round(float(c) * 255):02x}" for c in shown)
