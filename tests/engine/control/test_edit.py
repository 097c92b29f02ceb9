"""`vernissage edit`: from words to files, and from bad words to sentences."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
import trimesh
from PIL import Image
from typer.testing import CliRunner

import engine.edit
from engine.cli import app
from engine.control.requests import parse_edit
from engine.control.sources import read_source
from engine.edit import edit, find
from engine.errors import BadRequest, Cancelled, UnknownClass
from engine.request import GenerateResult, Progress
from tests.engine.control.tiny import eggs, space_of

SMALL = {"triangles": 1000, "texture": 256, "lods": 1, "collider": "none"}


@pytest.fixture(autouse=True)
def _the_model_makes_eggs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engine.edit, "load", lambda name: eggs())


@pytest.fixture(scope="module")
def brick(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A green brick, 0.3 m wide, 0.2 m deep, 0.5 m tall, as users have them: Y up."""
    mesh = trimesh.creation.box([0.3, 0.5, 0.2])
    mesh.visual.vertex_colors = [20, 160, 40, 255]
    path = tmp_path_factory.mktemp("mesh") / "brick.glb"
    mesh.export(path)
    return path


def run(out: Path, **values: Any) -> GenerateResult:
    return edit(parse_edit({"model": "tiny", "out": out, **SMALL, **values}))


def header(path: Path) -> dict[str, Any]:
    data = path.read_bytes()
    length = int.from_bytes(data[12:16], "little")
    parsed: dict[str, Any] = json.loads(data[20 : 20 + length])
    return parsed


def test_b8_a_variation_leaves_an_asset_a_code_a_sheet_and_its_provenance(tmp_path: Path) -> None:
    result = run(tmp_path, verb="vary", of=["egg:7"], strength=0.3)
    (item,) = result.items
    assert item.name == "tiny-vary-egg_7-000"
    assert set(item.files) == {"glb", "preview", "code"}
    assert item.report["watertight"]
    extras = header(item.files["glb"])["asset"]["extras"]
    assert extras["operation"]["verb"] == "vary"
    assert extras["operation"]["strength"] == 0.3
    assert extras["operation"]["of"] == [{"seed": 7, "class": "egg", "truncation": 1.0}]
    assert extras["digitalSourceType"].endswith("/trainedAlgorithmicMedia")
    assert result.sheet is not None
    with Image.open(result.sheet) as sheet:
        assert sheet.width > sheet.height  # the shape itself, then the variation
    replay = json.loads((tmp_path / "request.json").read_text())
    assert parse_edit({**replay, "out": tmp_path / "b"}).seed == 0


def test_the_same_edit_gives_the_same_bytes(tmp_path: Path) -> None:
    made = [
        run(tmp_path / name, verb="vary", of=["egg:7"], previews=False).items[0].files["glb"]
        for name in ("a", "b")
    ]
    assert made[0].read_bytes() == made[1].read_bytes()


def test_a_code_that_was_kept_is_the_shape_again(tmp_path: Path) -> None:
    item = run(tmp_path, verb="vary", of=["nut:3"], previews=False).items[0]
    loaded = eggs()
    source = read_source(str(item.files["code"]), loaded)
    kept = json.loads(item.files["code"].read_text())
    assert source.code.tolist() == kept["code"]
    assert source.unit == pytest.approx(0.1)
    again = run(
        tmp_path / "again", verb="vary", of=[str(item.files["code"])], strength=0, previews=False
    )
    assert again.items[0].report["size_m"] == item.report["size_m"]


def test_a_seed_is_the_shape_that_generate_makes_of_it() -> None:
    loaded = eggs()
    source = read_source("nut:11", loaded)
    space = space_of(loaded)
    z, label = loaded.model.latents([11]), torch.tensor([2])
    with torch.inference_mode():
        made = loaded.model.synthesise(loaded.generator, z, 1.0, label)[0].numpy()
    assert np.array_equal(space.sample(source.code), made)


def test_a_blend_begins_with_the_first_and_ends_with_the_last(tmp_path: Path) -> None:
    result = run(tmp_path, verb="blend", of=["egg:1", "nut:2"], count=3, previews=False)
    codes = [json.loads(item.files["code"].read_text()) for item in result.items]
    loaded = eggs()
    assert codes[0]["code"] == read_source("egg:1", loaded).code.tolist()
    assert codes[2]["code"] == read_source("nut:2", loaded).code.tolist()
    sizes = [code["metres_per_voxel"] for code in codes]
    assert sizes == pytest.approx([0.02, (0.02 * 0.1) ** 0.5, 0.1])
    assert result.sheet is None


def test_d21_a_mesh_keeps_its_shape_and_size_in_the_colors_of_another(
    tmp_path: Path, brick: Path
) -> None:
    (item,) = run(tmp_path, verb="mix", of=[str(brick), "egg:5"], previews=False).items
    width, depth, height = item.report["size_m"]
    assert (width, depth, height) == pytest.approx((0.3, 0.2, 0.5), rel=0.06)
    assert item.report["volume_m3"] == pytest.approx(0.3 * 0.2 * 0.5, rel=0.12)
    mesh = trimesh.load(item.files["glb"], force="mesh")
    seen = np.asarray(mesh.visual.material.baseColorTexture.convert("RGB")).reshape(-1, 3)
    palette = space_of(eggs()).sample(read_source("egg:5", eggs()).code)[1:4].reshape(3, -1).T
    wanted = (np.unique(palette, axis=0) + 1) * 127.5
    apart = np.abs(seen[:, None].astype(float) - wanted).max(-1).min(1)
    assert np.median(apart) < 8
    operation = header(item.files["glb"])["asset"]["extras"]["operation"]
    assert operation["of"][0]["mesh"] == "brick.glb"
    assert "/" not in operation["of"][0]["mesh"]


def test_more_like_this_gives_the_models_version_first_and_says_how_near_it_is(
    tmp_path: Path, brick: Path
) -> None:
    result = run(tmp_path, verb="like", of=[str(brick)], count=1, previews=False)
    version, variation = result.items
    fit = version.report["fit"]
    assert fit["after"]["distance_voxels"] <= fit["before"]["distance_voxels"]
    assert fit["after"]["color"] < fit["before"]["color"] / 2
    assert fit["after"]["overlap"] > 0.55  # no egg is a brick
    assert version.report["size_m"][2] == pytest.approx(0.5, rel=0.1)
    assert variation.report["operation"]["variation"] == 0


def test_c24_the_directions_that_were_found_are_named_in_the_report_and_drawn(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(engine.edit, "TILE", 24)
    names = [one.name for one in find("tiny", of="egg:4", out=tmp_path).directions]
    assert set(names) & {"taller", "wider", "deeper"}
    with Image.open(tmp_path / "directions.png") as sheet:
        assert sheet.height > sheet.width
    told = json.loads((tmp_path / "directions.json").read_text())
    assert [row["name"] for row in told["directions"]] == names


def test_a_direction_that_does_not_exist_is_answered_with_those_that_do(tmp_path: Path) -> None:
    with pytest.raises(BadRequest, match=r"there are .* / "):
        run(tmp_path, verb="move", of=["egg:4"], along="tastier")


@pytest.mark.parametrize(
    ("values", "match"),
    [
        ({"verb": "vary", "of": ["egg"]}, "no source"),
        ({"verb": "vary", "of": ["egg:x"]}, "no source"),
        ({"verb": "vary", "of": ["none.glb"]}, "no file"),
        ({"verb": "vary", "of": ["none.code.json"]}, "no code"),
        ({"verb": "like", "of": ["egg:7"]}, "no mesh file"),
        ({"verb": "complete", "of": ["egg:7"]}, "no file"),
    ],
)
def test_a_source_that_is_none_is_one_sentence(
    tmp_path: Path, values: dict[str, Any], match: str
) -> None:
    with pytest.raises(BadRequest, match=match):
        run(tmp_path, **values)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "text",
    ["{}", "[1, 2]", '{"weights_sha256": "00", "code": [1], "metres_per_voxel": 1, '
     '"category": "round", "class": "egg"}', "\0"],
)  # fmt: skip
def test_a_code_of_other_weights_or_of_none_is_refused(tmp_path: Path, text: str) -> None:
    (tmp_path / "a.code.json").write_text(text)
    with pytest.raises(BadRequest, match="code"):
        read_source(str(tmp_path / "a.code.json"), eggs())


def test_an_unknown_class_is_refused_with_what_there_is() -> None:
    with pytest.raises(UnknownClass) as caught:
        read_source("eg:7", eggs())
    assert "egg" in caught.value.fix


@pytest.mark.parametrize(
    "values",
    [
        {"verb": "vary", "of": ["1"], "strength": 1.5},
        {"verb": "vary", "of": ["1", "2"]},
        {"verb": "blend", "of": ["1"]},
        {"verb": "blend", "of": ["1", "2"], "count": 1},
        {"verb": "mix", "of": ["1", "2"], "take": []},
        {"verb": "mix", "of": ["1", "2"], "take": ["smell"]},
        {"verb": "move", "of": ["1"]},
        {"verb": "complete", "of": ["a.glb"], "grow": 0.5},
        {"verb": "polish", "of": ["1"]},
        {"of": ["1"]},
    ],
)
def test_a_request_out_of_range_is_refused_before_a_model_is_loaded(values: dict[str, Any]) -> None:
    with pytest.raises(BadRequest):
        parse_edit(values)


def test_a_model_of_voxels_cannot_be_edited(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from engine.zoo.registry import load

    monkeypatch.setattr(engine.edit, "load", load)
    with pytest.raises(BadRequest, match="no model of textured shapes"):
        edit(
            parse_edit({"verb": "vary", "of": ["1"], "model": "voxel_characters", "out": tmp_path})
        )


def test_a_cancel_stops_between_assets(tmp_path: Path) -> None:
    seen: list[Progress] = []
    request = parse_edit(
        {"verb": "vary", "of": ["egg:1"], "count": 5, "out": tmp_path, "previews": False, **SMALL}
    )
    with pytest.raises(Cancelled):
        edit(request, on_progress=seen.append, is_cancelled=lambda: len(seen) >= 3)
    assert len(list(tmp_path.glob("*.glb"))) <= 2
    assert not list(tmp_path.glob(".*"))


def test_d20_the_command_line_says_what_it_made(tmp_path: Path) -> None:
    words = "edit vary egg:2 --model tiny --triangles 1000 --texture 256 --lods 1 --collider none"
    done = CliRunner().invoke(app, [*words.split(), "--out", str(tmp_path), "--json"])
    assert done.exit_code == 0, done.output
    told = json.loads(done.stdout)
    assert Path(told["items"][0]["files"]["glb"]).is_file()
    assert told["items"][0]["report"]["operation"]["strength"] == 0.35


def test_bad_words_on_the_command_line_exit_with_2(tmp_path: Path) -> None:
    words = ["edit", "vary", "egg", "--model", "tiny", "--out", str(tmp_path)]
    done = CliRunner().invoke(app, words)
    assert done.exit_code == 2
    assert "no source" in done.output


@pytest.mark.parametrize("verb", ["vary", "blend", "mix", "move", "like", "complete", "directions"])
def test_every_verb_explains_itself_with_an_example(verb: str) -> None:
    done = CliRunner().invoke(app, ["edit", verb, "--help"])
    assert done.exit_code == 0
    assert f"vernissage edit {verb}" in done.output
