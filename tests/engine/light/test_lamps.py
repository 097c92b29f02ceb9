"""Lamps against closed forms and against sums over many points."""

from __future__ import annotations

import numpy as np
import pytest

from engine.light.colour import (
    chromaticity,
    developed,
    hex_to_linear,
    kelvin_to_rgb,
    luminance,
    seen_white,
    to_linear,
    to_srgb,
)
from engine.light.lamps import LUMENS_PER_UNIT, Panel, Sun, beam, panel, spot

UP = np.asarray([[0.0, 1.0, 0.0]])
WHITE = np.ones(3)


def corner_factor(a: float, b: float) -> float:
    """Form factor of a rectangle a × b (over its distance), seen from under its corner."""
    c, d = np.sqrt(1 + a * a), np.sqrt(1 + b * b)
    return float((a / c * np.arctan(b / c) + b / d * np.arctan(a / d)) / (2 * np.pi))


@pytest.mark.parametrize(
    ("width", "depth", "height"), [(1.0, 1.0, 2.0), (6.0, 3.0, 0.5), (0.2, 4, 3)]
)
def test_light_under_the_middle_of_a_panel_is_four_times_that_under_a_corner(
    width: float, depth: float, height: float
) -> None:
    lamp = Panel(
        np.asarray([0, height, 0.0]),
        np.asarray([width / 2, 0, 0]),
        np.asarray([0, 0, depth / 2]),
        WHITE,
    )
    lamp = lamp if lamp.normal[1] < 0 else Panel(lamp.middle, lamp.up, lamp.right, WHITE)
    got = lamp.irradiance(np.zeros((1, 3)), UP)[0]
    want = 4 * np.pi * corner_factor(width / 2 / height, depth / 2 / height)
    assert got == pytest.approx(want, rel=1e-4)


def test_a_panel_cut_by_the_horizon_is_the_sum_of_its_small_parts() -> None:
    rng = np.random.default_rng(1)
    middle, right, up = (
        np.asarray([0.3, 1.0, 0.2]),
        np.asarray([0.0, 0, 1.5]),
        np.asarray([1.0, 0.4, 0]),
    )
    lamp = Panel(middle, right, up, WHITE)
    points = rng.normal(size=(40, 3)) * 2
    normals = rng.normal(size=(40, 3))
    normals /= np.linalg.norm(normals, axis=1, keepdims=True)
    side = (np.arange(400) + 0.5) / 200 - 1
    a, b = (grid.ravel() for grid in np.meshgrid(side, side))
    parts = middle + a[:, None] * right + b[:, None] * up
    area = 4 * np.linalg.norm(np.cross(right, up)) / len(parts)
    for point, normal, got in zip(points, normals, lamp.irradiance(points, normals), strict=True):
        way = parts - point
        far = np.linalg.norm(way, axis=1)
        facing = np.maximum(way @ normal / far, 0) * np.maximum(-(way @ lamp.normal) / far, 0)
        want = float((facing / far**2).sum() * area)
        assert got == pytest.approx(want, rel=5e-3, abs=2e-3)


def test_a_panel_sends_out_its_lumens() -> None:
    lamp = panel(np.zeros(3), np.asarray([0.1, 0, 0]), np.asarray([0, 0, 0.2]), 5000, 1000)
    rng = np.random.default_rng(0)
    around = rng.normal(size=(200_000, 3))
    around /= np.linalg.norm(around, axis=1, keepdims=True)
    light = lamp.irradiance(50 * around, -around) * luminance(lamp.radiance)
    assert light.mean() * 4 * np.pi * 50**2 * LUMENS_PER_UNIT == pytest.approx(1000, rel=0.02)


def test_a_spot_falls_with_the_square_of_the_distance_and_the_cosine() -> None:
    lamp = spot(np.asarray([0, 4.0, 0]), np.zeros(3), 3000, 800, 40)
    near, far = lamp.irradiance(np.asarray([[0, 2.0, 0], [0, 0, 0]]), np.repeat(UP, 2, 0))
    assert near == pytest.approx(4 * far)
    tilted = np.asarray([[0, np.cos(1.0), np.sin(1.0)]])
    assert lamp.irradiance(np.zeros((1, 3)), tilted)[0] == pytest.approx(far * np.cos(1.0))


def test_a_spot_sends_its_lumens_through_its_cone_and_nothing_beside_it() -> None:
    lamp = spot(np.zeros(3), np.asarray([0, -1.0, 0]), 4000, 700, 50)
    cosine = 1 - (np.arange(100_000) + 0.5) / 100_000 * 2
    flux = beam(cosine, lamp.inner, lamp.outer).mean() * 4 * np.pi * luminance(lamp.power)
    assert flux * LUMENS_PER_UNIT == pytest.approx(700, rel=1e-3)
    outside = np.radians(25.5)
    point = np.asarray([[np.sin(outside), -np.cos(outside), 0]])
    assert lamp.irradiance(point, -point)[0] == 0


def test_the_sun_goes_with_the_cosine_alone() -> None:
    towards = np.asarray([0.6, 0.8, 0])
    assert Sun(towards, WHITE).irradiance(np.asarray([[9.0, 1, 3]]), UP)[0] == pytest.approx(0.8)


@pytest.mark.parametrize(
    ("kelvin", "x", "y"), [(2856, 0.4476, 0.4074), (4000, 0.3805, 0.3768), (6500, 0.3135, 0.3237)]
)
def test_colour_temperatures_lie_on_the_planckian_locus(kelvin: float, x: float, y: float) -> None:
    assert chromaticity(kelvin) == pytest.approx((x, y), abs=2e-3)


def test_light_of_every_temperature_is_as_bright_and_redder_the_lower_it_is() -> None:
    light = np.stack([kelvin_to_rgb(k) for k in (1800, 2700, 4000, 6500, 12000)])
    assert luminance(light) == pytest.approx(np.ones(5))
    assert (np.diff(light[:, 0] / light[:, 2].clip(1e-3)) < 0).all()


def test_a_fully_adapted_eye_sees_the_houses_light_as_white() -> None:
    lamp = kelvin_to_rgb(3000)
    assert lamp / seen_white(lamp, 1.0) == pytest.approx(np.ones(3))
    warm = lamp / seen_white(lamp, 0.75)
    assert warm[0] > warm[1] > warm[2] > 0.6 * lamp[2]


def test_film_keeps_what_is_dark_and_the_order_of_what_is_bright() -> None:
    light = np.linspace(0, 5, 400)[:, None] * np.asarray([1.0, 0.8, 0.5])
    shown = developed(light)
    assert shown[:50] == pytest.approx(light[:50])
    assert (np.diff(shown[:200, 0]) > 0).all()
    assert shown.max() <= 1.1 + 1e-6
    assert shown[1:, 2] / shown[1:, 0] == pytest.approx(np.full(399, 0.5), rel=1e-4)


def test_srgb_codes_come_back() -> None:
    codes = np.arange(256) / 255
    assert to_srgb(to_linear(codes)) == pytest.approx(codes, abs=1e-6)
    assert hex_to_linear("#ff8000") == pytest.approx([1, 0.2158605, 0], abs=1e-6)
