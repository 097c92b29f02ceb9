"""The checker finds every fault that is put into a sound museum, and none where there is none."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from engine.museum.check import check
from engine.museum.schema import Museum
from engine.museum.store import museum_bytes, parse_museum

Values = dict[str, Any]


def first(values: Values, kind: str) -> Values:
    return next(slot for slot in values["slots"] if slot["kind"] == kind)


def neighbours(values: Values) -> tuple[Values, Values]:
    """Two pictures on one wall."""
    walls: dict[str, Values] = {}
    for slot in values["slots"]:
        if slot["kind"] == "wall":
            if slot["wall"] in walls:
                return walls[slot["wall"]], slot
            walls[slot["wall"]] = slot
    raise AssertionError("no wall has two pictures")


def rooms_overlap(v: Values) -> None:
    v["rooms"][1]["outline"] = v["rooms"][0]["outline"]


def door_leads_nowhere(v: Values) -> None:
    v["doors"][1]["center"] = [v["doors"][1]["center"][0] + 40, v["doors"][1]["center"][1]]


def door_is_narrow(v: Values) -> None:
    v["doors"][1]["width"] = 0.8


def dead_end(v: Values) -> None:
    last = v["rooms"][-1]["id"]
    keep = next(d for d in v["doors"] if last in d["rooms"])
    v["doors"] = [d for d in v["doors"] if last not in d["rooms"] or d is keep]


def work_is_not_shown(v: Values) -> None:
    v["works"].append({**v["works"][0], "id": "spare", "variations": []})


def picture_floats(v: Values) -> None:
    slot = first(v, "wall")
    slot["position"][0] += 0.05
    slot["position"][2] += 0.05


def picture_is_wider_than_the_wall(v: Values) -> None:
    first(v, "wall")["size"] = [30, 1]


def pictures_overlap(v: Values) -> None:
    a, b = neighbours(v)
    b["position"] = list(a["position"])


def picture_hangs_low(v: Values) -> None:
    first(v, "wall")["position"][1] -= 0.1


def picture_covers_a_door(v: Values) -> None:
    door = next(d for d in v["doors"] if len([r for r in d["rooms"] if r]) == 2)
    inside = [s for s in v["slots"] if s["kind"] == "wall" and s["room"] in door["rooms"]]
    for slot in inside:
        wall = next(w for w in v["walls"] if w["id"] == slot["wall"])
        x_runs = wall["start"][1] == wall["end"][1]
        across, line = (0, 1) if x_runs else (1, 0)
        if abs(wall["start"][line] - door["center"][line]) < door["depth"]:
            slot["position"][2 * across] = door["center"][across]
            return
    raise AssertionError("no picture shares a wall with a door")


def label_covers_a_picture(v: Values) -> None:
    slot = first(v, "wall")
    label = next(label for label in v["labels"] if label.get("slot") == slot["id"])
    label["position"] = list(slot["position"])


def label_is_missing(v: Values) -> None:
    v["labels"] = v["labels"][:-1]


def wall_is_no_side_of_its_room(v: Values) -> None:
    v["walls"][0]["start"][0] += 0.5


def plinth_stands_in_a_wall(v: Values) -> None:
    first(v, "plinth")["position"][0] += 60


def plinth_is_near_a_wall(v: Values) -> None:
    slot = first(v, "plinth")
    room = next(r for r in v["rooms"] if r["id"] == slot["room"])
    edge = max(x for x, _ in room["outline"])
    slot["position"][0] = edge - slot["plinth"]["size"][0] / 2 - 0.4


def plinths_touch(v: Values) -> None:
    a, b = [s for s in v["slots"] if s["kind"] == "plinth"][:2]
    b["position"], b["room"] = list(a["position"]), a["room"]


def guest_stands_in_a_door(v: Values) -> None:
    slot = first(v, "floor")
    door = next(d for d in v["doors"] if slot["room"] in d["rooms"] and d["id"] != "entrance")
    room = next(r for r in v["rooms"] if r["id"] == slot["room"])
    xs, zs = zip(*room["outline"], strict=True)
    middle = ((min(xs) + max(xs)) / 2, (min(zs) + max(zs)) / 2)
    x, z = door["center"]
    slot["position"] = [x + 0.18 * (middle[0] - x), 0, z + 0.18 * (middle[1] - z)]


def stand_is_in_a_wall(v: Values) -> None:
    v["slots"][0]["stand"] = list(v["rooms"][0]["outline"][0])


def stand_is_in_another_room(v: Values) -> None:
    other = next(s for s in v["slots"] if s["room"] != v["slots"][0]["room"])
    v["slots"][0]["stand"] = other["stand"]


def stand_is_too_near(v: Values) -> None:
    slot = first(v, "plinth")
    slot["size"] = [0.1, 0.5, 0.1]
    slot["plinth"]["size"] = [0.1, 1.0, 0.1]
    slot["stand"] = [slot["position"][0], slot["position"][2] + 0.65]


def work_is_seen_aslant(v: Values) -> None:
    slot = first(v, "wall")
    slot["yaw"] = (slot["yaw"] + 180) % 360


def bench_grows_into_the_view(v: Values) -> None:
    slot = first(v, "wall")
    x, z = ((a + b) / 2 for a, b in zip(slot["position"][::2], slot["stand"], strict=True))
    v["benches"].append(
        {
            "id": "tower",
            "room": slot["room"],
            "position": [x, z],
            "yaw": 0,
            "size": [0.1, 2.5, 0.1],
            "material": {"kind": "wood", "colour": "#000000"},
        }
    )


def floor_is_cut_off(v: Values) -> None:
    last = v["rooms"][-1]["id"]
    v["doors"] = [d for d in v["doors"] if last not in d["rooms"]]


def spawn_is_blocked(v: Values) -> None:
    v["spawns"][0]["position"] = list(v["rooms"][0]["outline"][0])


def spawn_looks_at_a_wall(v: Values) -> None:
    v["spawns"][0]["yaw"] = (v["spawns"][0]["yaw"] + 180) % 360


def tour_goes_through_walls(v: Values) -> None:
    for stop in v["tours"][0]["stops"]:
        stop["path"] = stop["path"][-1:]


def tour_misses_a_stand(v: Values) -> None:
    v["tours"][0]["stops"][0]["stand"] = [0, 0]


FAULTS: list[tuple[str, Callable[[Values], None]]] = [
    ("F1", rooms_overlap),
    ("F2", door_leads_nowhere),
    ("F3", door_is_narrow),
    ("F4", dead_end),
    ("F5", work_is_not_shown),
    ("W1", picture_floats),
    ("W1", picture_is_wider_than_the_wall),
    ("W2", pictures_overlap),
    ("W3", picture_hangs_low),
    ("W4", picture_covers_a_door),
    ("W5", label_covers_a_picture),
    ("W5", label_is_missing),
    ("W6", wall_is_no_side_of_its_room),
    ("S1", plinth_stands_in_a_wall),
    ("S2", plinth_is_near_a_wall),
    ("S2", plinths_touch),
    ("S3", guest_stands_in_a_door),
    ("V1", stand_is_in_a_wall),
    ("V1", stand_is_in_another_room),
    ("V2", stand_is_too_near),
    ("V2", work_is_seen_aslant),
    ("V3", bench_grows_into_the_view),
    ("T1", floor_is_cut_off),
    ("T2", spawn_is_blocked),
    ("T2", spawn_looks_at_a_wall),
    ("T3", door_is_narrow),
    ("T4", tour_goes_through_walls),
    ("T4", tour_misses_a_stand),
]


def test_a_sound_museum_has_no_fault(mixed: Museum) -> None:
    assert check(mixed) == []


@pytest.mark.parametrize(("rule", "spoil"), FAULTS, ids=lambda p: getattr(p, "__name__", p))
def test_e11_a_fault_is_found_by_its_rule(
    mixed: Museum, rule: str, spoil: Callable[[Values], None]
) -> None:
    values = json.loads(museum_bytes(mixed))
    spoil(values)
    found = {fault.rule for fault in check(parse_museum(values))}
    assert rule in found


def test_every_rule_has_a_museum_that_breaks_it() -> None:
    rules = {rule for rule, _ in FAULTS}
    assert rules == {
        *(f"F{i}" for i in range(1, 6)), *(f"W{i}" for i in range(1, 7)),
        *(f"S{i}" for i in range(1, 4)), *(f"V{i}" for i in range(1, 4)),
        *(f"T{i}" for i in range(1, 5)),
    }  # fmt: skip
