"""The add-on's GLB reader against the engine's writer, and against damaged files."""

from __future__ import annotations

import io
import json
import struct
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image

from addon.core import glb
from addon.core.problems import Problem
from addon.core.weld import weld
from engine.assets.asset import Asset, Clip, Hull, Joint, Material, Mesh
from engine.assets.glb import glb_bytes


def make_asset(*, rig: bool = True) -> Asset:
    """A standing square of two triangles and two bones, in glTF's frame."""
    corners = np.array([[0, 0, 1], [2, 0, 1], [2, 3, 1], [0, 3, 1]], np.float32)
    mesh = Mesh(
        name="Square",
        positions=corners,
        normals=np.tile(np.array([0, 0, 1], np.float32), (4, 1)),
        uvs=np.array([[0, 1], [1, 1], [1, 0], [0, 0]], np.float32),
        faces=np.array([[0, 1, 2], [0, 2, 3]], np.uint32),
        material=Material("Paint", np.full((2, 2, 3), 200, np.uint8), 0.25, 0.5, pixelated=True),
        joints=np.array([[0, 0, 0, 0], [0, 0, 0, 0], [1, 0, 0, 0], [1, 0, 0, 0]], np.uint8)
        if rig
        else None,
        weights=np.tile(np.array([1, 0, 0, 0], np.float32), (4, 1)) if rig else None,
    )
    skeleton = (
        Joint("Hips", None, np.array([1.0, 0.5, 0.0])),
        Joint("Spine", 0, np.array([1.0, 1.5, 0.25])),
    )
    turn = np.array([[0, 0, 0, 1], [np.sqrt(0.5), 0, 0, np.sqrt(0.5)]], np.float32)
    clip = Clip("Nod", np.array([0.0, 0.5], np.float32), {1: turn})
    return Asset("Sign", (mesh,), skeleton if rig else (), (clip,) if rig else ())


def make_prop() -> Asset:
    """The square with normals on it, a coarser stand-in and a collider."""
    (square,) = make_asset(rig=False).meshes
    paint = Material(
        "Paint",
        np.full((4, 4, 3), 200, np.uint8),
        normal_texture=np.full((2, 2, 3), (128, 128, 255), np.uint8),
    )
    tangents = np.tile(np.array([1, 0, 0, 1], np.float32), (4, 1))
    finest = replace(square, name="Sign_LOD0", material=paint, tangents=tangents)
    coarse = replace(finest, name="Sign_LOD1", faces=finest.faces[:1])
    hull = Hull("UCX_Sign", square.positions, square.faces)
    return Asset("Sign", (finest,), lods=(coarse,), hulls=(hull,))


def write(path: Path, data: bytes) -> str:
    path.write_bytes(data)
    return str(path)


def test_positions_normals_and_uvs_arrive_in_blenders_frame(tmp_path: Path) -> None:
    mesh = glb.read(write(tmp_path / "a.glb", glb_bytes(make_asset()))).meshes[0]
    # Y up, facing +Z becomes Z up, facing -Y; v runs upwards.
    points = np.array(mesh.positions).reshape(-1, 3)
    assert points.tolist() == [[0, -1, 0], [2, -1, 0], [2, -1, 3], [0, -1, 3]]
    assert np.array(mesh.normals).reshape(-1, 3).tolist() == [[0, -1, 0]] * 4
    assert np.array(mesh.uvs).reshape(-1, 2).tolist() == [[0, 0], [1, 0], [1, 1], [0, 1]]
    assert np.array(mesh.bones).reshape(-1, 4)[:, 0].tolist() == [0, 0, 1, 1]


def test_bones_and_clips_arrive_in_blenders_frame(tmp_path: Path) -> None:
    model = glb.read(write(tmp_path / "a.glb", glb_bytes(make_asset())))
    assert [(bone.name, bone.parent, bone.head) for bone in model.bones] == [
        ("Hips", None, (1.0, 0.0, 0.5)),
        ("Spine", 0, (1.0, -0.25, 1.5)),
    ]
    (clip,) = model.clips
    assert list(clip.rotations[1].times) == [0.0, 0.5]
    # A quarter turn about X stays one: X is the axis that both frames share.
    assert clip.rotations[1].values[1] == pytest.approx((np.sqrt(0.5), np.sqrt(0.5), 0, 0))


def test_material_and_picture_arrive(tmp_path: Path) -> None:
    (material,) = glb.read(write(tmp_path / "a.glb", glb_bytes(make_asset()))).materials
    assert (material.metallic, material.roughness, material.pixelated) == (0.25, 0.5, True)
    assert material.picture is not None
    assert material.picture.startswith(b"\x89PNG")


def test_levels_of_detail_and_colliders_are_told_apart(tmp_path: Path) -> None:
    model = glb.read(write(tmp_path / "a.glb", glb_bytes(make_prop())))
    found = [(m.name, m.level, m.collider, len(m.faces), m.material) for m in model.meshes]
    assert found == [
        ("Sign_LOD0", 0, False, 6, 0),
        ("Sign_LOD1", 1, False, 3, 0),
        ("UCX_Sign", 0, True, 6, None),
    ]
    assert not model.meshes[2].normals
    (material,) = model.materials
    assert material.picture is not None
    assert material.normals is not None
    assert Image.open(io.BytesIO(material.picture)).size == (4, 4)
    assert Image.open(io.BytesIO(material.normals)).getpixel((0, 0)) == (128, 128, 255)
    assert (material.finish, material.pixelated) == (None, False)


@pytest.mark.parametrize(
    "change",
    [
        lambda document: document["nodes"][0]["extras"].update(level=1),
        lambda document: document["nodes"][0]["extras"].update(level="fine"),
        lambda document: document["meshes"][0]["primitives"][0].update(material=7),
        lambda document: document["nodes"].__setitem__(0, "no node"),
    ],
    ids=["nothing to draw", "no level", "no material", "no node"],
)
def test_a_file_that_makes_no_sense_is_a_typed_problem(tmp_path: Path, change: object) -> None:
    data = rewrite(glb_bytes(make_prop()), change)
    with pytest.raises(Problem, match="not a GLB file that this add-on understands"):
        glb.read(write(tmp_path / "a.glb", data))


def test_the_halves_of_a_quad_come_together_and_shared_corners_are_welded(tmp_path: Path) -> None:
    mesh = glb.read(write(tmp_path / "a.glb", glb_bytes(make_asset(rig=False)))).meshes[0]
    body = weld(mesh)
    assert body.faces == [(0, 1, 2, 3)]
    assert body.flat
    assert (list(body.point_of), body.firsts) == ([0, 1, 2, 3], [0, 1, 2, 3])
    doubled = glb.Mesh(
        mesh.name,
        mesh.positions * 2,
        mesh.normals * 2,
        mesh.uvs * 2,
        mesh.faces,
        None,
        mesh.bones,
        mesh.weights,
    )
    body = weld(doubled)
    assert (list(body.point_of), body.firsts) == ([0, 1, 2, 3] * 2, [0, 1, 2, 3])


def rewrite(data: bytes, change: object) -> bytes:
    """The same file with its JSON changed by `change(document)`."""
    size = struct.unpack_from("<I", data, 12)[0]
    document = json.loads(data[20 : 20 + size])
    change(document)  # type: ignore[operator]
    text = json.dumps(document).encode()
    text += b" " * (-len(text) % 4)
    body = struct.pack("<I4s", len(text), b"JSON") + text + data[20 + size :]
    return struct.pack("<4sII", b"glTF", 2, 12 + len(body)) + body


def test_the_place_of_a_node_moves_an_unskinned_mesh(tmp_path: Path) -> None:
    def move(document: dict) -> None:  # type: ignore[type-arg]
        document["nodes"][0] |= {"translation": [0, 5, 0], "scale": [2, 2, 2]}

    data = rewrite(glb_bytes(make_asset(rig=False)), move)
    points = np.array(glb.read(write(tmp_path / "a.glb", data)).meshes[0].positions).reshape(-1, 3)
    assert points[2].tolist() == [4, -2, 11]


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=300)
@given(at=st.integers(0, 3000), value=st.binary(min_size=1, max_size=6), cut=st.booleans())
def test_a_damaged_file_is_a_typed_problem_or_still_a_model(
    tmp_path: Path, at: int, value: bytes, cut: bool
) -> None:
    data = bytearray(glb_bytes(make_asset() if at % 2 else make_prop()))
    at %= len(data)
    data[at : at + len(value)] = b"" if cut else value
    if cut:
        struct.pack_into("<I", data, 8, len(data))
    try:
        assert isinstance(glb.read(write(tmp_path / "a.glb", bytes(data))), glb.Model)
    except Problem as problem:
        if problem.code != "E_RESULT":
            raise


def test_a_missing_file_is_a_typed_problem(tmp_path: Path) -> None:
    with pytest.raises(Problem, match="could not be read"):
        glb.read(str(tmp_path / "none.glb"))


def test_faces_that_touch_a_point_twice_are_opened_or_left_out(tmp_path: Path) -> None:
    asset = make_asset(rig=False)
    (square,) = asset.meshes
    # Two more vertices in the places of the first two, as at the tip of a turned lamp.
    doubled = replace(
        square,
        positions=np.concatenate([square.positions, square.positions[:2]]),
        normals=np.concatenate([square.normals, square.normals[:2]]),
        uvs=np.concatenate([square.uvs, square.uvs[:2]]),
        faces=np.array([[0, 1, 2], [0, 2, 4], [0, 5, 1], [2, 3, 4]], np.uint32),
    )
    data = glb_bytes(replace(asset, meshes=(doubled,)))
    (mesh,) = glb.read(write(tmp_path / "a.glb", data)).meshes
    body = weld(mesh)
    corners = [sorted(body.point_of[vertex] for vertex in face) for face in body.faces]
    assert corners == [[0, 1, 2], [0, 2, 3]]
