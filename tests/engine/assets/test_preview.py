"""Previews: the body where it belongs, lit from the left, its colours true, its ground clean."""

from __future__ import annotations

import numpy as np
import pytest

from engine.assets.asset import Asset
from engine.assets.preview import VIEWS, render
from engine.assets.voxel_asset import voxel_asset
from engine.data.voxels import VoxelGrid


def block(color: tuple[int, int, int], shape: tuple[int, int, int] = (4, 3, 3)) -> Asset:
    colors = np.broadcast_to(np.uint8(color), (*shape, 3)).copy()
    grid = VoxelGrid(np.ones(shape, bool), colors)
    return voxel_asset(grid, name="block", height=1.7, rig=False, provenance={})


def body(picture: np.ndarray) -> np.ndarray:
    """(H, W) bool: pixels of a red body on the pale ground."""
    red, green = picture[..., 0].astype(int), picture[..., 1].astype(int)
    return red - green > 60


RED = (200, 30, 30)


@pytest.mark.parametrize("size", [33, 64, 256])
def test_a_picture_has_the_size_asked_for_and_comes_out_the_same_twice(size):
    picture = render(block(RED), size)
    assert picture.shape == (size, size, 3)
    assert picture.dtype == np.uint8
    assert (render(block(RED), size) == picture).all()


@pytest.mark.parametrize("view", VIEWS)
@pytest.mark.parametrize("shape", [(12, 2, 2), (2, 2, 12), (5, 5, 5)])
def test_the_body_is_whole_centred_and_fills_the_picture(view, shape):
    seen = body(render(block(RED, shape), 128, view))
    rows, columns = np.flatnonzero(seen.any(1)), np.flatnonzero(seen.any(0))
    assert min(rows[0], columns[0], 127 - rows[-1], 127 - columns[-1]) >= 12
    assert max(np.ptp(rows), np.ptp(columns)) >= 90
    assert abs(rows[0] + rows[-1] - 127) <= 4
    assert abs(columns[0] + columns[-1] - 127) <= 4


def test_the_front_view_shows_the_front_and_the_back_view_the_back():
    grid = VoxelGrid(np.ones((4, 2, 4), bool), np.zeros((4, 2, 4, 3), np.uint8))
    grid.colors[:, 0], grid.colors[:, 1] = RED, (30, 30, 200)
    asset = voxel_asset(grid, name="two", height=1.0, rig=False, provenance={})
    front, back = (render(asset, 64, view)[40, 32].astype(int) for view in ("front", "back"))
    assert front[0] > front[2] + 60
    assert back[2] > back[0] + 60


def test_the_viewers_right_is_the_right_of_the_grid():
    grid = VoxelGrid(np.ones((4, 2, 4), bool), np.zeros((4, 2, 4, 3), np.uint8))
    grid.colors[..., :2, :], grid.colors[..., 2:, :] = (30, 30, 200), RED
    asset = voxel_asset(grid, name="two", height=1.0, rig=False, provenance={})
    picture = render(asset, 64, "front").astype(int)
    assert picture[40, 44, 0] > picture[40, 44, 2]
    assert picture[40, 20, 0] < picture[40, 20, 2]


def test_the_top_is_brighter_than_the_front_and_the_front_than_the_shaded_side():
    picture = render(block((150, 150, 150), (4, 4, 4)), 256).astype(int).sum(-1)
    top, front, side = picture[70, 128], picture[150, 90], picture[150, 185]
    assert top > front > side


def test_colours_on_the_front_stay_near_the_palette():
    for color in ((200, 30, 30), (40, 90, 180), (238, 195, 154), (128, 128, 128)):
        picture = render(block(color, (4, 4, 4)), 128, "front")
        assert np.abs(picture[70, 64].astype(int) - color).max() < 45


def test_the_ground_is_clean_but_for_a_soft_shadow_to_the_lower_right():
    picture = render(block(RED, (8, 3, 3)), 128).astype(int)
    corners = picture[[4, 4, 123, 123], [4, 123, 4, 123]].sum(-1)
    assert corners.min() > 600
    assert picture[100:116, 84:110].sum(-1).min() < corners.min() - 60


def test_edges_are_anti_aliased():
    picture = render(block(RED), 64)
    red, green = picture[..., 0].astype(int), picture[..., 1].astype(int)
    between = (red - green > 15) & (red - green < 100)
    assert between.sum() > 20


def test_an_asset_of_two_meshes_shows_both():
    low, high = block(RED), block((30, 30, 200), (2, 2, 2))
    both = render(Asset("both", (*low.meshes, *high.meshes)), 96)
    assert body(both).any()
