"""Pictures of fields: a body is drawn wherever it is, in its colour; nothing is paper."""

import numpy as np
import pytest

from engine.data.field_picture import picture_of_field
from engine.data.voxel_field import REACH

SIZE, RADIUS = 32, 5.0


def ball(center: tuple[float, float, float], color: tuple[float, float, float]) -> np.ndarray:
    """(4, SIZE, SIZE, SIZE): a ball at z, y, x."""
    place = np.stack(np.indices((SIZE,) * 3), -1) + 0.5
    distance = RADIUS - np.linalg.norm(place - center, axis=-1)
    field = np.empty((4, SIZE, SIZE, SIZE), np.float32)
    field[0] = (distance / REACH).clip(-1, 1)
    field[1:] = np.array(color, np.float32).reshape(3, 1, 1, 1)
    return field


def drawn(field: np.ndarray) -> np.ndarray:
    """(P, 3) uint8: the pixels that are not paper."""
    picture = picture_of_field(field, 48)
    return picture[(picture != picture[0, 0]).any(-1)]


@pytest.mark.parametrize("center", [(16, 16, 16), (6, 6, 6), (26, 26, 6), (6, 26, 26)])
def test_a_ball_has_the_area_of_a_disc_wherever_it_is(center: tuple[float, float, float]) -> None:
    pixel = (SIZE + 2) * 1.25 / 48
    area = len(drawn(ball(center, (1.0, -1.0, -1.0)))) * pixel**2
    assert area == pytest.approx(np.pi * RADIUS**2, rel=0.2)  # the rim is counted whole


def test_the_colour_is_the_bodys() -> None:
    red = drawn(ball((16, 16, 16), (1.0, -1.0, -1.0))).mean(0)
    assert red[0] > 3 * red[1:].max()


def test_where_there_is_no_body_there_is_paper_alone() -> None:
    nothing = np.full((4, SIZE, SIZE, SIZE), -1, np.float32)
    assert len(drawn(nothing)) == 0
