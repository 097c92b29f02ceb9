"""A zoo of broken models, made here: each gets a reason, none takes the memory or the process."""

from __future__ import annotations

import json
import struct
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import trimesh
from PIL import Image

from engine.data.mesh_files import check_file, digest, find_meshes
from engine.data.mesh_item import build_item
from engine.data.mesh_soup import read_soup
from engine.errors import BadMesh

Write = Callable[[Path], None]


def glb(header: dict[str, Any], binary: bytes = b"") -> bytes:
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 4)
    body = struct.pack("<II", len(text), 0x4E4F534A) + text
    if binary:
        body += struct.pack("<II", len(binary), 0x004E4942) + binary
    return b"glTF" + struct.pack("<II", 2, 12 + len(body)) + body


def cube() -> trimesh.Trimesh:
    return trimesh.creation.box((1, 1, 1))


def triangle(
    count: int = 3, image: dict[str, Any] | None = None, vertices: Any = None
) -> tuple[dict[str, Any], bytes]:
    """A glTF of one triangle; `count` is what the accessor promises."""
    points = [[0, 0, 0], [1, 0, 0], [0, 1, 0]] if vertices is None else vertices
    binary = np.asarray(points, "<f4").tobytes()
    header: dict[str, Any] = {
        "asset": {"version": "2.0"},
        "scene": 0,
        "scenes": [{"nodes": [0]}],
        "nodes": [{"mesh": 0}],
        "meshes": [{"primitives": [{"attributes": {"POSITION": 0}, "material": 0}]}],
        "materials": [{}],
        "accessors": [{"bufferView": 0, "componentType": 5126, "count": count, "type": "VEC3"}],
        "bufferViews": [{"buffer": 0, "byteLength": len(binary)}],
        "buffers": [{"byteLength": len(binary)}],
    }
    if image is not None:
        header["materials"] = [{"pbrMetallicRoughness": {"baseColorTexture": {"index": 0}}}]
        header["textures"] = [{"source": 0}]
        header["images"] = [image]
    return header, binary


def broken() -> dict[str, tuple[str, Write]]:
    """File name → what the reason must say, and how to write it."""

    def data(content: bytes) -> Write:
        return lambda path: path.write_bytes(content) and None

    def nan(path: Path) -> None:
        points = [[0, 0, 0], [1, 0, float("nan")], [0, 1, 0]]
        path.write_bytes(glb(*triangle(vertices=points)))

    def flat(path: Path) -> None:
        path.write_text("v 0 0 0\nv 1 1 1\nv 2 2 2\nf 1 2 3\n")

    def point_cloud(path: Path) -> None:
        trimesh.PointCloud(np.random.default_rng(0).random((9, 3))).export(path)

    def million(path: Path) -> None:
        path.write_bytes(b"\0" * 80 + struct.pack("<I", 3_000_000) + b"\0" * 50 * 3_000_000)

    def no_material_file(path: Path) -> None:
        path.write_text("mtllib lost.mtl\nv 0 0 0\nv 1 0 0\nv 0 1 0\nf 1 2 3\n")

    def no_obj_image(path: Path) -> None:
        path.with_suffix(".mtl").write_text("newmtl a\nmap_Kd -s 1 1 1 lost picture.png\n")
        path.write_text(f"mtllib {path.stem}.mtl\nv 0 0 0\nv 1 0 0\nv 0 1 0\nf 1 2 3\n")

    lost = triangle(image={"uri": "lost.png"})
    garbled = triangle(image={"uri": "data:image/png;base64,AAAA"})
    return {
        "empty.glb": ("empty", data(b"")),
        "garbage.glb": ("no GLB", data(bytes(range(256)) * 9)),
        "garbage.obj": ("no OBJ", data(bytes(range(256)) * 9)),
        "garbage.ply": ("no PLY", data(bytes(range(256)) * 9)),
        "garbage.stl": ("promises", data(bytes(range(1, 256)) * 9)),
        "short.stl": ("shorter than a header", data(b"\1\2\3")),
        "cut.glb": ("ends after", data(trimesh.Scene(cube()).export(file_type="glb")[:-100])),
        "header.glb": ("not JSON", data(glb({})[:20] + b"{" * (len(glb({})) - 20))),
        "nothing.glb": ("no mesh", data(glb({"asset": {"version": "2.0"}}))),
        "list.gltf": ("no JSON object", data(b"[]")),
        "loop.glb": ("contradicts", data(glb({"meshes": [{"primitives": [{}]}]}))),
        "nan.glb": ("not finite", nan),
        "huge.glb": ("more than", data(glb(*triangle(count=10**12)))),
        "huge.ply": (
            "promises",
            data(b"ply\nformat binary_little_endian 1.0\nelement vertex 99999999999\nend_header\n"),
        ),
        "huge.stl": ("promises", data(b"\0" * 80 + struct.pack("<I", 2**32 - 1) + b"\0" * 50)),
        "million.stl": ("more than 2000000", million),
        "flat.obj": ("zero area", flat),
        "points.ply": ("no triangle", point_cloud),
        "lost_image.glb": ("lost.png is missing", data(glb(*lost))),
        "garbled_image.glb": ("cannot be opened", data(glb(*garbled))),
        "lost_material.obj": ("lost.mtl is missing", no_material_file),
        "lost_image.obj": ("lost picture.png is missing", no_obj_image),
    }


@pytest.mark.parametrize("name", broken())
def test_a_broken_model_is_refused_with_a_reason(name: str, tmp_path: Path) -> None:
    says, write = broken()[name]
    write(tmp_path / name)
    with pytest.raises(BadMesh, match=says):
        build_item(tmp_path / name, tmp_path / "out" / "item.npz", 32)
    assert not (tmp_path / "out").exists()


def test_zero_area_faces_are_dropped_and_said(tmp_path: Path) -> None:
    mesh = cube()
    faces = np.concatenate([mesh.faces, [[0, 0, 1], [2, 2, 2]]])
    trimesh.Trimesh(mesh.vertices, faces, process=False).export(tmp_path / "c.ply")
    soup = read_soup(tmp_path / "c.ply")
    assert len(soup.corners) == 12
    assert soup.notes == ("2 triangles without area were dropped",)


@pytest.mark.parametrize("suffix", ["glb", "gltf", "obj", "ply", "stl"])
def test_every_format_gives_the_same_shape(suffix: str, tmp_path: Path) -> None:
    path = tmp_path / f"model.{suffix}"
    model = trimesh.creation.cone(1.0, 2.0)
    if suffix == "gltf":
        for name, data in trimesh.Scene(model).export(file_type="gltf").items():
            (tmp_path / name).write_bytes(data)
    else:
        trimesh.Scene(model).export(path)
    assert check_file(path)[0] == path
    soup = read_soup(path, up="z")
    assert len(soup.corners) == len(model.faces)
    np.testing.assert_allclose(
        np.ptp(soup.corners.reshape(-1, 3), 0), model.extents, rtol=1e-5, atol=1e-6
    )


def test_the_digest_covers_the_files_beside_a_model(tmp_path: Path) -> None:
    header, binary = triangle(image={"uri": "my%20skin.png"})
    (tmp_path / "t.glb").write_bytes(glb(header, binary))
    Image.new("RGB", (2, 2), (1, 2, 3)).save(tmp_path / "my skin.png")
    files = check_file(tmp_path / "t.glb")
    before = digest(files)
    assert [path.name for path in files] == ["t.glb", "my skin.png"]
    Image.new("RGB", (2, 2), (9, 2, 3)).save(tmp_path / "my skin.png")
    assert digest(files) != before


def test_hidden_files_are_left_out_and_foreign_formats_named(tmp_path: Path) -> None:
    for name in ("b.GLB", "a/x.obj", ".git/y.obj", "z.fbx", "notes.txt"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(b"x")
    meshes, foreign = find_meshes(tmp_path)
    assert [path.name for path in meshes] == ["x.obj", "b.GLB"]
    assert [path.name for path in foreign] == ["z.fbx"]
