"""Contact sheets: every picture whole, in reading order, with room around it."""

from __future__ import annotations

import numpy as np
import pytest

from engine.assets.sheet import contact_sheet


def pictures(count: int) -> list[np.ndarray]:
    return [np.full((64, 64, 3), 3 * k + 1, np.uint8) for k in range(count)]


def test_every_picture_is_there_whole_and_in_reading_order():
    sheet = contact_sheet(pictures(7), columns=3, labels=[""] * 7)
    corners = []
    for k in range(7):
        rows, columns = np.nonzero((sheet == 3 * k + 1).all(-1))
        assert len(rows) == 64 * 64
        corners.append((int(rows.min()), int(columns.min())))
    assert corners == sorted(corners)
    assert len({row for row, _ in corners}) == 3


def test_pictures_do_not_touch_each_other_or_the_edge():
    sheet = contact_sheet(pictures(4), columns=2, labels=["a"] * 4)
    filled = np.isin(sheet[..., 0], [1, 4, 7, 10]) & (np.ptp(sheet, axis=-1) == 0)
    assert not filled[0].any()
    assert not filled[:, 0].any()
    assert not filled[:, sheet.shape[1] // 2].any()


def test_a_caption_is_drawn_below_its_picture():
    bare = contact_sheet(pictures(1), columns=1, labels=[""])
    named = contact_sheet(pictures(1), columns=1, labels=["42"])
    rows = np.nonzero((bare != named).any((1, 2)))[0]
    bottom = np.nonzero((bare == 1).all(-1))[0].max()
    assert len(rows) > 4
    assert rows.min() > bottom


def test_few_pictures_leave_no_empty_columns():
    assert (
        contact_sheet(pictures(2), columns=8, labels=["", ""]).shape
        == contact_sheet(pictures(2), columns=2, labels=["", ""]).shape
    )


@pytest.mark.parametrize(
    ("images", "columns", "labels"),
    [
        ([], 1, []),
        (pictures(2), 1, ["a"]),
        (pictures(1), 0, ["a"]),
        ([*pictures(1), np.zeros((8, 8, 3), np.uint8)], 2, ["a", "b"]),
    ],
)
def test_what_cannot_be_a_sheet_is_refused(images, columns, labels):
    with pytest.raises(ValueError, match="image"):
        contact_sheet(images, columns, labels)
