"""Filled fields: a thin thing gets the whole cube, and its own proportions back."""

import pytest
import torch

from engine.data.proportions import NARROWEST, fill, unfill
from engine.errors import EmptyShape


def box_field(size: int, half: tuple[float, float, float]) -> torch.Tensor:
    """A box that stands on the floor of a data set's field, red below and blue above its middle."""
    line = torch.arange(size) + 0.5
    z = line[:, None, None] - 2 - half[0]
    y, x = line[:, None] - size / 2, line - size / 2
    inside = torch.minimum(
        torch.minimum(half[0] - z.abs(), half[1] - y.abs()), half[2] - x.abs()
    ).expand(size, size, size)
    color = torch.where(z > 0, 1.0, -1.0).expand(size, size, size)
    return torch.stack([(inside / 2).clamp(-1, 1), -color, torch.full_like(color, -1), color])


def test_a_thin_box_fills_the_cube() -> None:
    filled, proportions = fill(box_field(64, (30, 6, 12)), 32)
    solid = (filled[0] > 0).float()
    assert proportions.tolist() == pytest.approx([1.0, 0.2, 0.4])
    assert 0.7 < float(solid.mean()) < 0.9  # (29 / 32)³ = 0.74, and half a fine voxel more


def test_unfilling_gives_the_box_back() -> None:
    field = box_field(64, (30, 9, 14))
    back = unfill(*fill(field, 32), 64)
    a, b = field[0] > 0, back[0] > 0
    overlap = float((a & b).sum() / (a | b).sum())
    assert overlap > 0.85  # all sides gain half a voxel: (30 x 9 x 14) / (30.5 x 9.5 x 14.5)
    core = field[0] > 0.5
    assert float((field[1:] - back[1:])[:, core].abs().mean()) < 0.1


def test_empty_space_stays_at_the_end_of_the_range() -> None:
    field = box_field(64, (30, 30, 30))
    field[0, :, 12:32, 12:32] = -1
    filled, _ = fill(field, 32)
    assert float(filled[0, 16, 11, 11]) == -1
    assert float(filled[0].max()) == 1


def test_a_surface_keeps_its_colour_though_a_field_has_none_beyond_it() -> None:
    field = box_field(64, (30, 9, 14))
    field[1:, field[0] < -0.5] = 0
    filled, _ = fill(field, 32)
    seen = filled[0].abs() < 1
    seen[14:18] = False  # where red meets blue
    assert float((filled[1:, seen].abs() - 1).abs().max()) < 1e-5


def test_a_field_of_half_the_edge_fills_to_the_same_distances() -> None:
    fine, coarse = fill(box_field(64, (30, 15, 30)), 32), fill(box_field(32, (14, 7, 14)), 32)
    assert coarse[1].tolist() == pytest.approx(fine[1].tolist(), abs=0.02)
    near = fine[0][0].abs() < 0.9
    assert float((fine[0][0] - coarse[0][0])[near].abs().mean()) < 0.35


def test_nothing_lies_beyond_the_filled_cube_whatever_its_rim_says() -> None:
    full = torch.ones(4, 16, 16, 16)
    field = unfill(full, torch.tensor([1.0, 0.5, 0.5]), 32)
    assert float(field[0, :, 0].max()) == -1
    assert float(field[0, 16, 16, 16]) > 0


def test_a_sheet_is_not_stretched_beyond_the_narrowest() -> None:
    _, proportions = fill(box_field(64, (30, 1, 30)), 32)
    assert float(proportions.min()) == pytest.approx(NARROWEST)


def test_an_empty_field_is_refused() -> None:
    with pytest.raises(EmptyShape):
        fill(torch.full((4, 16, 16, 16), -1.0), 16)
