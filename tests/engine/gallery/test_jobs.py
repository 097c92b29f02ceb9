"""The worker's jobs on museums: JSON in, files and JSON out."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from engine.errors import BadRequest, Cancelled
from engine.gallery.jobs import build_museum, make_for_slots
from engine.gallery.solid import bounds, read_glb
from engine.museum.store import read_museum
from engine.request import Progress
from engine.zoo.card import names

HOW: dict[str, Callable[..., Any]] = {
    "on_progress": lambda _: None,
    "is_cancelled": lambda: False,
}
ROOM = [0.5, 0.9, 0.4]

pytestmark = pytest.mark.skipif(
    "voxel_characters" not in names(), reason="no trained model is in this checkout"
)


def order(**values: Any) -> dict[str, Any]:
    work = {"slot": "room-01-f01", "kind": "character", "model": "voxel_characters", "seed": 3}
    return {**work, "size": ROOM, **values}


def test_works_fit_their_slots_and_say_where_they_come_from(tmp_path: Path) -> None:
    wanted = [order(), order(slot="room-01-f02", seed=4, model=None)]
    told: list[Progress] = []
    how = HOW | {"on_progress": told.append}
    answer = make_for_slots({"works": wanted, "out": str(tmp_path)}, **how)
    json.dumps(answer)
    assert [item["slot"] for item in answer["items"]] == ["room-01-f01", "room-01-f02"]
    assert [item["origin"]["seed"] for item in answer["items"]] == [3, 4]
    assert told[-1].done == told[-1].total == 2
    for item in answer["items"]:
        low, high = bounds(read_glb(Path(item["files"]["glb"]))[0], "a")
        assert low[1] == pytest.approx(0.0, abs=1e-4)
        shares = (high - low) / ROOM
        assert max(shares) == pytest.approx(1.0, abs=1e-3)
        assert item["size"] == pytest.approx((high - low).tolist(), abs=1e-3)
        assert item["origin"]["model"] == "voxel_characters"


@pytest.mark.parametrize(
    "works", [[], [order(seed=-1)], [order(size=[1.0])], [order(slot="../a")], 7, [order(x=1)]]
)
def test_orders_that_make_no_sense_are_refused(tmp_path: Path, works: Any) -> None:
    with pytest.raises(BadRequest, match="works"):
        make_for_slots({"works": works, "out": str(tmp_path)}, **HOW)


def test_a_museum_is_built_from_a_clients_wishes_and_the_users_folder(tmp_path: Path) -> None:
    own = tmp_path / "own"
    own.mkdir()
    Image.new("RGB", (64, 48), "teal").save(own / "Sea.png")
    (own / "broken.png").write_bytes(b"nothing")
    params = {
        "theme": "small_cabinet",
        "count": 2,
        "rooms": 1,
        "seed": 5,
        "variations": 0,
        "sources": [{"kind": "character"}],
        "own": str(own),
        "light": "none",
        "out": str(tmp_path / "bundle"),
    }
    answer = build_museum(params, **HOW)
    assert answer["museum"] == str(tmp_path / "bundle" / "museum.json")
    assert (answer["rooms"], answer["works"]) == (1, 3)
    assert any("broken.png" in note for note in answer["notes"])
    museum = read_museum(tmp_path / "bundle")
    assert {work.title for work in museum.works} >= {"Sea"}
    assert all((tmp_path / "bundle" / str(work.file)).is_file() for work in museum.works)
    assert (tmp_path / "bundle" / "shell.glb").is_file()


def test_wishes_that_make_no_sense_are_refused_and_a_cancel_is_heard(tmp_path: Path) -> None:
    out = str(tmp_path / "bundle")
    for wrong in ({"light": "gas"}, {"rooms": 0}, {"nonsense": 1}, {"own": str(tmp_path / "no")}):
        with pytest.raises(BadRequest):
            build_museum({"out": out, **wrong}, **HOW)
    with pytest.raises(Cancelled):
        build_museum(
            {"out": out, "count": 2, "sources": [{"kind": "character"}], "light": "none"},
            on_progress=lambda _: None,
            is_cancelled=lambda: True,
        )
