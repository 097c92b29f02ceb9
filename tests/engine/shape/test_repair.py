"""Broken meshes made whole, near what they were; what cannot be done is said."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import trimesh
from PIL import Image
from typer.testing import CliRunner

from engine.cli import app
from engine.data.mesh_files import check_file
from engine.data.mesh_soup import Soup, read_soup
from engine.errors import BadMesh, BadRequest
from engine.repair import repair as repair_file
from engine.shape.distance import deviation
from engine.shape.holes import fill_holes, loops
from engine.shape.mesh import TriMesh
from engine.shape.repair import Repaired, repair
from tests.engine.shape.damage import KINDS, damaged, soup_of


def shapes() -> list[trimesh.Trimesh]:
    mug = trimesh.creation.annulus(0.5, 1.0, 2.0, sections=24)
    return [
        trimesh.creation.icosphere(3),
        trimesh.creation.box((1, 2, 3)).subdivide().subdivide(),
        trimesh.creation.torus(1.0, 0.3, major_sections=40, minor_sections=20),
        trimesh.creation.cylinder(0.5, 3.0, sections=48).subdivide(),
        mug.subdivide(),
        trimesh.creation.capsule(1.0, 0.5),
    ]


def judged(made: Repaired) -> trimesh.Trimesh:
    return trimesh.Trimesh(made.mesh.points, made.mesh.faces, process=False)


def soup_mesh(soup: Soup) -> TriMesh:
    return TriMesh(soup.corners.reshape(-1, 3), np.arange(3 * len(soup.corners)).reshape(-1, 3))


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_of_damage_to_a_known_shape_is_repaired_near_the_original(kind: str):
    for number, shape in enumerate(shapes()):
        whole = soup_of(shape.vertices, shape.faces)
        made = repair(damaged(whole, kind, seed=number))
        mesh = judged(made)
        assert mesh.is_watertight
        assert mesh.volume == pytest.approx(shape.volume, rel=0.08), number
        size = np.ptp(shape.vertices, axis=0).max()
        assert deviation(made.mesh, soup_mesh(whole)).hausdorff < 0.12 * size
        assert made.source is not None, made.failed


def test_at_least_48_of_50_damaged_props_become_watertight_and_stay_near(data_folder: Path):
    files = sorted((data_folder / "props").rglob("*.glb"))
    if len(files) < 50:
        pytest.skip("fewer than 50 props in the data")
    chosen = [files[k] for k in np.random.default_rng(2).choice(len(files), 50, replace=False)]
    watertight = near = 0
    for number, path in enumerate(chosen):
        soup = read_soup(path)
        made = repair(damaged(soup, KINDS[number % len(KINDS)], seed=number))
        mesh = judged(made)
        watertight += mesh.is_watertight and mesh.volume > 0
        near += made.lost < 0.06
        assert made.watertight or made.failed
    assert watertight >= 48
    assert near >= 45


def test_a_whole_mesh_is_left_as_it_is():
    shape = trimesh.creation.icosphere(2)
    made = repair(soup_of(shape.vertices, shape.faces))
    assert (made.done, made.failed) == ((), ())
    assert len(made.mesh.faces) == len(shape.faces)
    assert made.added == pytest.approx(0, abs=1e-4)


def test_parts_that_run_through_each_other_become_one_body_with_the_volume_of_their_union():
    one, other = trimesh.creation.box((2, 2, 2)), trimesh.creation.box((2, 2, 2))
    other.apply_translation((1, 0.5, 0.5))
    both = trimesh.util.concatenate([one, other])
    made = repair(soup_of(both.vertices, both.faces))
    mesh = judged(made)
    assert mesh.is_watertight
    assert mesh.body_count == 1
    assert mesh.volume == pytest.approx(16 - 1 * 1.5 * 1.5, rel=1e-6)


def test_an_open_sheet_gets_a_body_from_the_winding_number_and_says_so():
    sheet = np.array([[[0, 0, 0], [1, 0, 0], [1, 1, 0]], [[0, 0, 0], [1, 1, 0], [0, 1, 0.0]]])
    made = repair(soup_of(sheet.reshape(-1, 3), np.arange(6).reshape(2, 3)))
    assert made.watertight
    assert made.source is None
    assert made.failed
    assert made.lost < 0.05


def test_a_hole_is_found_once_and_filled_by_the_least_area():
    cube = trimesh.creation.box((1, 1, 1))
    open_top = TriMesh(
        np.asarray(cube.vertices),
        np.asarray(cube.faces[cube.face_normals[:, 2] < 0.5], np.int64),
    )
    (ring,) = loops(open_top)
    assert len(ring) == 4
    filled, count = fill_holes(open_top)
    judge = trimesh.Trimesh(filled.points, filled.faces, process=False)
    assert (count, len(filled.faces)) == (1, 12)
    assert judge.is_watertight
    assert judge.volume == pytest.approx(1)


def textured(path: Path) -> trimesh.Trimesh:
    ball = trimesh.creation.icosphere(3)
    uv = np.stack([0.5 + 0.49 * ball.vertices[:, 0], 0.5 + 0.49 * ball.vertices[:, 1]], -1)
    image = np.zeros((64, 64, 3), np.uint8)
    image[:, :32], image[:, 32:] = (200, 30, 30), (30, 30, 200)
    material = trimesh.visual.material.PBRMaterial(baseColorTexture=Image.fromarray(image))
    ball.update_faces(np.arange(len(ball.faces)) > 20)
    ball.visual = trimesh.visual.TextureVisuals(uv=uv, material=material)
    ball.export(path)
    return ball


def test_the_models_own_uvs_and_texture_stay_where_its_faces_do(tmp_path: Path):
    textured(tmp_path / "ball.glb")
    before = (tmp_path / "ball.glb").read_bytes()
    outcome = repair_file(tmp_path / "ball.glb")
    assert outcome.path == tmp_path / "ball-repaired.glb"
    assert (tmp_path / "ball.glb").read_bytes() == before
    assert outcome.report["look"] == "own"
    (mesh,) = trimesh.load(outcome.path, process=False).geometry.values()
    picture = np.asarray(mesh.visual.material.baseColorTexture)
    assert picture.shape == (64, 64, 3)
    column = (mesh.visual.uv[:, 0] * 64).astype(int).clip(0, 63)
    red = picture[0, column, 0] > 100
    clear = np.abs(mesh.vertices[:, 0]) > 0.05
    assert (red == (mesh.vertices[:, 0] < 0))[clear].mean() > 0.99


def test_a_reduced_mesh_is_baked_anew_in_the_models_colours(tmp_path: Path):
    textured(tmp_path / "ball.glb")
    outcome = repair_file(tmp_path / "ball.glb", out=tmp_path / "low.glb", triangles=300)
    assert outcome.report["look"] == "baked"
    assert abs(outcome.report["triangles"] - 300) <= 15
    (mesh,) = trimesh.load(outcome.path, process=False).geometry.values()
    colors = mesh.visual.to_color().vertex_colors
    clear = np.abs(mesh.vertices[:, 0]) > 0.1
    assert ((colors[:, 0] > 100) == (mesh.vertices[:, 0] < 0))[clear].mean() > 0.95


def test_a_refined_ball_gets_back_the_volume_that_reducing_it_took(tmp_path: Path):
    textured(tmp_path / "ball.glb")
    volumes = []
    for options in ({}, {"triangles": 100}, {"triangles": 100, "refine": True}):
        outcome = repair_file(tmp_path / "ball.glb", out=tmp_path / "made.stl", **options)
        said = any(sentence.startswith("refined") for sentence in outcome.report["done"])
        assert said == ("refine" in options)
        volumes.append(trimesh.load(outcome.path, force="mesh").volume)
    whole, reduced, refined = volumes
    assert reduced < 0.97 * whole
    assert abs(whole - refined) < 0.2 * (whole - reduced)


@pytest.mark.parametrize("suffix", [".stl", ".ply", ".obj"])
def test_formats_without_colour_get_the_closed_shape(suffix: str, tmp_path: Path):
    textured(tmp_path / "ball.glb")
    outcome = repair_file(tmp_path / "ball.glb", out=tmp_path / f"ball{suffix}")
    check_file(outcome.path)
    mesh = trimesh.load(outcome.path, force="mesh")
    mesh.merge_vertices(merge_tex=True, merge_norm=True)
    assert mesh.is_watertight


def test_what_cannot_be_repaired_is_refused_with_a_sentence(tmp_path: Path):
    path = tmp_path / "ball.glb"
    textured(path)
    for bad in ({"out": path}, {"out": tmp_path / "a.fbx"}, {"triangles": 3}, {"refine": True}):
        with pytest.raises(BadRequest):
            repair_file(path, **bad)
    with pytest.raises(BadRequest):
        repair_file(tmp_path / "absent.glb")
    (tmp_path / "noise.glb").write_bytes(b"glTF but not really")
    with pytest.raises(BadMesh):
        repair_file(tmp_path / "noise.glb")


def test_the_command_says_what_it_did(tmp_path: Path):
    textured(tmp_path / "ball.glb")
    said = CliRunner().invoke(app, ["repair", str(tmp_path / "ball.glb")])
    assert said.exit_code == 0, said.output
    assert "watertight" in said.output
    assert "1 holes filled" in said.output or "1 hole filled" in said.output
    spoken = CliRunner().invoke(app, ["repair", str(tmp_path / "ball.glb"), "--json"])
    assert json.loads(spoken.stdout)["report"]["watertight"] is True
