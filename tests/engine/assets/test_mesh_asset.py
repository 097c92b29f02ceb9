"""A field as a finished asset: budget, validator, scenes of a GLB, honest figures."""

from __future__ import annotations

import json
import struct
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import trimesh

from engine.assets.glb import glb_bytes, write_glb
from engine.assets.mesh_asset import field_asset
from engine.errors import BadRequest, BudgetTooLow, EmptyShape
from tests.engine.shape.fields import ball, box, field_of, left_red_right_blue, noise, ring

RING = field_of(ring(), left_red_right_blue())


def asset(field: np.ndarray = RING, **options: Any):
    wanted: dict[str, Any] = {"name": "ring", "height": 2.0, "triangles": 1200, "texture": 256}
    return field_asset(field, **(wanted | {"provenance": {}} | options))


def header(data: bytes) -> dict[str, Any]:
    (length,) = struct.unpack_from("<I", data, 12)
    return json.loads(data[20 : 20 + length])


@pytest.mark.parametrize("collider", ["hull", "parts"])
def test_the_khronos_validator_finds_nothing_in_levels_normals_and_colliders(
    collider: str, tmp_path: Path, validate_glb: Callable[[Path], dict[str, Any]]
):
    write_glb(asset(collider=collider), tmp_path / "ring.glb")
    issues = validate_glb(tmp_path / "ring.glb")["issues"]
    assert (issues["numErrors"], issues["numWarnings"], issues["numHints"]) == (0, 0, 0), issues
    assert issues["messages"] == []


def test_a_viewer_draws_the_finest_level_only_and_every_node_says_what_it_is():
    head = header(glb_bytes(asset()))
    named = [[head["nodes"][k]["name"] for k in scene["nodes"]] for scene in head["scenes"]]
    assert head["scene"] == 0
    assert named == [["ring_LOD0"], ["ring_LOD1"], ["ring_LOD2"], ["UCX_ring"]]
    roles = [node["extras"]["role"] for node in head["nodes"]]
    assert roles == ["lod", "lod", "lod", "collider"]
    assert len(head["materials"]) == 1
    assert len(head["images"]) == 2


@pytest.mark.parametrize("field", [RING, field_of(box(9, 5, 12)), field_of(noise(11))])
def test_every_level_is_one_closed_body_within_its_budget_after_a_round_trip(
    field: np.ndarray, tmp_path: Path
):
    made = asset(field, triangles=2000)
    write_glb(made, tmp_path / "it.glb")
    scene = trimesh.load(tmp_path / "it.glb", process=False)
    for level in range(3):
        mesh = scene.geometry[f"ring_LOD{level}"]
        mesh.merge_vertices(merge_tex=True, merge_norm=True)
        figures = made.report["lods"][level]
        assert mesh.is_watertight
        assert mesh.volume > 0
        assert mesh.body_count == 1
        assert len(mesh.faces) == figures["triangles"]
        assert abs(len(mesh.faces) - figures["budget"]) <= 0.05 * figures["budget"]
    assert made.report["watertight"]
    assert made.report["bodies"] == 1
    assert made.report["uv"]["overlaps"] == 0


def test_it_stands_on_the_origin_at_its_height_in_the_middle():
    (mesh,) = asset(field_of(ball(9, at=(4, -3, 2)))).meshes
    low, high = mesh.positions.min(0), mesh.positions.max(0)
    assert low[1] == pytest.approx(0, abs=1e-6)
    assert high[1] == pytest.approx(2.0, abs=1e-6)
    assert np.allclose((low + high)[[0, 2]], 0, atol=1e-6)


def test_the_viewers_right_is_blue_and_the_front_looks_to_positive_z():
    made = asset()
    (mesh,) = made.meshes
    picture = mesh.material.texture
    texel = (mesh.uvs * picture.shape[0]).astype(int).clip(0, picture.shape[0] - 1)
    colors = picture[texel[:, 1], texel[:, 0]].astype(int)
    assert (colors[mesh.positions[:, 0] > 0.1, 2] > 150).mean() > 0.98
    assert (colors[mesh.positions[:, 0] < -0.1, 0] > 150).mean() > 0.98


def test_figures_in_metres_follow_the_closed_form():
    report = asset(field_of(ball(10)), triangles=3000).report
    assert report["volume_m3"] == pytest.approx(4 / 3 * np.pi, rel=0.02)
    assert report["area_m2"] == pytest.approx(4 * np.pi, rel=0.02)
    assert report["handles"] == 0
    assert asset().report["handles"] == 1
    assert report["lods"][0]["hausdorff_m"] < report["lods"][2]["hausdorff_m"] < 0.02
    assert report["collider"]["tolerance_m"] < 1e-6
    json.dumps(report)


def test_the_same_field_gives_the_same_bytes():
    assert glb_bytes(asset()) == glb_bytes(asset())


def test_a_budget_above_the_first_extraction_refines_until_it_is_met():
    made = asset(field_of(ball(5)), triangles=12000, lods=1)
    assert abs(made.report["triangles"] - 12000) <= 600
    assert [mesh.name for mesh in made.meshes] == ["ring"]


@pytest.mark.parametrize(
    ("options", "error"),
    [
        ({"texture": 100}, BadRequest),
        ({"lods": 0}, BadRequest),
        ({"field": field_of(ball(-5))}, EmptyShape),
        ({"field": field_of(noise(11)), "triangles": 8}, BudgetTooLow),
    ],
)
def test_what_cannot_be_made_is_refused_with_a_sentence(options: dict, error: type):
    with pytest.raises(error):
        asset(**options)
