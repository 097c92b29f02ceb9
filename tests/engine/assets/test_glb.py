"""GLB files: read back by another library, judged by the Khronos validator, the same twice."""

from __future__ import annotations

import hashlib
import io
import json
import os
import struct
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import trimesh
from PIL import Image

from engine.assets.asset import Asset, Joint, Material, Mesh
from engine.assets.glb import glb_bytes, write_glb
from engine.assets.provenance import DIGITAL_SOURCE_TYPE, provenance
from engine.assets.voxel_asset import voxel_asset
from engine.data.voxels import VoxelGrid
from engine.errors import CannotWrite


def figure(rig: bool = True) -> Asset:
    solid = np.zeros((11, 6, 9), bool)
    solid[:2, 2:4, 2:4] = solid[:2, 2:4, 5:7] = True
    solid[2:6, 1:5, 2:7] = solid[6:, :, 1:8] = True
    solid[2:6, 2:4, 1] = solid[2:6, 2:4, 7] = True
    colors = np.zeros((*solid.shape, 3), np.uint8)
    colors[:2], colors[2:6], colors[6:] = (50, 50, 60), (30, 110, 200), (240, 200, 160)
    record = provenance(
        model="voxel_characters",
        weights_sha256="ab" * 32,
        seed=7,
        request={"seed": 7},
        sources=[
            {
                "name": "Minis",
                "author": "Ä. Künstler",
                "licence": "CC-BY-4.0",
                "attribution": "Minis by Ä. Künstler",
            }
        ],
    )
    return voxel_asset(
        VoxelGrid(solid, colors * solid[..., None]),
        name="figure",
        height=1.7,
        rig=rig,
        provenance=record,
    )


def chunks(data: bytes) -> tuple[dict[str, Any], bytes]:
    """JSON and binary chunk, read by the letter of the specification."""
    magic, version, size = struct.unpack_from("<4sII", data)
    assert (magic, version, size) == (b"glTF", 2, len(data))
    length, kind = struct.unpack_from("<I4s", data, 12)
    assert (length % 4, kind) == (0, b"JSON")
    binary_length, kind = struct.unpack_from("<I4s", data, 20 + length)
    assert (binary_length % 4, kind) == (0, b"BIN\0")
    return json.loads(data[20 : 20 + length]), data[28 + length :]


@pytest.mark.parametrize("rig", [True, False])
def test_the_khronos_validator_finds_no_error_and_no_warning(
    rig: bool, tmp_path: Path, validate_glb: Callable[[Path], dict[str, Any]]
):
    write_glb(figure(rig), tmp_path / "figure.glb")
    issues = validate_glb(tmp_path / "figure.glb")["issues"]
    assert (issues["numErrors"], issues["numWarnings"], issues["numHints"]) == (0, 0, 0), issues
    # The validator does not know KHR_xmp_json_ld and says so; nothing else.
    assert [message["code"] for message in issues["messages"]] == ["UNSUPPORTED_EXTENSION"]


def test_trimesh_reads_back_the_same_triangles(tmp_path: Path):
    asset = figure()
    write_glb(asset, tmp_path / "figure.glb")
    scene = trimesh.load(tmp_path / "figure.glb", process=False)
    (read,) = scene.geometry.values()
    (mesh,) = asset.meshes
    assert np.array_equal(read.vertices.astype(np.float32), mesh.positions)
    assert np.array_equal(read.faces, mesh.faces)
    assert np.allclose(read.visual.uv, mesh.uvs * (1, -1) + (0, 1))
    read.merge_vertices(merge_tex=True, merge_norm=True)
    assert read.is_watertight
    assert read.volume > 0


def test_the_same_asset_gives_the_same_bytes_twice():
    assert glb_bytes(figure()) == glb_bytes(figure())


def test_accessors_are_aligned_and_their_bounds_are_true():
    head, binary = chunks(glb_bytes(figure()))
    for view in head["bufferViews"]:
        assert view["byteOffset"] % 4 == 0
        assert view["byteOffset"] + view["byteLength"] <= len(binary)
    primitive = head["meshes"][0]["primitives"][0]
    accessor = head["accessors"][primitive["attributes"]["POSITION"]]
    view = head["bufferViews"][accessor["bufferView"]]
    values = np.frombuffer(binary, "<f4", accessor["count"] * 3, view["byteOffset"]).reshape(-1, 3)
    assert accessor["min"] == values.min(0).tolist()
    assert accessor["max"] == values.max(0).tolist()


def test_inverse_bind_matrices_undo_the_rest_pose():
    head, binary = chunks(glb_bytes(figure()))
    skin = head["skins"][0]
    view = head["bufferViews"][head["accessors"][skin["inverseBindMatrices"]]["bufferView"]]
    inverse = np.frombuffer(binary, "<f4", 17 * 16, view["byteOffset"]).reshape(17, 4, 4)
    place: dict[int, np.ndarray] = {}

    def walk(node: int, start: np.ndarray) -> None:
        place[node] = start + head["nodes"][node].get("translation", (0, 0, 0))
        for child in head["nodes"][node].get("children", ()):
            walk(child, place[node])

    for root in head["scenes"][0]["nodes"]:
        walk(root, np.zeros(3))
    for number, joint in enumerate(skin["joints"]):
        world = np.eye(4)
        world[:3, 3] = place[joint]
        assert np.allclose(world @ inverse[number].T, np.eye(4), atol=1e-5)


def test_the_texture_is_embedded_exactly_and_sampled_nearest():
    asset = figure()
    head, binary = chunks(glb_bytes(asset))
    view = head["bufferViews"][head["images"][0]["bufferView"]]
    png = binary[view["byteOffset"] : view["byteOffset"] + view["byteLength"]]
    assert np.array_equal(np.array(Image.open(io.BytesIO(png))), asset.meshes[0].material.texture)
    assert (head["samplers"][0]["magFilter"], head["samplers"][0]["minFilter"]) == (9728, 9728)


def test_e10_provenance_is_in_extras_and_as_an_xmp_packet():
    asset = figure()
    head, _ = chunks(glb_bytes(asset))
    assert head["asset"]["extras"] == asset.provenance
    packet = head["extensions"]["KHR_xmp_json_ld"]["packets"][
        head["asset"]["extensions"]["KHR_xmp_json_ld"]["packet"]
    ]
    assert packet["Iptc4xmpExt:DigitalSourceType"] == DIGITAL_SOURCE_TYPE
    assert packet["dc:contributor"] == {"@set": ["Ä. Künstler"]}
    prefixes = {key.split(":")[0] for key in packet if not key.startswith("@")}
    assert prefixes <= set(packet["@context"])


def test_an_asset_without_provenance_uses_no_extension():
    plain = figure()
    head, _ = chunks(glb_bytes(Asset(plain.name, plain.meshes)))
    assert "extensionsUsed" not in head


def test_meshes_that_share_a_material_share_its_texture():
    (mesh,) = figure(rig=False).meshes
    head, _ = chunks(glb_bytes(Asset("two", (mesh, mesh))))
    assert (len(head["meshes"]), len(head["materials"]), len(head["images"])) == (2, 1, 1)


def test_a_big_mesh_gets_32_bit_indices_and_a_cut_out_texture_a_mask(
    tmp_path: Path, validate_glb: Callable[[Path], dict[str, Any]]
):
    count = 70_000
    position = np.random.default_rng(0).random((count, 3)).astype(np.float32)
    flat = np.tile(np.float32([0, 1, 0]), (count, 1))
    texture = np.full((4, 4, 4), 255, np.uint8)
    faces = np.arange(count // 3 * 3, dtype=np.uint32).reshape(-1, 3)
    mesh = Mesh("big", position, flat, position[:, :2], faces, Material("m", texture))
    write_glb(Asset("big", (mesh,)), tmp_path / "big.glb")
    head, _ = chunks((tmp_path / "big.glb").read_bytes())
    assert head["accessors"][head["meshes"][0]["primitives"][0]["indices"]]["componentType"] == 5125
    assert head["materials"][0]["alphaMode"] == "MASK"
    assert validate_glb(tmp_path / "big.glb")["issues"]["numErrors"] == 0


def test_joints_of_zero_weight_are_written_as_zero():
    asset = figure()
    (mesh,) = asset.meshes
    joints = mesh.joints.copy()
    joints[:, 1:] = 5
    stray = Mesh(**{**mesh.__dict__, "joints": joints})
    clean = Asset(asset.name, (mesh,), asset.skeleton)
    assert glb_bytes(Asset(asset.name, (stray,), asset.skeleton)) == glb_bytes(clean)


def test_a_folder_that_is_a_file_cannot_be_written(tmp_path: Path):
    (tmp_path / "taken").write_text("")
    with pytest.raises(CannotWrite):
        write_glb(figure(), tmp_path / "taken" / "figure.glb")
    assert [path.name for path in tmp_path.iterdir()] == ["taken"]


def test_a_skeleton_of_one_joint_is_enough(
    tmp_path: Path, validate_glb: Callable[[Path], dict[str, Any]]
):
    (mesh,) = figure().meshes
    joints = np.zeros_like(mesh.joints)
    single = Mesh(**{**mesh.__dict__, "joints": joints})
    asset = Asset("one", (single,), (Joint("Root", None, np.zeros(3, np.float32)),))
    write_glb(asset, tmp_path / "one.glb")
    issues = validate_glb(tmp_path / "one.glb")["issues"]
    assert (issues["numErrors"], issues["numWarnings"]) == (0, 0), issues


def test_the_bytes_do_not_depend_on_the_process(root: Path):
    script = (
        "import hashlib, runpy, sys;"
        "made = runpy.run_path(sys.argv[1])['glb_bytes'](runpy.run_path(sys.argv[1])['figure']());"
        "sys.stdout.write(hashlib.sha256(made).hexdigest())"
    )
    hashes = {
        subprocess.run(
            [sys.executable, "-c", script, __file__],
            cwd=root,
            env={**os.environ, "PYTHONPATH": str(root), "PYTHONHASHSEED": seed},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for seed in ("1", "2")
    }
    assert hashes == {hashlib.sha256(glb_bytes(figure())).hexdigest()}
