"""Bodies, crumbs and cavities."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from engine.data.voxels import VoxelGrid
from engine.errors import EmptyShape
from engine.shape.clean import keep_body


def painted(solid: np.ndarray) -> VoxelGrid:
    """Every voxel in a colour of its own position."""
    place = np.stack(np.indices(solid.shape), axis=-1) * 10 + 1
    return VoxelGrid(solid, np.where(solid[..., None], place, 0).astype(np.uint8))


def test_the_largest_body_stays_and_crumbs_go():
    solid = np.zeros((8, 8, 8), bool)
    solid[0:3, 0:3, 0:3] = True
    solid[6, 6, 6] = solid[7, 0, 0] = True
    grid, report = keep_body(painted(solid))
    assert grid.solid.sum() == 27
    assert not grid.solid[6, 6, 6]
    assert (report.kept, report.crumbs, report.filled) == (27 / 29, 2, 0)


def test_voxels_that_touch_by_a_corner_are_one_body():
    solid = np.zeros((4, 4, 4), bool)
    solid[0, 0, 0] = solid[1, 1, 1] = solid[2, 2, 2] = True
    grid, report = keep_body(painted(solid))
    assert grid.solid.sum() == 3
    assert report.crumbs == 0


def test_an_enclosed_cavity_is_filled_with_a_neighbouring_colour():
    solid = np.ones((5, 5, 5), bool)
    solid[2, 2, 2] = False
    before = painted(solid)
    grid, report = keep_body(before)
    assert grid.solid.all()
    assert report.filled == 1
    around = [before.colors[1, 2, 2], before.colors[3, 2, 2], before.colors[2, 1, 2]]
    around += [before.colors[2, 3, 2], before.colors[2, 2, 1], before.colors[2, 2, 3]]
    assert any((grid.colors[2, 2, 2] == color).all() for color in around)


def test_a_cavity_with_a_hole_in_its_wall_stays_open():
    solid = np.ones((5, 5, 5), bool)
    solid[2, 2, 2] = solid[2, 2, 1] = solid[2, 2, 0] = False
    assert not keep_body(painted(solid))[0].solid[2, 2, 2]


def test_an_empty_grid_raises_empty_shape():
    with pytest.raises(EmptyShape):
        keep_body(painted(np.zeros((3, 3, 3), bool)))


def flood(cells: set[tuple[int, ...]], start: tuple[int, ...]) -> set[tuple[int, ...]]:
    """The 26-connected body around `start`, by hand."""
    found, front = {start}, [start]
    while front:
        z, y, x = front.pop()
        for dz, dy, dx in np.ndindex(3, 3, 3):
            near = (z + dz - 1, y + dy - 1, x + dx - 1)
            if near in cells and near not in found:
                found.add(near)
                front.append(near)
    return found


@given(hnp.arrays(bool, st.tuples(*[st.integers(1, 5)] * 3)))
def test_what_stays_is_one_body_and_keeps_its_colours(solid):
    if not solid.any():
        return
    before = painted(solid)
    grid, _report = keep_body(before)
    cells = {tuple(int(i) for i in place) for place in np.argwhere(grid.solid)}
    assert flood(cells, next(iter(cells))) == cells
    kept = grid.solid & solid
    assert (grid.colors[kept] == before.colors[kept]).all()
    assert (grid.colors[~grid.solid] == 0).all()
    again, second = keep_body(grid)
    assert (again.solid == grid.solid).all()
    assert (second.crumbs, second.filled) == (0, 0)
