"""Baked light against closed forms: furnace, horizon, inverse square, darkness, seams, PNG."""

from __future__ import annotations

import numpy as np
import pytest

from engine.light.bake import FAST, Baked, Fixture, Quality, bake
from engine.light.encode import lightmap_png, read_lightmap, scale_of
from engine.light.lamps import Sky, Sun, panel, spot
from engine.light.texels import Surface, charts, texels
from tests.engine.light.rooms import box, surface, triangles

pytestmark = pytest.mark.usefixtures("rays")

BRIGHT = Sky(np.ones(3), np.ones(3), np.ones(3))
FLOOR = [[(-2, 0, 2), (2, 0, 2), (2, 0, -2), (-2, 0, -2)]]


def room(albedo: float = 0.6) -> Surface:
    return surface(
        [*box((0, 0, 0), (5, 3, 4)), *box((2, 0, 1.5), (3, 1, 2.5), inside=False)], albedo
    )


def ceiling_lamp() -> Fixture:
    lamp = panel(
        np.asarray([2.5, 2.99, 2]), np.asarray([1.0, 0, 0]), np.asarray([0, 0, 0.8]), 4000, 4000
    )
    return Fixture(lamp, (0,))


def near(baked: Baked, place: tuple[float, float, float]) -> np.ndarray:
    """(3,) light of the texel next to a place."""
    index = np.linalg.norm(baked.grid.point - place, axis=1).argmin()
    return baked.light()[index]


def test_in_a_furnace_everything_looks_like_the_furnace() -> None:
    white = surface(box((-1, 0, -1), (1, 1, 1), inside=False)[1:], 1.0)
    shell = triangles(box((-9, -9, -9), (9, 9, 9)))
    one = bake([white], [], occluders=shell, glow=1.0, quality=Quality(bounces=1))[0]
    assert one.light() == pytest.approx(np.ones_like(one.light()), abs=1e-4)


def test_a_hollow_furnace_of_perfect_white_is_as_bright_once_light_has_gone_round() -> None:
    cup = surface(box((-1, 0, -1), (1, 1, 1))[:1] + box((-1, 0, -1), (1, 1, 1))[2:], 1.0)
    baked = bake([cup], [], sky=BRIGHT, quality=Quality(rays=64, bounces=30))[0]
    assert baked.light() == pytest.approx(np.ones_like(baked.light()), abs=0.05)


def test_a_wall_hides_half_of_the_sky_at_its_foot_and_little_far_away() -> None:
    wall = triangles([[(-500, 0, -2), (500, 0, -2), (500, 500, -2), (-500, 500, -2)]])
    floor = surface([[(-2, 0, 2), (2, 0, 2), (2, 0, -1.9), (-2, 0, -1.9)]])
    baked = bake([floor], [], occluders=wall, sky=BRIGHT, quality=Quality(rays=256))[0]
    assert near(baked, (0, 0, -1.9))[1] == pytest.approx(0.5, abs=0.03)
    assert near(baked, (0, 0, 0))[1] == pytest.approx(0.5, abs=0.03)  # it has no end


def test_a_panel_over_an_open_floor_is_exact() -> None:
    lamp = ceiling_lamp().lamp
    floor = surface([[(0, 0, 4), (5, 0, 4), (5, 0, 0), (0, 0, 0)]])
    baked = bake([floor], [Fixture(lamp, (0,))], quality=Quality(bounces=0))[0]
    want = lamp.irradiance(baked.grid.point, baked.grid.normal)[:, None] * lamp.radiance / np.pi
    assert baked.light() == pytest.approx(want, rel=1e-4, abs=1e-6)


def test_a_spot_is_four_times_as_bright_at_half_the_distance() -> None:
    low = surface([[(-0.2, 0, 0.2), (0.2, 0, 0.2), (0.2, 0, -0.2), (-0.2, 0, -0.2)]], density=100)
    lit = [
        near(
            bake([low], [Fixture(spot(np.asarray([0, y, 0.0]), np.zeros(3), 3000, 500, 60), (0,))])[
                0
            ],
            (0, 0, 0),
        )[0]
        for y in (1.0, 2.0)
    ]
    assert lit[0] == pytest.approx(4 * lit[1], rel=0.01)


def test_a_box_under_a_spot_throws_a_shadow_of_the_right_size() -> None:
    lamp = spot(np.asarray([0, 4.0, 0]), np.zeros(3), 3000, 900, 120)
    board = triangles([[(-0.5, 2, 0.5), (0.5, 2, 0.5), (0.5, 2, -0.5), (-0.5, 2, -0.5)]])
    floor = surface(FLOOR, density=16)
    baked = bake([floor], [Fixture(lamp, (0,))], occluders=board, quality=Quality(bounces=0))[0]
    free = bake([floor], [Fixture(lamp, (0,))], quality=Quality(bounces=0))[0]
    share = baked.light()[:, 0] / free.light()[:, 0]
    assert share[np.abs(baked.grid.point[:, [0, 2]]).max(1) < 0.8].max() < 0.01  # 1 m to each side
    assert share[np.abs(baked.grid.point[:, [0, 2]]).max(1) > 1.2].min() > 0.99


def test_the_sun_lights_what_it_reaches() -> None:
    towards = np.asarray([0.0, 0.8, 0.6])
    wall = triangles([[(-9, 0, 0), (9, 0, 0), (9, 2, 0), (-9, 2, 0)]])
    baked = bake(
        [surface(FLOOR)], [Fixture(Sun(towards, np.full(3, np.pi)), (0,))],
        occluders=wall, quality=Quality(bounces=0),
    )[0]  # fmt: skip
    assert near(baked, (0, 0, 1))[0] == pytest.approx(0.8, rel=1e-3)
    assert near(baked, (0, 0, -0.8))[0] == pytest.approx(0.0, abs=1e-3)  # shadow ends at -1.5


def test_no_light_goes_through_walls() -> None:
    bright, dark = room(), surface(box((5.2, 0, 0), (9, 3, 4)), 0.8)
    baked = bake([bright, dark], [ceiling_lamp()])
    assert baked[0].light().mean() > 0.1
    assert baked[1].light().max() == 0


def test_light_goes_through_a_door() -> None:
    left = box((0, 0, 0), (4, 3, 4))[:5]
    right = box((4, 0, 0), (8, 3, 4))
    wall = [
        [(4, 0, 0), (4, 0, 1.5), (4, 3, 1.5), (4, 3, 0)],
        [(4, 0, 2.5), (4, 0, 4), (4, 3, 4), (4, 3, 2.5)],
    ]
    baked = bake(
        [surface(left), surface([right[i] for i in (0, 1, 2, 3, 5)])],
        [ceiling_lamp()],
        occluders=triangles(wall),
    )
    assert 0.002 < baked[1].light().mean() < 0.3 * baked[0].light().mean()


def test_bounced_light_takes_the_colour_of_the_wall() -> None:
    colours = [(0.5, 0.5, 0.5)] * 4 + [(0.8, 0.05, 0.05), (0.05, 0.05, 0.8)]
    baked = bake([surface(box((0, 0, 0), (5, 3, 4)), colours)], [ceiling_lamp()])[0]
    left, right = near(baked, (0.2, 0, 2)), near(baked, (4.8, 0, 2))
    assert left[0] / left[2] > 1.2 * right[0] / right[2]


def test_corners_and_the_foot_of_a_plinth_are_closed_in() -> None:
    baked = bake([room()], [])[0]
    index = [
        np.linalg.norm(baked.grid.point - place, axis=1).argmin()
        for place in ((1.0, 0, 3.0), (1.9, 0, 2.0), (0.05, 0, 0.05))
    ]
    open_floor, foot, corner = baked.openness[index]
    assert open_floor > 0.7
    assert foot < 0.9 * open_floor
    assert corner < 0.7 * open_floor


def test_two_charts_side_by_side_show_no_seam() -> None:
    whole = box((0, 0, 0), (5, 3, 4))
    halves = [
        [(0, 0, 4), (2.5, 0, 4), (2.5, 0, 0), (0, 0, 0)],
        [(2.5, 0, 4), (5, 0, 4), (5, 0, 0), (2.5, 0, 0)],
    ]
    baked = bake([surface([*whole[1:], *halves], 0.6)], [ceiling_lamp()])[0]
    light, point, chart = baked.light(), baked.grid.point, baked.grid.chart
    floor = point[:, 1] < 1e-3
    edge = floor & (np.abs(point[:, 0] - 2.5) < 0.1)
    sides = [light[edge & (chart == c)] for c in np.unique(chart[edge])]
    assert len(sides) == 2
    assert np.abs(sides[0].mean(0) - sides[1].mean(0)).max() < 2 / 255


def test_evenly_lit_charts_have_no_dark_edges_nor_gutters() -> None:
    picture = bake([surface(FLOOR * 3)], [], sky=BRIGHT)[0].picture()
    assert picture == pytest.approx(np.ones_like(picture), abs=1e-4)


def test_a_floor_under_a_plinth_takes_the_light_beside_it() -> None:
    baked = bake([room()], [ceiling_lamp()])[0]
    under = np.linalg.norm(baked.grid.point - (2.5, 0, 2.0), axis=1) < 0.2
    hidden = baked.light()[under & (baked.grid.flat[:, 1] > 0)].mean(0)
    assert hidden[0] > 0.5 * near(baked, (1.8, 0, 2.0))[0]


def test_the_same_room_and_seed_give_the_same_light() -> None:
    first, second = (bake([room()], [ceiling_lamp()], seed=3)[0].picture() for _ in range(2))
    other = bake([room()], [ceiling_lamp()], seed=4)[0].picture()
    assert first.tobytes() == second.tobytes()
    assert first.tobytes() != other.tobytes()
    assert np.abs(first - other).mean() < 0.02 * first.mean()


def test_a_quick_bake_looks_like_a_slow_one() -> None:
    quick = bake([room()], [ceiling_lamp()], quality=FAST)[0].light()
    slow = bake([room()], [ceiling_lamp()], quality=Quality(256, 128, FAST.bounces))[0].light()
    assert np.abs(quick - slow).mean() < 0.02 * slow.mean()
    assert np.percentile(np.abs(quick - slow), 99) < 0.1 * slow.mean()


def test_every_texel_that_filtering_reads_lies_on_its_surface() -> None:
    one = surface([[(0, 0, 0), (1, 0, 0), (1, 0.02, 0), (0, 0.02, 0)]], density=20)
    grid = texels(one)
    assert (grid.point[:, :2] >= 0).all()
    assert (grid.point[:, :2] <= (1, 0.02)).all()
    middles = (np.stack([grid.pixel % one.size[1], grid.pixel // one.size[1]], 1) - 2.5) / 20
    assert grid.point[:, 0] == pytest.approx(middles[:, 0].clip(0, 1), abs=0.1)  # corners are thin


def test_charts_end_where_surfaces_bend_or_uv_is_cut() -> None:
    assert len(np.unique(charts(room()))) == 12


def test_png_codes_are_right_to_half_a_step() -> None:
    light = np.random.default_rng(0).random((32, 48, 3)).astype(np.float32) * 2.5
    scale = scale_of(light)
    back = read_lightmap(lightmap_png(light, scale), scale)
    codes = [np.clip(x / scale, 0, 1) for x in (light, back)]
    assert np.abs(codes[0] - codes[1]).max() < 0.0046  # half of the largest step between two codes
    assert lightmap_png(light, scale) == lightmap_png(light, scale)


def test_an_empty_world_has_no_light() -> None:
    assert bake([], []) == []
