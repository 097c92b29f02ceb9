"""Every check holds for a good asset and fails for one that is spoiled in its way."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import trimesh
from hypothesis import given, settings
from hypothesis import strategies as st
from typer.testing import CliRunner

from engine.assets.glb import glb_bytes, write_glb
from engine.assets.mesh_asset import field_asset
from engine.assets.voxel_asset import voxel_asset
from engine.check.run import check, examine
from engine.check.written import read_written
from engine.cli import app
from engine.data.voxels import VoxelGrid
from engine.errors import BadAsset, BadRequest
from tests.engine.check.spoil import CHECKS, good, header, rewritten, spoiled
from tests.engine.shape.fields import ball, box, field_of, noise

ALONE = {"readable"}  # fails only where nothing else can be said


def failures(data: bytes, folder: Path) -> dict[str, str]:
    path = folder / "it.glb"
    path.write_bytes(data)
    return {one.check: one.sentence for one in examine(path) if one.holds is False}


def test_all_holds_for_a_good_asset_and_every_check_has_its_spoiled_one(tmp_path: Path) -> None:
    write_glb(good(), tmp_path / "ring.glb")
    findings = examine(tmp_path / "ring.glb")
    assert [one.check for one in findings if one.holds is not True] == []
    assert {one.check for one in findings} - ALONE == set(CHECKS) == set(spoiled())
    assert not any(one.fix for one in findings)


@pytest.mark.parametrize("name", CHECKS)
def test_a_check_fails_with_a_sentence_and_a_fix(name: str, tmp_path: Path) -> None:
    path = tmp_path / "it.glb"
    path.write_bytes(spoiled()[name])
    failed = {one.check: one for one in examine(path) if one.holds is False}
    assert name in failed, failed
    assert failed[name].fix.endswith(".")
    assert len(failed[name].sentence) > 10


def test_what_is_read_is_what_another_reader_reads(tmp_path: Path) -> None:
    path = tmp_path / "ring.glb"
    write_glb(good(), path)
    scene = trimesh.load(path, process=False)
    written = read_written(path)
    assert len(written.chain) == 3
    for part in (*written.chain, *written.colliders):
        other = scene.geometry[part.name]
        assert np.array_equal(part.points, other.vertices)
        assert np.array_equal(part.faces, other.faces)
        judge = trimesh.Trimesh(part.welded.points, part.welded.faces, process=False)
        assert judge.is_watertight
        assert judge.is_winding_consistent
    assert written.stated == {k: v for k, v in good().report.items() if k != "seconds"}


def test_a_place_in_the_scene_counts_also_where_it_mirrors(tmp_path: Path) -> None:
    turned = {"rotation": [0, 0, 1, 0], "translation": [0, 2, 0], "scale": [-1, 1, 1]}

    def turn(doc: dict[str, Any]) -> None:
        for node in doc["nodes"]:
            node |= turned

    (tmp_path / "it.glb").write_bytes(rewritten(glb_bytes(good()), turn))
    told = trimesh.load(tmp_path / "it.glb", process=False)
    (part,) = read_written(tmp_path / "it.glb").drawn
    assert np.allclose(part.points.max(0), told.dump()[0].vertices.max(0), atol=1e-6)
    assert failures((tmp_path / "it.glb").read_bytes(), tmp_path) == {}


def person(*, apart: bool = False) -> bytes:
    solid = np.zeros((9, 5, 7), bool)
    solid[:6, 1:4, 1:6] = True
    solid[2, 1:3, 2:4] = False
    solid[6:, 2, 3 + 2 * apart] = True
    if apart:
        solid[6] = False
    colors = np.random.default_rng(1).integers(0, 4, (*solid.shape, 1)).repeat(3, -1) * 60
    return glb_bytes(
        voxel_asset(
            VoxelGrid(solid, colors.astype(np.uint8)),
            name="it",
            height=1.7,
            rig=False,
            provenance=good().provenance,
        )
    )


def test_voxel_art_is_closed_although_long_edges_border_on_short_ones(tmp_path: Path) -> None:
    data = person()
    (tmp_path / "person.glb").write_bytes(data)
    assert not trimesh.load(tmp_path / "person.glb", force="mesh").is_watertight
    assert failures(data, tmp_path) == {}
    assert set(failures(person(apart=True), tmp_path)) == {"one body"}


def test_voxel_art_without_one_face_is_open(tmp_path: Path) -> None:
    def drop(doc: dict[str, Any]) -> None:
        mesh = doc["meshes"][0]["primitives"][0]
        doc["accessors"][mesh["indices"]]["count"] -= 3

    assert "watertight" in failures(rewritten(person(), drop), tmp_path)


def changed(change: Callable[[dict[str, Any]], Any]) -> Callable[[bytes], bytes]:
    """A spoiler that changes the JSON of a file."""
    return lambda data: rewritten(data, change)


BAD: dict[str, tuple[str, Callable[[bytes], bytes]]] = {
    "empty": ("too short", lambda _: b""),
    "text": ("no binary glTF", lambda _: b"this is no model at all, is it"),
    "cut": ("cut off", lambda data: data[:-300]),
    "bare": ("no triangles", changed(lambda doc: doc["scenes"][0]["nodes"].clear())),
    "away": ("damaged", changed(lambda doc: doc["nodes"].clear())),
    "loop": ("own ancestor", changed(lambda doc: doc["nodes"][0].update(children=[0]))),
    "packed": ("KHR_x", changed(lambda doc: doc.update(extensionsRequired=["KHR_x"]))),
    "beyond": ("beyond", changed(lambda doc: doc["accessors"][0].update(count=10**9))),
    "lines": (
        "not triangles",
        changed(lambda doc: doc["meshes"][0]["primitives"][0].update(mode=1)),
    ),
}


@pytest.mark.parametrize("name", BAD)
def test_a_bad_file_is_refused_with_a_reason(name: str, tmp_path: Path) -> None:
    says, spoil = BAD[name]
    path = tmp_path / f"{name}.glb"
    path.write_bytes(spoil(glb_bytes(good())))
    with pytest.raises(BadAsset, match=says):
        read_written(path)
    (finding,) = examine(path)
    assert finding.holds is False
    assert finding.fix


def test_positions_that_are_no_numbers_are_refused(tmp_path: Path) -> None:
    data = bytearray(glb_bytes(good()))
    doc = header(bytes(data))
    view = doc["bufferViews"][doc["accessors"][0]["bufferView"]]
    start = len(data) - doc["buffers"][0]["byteLength"] + view["byteOffset"]
    data[start : start + 4] = np.float32(np.nan).tobytes()
    (tmp_path / "nan.glb").write_bytes(data)
    with pytest.raises(BadAsset, match="no numbers"):
        read_written(tmp_path / "nan.glb")


def test_a_picture_that_is_missing_or_garbled_fails_the_textures(tmp_path: Path) -> None:
    def lose(doc: dict[str, Any]) -> None:
        doc["images"].pop()

    def garble(doc: dict[str, Any]) -> None:
        doc["images"][0]["bufferView"] = 0

    for change in (lose, garble):
        assert "textures" in failures(rewritten(glb_bytes(good()), change), tmp_path)


@given(st.data())
@settings(max_examples=60)
def test_no_damage_to_a_file_ends_in_a_traceback(
    tmp_path_factory: Any, data: st.DataObject
) -> None:
    content = bytearray(glb_bytes(good()))
    head = 20 + int.from_bytes(content[12:16], "little")
    for _ in range(data.draw(st.integers(1, 6))):
        place = data.draw(st.integers(0, head) | st.integers(0, len(content) - 1))
        content[place] = data.draw(st.integers(0, 255) | st.sampled_from(b'0123456789{}[],":-'))
    path = tmp_path_factory.getbasetemp() / "damaged.glb"
    path.write_bytes(content[: data.draw(st.sampled_from([len(content), len(content) // 2]))])
    findings = examine(path)
    assert findings
    assert all(one.fix for one in findings if one.holds is False)


@given(
    st.sampled_from(["extras", "materials", "images", "scenes", "nodes", "asset", "accessors"]),
    st.recursive(st.none() | st.integers() | st.text(max_size=3), st.lists, max_leaves=4),
)
@settings(max_examples=40)
def test_no_json_in_the_place_of_other_json_ends_in_a_traceback(
    tmp_path_factory: Any, key: str, value: Any
) -> None:
    path = tmp_path_factory.getbasetemp() / "strange.glb"
    path.write_bytes(rewritten(glb_bytes(good()), lambda doc: doc.update({key: value})))
    assert examine(path)


@pytest.mark.parametrize(
    ("field", "options"),
    [
        (field_of(noise(11)), {"lods": 2}),
        (field_of(box(9, 5, 12)), {"collider": "parts"}),
        (field_of(ball(9)), {"texture": 256}),
    ],
)
def test_what_the_surface_path_makes_holds_to_what_it_states(
    field: np.ndarray, options: dict[str, Any], tmp_path: Path
) -> None:
    made = field_asset(
        field,
        name="it",
        height=0.3,
        **{"triangles": 1500, "texture": 512, "provenance": good().provenance, **options},
    )
    assert failures(glb_bytes(made), tmp_path) == {}


def test_a_folder_is_checked_to_its_end_and_the_exit_code_says_what_was_found(
    tmp_path: Path, validate_glb: Callable[[Path], dict[str, Any]], root: Path
) -> None:
    write_glb(good(), tmp_path / "a.glb")
    (tmp_path / "below").mkdir()
    write_glb(good(), tmp_path / "below" / "b.glb")
    run = CliRunner()
    fine = run.invoke(app, ["check", str(tmp_path)])
    assert fine.exit_code == 0, fine.output
    assert "All 2 hold." in fine.output
    (tmp_path / "bad.glb").write_bytes(b"glTF")
    (tmp_path / "open.glb").write_bytes(spoiled()["watertight"])
    script = str(root / "tests/node/validate.mjs")
    spoken = run.invoke(app, ["check", str(tmp_path), "--json", "--validator", script])
    assert spoken.exit_code == 1
    told = json.loads(spoken.stdout)
    assert {Path(one["file"]).name: one["holds"] for one in told["files"]} == {
        "a.glb": True,
        "b.glb": True,
        "bad.glb": False,
        "open.glb": False,
    }
    assert told["summary"]["khronos"] == {
        "passed": 3, "failed": 0, "left_out": 0, "median": 0, "worst": 0,
    }  # fmt: skip
    shown = run.invoke(app, ["check", str(tmp_path)])
    assert "open.glb" in shown.output
    assert "vernissage repair" in " ".join(shown.output.split())
    assert "2 of 4 failed." in shown.output


def test_a_path_that_cannot_be_checked_is_a_request_to_correct(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("none")
    (tmp_path / "empty").mkdir()
    for path in ("absent.glb", "notes.txt", "empty"):
        with pytest.raises(BadRequest):
            check([tmp_path / path])
    write_glb(good(), tmp_path / "a.glb")
    with pytest.raises(BadRequest, match="validator"):
        check([tmp_path / "a.glb"], validator=tmp_path / "absent.mjs")
    said = CliRunner().invoke(app, ["check", str(tmp_path / "absent.glb")])
    assert said.exit_code == 2
    assert "Traceback" not in said.output
