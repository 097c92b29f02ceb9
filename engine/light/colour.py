"""Colour of light: temperatures to linear RGB, adaptation of the eye, sRGB codes."""

from __future__ import annotations

from functools import cache

import numpy as np

LUMA = np.asarray([0.2126, 0.7152, 0.0722], np.float32)
"""Share of each linear sRGB channel in luminance (Rec. 709)."""
_SHOULDER, _ROOM = 0.75, 0.35  # light that is still shown as it is; what is left above it
_XYZ_TO_RGB = np.asarray(
    [
        [3.2404542, -1.5371385, -0.4985314],
        [-0.9692660, 1.8760108, 0.0415560],
        [0.0556434, -0.2040259, 1.0572252],
    ]
)


def chromaticity(kelvin: float) -> tuple[float, float]:
    """CIE 1931 (x, y) of a black body, from Planck's law and the fits of Wyman et al. (2013)."""
    xyz = _black_body(kelvin)
    return float(xyz[0] / xyz.sum()), float(xyz[1] / xyz.sum())


@cache
def _kelvin(kelvin: float) -> tuple[float, float, float]:
    xyz = _black_body(kelvin)
    rgb = np.maximum(_XYZ_TO_RGB @ xyz, 0.0)
    red, green, blue = rgb / (rgb @ LUMA)
    return float(red), float(green), float(blue)


def kelvin_to_rgb(kelvin: float) -> np.ndarray:
    """(3,) float32 linear sRGB of a black body, with a luminance of 1.

    Below 1,900 K blue leaves the gamut and is cut off at 0.
    """
    return np.asarray(_kelvin(float(kelvin)), np.float32)


def seen_white(light: np.ndarray, adapted: float) -> np.ndarray:
    """(3,) linear RGB, of luminance 1, that an eye takes for white which is used to (3,) `light`.

    Colours are divided by it to look as they do to a visitor. `adapted` says how far it is used to
    it: 1 wholly, less leaves lamplight a little warm.
    """
    white = np.maximum(light, 1e-6) ** adapted
    return white / luminance(white)


def developed(light: np.ndarray) -> np.ndarray:
    """(..., 3) light as film would show it: the brightest spots keep their shape and their hue."""
    peak = light.max(-1, keepdims=True)
    over = np.maximum(peak - _SHOULDER, 0.0)
    shown = np.minimum(peak, _SHOULDER) + _ROOM * (1 - np.exp(-over / _ROOM))
    return np.asarray(light * (shown / np.maximum(peak, 1e-9)), np.float32)


def luminance(rgb: np.ndarray) -> np.ndarray:
    """(...,) luminance of (..., 3) linear light."""
    return rgb @ LUMA


def hex_to_linear(colour: str) -> np.ndarray:
    """(3,) float32 linear RGB of an sRGB colour such as '#c99a3c'."""
    code = [int(colour[i : i + 2], 16) for i in (1, 3, 5)]
    return to_linear(np.asarray(code, np.float32) / 255)


def to_linear(code: np.ndarray) -> np.ndarray:
    """Linear light in [0, 1] of sRGB codes in [0, 1]."""
    return np.where(code <= 0.04045, code / 12.92, ((code + 0.055) / 1.055) ** 2.4)


def to_srgb(light: np.ndarray) -> np.ndarray:
    """SRGB codes in [0, 1] of linear light; what is brighter than 1 is cut off."""
    light = np.clip(light, 0.0, 1.0)
    return np.where(light <= 0.0031308, light * 12.92, 1.055 * light ** (1 / 2.4) - 0.055)


def _black_body(kelvin: float) -> np.ndarray:
    """(3,) XYZ, in arbitrary units, of a black body."""
    nm = np.arange(380.0, 781.0, 2.0)
    power = nm**-5.0 / np.expm1(1.4387769e7 / (nm * kelvin))
    x = (
        1.056 * _lobe(nm, 599.8, 37.9, 31.0)
        + 0.362 * _lobe(nm, 442.0, 16.0, 26.7)
        - 0.065 * _lobe(nm, 501.1, 20.4, 26.2)
    )
    y = 0.821 * _lobe(nm, 568.8, 46.9, 40.5) + 0.286 * _lobe(nm, 530.9, 16.3, 31.1)
    z = 1.217 * _lobe(nm, 437.0, 11.8, 36.0) + 0.681 * _lobe(nm, 459.0, 26.0, 13.8)
    return np.asarray([(power * curve).sum() for curve in (x, y, z)])


def _lobe(nm: np.ndarray, middle: float, below: float, above: float) -> np.ndarray:
    """A bell with different widths on both sides."""
    return np.exp(-0.5 * ((nm - middle) / np.where(nm < middle, below, above)) ** 2)
