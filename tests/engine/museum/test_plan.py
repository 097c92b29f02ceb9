"""The planner: sound museums from any request, the same ones each time, or one clear sentence."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

from engine.errors import BadRequest, CannotPlan, VernissageError
from engine.gallery.sources import settled
from engine.museum.check import check
from engine.museum.floorplan import floor_plan
from engine.museum.plan import plan
from engine.museum.schema import Museum, ScreenSlot, WallSlot
from engine.museum.spec import MuseumRequest, read_request
from engine.museum.store import museum_bytes
from engine.museum.themes import theme, theme_names
from engine.zoo.card import names

PICTURE = {"kind": "painting", "title": "Mine", "size": [1.0, 0.8]}


def planned(**values: Any) -> Museum:
    return plan(MuseumRequest.parse(values))


@pytest.mark.parametrize("name", theme_names())
@pytest.mark.parametrize(("count", "seed"), [(1, 0), (7, 1), (33, 2)])
def test_e11_a_plan_of_any_theme_and_size_has_no_fault(name: str, count: int, seed: int) -> None:
    museum = planned(theme=name, count=count, seed=seed)
    assert check(museum) == []
    assert len(museum.works) == count


@pytest.mark.parametrize("rooms", [1, 2, 3, 5, 12, 20])
def test_a_museum_has_exactly_as_many_rooms_as_were_asked_for(rooms: int) -> None:
    museum = planned(theme="small_cabinet", count=2 * rooms + 6, rooms=rooms)
    assert len(museum.rooms) == rooms
    assert check(museum) == []


def test_the_same_request_gives_the_same_bytes_and_another_seed_another_museum() -> None:
    first, again = (museum_bytes(planned(count=14, seed=5)) for _ in range(2))
    assert first == again
    assert museum_bytes(planned(count=14, seed=6)) != first


def test_e7_a_visitor_gets_rooms_for_height_pace_and_likes_and_the_same_ones_again() -> None:
    sources = [{"kind": "painting", "classes": ["portrait", "animal", "landscape"]}]
    wishes = {"likes": ["Animal"], "pace": "slow", "height": 1.2, "seated": True}
    own = {"count": 24, "sources": sources, "visitor": wishes}
    museum = planned(**own)
    assert museum_bytes(museum) == museum_bytes(planned(**own))
    assert check(museum) == []
    assert "nimal" in museum.rooms[0].title
    assert museum.hang.center_line < 1.2
    assert museum.hang.clearance == 1.5
    assert museum.tours[1].title == "For you"
    liked = {w.id for w in museum.works if getattr(w.origin, "class_name", "") == "animal"}
    shown = {slot.id: slot.works[0] for slot in museum.slots}
    assert {shown[stop.slot] for stop in museum.tours[1].stops} <= liked
    plain = planned(count=24, sources=sources)
    assert len(liked) > len([w for w in plain.works if w.origin.class_name == "animal"])  # type: ignore[union-attr]
    assert museum.tours[0].stops[0].seconds > plain.tours[0].stops[0].seconds


def test_e13_every_made_work_says_its_model_and_seed_and_no_two_are_the_same() -> None:
    museum = planned(count=30, variations=2)
    made = [w.origin for w in museum.works] + [v.origin for w in museum.works for v in w.variations]
    keys = [(o.model, o.seed) for o in made]  # type: ignore[union-attr]
    assert len(set(keys)) == len(keys) == 90
    texts = {label.slot: label.text for label in museum.labels}
    works = {work.id: work for work in museum.works}
    for slot in museum.slots:
        origin = works[slot.works[0]].origin
        assert f"model {origin.model}" in texts[slot.id]  # type: ignore[union-attr]
        assert f"seed {origin.seed}" in texts[slot.id]  # type: ignore[union-attr]


def test_own_works_keep_their_size_file_and_author() -> None:
    own = {**PICTURE, "file": "works/mine.png", "author": "Me", "licence": "CC0-1.0"}
    museum = planned(count=3, works=[own])
    work = next(w for w in museum.works if w.title == "Mine")
    slot = next(s for s in museum.slots if work.id in s.works)
    assert (work.file, slot.size) == ("works/mine.png", (1.0, 0.8))
    assert "Me · CC0-1.0" in next(x.text for x in museum.labels if x.slot == slot.id)


def test_a_work_that_is_wider_than_usual_walls_gets_a_room_that_holds_it() -> None:
    museum = planned(count=2, works=[{**PICTURE, "size": [11.5, 6.5]}])
    assert check(museum) == []
    assert museum.rooms[0].height >= 7.5


def test_works_hang_where_they_are_fixed() -> None:
    fixed = [{**PICTURE, "fixed": {"room": 2, "wall": "north", "along": a}} for a in (0.0, 1.0)]
    museum = planned(count=8, rooms=2, works=fixed)
    assert check(museum) == []
    mine = [s for s in museum.slots if s.works[0].startswith("own")]
    assert {s.room for s in mine} == {"room-02"}
    assert {s.yaw for s in mine} == {0.0}  # on the north wall one looks south, along +Z
    assert mine[0].position[0] < mine[1].position[0]


def test_clips_share_screens_and_every_screen_plays_several() -> None:
    museum = planned(theme="night_cinema", count=12, sources=[{"kind": "video"}])
    screens = [s for s in museum.slots if isinstance(s, ScreenSlot)]
    assert [len(s.works) for s in screens] == [3] * 4


SAME = [{**PICTURE, "fixed": {"room": 1, "wall": "north"}}] * 2
BAD: list[tuple[dict[str, Any], type[VernissageError], str]] = [
    ({"rooms": 0}, BadRequest, "rooms"),
    ({"count": 0}, BadRequest, "at least one work"),
    ({"count": 10_000}, BadRequest, "count"),
    ({"count": 1_990, "works": [PICTURE] * 20}, BadRequest, "2010 works are too many"),
    ({"theme": "../secret"}, BadRequest, "choose one of"),
    ({"works": [{**PICTURE, "file": "../a.png"}]}, BadRequest, "below the museum's folder"),
    ({"works": [{**PICTURE, "size": [13, 1]}]}, BadRequest, "size"),
    ({"works": [{**PICTURE, "size": [1, 9]}]}, BadRequest, "high enough"),
    ({"works": [{**PICTURE, "size": [1, 1, 1]}]}, BadRequest, "2 sizes"),
    ({"wokrs": []}, BadRequest, "wokrs"),
    ({"count": 3, "rooms": 6}, CannotPlan, "empty"),
    ({"count": 300, "rooms": 2}, CannotPlan, "too many for 2 rooms"),
    ({"count": 6, "rooms": 2, "works": SAME}, CannotPlan, "Mine and Mine"),
    ({"count": 6, "works": [{**SAME[0], "fixed": {"room": 9, "wall": "east"}}]}, CannotPlan, "9"),
]


@pytest.mark.parametrize(("values", "error", "word"), BAD, ids=[b[2] for b in BAD])
def test_bad_wishes_are_refused_with_one_sentence_and_a_fix(
    values: dict[str, Any], error: type[VernissageError], word: str
) -> None:
    with pytest.raises(error, match=word) as caught:
        planned(**values)
    assert caught.value.fix.endswith(".")
    assert "{" not in caught.value.fix


@pytest.mark.parametrize("text", ["[]", "{", '"x"'])
def test_a_description_that_is_no_object_is_refused(tmp_path: Path, text: str) -> None:
    (tmp_path / "a.json").write_text(text)
    for name in ("a.json", "missing.json"):
        with pytest.raises(BadRequest, match=name):
            read_request(tmp_path / name)


def test_rooms_of_the_enfilade_have_their_doors_in_one_line() -> None:
    museum = planned(theme="baroque_enfilade", count=60, rooms=6)
    lines = [d.center[1] for d in museum.doors if d.yaw in (90.0, -90.0)]
    # Two rows of three rooms have two such doors each, and each row one line.
    assert len({round(z, 2) for z in lines}) == 2
    assert any(len(room.outline) == 8 for room in museum.rooms)


SCENES = sorted((Path(__file__).parents[3] / "scenes").glob("*.json"))


def test_six_scenes_ship_one_for_each_theme() -> None:
    themes = {json.loads(path.read_text(encoding="utf-8"))["theme"] for path in SCENES}
    assert themes == set(theme_names())
    assert len(SCENES) >= 6
    assert len({theme(name).plan.kind for name in themes}) == 3


@pytest.mark.parametrize("path", SCENES, ids=lambda path: path.stem)
def test_a_scene_is_sound_and_its_floor_plan_is_the_one_that_ships(path: Path) -> None:
    museum = plan(MuseumRequest.parse(read_request(path)))
    assert check(museum) == []
    assert floor_plan(museum) == path.with_suffix(".svg").read_text(encoding="utf-8")


def test_a_floor_plan_is_xml_with_every_room_and_picture_whatever_they_are_called() -> None:
    museum = planned(count=9, title='<script>"&', works=[{**PICTURE, "title": "</svg>"}])
    root = ElementTree.fromstring(floor_plan(museum))
    text = "".join(root.itertext())
    assert museum.title in text
    assert all(room.title in text for room in museum.rooms)
    hung = [s for s in museum.slots if isinstance(s, WallSlot | ScreenSlot)]
    polygons = root.findall("{http://www.w3.org/2000/svg}polygon")
    assert len(polygons) >= len(hung) + len(museum.rooms)
    assert not root.findall(".//{http://www.w3.org/2000/svg}script")


def test_where_no_plan_is_found_one_room_more_is_tried() -> None:
    # This one found none for the rooms that its works need.
    asked, _ = settled(MuseumRequest(theme="brick_warehouse", count=38, seed=72), names())
    assert check(plan(asked)) == []


def test_nothing_stands_a_step_before_the_entrance() -> None:
    # A figure did here.
    assert check(planned(theme="baroque_enfilade", count=96, seed=185)) == []
