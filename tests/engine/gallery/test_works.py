"""Works: what the user brings is refused or taken whole; what is made is kept and found again."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from engine.errors import BadAsset, BadMuseum, Cancelled
from engine.gallery import making
from engine.gallery.charts import box, ground
from engine.gallery.found import bring, main_colours
from engine.gallery.gltf import Glb, Surface
from engine.gallery.making import Order, make_works
from engine.gallery.solid import bounds, split_glb, standing
from engine.museum.parts import Found
from engine.museum.schema import Work
from engine.request import Item


def glb(width: float, height: float, depth: float) -> bytes:
    file = Glb("box")
    charts = box(ground(3.0), width, depth, height)
    for chart in charts:
        attributes = {"POSITION": chart.positions + (7.0, 0.0, 0.0), "NORMAL": chart.normals}
        file.node("part", {}, [Surface(attributes, chart.faces)])
    return file.data()


def work(kind: str, file: str | None, size: tuple[float, float, float] = (1, 1, 1)) -> Work:
    values = {"id": "own-001", "kind": kind, "title": "Mine", "alt": "Mine", "size": size}
    return Work.model_validate({**values, "file": file, "origin": Found()})


def test_a_solid_stands_on_the_origin_at_its_own_proportions() -> None:
    data, size = standing(glb(2.0, 4.0, 1.0), "box", (0.6, 0.8, 0.6))
    assert size == pytest.approx((0.4, 0.8, 0.2))
    low, high = bounds(split_glb(data, "box")[0], "box")
    assert low == pytest.approx([-0.2, 0.0, -0.1], abs=1e-6)
    assert high == pytest.approx([0.2, 0.8, 0.1], abs=1e-6)


def test_a_picture_becomes_a_webp_of_the_proportions_of_its_place(tmp_path: Path) -> None:
    Image.new("RGBA", (300, 100), (200, 30, 30, 255)).save(tmp_path / "wide.png")
    name, _ = bring(work("painting", "wide.png", (1.0, 1.0, 0.03)), tmp_path, tmp_path / "out")
    with Image.open(tmp_path / "out" / name) as image:
        assert image.format == "WEBP"
        assert image.size == (300, 300)  # on a mat, not cropped
        assert np.asarray(image.convert("RGB"))[150, 150, 0] > 180
    assert (tmp_path / "out" / "works/own-001.256.webp").is_file()


@pytest.mark.parametrize(
    ("kind", "name", "data"),
    [
        ("painting", "a.png", b"no picture"),
        ("painting", "missing.png", None),
        ("painting", "../outside.png", None),
        ("sculpture", "a.glb", b"glTF"),
        ("sculpture", "a.obj", b"v 0 0 0"),
        ("video", "a.mp4", b"not a film at all"),
        ("video", "a.exe", b"MZ"),
    ],
)
def test_what_cannot_be_shown_is_refused_with_a_sentence(
    kind: str, name: str, data: bytes | None, tmp_path: Path
) -> None:
    if data is not None:
        (tmp_path / name).write_bytes(data)
    try:
        wanted = work(kind, name)
    except ValueError:  # the schema itself refuses a path that leaves the folder
        return
    with pytest.raises((BadMuseum, BadAsset)) as caught:
        bring(wanted, tmp_path, tmp_path / "out")
    assert name in str(caught.value)
    assert not list((tmp_path / "out").rglob("*")) or data is None


def test_a_link_out_of_the_folder_is_refused(tmp_path: Path) -> None:
    home = tmp_path / "home"
    home.mkdir()
    Image.new("RGB", (8, 8)).save(tmp_path / "secret.png")
    (home / "mine.png").symlink_to(tmp_path / "secret.png")
    with pytest.raises(BadMuseum):
        bring(work("painting", "mine.png"), home, tmp_path / "out")


def test_a_glb_that_leans_on_other_files_is_refused(tmp_path: Path) -> None:
    scene, _ = split_glb(glb(1, 1, 1), "box")
    scene["buffers"][0]["uri"] = "https://example.org/data.bin"
    from engine.gallery.gltf import pack_glb

    (tmp_path / "a.glb").write_bytes(pack_glb(json.dumps(scene).encode(), b""))
    with pytest.raises(BadAsset, match="other files"):
        bring(work("sculpture", "a.glb"), tmp_path, tmp_path / "out")


def test_main_colours_are_measured_largest_first() -> None:
    image = Image.new("RGB", (90, 90), (250, 250, 250))
    image.paste((200, 0, 0), (0, 0, 90, 30))
    assert main_colours(image, 2) == ("#fafafa", "#c80000")


class _Fake:
    """Stands for the crew: writes a file for each seed, but odd ones give nothing."""

    def __init__(self) -> None:
        self.asked: list[int] = []

    def __call__(self, group: list[Order], cache: Path, is_cancelled: Any) -> Iterator[Any]:
        for order in group:
            if is_cancelled():
                return
            self.asked.append(order.seed)
            if order.seed % 2 and order.seed < 1_000:
                yield order.seed, None
                continue
            file = cache / "new" / f"thing-{order.seed}.glb"
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(b"%d" % order.seed)
            yield order.seed, Item(file.stem, order.seed, {"glb": file}, {"class": "chair"})


@pytest.fixture
def fake(monkeypatch: pytest.MonkeyPatch) -> _Fake:
    stand_in = _Fake()
    monkeypatch.setattr(making, "_outcomes", stand_in)
    return stand_in


def test_what_is_made_once_is_found_again(fake: _Fake, tmp_path: Path) -> None:
    orders = [Order("textured_props", seed) for seed in (2, 4, 2, 6)]
    first = make_works(orders, tmp_path)
    assert fake.asked == [2, 4, 6]
    again = make_works(orders, tmp_path)
    assert fake.asked == [2, 4, 6]
    assert again == first
    assert again[orders[1]].file.read_bytes() == b"4"


def test_a_seed_that_gives_nothing_is_followed_by_another_and_that_is_kept(
    fake: _Fake, tmp_path: Path
) -> None:
    order = Order("textured_props", 7)
    made = make_works([order], tmp_path)[order]
    assert made.seed == 7 + 1_000_003
    assert make_works([order], tmp_path)[order] == made
    assert fake.asked == [7, 1_000_010]


def test_interrupted_it_goes_on_where_it_was(fake: _Fake, tmp_path: Path) -> None:
    orders = [Order("textured_props", seed) for seed in range(2, 12, 2)]
    done: list[int] = []
    with pytest.raises(Cancelled):
        make_works(
            orders,
            tmp_path,
            on_made=lambda n, _: done.append(n),
            is_cancelled=lambda: max(done, default=0) >= 2,
        )
    before = len(fake.asked)
    make_works(orders, tmp_path)
    assert sorted(fake.asked[:before] + fake.asked[before:]) == [2, 4, 6, 8, 10]


def test_a_kept_thing_that_was_tampered_with_is_made_anew(fake: _Fake, tmp_path: Path) -> None:
    order = Order("textured_props", 2)
    make_works([order], tmp_path)
    for note in tmp_path.glob("*.json"):
        note.write_text('{"file": "../../passwd", "report": {}, "seed": 2}')
    make_works([order], tmp_path)
    assert fake.asked == [2, 2]
