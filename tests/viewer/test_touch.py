"""The page under fingers: one visit on an emulated telephone in real Chromium."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import pytest

Visit = dict[str, Any]


@pytest.fixture(scope="module")
def touch(driven: Callable[[str], Visit]) -> Visit:
    return driven("touch.mjs")


def apart(a: Visit, b: Visit) -> float:
    return math.hypot(a["x"] - b["x"], a["z"] - b["z"])


def test_a_thumb_on_the_pad_walks_and_its_end_stops(touch: Visit) -> None:
    assert touch["pad"]
    assert apart(touch["began"], touch["walked"]) > 0.3
    assert apart(touch["walked"], touch["rested"]) == 0


def test_a_drag_looks_and_a_tap_on_the_floor_walks_there(touch: Visit) -> None:
    assert abs(touch["looked"]["heading"] - touch["rested"]["heading"]) > math.radians(5)
    assert apart(touch["rested"], touch["looked"]) == 0
    assert apart(touch["spawn"], touch["floor"]) > 0.5


def test_a_tap_opens_a_work_and_its_panel_fits_the_screen(touch: Visit) -> None:
    assert touch["opened"]["slot"] == touch["work"]
    panel = touch["panel"]
    assert panel["left"] >= 0
    assert panel["right"] <= panel["width"]
    assert panel["bottom"] <= panel["height"]
    assert touch["seen"]["x"] == pytest.approx(panel["width"] / 2, abs=20)
    assert touch["seen"]["y"] == pytest.approx(panel["top"] / 2, abs=40)
    assert touch["wide"] <= panel["width"]


def test_two_fingers_bring_it_closer_and_are_no_taps(touch: Visit) -> None:
    assert touch["pinched"]["zoom"] > 1.5
    assert touch["pinched"]["slot"] == touch["work"]
    assert abs(touch["panned"]) > 0.01


def test_the_panel_switches_likes_goes_on_and_closes(touch: Visit) -> None:
    assert touch["switched"]["entry"] == touch["opened"]["entry"] + "-v1"
    assert touch["liked"] == "true"
    assert touch["next"]["slot"] not in (None, touch["work"])
    assert touch["closed"]["slot"] is None


def test_buttons_are_large_enough_for_fingers_and_the_console_is_clean(touch: Visit) -> None:
    assert touch["small"] == 0
    assert touch["said"] == []
