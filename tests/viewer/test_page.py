"""The page in real Chromium: one visit on foot, by keyboard and in an emulated Quest 3."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from engine.gallery.ration import Viewer
from engine.gallery.sight import View
from engine.museum.store import read_museum

Visit = dict[str, Any]


def apart(a: Visit, b: Visit) -> float:
    """Metres on the ground."""
    return math.hypot(a["x"] - b["x"], a["z"] - b["z"])


def turned(a: Visit, b: Visit) -> float:
    """Degrees from one heading to another, counter-clockwise, -180 to 180."""
    return (math.degrees(b["heading"] - a["heading"]) + 180) % 360 - 180


def test_it_opens_and_says_nothing_in_the_console(visit: Visit) -> None:
    assert visit["title"] == "White cube"
    # 2 s where the machine does nothing else; one that is shared is as much slower.
    assert visit["firstFrame"] <= 2_000 * max(1.0, visit["load"]), visit["firstFrame"]
    assert visit["said"] == []
    assert visit["linked"]["said"] == []


def test_no_request_leaves_the_origin(visit: Visit, address: str) -> None:
    home = urlsplit(address)
    assert len(visit["asked"]) > 20
    for asked in visit["asked"]:
        assert asked.removeprefix("blob:").startswith(f"{home.scheme}://{home.netloc}/"), asked


def test_the_keyboard_meets_the_skip_link_first_and_sees_its_focus(visit: Visit) -> None:
    focus = visit["focus"]
    assert focus["seen"] == ["skip", "view"]
    assert focus["skip"].endswith("museum/catalogue.html")
    assert focus["ring"] == "solid"


def test_keys_walk_and_walls_stop(visit: Visit) -> None:
    walked = visit["walked"]
    assert apart(walked["began"], walked["forward"]) > 0.1
    # A visitor is 0.25 m thick; the left wall of this room is at x = 0.15.
    assert walked["stopped"]["x"] == pytest.approx(0.4, abs=0.01)
    assert walked["onFloor"]


def test_dragging_looks_and_clicking_the_floor_walks_there(visit: Visit) -> None:
    walked = visit["walked"]
    assert turned(walked["stopped"], walked["turned"]) > 5
    spawn = {"x": walked["spawn"][0], "z": walked["spawn"][1]}
    assert apart(spawn, walked["clicked"]) > 1


def test_every_room_is_entered_on_foot(visit: Visit) -> None:
    rooms = visit["rooms"]
    assert rooms["entered"] == rooms["all"]
    assert rooms["worst"] < 0.05  # metres that walls push the visitor off the planned way


def test_a_work_opens_zooms_turns_and_switches(visit: Visit) -> None:
    works = visit["works"]
    assert works["opened"]["slot"] == works["painting"]
    assert "Waves 15" in works["panel"]
    assert "80 × 100 cm" in works["panel"]
    assert works["link"] == f"#work={works['opened']['entry']}"
    assert works["zoomed"]["zoom"] > 1.6
    assert works["switched"]["entry"] == works["opened"]["entry"] + "-v1"
    assert works["liked"] == [works["switched"]["entry"]]
    assert works["live"] == "Waves anew is a favourite."
    assert works["closed"]["slot"] is None
    assert works["turned"] > 0.3


def test_a_screen_plays_silent_until_sound_is_asked_for(visit: Visit) -> None:
    screen = visit["screen"]
    assert screen["playing"] == {"muted": True, "paused": False, "width": 160}
    assert screen["paused"]["paused"]
    assert not screen["heard"]["muted"]
    assert "Colours drift." in screen["caption"]
    assert screen["count"] <= 2


def test_the_map_jumps(visit: Visit) -> None:
    assert visit["map"]["open"]
    assert visit["map"]["at"] == visit["map"]["last"]


def test_the_whole_tour_is_walked_by_keys(visit: Visit) -> None:
    keys = visit["keys"]
    assert keys["seen"] == keys["order"]
    assert keys["back"] == keys["order"][-2]
    assert keys["said"].startswith("Waves")
    assert keys["entered"] == keys["order"][1]


def test_a_headset_begins_where_the_page_was(visit: Visit) -> None:
    headset = visit["headset"]
    assert apart(headset["began"], headset["entered"]) < 0.05  # the left eye is 3 cm off
    assert abs(turned(headset["began"], headset["entered"])) < 1
    assert headset["entered"]["y"] == pytest.approx(1.6, abs=0.01)


def test_a_teleport_ends_where_the_ring_was(visit: Visit) -> None:
    headset = visit["headset"]
    target = {"x": headset["target"][0], "z": headset["target"][1]}
    assert apart(headset["entered"], headset["teleported"]) > 1
    assert apart(target, headset["teleported"]) < 0.1


def test_no_teleport_passes_a_wall(visit: Visit) -> None:
    headset = visit["headset"]
    assert not headset["through"]
    assert apart(headset["beforeWall"], headset["afterWall"]) < 0.01


def test_a_snap_turn_is_30_degrees_about_the_head(visit: Visit) -> None:
    headset = visit["headset"]
    assert turned(headset["afterWall"], headset["snapped"]) == pytest.approx(-30, abs=0.1)
    assert apart(headset["afterWall"], headset["snapped"]) < 0.01


def test_one_hand_selects_and_switches_a_work(visit: Visit) -> None:
    headset = visit["headset"]
    assert headset["selected"]["slot"] == headset["slot"]
    assert headset["reader"]
    assert headset["switched"]["entry"] != headset["selected"]["entry"]


def test_a_seated_visitor_is_raised_and_a_pinch_at_the_tray_turns(visit: Visit) -> None:
    headset = visit["headset"]
    assert headset["seated"]["y"] == pytest.approx(1.6, abs=0.01)
    assert headset["hands"] == 2
    assert headset["tray"]
    assert turned(headset["beforePinch"], headset["pinched"]) == pytest.approx(30, abs=0.1)


def test_a_headset_leaves_in_place_and_enters_again(visit: Visit) -> None:
    headset = visit["headset"]
    assert apart(headset["pinched"], headset["left"]) < 0.1
    assert headset["left"]["slot"] is None
    assert apart(headset["left"], headset["again"]) < 0.05


def test_the_worst_view_stays_within_a_quest_3(visit: Visit) -> None:
    scan = visit["scan"]
    assert scan["calls"] <= 46, scan["worst"]
    assert scan["triangles"] <= 300_000
    assert scan["mib"] <= 256


def test_the_builder_counts_what_the_page_draws(visit: Visit, bundle: Path) -> None:
    scan = visit["scan"]
    viewer = Viewer(read_museum(bundle), bundle)
    for view in scan["views"]:
        drawn = viewer.draw(View(view["room"], view["x"], view["z"], view["heading"], view["half"]))
        assert drawn.draws == view["draws"], view
    worst = scan["worst"]
    place = View(worst["room"], worst["x"], worst["z"], worst["heading"], worst["half"])
    drawn = viewer.draw(place)
    # What lies beside the view, but within the angle that is reckoned with, is culled.
    assert drawn.draws - 4 <= scan["calls"] <= drawn.draws
    assert scan["triangles"] <= drawn.triangles


def test_without_webgl_one_is_led_to_the_catalogue(visit: Visit, address: str) -> None:
    assert visit["plain"] == f"{address}museum/catalogue.html"


def test_a_link_leads_before_its_work_without_motion(visit: Visit) -> None:
    linked = visit["linked"]
    assert linked["entry"] == visit["works"]["switched"]["entry"]
    assert linked["slot"] == visit["works"]["painting"]
    assert linked["still"]
