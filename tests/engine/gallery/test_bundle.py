"""A whole bundle: complete, valid, accessible; and the checker that finds what is broken in one."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Callable
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from engine.errors import BadMuseum, BadRequest, Cancelled
from engine.gallery.budget import worst_view
from engine.gallery.charts import box, ground
from engine.gallery.check import check_bundle
from engine.gallery.gltf import Glb, Surface, pack_glb
from engine.gallery.make import build_gallery
from engine.gallery.solid import read_glb
from engine.museum.schema import Museum
from engine.museum.store import museum_bytes, read_museum
from engine.request import Progress


def write_show(folder: Path) -> Path:
    """A description with three pictures and a solid, as files beside it."""
    rng = np.random.default_rng(0)
    works: list[dict[str, Any]] = []
    for i, (wide, tall) in enumerate([(60, 40), (40, 60), (50, 50)]):
        pixels = rng.integers(0, 255, (4, 4, 3)).astype(np.uint8)
        Image.fromarray(pixels).resize((wide, tall)).save(folder / f"{i}.png")
        size = [wide / 50, tall / 50]
        works.append({"kind": "painting", "title": f"P {i} <b>", "file": f"{i}.png", "size": size})
    glb = Glb("box")
    for chart in box(ground(), 1.0, 2.0, 3.0):
        attributes = {"POSITION": chart.positions, "NORMAL": chart.normals}
        glb.node("part", {}, [Surface(attributes, chart.faces)])
    (folder / "box.glb").write_bytes(glb.data())
    solid = {"kind": "sculpture", "title": "Box", "file": "box.glb", "size": [0.5, 0.9, 0.5]}
    (folder / "hum.wav").write_bytes(b"RIFF" + bytes(40))
    sounds = [{"file": "hum.wav", "caption": "A hum", "room": 1}]
    show = {
        "count": 0,
        "works": [*works, solid],
        "rooms": 2,
        "sounds": sounds,
        "title": "Mine & more",
    }
    (folder / "show.json").write_text(json.dumps(show))
    return folder / "show.json"


@pytest.fixture(scope="module")
def bundle(tmp_path_factory: pytest.TempPathFactory) -> Path:
    pytest.importorskip("open3d", exc_type=ImportError)
    home = tmp_path_factory.mktemp("home")
    out: Path = home / "bundle"
    build_gallery(write_show(home), out, single_file=True)
    return out


@pytest.fixture
def copy(bundle: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(bundle, tmp_path / "copy"))


def test_a_bundle_is_complete_and_without_fault(bundle: Path) -> None:
    museum = read_museum(bundle)
    assert check_bundle(museum, bundle) == []
    named = {work.file for work in museum.works} | {sound.file for sound in museum.sounds}
    assert named == {
        *(f"works/own-00{i}.webp" for i in (1, 2, 3)), "works/own-004.glb", "media/sound-01.wav",
    }  # fmt: skip
    for file in ("contact.png", "plan.svg", "catalogue.html", "museum.glb", "shell.glb"):
        assert (bundle / file).stat().st_size > 1_000, file
    assert museum.bundle is not None
    assert {baked.room for baked in museum.bundle.lightmaps} == {room.id for room in museum.rooms}
    assert museum.works[3].size == pytest.approx((0.25, 0.75, 0.5), abs=2e-3)


def test_all_glbs_are_valid(bundle: Path, validate_glb: Callable[[Path], dict[str, Any]]) -> None:
    for file in ("shell.glb", "museum.glb", "works/own-004.glb"):
        issues = validate_glb(bundle / file)["issues"]
        assert (issues["numErrors"], issues["numWarnings"]) == (0, 0), issues["messages"][:3]


def test_the_single_file_has_every_work_in_its_slot_and_every_lamp(bundle: Path) -> None:
    museum = read_museum(bundle)
    scene, _ = read_glb(bundle / "museum.glb")
    nodes = {
        node["extras"]["id"]: node
        for node in scene["nodes"]
        if "id" in node.get("extras", {}) and node["extras"]["role"] in ("slot", "work", "light")
    }
    for slot in museum.slots:
        (child,) = nodes[slot.id]["children"]
        assert scene["nodes"][child]["extras"]["id"] == slot.works[0]
    assert {light.id for light in museum.lights} <= nodes.keys()


class _Page(HTMLParser):
    """Collects what a page refers to and which pictures have no words."""

    def __init__(self) -> None:
        super().__init__()
        self.links: list[str] = []
        self.silent: list[str] = []
        self.tags: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = dict(attrs)
        self.tags.append(tag)
        self.links += [str(v) for k, v in attrs if k in ("src", "href")]
        if tag == "img" and not values.get("alt"):
            self.silent.append(str(values.get("src")))


def test_the_catalogue_shows_all_with_words_and_asks_nobody(bundle: Path) -> None:
    text = (bundle / "catalogue.html").read_text(encoding="utf-8")
    museum = read_museum(bundle)
    page = _Page()
    page.feed(text)
    assert page.silent == []
    assert "script" not in page.tags
    assert "default-src 'none'" in text
    for link in page.links:
        assert link.startswith("#") or (bundle / link).is_file(), link
    assert not re.search(r"https?://", text)
    assert "P 0 &lt;b&gt;" in text
    assert {f"works/{work.id}.256.webp" for work in museum.works if work.kind == "sculpture"} <= {
        *page.links
    }
    assert len(re.findall(r"<h1", text)) == 1


def test_the_same_description_gives_the_same_bytes(bundle: Path, tmp_path: Path) -> None:
    again = tmp_path / "again"
    build_gallery(bundle.parent / "show.json", again, contact=False)
    for file in ("museum.json", "shell.glb", "works/own-001.webp", "lightmaps/room-01.png"):
        assert (again / file).read_bytes() == (bundle / file).read_bytes(), file


def rules(museum: Museum, folder: Path) -> set[str]:
    return {fault.rule for fault in check_bundle(museum, folder)}


@pytest.mark.parametrize(
    "file", ["shell.glb", "works/own-001.webp", "works/own-002.256.webp", "lightmaps/room-01.png"]
)
def test_a_file_that_is_gone_is_missed(file: str, copy: Path) -> None:
    (copy / file).unlink()
    faults = check_bundle(read_museum(copy), copy)
    assert {fault.rule for fault in faults} == {"B1"}
    assert file in faults[0].sentence


def test_a_shell_that_is_cut_short_is_said_to_be_damaged(copy: Path) -> None:
    data = (copy / "shell.glb").read_bytes()
    (copy / "shell.glb").write_bytes(data[: len(data) // 2])
    assert rules(read_museum(copy), copy) == {"B1"}


def changed(museum: Museum, change: Callable[[dict[str, Any]], None]) -> Museum:
    values = json.loads(museum_bytes(museum))
    change(values)
    return Museum.model_validate(values)


def test_walls_marks_and_works_that_are_elsewhere_than_planned_are_found(copy: Path) -> None:
    museum = read_museum(copy)

    def widen(values: dict[str, Any]) -> None:
        values["rooms"][0]["height"] += 0.01

    def move(values: dict[str, Any]) -> None:
        values["slots"][0]["position"][1] += 0.002

    def shrink(values: dict[str, Any]) -> None:
        slot = next(slot for slot in values["slots"] if slot["kind"] == "plinth")
        slot["size"][1] = 0.5

    assert "B3" in rules(changed(museum, widen), copy)
    assert rules(changed(museum, move), copy) == {"B2"}
    assert "B4" in rules(changed(museum, shrink), copy)


def test_a_mark_that_is_there_twice_is_found(copy: Path) -> None:
    scene, binary = read_glb(copy / "shell.glb")
    twin = next(n for n in scene["nodes"] if n.get("extras", {}).get("role") == "slot")
    scene["nodes"].append(dict(twin))
    (copy / "shell.glb").write_bytes(pack_glb(json.dumps(scene).encode(), binary))
    assert rules(read_museum(copy), copy) == {"B2"}


def test_the_worst_view_is_counted_and_held_to_a_budget(
    bundle: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    museum = read_museum(bundle)
    worst = worst_view(museum, bundle)
    assert 8 < worst.draws < 46
    assert 500 < worst.triangles < 300_000
    assert 1 < worst.texture_mib < 256
    monkeypatch.setitem(worst_view.__globals__["BUDGETS"], "quest3", (1, 1, 0.1))
    assert rules(museum, bundle) == {"B8", "B9", "B10"}


def test_a_build_can_be_stopped_in_every_phase(bundle: Path, tmp_path: Path) -> None:
    for phase in ("Planning", "Building the house", "Lighting rooms", "Painting views"):
        seen: list[str] = []

        def note(progress: Progress, seen: list[str] = seen) -> None:
            seen.append(progress.phase)

        with pytest.raises(Cancelled):
            build_gallery(
                bundle.parent / "show.json",
                tmp_path / "stopped",
                on_progress=note,
                is_cancelled=lambda phase=phase, seen=seen: phase in seen,  # type: ignore[misc]
            )
        assert not (tmp_path / "stopped/museum.json").exists()


def test_wishes_that_cannot_be_met_are_sentences(tmp_path: Path) -> None:
    write_show(tmp_path)
    show = json.loads((tmp_path / "show.json").read_text())
    show["works"][0]["file"] = "gone.png"
    (tmp_path / "show.json").write_text(json.dumps(show))
    with pytest.raises(BadMuseum, match=r"gone\.png"):
        build_gallery(tmp_path / "show.json", tmp_path / "out")
    for wrong in ({"rooms": 0}, {"count": 10_000}, {"works": [{"kind": "painting"}]}):
        with pytest.raises(BadRequest):
            build_gallery(wrong, tmp_path / "out")
    assert not (tmp_path / "out/museum.json").exists()


def test_what_an_earlier_build_left_is_gone_after_the_next(copy: Path, tmp_path: Path) -> None:
    show = json.loads(write_show(tmp_path).read_text())
    (copy / "notes.txt").write_text("mine")
    fewer = {**show, "works": show["works"][:2], "rooms": 1, "sounds": []}
    build_gallery(fewer, copy, files=tmp_path, light="none", contact=False)
    kept = {path.name for path in copy.rglob("*") if path.is_file()}
    assert {"own-002.webp", "own-002.256.webp", "notes.txt"} <= kept
    assert not kept & {"own-003.webp", "own-003.256.webp", "own-004.glb", "sound-01.wav"}
    assert check_bundle(read_museum(copy), copy) == []
