"""Completion: what is known stays, the rest is the model's, and the two are one body."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
import trimesh

from engine.control.codes import Space
from engine.control.complete import Completed, blend, complete
from engine.control.known import gather, look, read_region, sizes
from engine.data.mesh_field import encode_soup, place
from engine.data.mesh_soup import Soup, read_soup
from engine.errors import BadRequest
from engine.shape.mesh import is_watertight
from engine.shape.surface import extract
from tests.engine.control.cutting import cut
from tests.engine.control.tiny import eggs, space_of

SIZE = 32


@pytest.fixture(scope="module")
def space() -> Space:
    return space_of(eggs())


@pytest.fixture(scope="module")
def egg(tmp_path_factory: pytest.TempPathFactory) -> Soup:
    """A red ellipsoid with half axes 0.6, 0.8 and 1 along x, y and z, on the floor."""
    mesh = trimesh.creation.icosphere(subdivisions=3)
    mesh.apply_scale([0.6, 0.8, 1.0])
    mesh.apply_translation([0, 0, 1])
    mesh.visual.vertex_colors = [200, 30, 30, 255]
    path = tmp_path_factory.mktemp("egg") / "egg.ply"
    mesh.export(path)
    return read_soup(path)


@pytest.fixture(scope="module")
def broken(egg: Soup) -> Soup:
    """The egg without its upper third."""
    return cut(egg, 2, 4 / 3)


@pytest.mark.parametrize(
    ("texts", "low", "high"),
    [
        (["below 0.6"], (0, 0, 0), (1, 1, 0.6)),
        (["above:0.25", "left 0.5"], (0, 0, 0.25), (0.5, 1, 1)),
        (["front 0.5", "back 0.25", "right 0.1"], (0.1, 0.25, 0), (1, 0.5, 1)),
        (["box 0 0.1 0.2 0.9 1 1", "below 0.8"], (0, 0.1, 0.2), (0.9, 1, 0.8)),
    ],
)
def test_a_region_is_what_all_its_words_keep(
    texts: list[str], low: tuple[float, ...], high: tuple[float, ...]
) -> None:
    region = read_region(texts)
    assert region.low == pytest.approx(low)
    assert region.high == pytest.approx(high)


@pytest.mark.parametrize(
    "texts", [["below"], ["beneath 0.5"], ["below 60"], ["box 0 0 0 1 1"], ["below nan"],
              ["below 0.3", "above 0.5"], [""], ["below 0.5 0.6"]],
)  # fmt: skip
def test_a_region_that_is_none_is_refused(texts: list[str]) -> None:
    with pytest.raises(BadRequest, match="keep"):
        read_region(texts)


def test_a_whole_model_without_a_region_has_nothing_missing(egg: Soup) -> None:
    with pytest.raises(BadRequest, match="nowhere open"):
        gather(egg, None)


def test_a_seam_that_is_open_by_a_triangle_is_no_break(egg: Soup) -> None:
    with pytest.raises(BadRequest, match="nowhere open"):
        gather(egg.take(np.arange(len(egg.corners)) != 100, "one face gone"), None)


def test_the_missing_side_is_where_the_hole_looks(egg: Soup, broken: Soup) -> None:
    assert gather(broken, None).way.argmax() == 2
    left = gather(cut(egg, 0, -0.2, keep_low=False), None)
    assert left.way.argmin() == 0


def test_a_whole_that_has_grown_holds_the_broken_one(broken: Soup) -> None:
    tried = sizes(gather(broken, None), None)
    assert [factor for factor, _ in tried] == [1.25, 1.5, 2.0]
    low, high = tried[1][1]
    assert low[2] == pytest.approx(0, abs=1e-6)
    assert high[2] == pytest.approx(2.0, abs=1e-6)  # 1.5 times the height of what is left
    assert sizes(gather(broken, None), 1.2)[0][0] == 1.2


def test_a_frame_of_its_own_bounds_is_that_of_a_data_set(egg: Soup) -> None:
    evidence = gather(egg, read_region(["below 0.5"]))
    view = look(evidence, SIZE, (evidence.low, evidence.high))
    placed, unit = place(egg, SIZE)
    assert view.unit == pytest.approx(unit)
    expected = encode_soup(placed, SIZE)[0].astype(np.float32)
    assert np.array_equal(view.field, expected)


def test_d22_what_lies_behind_a_break_is_unknown_and_the_rest_is_known(broken: Soup) -> None:
    evidence = gather(broken, None)
    _, whole = sizes(evidence, 1.5)[0]
    view = look(evidence, SIZE, whole)
    break_at = 2 + 28 * 2 / 3
    height = np.arange(SIZE) + 0.5
    assert not view.known[height > break_at].any()
    inside = view.field[0] > 0
    deep = inside & (height < break_at - 5)[:, None, None]
    assert view.known[deep].min() == 1
    assert view.onward[height < break_at].sum() == 0
    assert view.onward.sum() > 20


@pytest.fixture(scope="module")
def whole(space: Space, broken: Soup) -> Completed:
    draws = torch.cat([space.draw([s], s % 3) for s in range(6)])
    steps: list[int] = []
    made = complete(
        space, gather(broken, None), draws, grow=1.5, on_step=lambda done, _: steps.append(done)
    )
    assert steps == sorted(steps)
    return made


def test_d22_the_known_part_stays_and_the_whole_is_one_closed_body(whole: Completed) -> None:
    sure = whole.view.known == 1
    assert sure.mean() > 0.1
    assert np.array_equal(whole.field[0][sure], whole.view.field[0][sure])
    near = sure & (whole.view.field[0] > -0.5)  # further out a color means nothing
    assert np.array_equal(whole.field[:, near], whole.view.field[:, near])
    assert is_watertight(extract(whole.field))
    assert 0 < whole.made < 0.6


def test_d22_an_egg_without_its_top_is_an_egg_again(whole: Completed, egg: Soup) -> None:
    truth = encode_soup(place(egg, 64)[0], 64)[0][0] > 0

    def overlap(solid: np.ndarray) -> float:
        return float((solid & truth).sum() / (solid | truth).sum())

    flat = overlap(whole.view.field[0] > 0)  # the hole closed flat
    assert flat < 0.8
    assert overlap(whole.field[0] > 0) > flat + 0.05


def test_d22_what_is_made_up_has_the_colors_of_what_is_there(whole: Completed) -> None:
    top = (whole.field[0] > 0) & (whole.view.known == 0)
    assert top.sum() > 500
    color = (whole.field[1:, top].T + 1) * 127.5
    assert np.abs(color - (200, 30, 30)).mean(0).max() < 10


def test_a_blend_is_the_known_where_it_is_known_and_the_made_elsewhere(egg: Soup) -> None:
    evidence = gather(egg, read_region(["below 0.5"]))
    view = look(evidence, SIZE, (evidence.low, evidence.high))
    made = np.full_like(view.field, 0.25)
    whole = blend(view, made)
    assert np.array_equal(whole[0][view.known == 1], view.field[0][view.known == 1])
    assert (whole[:, view.known == 0] == 0.25).all()
    assert view.known[:10].min() == 1
    assert view.known[20:].max() == 0


def test_a_mesh_that_is_no_file_is_refused(tmp_path: Path) -> None:
    from engine.control.sources import read_mesh

    with pytest.raises(BadRequest, match="no file"):
        read_mesh(tmp_path / "none.glb")
    (tmp_path / "chair.blend").write_text("")
    with pytest.raises(BadRequest, match="read are"):
        read_mesh(tmp_path / "chair.blend")
