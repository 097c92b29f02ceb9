"""The add-on's reading of `museum.json` and of houses, and how it walks, lights and crops."""

from __future__ import annotations

import io
import json
import math
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from addon.core import light, museum, orders, pictures, shell, tour
from addon.core.problems import Problem
from engine.museum.plan import plan
from engine.museum.schema import Museum
from engine.museum.spec import MuseumRequest
from tests.addon.bundle import shell_glb


@pytest.fixture(scope="module")
def planned() -> Museum:
    sources = [{"kind": "painting", "share": 3}, {"kind": "prop", "share": 1}]
    return plan(MuseumRequest.parse({"count": 24, "rooms": 3, "seed": 5, "sources": sources}))


def written(planned: Museum, folder: Path, **changes: object) -> Path:
    values = planned.model_dump(mode="json") | {"bundle": {"shell": "shell.glb", "engine": "1"}}
    (folder / "museum.json").write_text(json.dumps(values | changes), "utf-8")
    return folder


def test_slots_works_lights_and_tours_arrive_in_blenders_frame(
    planned: Museum, tmp_path: Path
) -> None:
    found = museum.read(written(planned, tmp_path))
    assert found.slots.keys() == {slot.id for slot in planned.slots}
    for slot in planned.slots:
        x, y, z = slot.position
        assert found.slots[slot.id].position == (x, -z, y)
        assert found.slots[slot.id].stand == (slot.stand[0], -slot.stand[1])
        # Yaw 0 looks along glTF's +Z, which is Blender's -Y, where a turn of 0 looks.
        turn = found.slots[slot.id].turn
        ahead = (math.sin(turn), -math.cos(turn))
        yaw = math.radians(slot.yaw)
        assert ahead == pytest.approx((math.sin(yaw), -math.cos(yaw)))
    assert [light.id for light in found.lights] == [light.id for light in planned.lights]
    assert [len(t.stops) for t in found.tours] == [len(t.stops) for t in planned.tours]
    assert found.eye == planned.hang.eye
    (room, *_) = planned.rooms
    assert found.rooms[0] == museum.Room(room.id, room.title)


def test_only_variations_that_were_made_can_be_switched_to(planned: Museum, tmp_path: Path) -> None:
    values = planned.model_dump(mode="json")
    first = values["works"][0]
    assert len(first["variations"]) == 2
    first["file"] = "works/a.webp"
    first["variations"][1]["file"] = "works/b.webp"
    found = museum.read(written(planned, tmp_path, works=values["works"]))
    versions = found.works[first["id"]].versions
    assert [version.id for version in versions] == [first["id"], first["variations"][1]["id"]]
    assert versions[1].file == tmp_path / "works/b.webp"


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"version": 2}, "E_PROTOCOL"),
        ({"format": "gltf"}, "E_MUSEUM"),
        ({"bundle": None}, "E_MUSEUM"),
        ({"bundle": {"shell": "../shell.glb"}}, "E_MUSEUM"),
        ({"rooms": []}, "E_MUSEUM"),
        ({"slots": [{}]}, "E_MUSEUM"),
        ({"works": 7}, "E_MUSEUM"),
        ({"spawns": []}, "E_MUSEUM"),
    ],
)
def test_what_is_no_museum_is_one_sentence(
    planned: Museum, tmp_path: Path, change: dict[str, object], code: str
) -> None:
    folder = written(planned, tmp_path, **change)
    with pytest.raises(Problem) as caught:
        museum.read(folder)
    assert caught.value.code == code


@given(st.text() | st.recursive(st.none() | st.integers() | st.text(), st.lists).map(json.dumps))
def test_any_text_is_a_museum_or_a_problem(text: str) -> None:
    with pytest.raises(Problem):
        museum.parse(text, Path())


def test_the_house_has_named_nodes_where_the_file_has_them(planned: Museum, tmp_path: Path) -> None:
    path = tmp_path / "shell.glb"
    path.write_bytes(shell_glb(planned))
    found = shell.read(str(path))
    parts = {part.name: part for part in found.parts}
    for slot in planned.slots:
        x, y, z = slot.position
        place = parts[slot.id].place
        assert [row[3] for row in place[:3]] == pytest.approx([x, -z, y])
        yaw = math.radians(slot.yaw)
        # What looks to -Y in Blender looks where the slot does.
        ahead = [-row[1] for row in place[:3]]
        assert ahead == pytest.approx([math.sin(yaw), -math.cos(yaw), 0.0], abs=1e-6)
        assert (parts[slot.id].role, parts[slot.id].mesh) == ("slot", None)
    assert not parts["walkable"].drawn
    plinths = [part for part in found.parts if part.name.endswith("-plinth")]
    assert len({part.mesh for part in plinths}) == 1
    house = found.mesh(parts["room-01/architecture"].mesh or 0)
    assert [mesh.material for mesh in house] == [0, 1]
    assert all(len(mesh.light_uvs) == 2 * len(mesh.positions) // 3 for mesh in house)


@given(st.integers(0, 4000), st.integers(0, 255))
def test_a_damaged_house_is_a_problem_and_nothing_else(at: int, value: int) -> None:
    data = bytearray(_HOUSE)
    data[at % len(data)] = value
    path = _FOLDER / "shell.glb"
    path.write_bytes(data)
    with suppress(Problem):
        found = shell.read(str(path))
        for part in found.parts:
            if part.mesh is not None:
                found.mesh(part.mesh)


_HOUSE = b""
_FOLDER = Path()


@pytest.fixture(scope="module", autouse=True)
def _house(planned: Museum, tmp_path_factory: pytest.TempPathFactory) -> None:
    global _HOUSE, _FOLDER
    _HOUSE, _FOLDER = shell_glb(planned), tmp_path_factory.mktemp("house")


def test_a_tour_follows_the_way_of_the_file_and_never_spins(
    planned: Museum, tmp_path: Path
) -> None:
    found = museum.read(written(planned, tmp_path))
    for one in found.tours:
        keys, arrivals = tour.keys(found, one)
        assert all(a.time <= b.time for a, b in zip(keys, keys[1:], strict=False))
        assert len(arrivals) == len(one.stops)
        at = 0.0
        for arrival, stop in zip(arrivals, one.stops, strict=True):
            assert arrival > at
            at = arrival
            (key,) = [key for key in keys if key.time == arrival]
            assert key.place == (*stop.stand, found.eye)
            assert key.turn == pytest.approx(tour.nearest(stop.turn, key.turn), abs=0.05)
        way = [found.spawn]
        for stop in one.stops:
            way += [*stop.path, stop.stand]
        for key in keys:
            assert min(_off(key.place[:2], a, b) for a, b in zip(way, way[1:], strict=False)) < 1e-6
        for a, b in zip(keys, keys[1:], strict=False):
            walked = math.dist(a.place, b.place)
            assert walked <= tour.SPEED * (b.time - a.time) + 1e-6
            assert abs(b.turn - a.turn) <= math.pi + 1e-6


def _off(p: tuple[float, ...], a: tuple[float, float], b: tuple[float, float]) -> float:
    """How far `p` is from the straight line from `a` to `b`."""
    length = math.dist(a, b)
    if length == 0.0:
        return math.dist(p, a)
    share = sum((p[i] - a[i]) * (b[i] - a[i]) for i in (0, 1)) / length**2
    share = min(max(share, 0.0), 1.0)
    return math.dist(p, [a[i] + share * (b[i] - a[i]) for i in (0, 1)])


@pytest.mark.parametrize(
    ("kelvin", "srgb"),
    # Blackbody colours as published by M. Charity (vendian.org, CIE 1964, D65).
    [(2000, (255, 137, 14)), (3000, (255, 180, 107)), (4000, (255, 209, 163)), (6600, (255, 249, 253)), (10000, (204, 219, 255))],
)  # fmt: skip
def test_colours_of_black_bodies_are_the_published_ones(
    kelvin: int, srgb: tuple[int, int, int]
) -> None:
    shown = [
        255 * (12.92 * part if part <= 0.0031308 else 1.055 * part ** (1 / 2.4) - 0.055)
        for part in light.colour(kelvin)
    ]
    assert shown == pytest.approx(srgb, abs=16)


def test_eyes_get_used_to_the_light_of_the_house() -> None:
    assert light.seen_kelvin(6500, 6500) == pytest.approx(6500)
    assert 3000 < light.seen_kelvin(3000, 3000) < 6500, "warm, not orange"
    assert light.seen_kelvin(6500, 3000) > 6500, "daylight is blue in a warm house"


def test_a_spot_of_half_the_cone_needs_less_and_shines_as_brightly_as_its_lumens_say() -> None:
    for cone in (0.3, 1.0, 2.0):
        solid_angle = 2 * math.pi * (1 - math.cos(cone / 2))
        candela = 900 / solid_angle
        blenders = light.spot_watts(900, cone) / (4 * math.pi)
        assert blenders * light.LUMENS_PER_WATT == pytest.approx(candela)


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP", "lossless"])
@pytest.mark.parametrize("size", [(1, 1), (33, 700), (640, 17)])
def test_the_size_of_a_picture_is_read_from_its_head(kind: str, size: tuple[int, int]) -> None:
    data = io.BytesIO()
    if kind == "lossless":
        Image.new("RGBA", size, (1, 2, 3, 4)).save(data, "WEBP", lossless=True)
    else:
        Image.new("RGB", size).save(data, kind)
    assert pictures.size(data.getvalue()) == size
    assert pictures.suffix(data.getvalue()) == {"PNG": "png", "JPEG": "jpg"}.get(kind, "webp")


@given(st.binary(max_size=60))
def test_nonsense_has_no_size(data: bytes) -> None:
    for head in (b"", b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff", b"RIFF\0\0\0\0WEBPVP8 "):
        found = pictures.size(head + data)
        assert found is None or min(found) > 0


@given(st.integers(1, 3000), st.integers(1, 3000), st.floats(0.1, 9), st.floats(0.1, 9))
def test_a_crop_has_the_proportions_of_its_place(
    w: int, h: int, width: float, height: float
) -> None:
    u0, v0, u1, v1 = pictures.crop((w, h), width, height)
    assert 0 <= u0 < u1 <= 1
    assert 0 <= v0 < v1 <= 1
    assert (u1 - u0) * w / ((v1 - v0) * h) == pytest.approx(width / height, rel=0.021)
    assert max(u1 - u0, v1 - v0) == pytest.approx(1.0)


def test_answers_of_the_engine_are_believed_only_with_files_inside_the_job(tmp_path: Path) -> None:
    path = tmp_path / "museum.json"
    path.write_text("{}")
    made = orders.read_museum(
        {"museum": str(path), "title": "House", "notes": ["No films."]}, tmp_path
    )
    assert (made.items[0].name, made.refused) == ("House", ("No films.",))
    work = {
        "slot": "a",
        "kind": "prop",
        "title": "t",
        "alt": "",
        "origin": {},
        "files": {"glb": str(path)},
    }
    assert orders.MadeWorks.read({"items": [work]}, tmp_path).items[0].file == path
    for bad in (
        {},
        {"museum": "/etc/passwd", "title": "House"},
        {"museum": str(tmp_path / "none.json"), "title": "House"},
    ):
        with pytest.raises(Problem):
            orders.read_museum(bad, tmp_path)
    for items in ([], 7, [work | {"files": {"glb": "/etc/passwd"}}], [work | {"files": {}}], ["x"]):
        with pytest.raises(Problem):
            orders.MadeWorks.read({"items": items}, tmp_path)
