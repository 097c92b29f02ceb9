"""Palettes: few colours, true colours, and faces that keep their eyes."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.data.voxels import VoxelGrid
from engine.shape.palette import snap_palette, srgb_to_lab, surface_voxels

SKIN, HAIR, SHIRT, EYE, BUTTON = (
    (238, 195, 154),
    (92, 58, 30),
    (40, 90, 180),
    (25, 20, 22),
    (230,) * 3,
)


def face() -> VoxelGrid:
    """A head with hair, a shirt, two 1-voxel eyes and a button, all on its front (y = 0)."""
    colors = np.zeros((10, 6, 8, 3), np.uint8)
    colors[:4], colors[4:8], colors[8:] = SHIRT, SKIN, HAIR
    colors[6, 0, 2] = colors[6, 0, 5] = EYE
    colors[2, 0, 4] = BUTTON
    return VoxelGrid(np.ones((10, 6, 8), bool), colors)


def noisy(grid: VoxelGrid, amount: float, seed: int) -> VoxelGrid:
    noise = np.random.default_rng(seed).normal(0, amount, grid.colors.shape)
    return VoxelGrid(grid.solid, np.clip(grid.colors + noise, 0, 255).astype(np.uint8))


def distance(a: np.ndarray, b: tuple[int, ...]) -> np.ndarray:
    """CIE76 colour difference."""
    return np.linalg.norm(srgb_to_lab(a.reshape(-1, 3)) - srgb_to_lab(np.uint8([b])), axis=-1)


@pytest.mark.parametrize(
    ("color", "lab"),
    [
        ((255, 255, 255), (100.0, 0.0, 0.0)),
        ((0, 0, 0), (0.0, 0.0, 0.0)),
        ((255, 0, 0), (53.24, 80.09, 67.20)),
        ((0, 255, 0), (87.74, -86.18, 83.18)),
        ((0, 0, 255), (32.30, 79.19, -107.86)),
        ((119, 119, 119), (50.03, 0.0, 0.0)),
    ],
)
def test_lab_has_the_published_values_of_the_primaries(color, lab):
    assert np.allclose(srgb_to_lab(np.uint8([color])), lab, atol=0.02)


def test_colours_that_are_already_few_stay_exact():
    grid = face()
    assert (snap_palette(grid, most=5).colors == grid.colors).all()


@pytest.mark.parametrize("seed", range(12))
def test_one_voxel_eyes_and_buttons_survive_a_noisy_painter(seed):
    snapped = snap_palette(noisy(face(), 7.0, seed), most=16).colors
    assert (distance(snapped[6, 0, [2, 5]], EYE) < 20).all()  # skin is 80 away
    assert distance(snapped[2, 0, 4], BUTTON) < 15
    assert (distance(snapped[6, 0, [1, 3, 4, 6]], SKIN) < 15).all()


@pytest.mark.parametrize("most", [5, 8, 16])
def test_eyes_survive_a_tight_palette_and_a_gradient(most):
    grid = face()
    shade = np.linspace(-25, 25, 6).astype(int)[None, :, None, None]
    shaded = VoxelGrid(grid.solid, np.clip(grid.colors + shade, 0, 255).astype(np.uint8))
    snapped = snap_palette(noisy(shaded, 4.0, 1), most=most).colors
    eyes, cheeks = snapped[6, 0, [2, 5]], snapped[6, 0, [1, 3, 4, 6]]
    assert distance(eyes, SKIN).min() > 2 * distance(cheeks, SKIN).max()


def test_a_faint_lonely_speck_takes_the_colour_around_it():
    grid = noisy(face(), 1.5, 0)
    grid.colors[5, 0, 3] = np.add(SKIN, (-22, -18, -14))
    snapped = snap_palette(grid, most=16).colors
    assert (snapped[5, 0, 3] == snapped[5, 0, 2]).all()


def test_flat_regions_painted_with_noise_become_flat_again():
    snapped = snap_palette(noisy(face(), 2.0, 3), most=16).colors
    shirt = snapped[:3][surface_voxels(np.ones((10, 6, 8), bool))[:3]]
    _colors, count = np.unique(shirt, axis=0, return_counts=True)
    assert count.max() / count.sum() > 0.9


@settings(max_examples=30, deadline=None)
@given(st.integers(1, 20), st.integers(0, 1000))
def test_never_more_than_most_colours_and_the_same_twice(most, seed):
    rng = np.random.default_rng(seed)
    solid = rng.random((6, 5, 7)) < 0.7
    colors = rng.integers(0, 256, (6, 5, 7, 3)).astype(np.uint8) * solid[..., None]
    grid = VoxelGrid(solid, colors)
    snapped = snap_palette(grid, most)
    assert len(np.unique(snapped.colors[solid], axis=0)) <= most
    assert (snapped.colors[~solid] == 0).all()
    assert (snap_palette(grid, most).colors == snapped.colors).all()
    assert (snap_palette(snapped, most).colors == snapped.colors).all()


def test_interior_colours_do_not_spend_the_palette():
    rng = np.random.default_rng(0)
    colors = rng.integers(0, 256, (8, 8, 8, 3)).astype(np.uint8)
    solid = np.ones((8, 8, 8), bool)
    surface = surface_voxels(solid)
    colors[surface] = SKIN
    colors[3, 0, 3] = EYE
    snapped = snap_palette(VoxelGrid(solid, colors), most=2).colors
    assert (snapped[3, 0, 3] == EYE).all()
    assert (snapped[0, 0, 0] == SKIN).all()


@pytest.mark.parametrize("most", [0, 257])
def test_an_impossible_palette_size_is_refused(most):
    with pytest.raises(ValueError, match="palette"):
        snap_palette(face(), most)
