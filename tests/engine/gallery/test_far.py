"""Far bodies: few triangles, one skin, and the same to look at."""

from __future__ import annotations

import io

import numpy as np
import pytest
import trimesh
from PIL import Image

from engine.errors import BadAsset
from engine.gallery.bodies import glb_bodies
from engine.gallery.far import SIDE, TRIANGLES, far_glb, far_name
from engine.gallery.solid import split_glb


def ball(faces: int, *, textured: bool = True) -> trimesh.Trimesh:
    """A ball of radius 0.5: red above, blue below, by its skin or by the colours of its corners."""
    rings = int(np.sqrt(faces / 2))
    mesh = trimesh.creation.uv_sphere(radius=0.5, count=[rings, rings])
    up = mesh.vertices[:, 2] / 0.5
    if textured:
        picture = Image.new("RGB", (64, 64), (255, 0, 0))
        picture.paste((0, 0, 255), (0, 32, 64, 64))
        uv = np.stack([np.full(len(up), 0.5), (up + 1) / 2], 1)
        look = trimesh.visual.material.PBRMaterial(baseColorTexture=picture, roughnessFactor=0.3)
        mesh.visual = trimesh.visual.TextureVisuals(uv, material=look)
    else:
        colours = np.where(up[:, None] > 0, (255, 0, 0, 255), (0, 0, 255, 255))
        mesh.visual = trimesh.visual.ColorVisuals(mesh, vertex_colors=colours.astype(np.uint8))
    return mesh


def glb(*meshes: trimesh.Trimesh) -> bytes:
    return bytes(trimesh.Scene(list(meshes)).export(file_type="glb"))


def seen(data: bytes) -> tuple[np.ndarray, np.ndarray]:
    """(M, 3) middles of triangles, and the linear colours there."""
    middles, colours = [], []
    for body in glb_bodies(data, "it", np.eye(4)):
        uv = body.uv.mean(1) % 1.0
        picture = body.skin.mips[0]
        height, width = picture.shape[:2]
        rows = np.clip((uv[:, 1] * height).astype(int), 0, height - 1)
        columns = np.clip((uv[:, 0] * width).astype(int), 0, width - 1)
        tint = 1.0 if body.tint is None else body.tint.mean(1)
        middles.append(body.corners.mean(1))
        colours.append(picture[rows, columns] * tint)
    return np.concatenate(middles), np.concatenate(colours)


@pytest.mark.parametrize("textured", [True, False])
def test_a_fine_body_keeps_its_shape_and_its_colours(textured: bool) -> None:
    data = far_glb(glb(ball(20_000, textured=textured)), "ball")
    (body,) = glb_bodies(data, "ball", np.eye(4))
    assert 0.9 * TRIANGLES <= len(body.corners) <= 1.01 * TRIANGLES
    assert np.abs(np.linalg.norm(body.corners, axis=2) - 0.5).max() < 0.01
    outwards = body.corners / np.linalg.norm(body.corners, axis=2, keepdims=True)
    assert (outwards * body.normals).sum(2).min() > 0.97
    middles, colours = seen(data)
    away = np.abs(middles[:, 2]) > 0.05
    upper = middles[away, 2] > 0
    assert (colours[away, 0] > colours[away, 2]).tolist() == upper.tolist()


def test_a_coarse_body_stays_as_it_is_and_many_skins_become_one() -> None:
    boxes = [trimesh.creation.box((0.2, 0.2, 0.2)) for _ in range(3)]
    for i, box in enumerate(boxes):
        box.apply_translation((i, 0, 0))
        colour = [0, 0, 0, 255]
        colour[i] = 255
        look = trimesh.visual.material.PBRMaterial(baseColorFactor=colour)
        box.visual = trimesh.visual.TextureVisuals(np.zeros((8, 2)), material=look)
    data = far_glb(glb(*boxes), "boxes")
    scene, binary = split_glb(data, "boxes")
    assert [len(mesh["primitives"]) for mesh in scene["meshes"]] == [1]
    view = scene["bufferViews"][scene["images"][0]["bufferView"]]
    start = view["byteOffset"]
    with Image.open(io.BytesIO(binary[start : start + view["byteLength"]])) as image:
        assert image.size == (SIDE, SIDE)
    middles, colours = seen(data)
    assert len(middles) == 36
    assert np.argmax(colours, axis=1).tolist() == np.rint(middles[:, 0]).astype(int).tolist()


def test_the_same_body_gives_the_same_bytes_and_a_damaged_one_a_sentence() -> None:
    data = glb(ball(4_000))
    assert far_glb(data, "ball") == far_glb(data, "ball")
    assert far_name("works/a.glb") == "works/a.far.glb"
    with pytest.raises(BadAsset):
        far_glb(data[:-4000], "ball")
