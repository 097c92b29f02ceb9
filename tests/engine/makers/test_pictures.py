"""Framed pictures, strokes, material maps and bonds: forms and files that hold (D1, D4)."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from engine.assets.ball import material_ball
from engine.assets.framed import MOULDINGS, framed
from engine.assets.glb import glb_bytes
from engine.makers.png import write_png
from engine.makers.strokes import paint, relief
from engine.shape.bonds import BONDS, laid_material, lay, lozenges, waves
from engine.shape.material_maps import KINDS, material_maps


def picture(height: int = 40, width: int = 60) -> np.ndarray:
    rows, columns = np.mgrid[:height, :width]
    return np.stack([rows * 4 % 256, columns * 4 % 256, (rows + columns) % 256], -1).astype(
        np.uint8
    )


@pytest.mark.parametrize("moulding", sorted(MOULDINGS))
def test_d1_a_framed_picture_has_its_size_and_stands_on_its_base(moulding: str) -> None:
    asset = framed("p", picture(), 0.5, moulding=moulding, provenance={})
    points = np.concatenate([mesh.positions for mesh in asset.meshes])
    width = MOULDINGS[moulding].width
    assert np.ptp(points[:, 0]) == pytest.approx(0.75 + 2 * width, abs=1e-5)
    assert np.ptp(points[:, 1]) == pytest.approx(0.5 + 2 * width, abs=1e-5)
    assert points[:, 1].min() == pytest.approx(0, abs=1e-6)
    assert abs(points[:, 0].min() + points[:, 0].max()) < 1e-6


@pytest.mark.parametrize("moulding", sorted(MOULDINGS))
def test_d1_the_frame_is_closed_and_looks_outward(moulding: str) -> None:
    frame = framed("p", picture(), 0.5, moulding=moulding, provenance={}).meshes[2]
    corners = frame.positions[frame.faces].astype(np.float64)
    # A closed surface that looks outward holds its volume (divergence theorem), as a ring does.
    volume = np.einsum("mi,mi->m", corners[:, 0], np.cross(corners[:, 1], corners[:, 2])).sum() / 6
    keys = np.rint(corners.reshape(-1, 3) * 1e6)
    _, index = np.unique(keys, axis=0, return_inverse=True)
    faces = index.reshape(-1, 3)
    faces = faces[(faces != np.roll(faces, 1, 1)).all(1)]
    edges = {(int(a), int(b)) for f in faces for a, b in zip(f, np.roll(f, -1), strict=True)}
    assert volume > 0
    assert all((b, a) in edges for a, b in edges)


def test_d1_the_picture_hangs_upright_in_the_file() -> None:
    canvas = framed("p", picture(), 0.5, provenance={}).meshes[0]
    top = canvas.positions[:, 1].argmax()
    assert canvas.uvs[top, 1] == 0
    assert (canvas.uvs[:, 0] > 0.5).tolist() == (canvas.positions[:, 0] > 0).tolist()
    assert glb_bytes(framed("p", picture(), 0.5, relief=picture(), provenance={}))[:4] == b"glTF"


def test_strokes_leave_what_is_flat_and_keep_edges_sharp() -> None:
    flat = np.full((40, 40, 3), 90, np.uint8)
    assert np.abs(paint(flat, 4).astype(int) - 90).max() <= 1
    halves = flat.copy()
    halves[:, 20:] = 200
    made = paint(halves, 4)[20, :, 0].astype(int)
    assert made[16] < 100
    assert made[23] > 190
    assert relief(halves).shape == halves.shape


def test_e10_a_png_says_where_it_comes_from(tmp_path: Path) -> None:
    write_png(tmp_path / "a.png", picture(), {"model": "paintings", "seed": 3})
    with Image.open(tmp_path / "a.png") as image:
        assert json.loads(image.text["Vernissage"]) == {"model": "paintings", "seed": 3}
        assert (np.asarray(image) == picture()).all()


@pytest.mark.parametrize("name", sorted(BONDS))
def test_d4_pieces_are_laid_on_a_torus(name: str) -> None:
    for bond in BONDS[name]:
        laid = lay(bond, 128, np.random.default_rng(0))
        assert laid.piece.min() == 0
        assert laid.piece.max() < bond.rows * bond.columns
        assert 0 <= laid.rise.min() <= laid.rise.max() <= 1
        # Where a tile meets itself there is no other step than between neighbours inside.
        inside = np.abs(np.diff(laid.rise, axis=1)).max()
        assert np.abs(laid.rise[:, 0] - laid.rise[:, -1]).max() <= inside + 1e-6


def test_d4_maps_of_a_rolled_tile_are_rolled_maps() -> None:
    tile = np.random.default_rng(0).integers(60, 200, (64, 64, 3), dtype=np.uint8)
    direct = material_maps(tile, "wood")
    rolled = material_maps(np.roll(tile, (7, 30), (0, 1)), "wood")
    assert np.abs(np.roll(direct.height, (7, 30), (0, 1)) - rolled.height).max() < 1e-4
    gap = np.roll(direct.normal, (7, 30), (0, 1)).astype(int) - rolled.normal
    assert np.abs(gap).max() <= 1


@pytest.mark.parametrize("category", sorted(KINDS))
def test_d4_a_flat_tile_has_a_flat_surface(category: str) -> None:
    maps = material_maps(np.full((32, 32, 3), 120, np.uint8), category)
    assert np.abs(maps.normal.astype(int) - (128, 128, 255)).max() <= 1
    assert 0.05 <= maps.roughness.min() <= maps.roughness.max() <= 1


def test_d4_a_ball_wears_its_material_with_textures_that_repeat() -> None:
    tile, rise = laid_material(picture(64, 64), BONDS["bricks"][0], np.random.default_rng(0))
    asset = material_ball("b", material_maps(tile, "brick", rise), provenance={}, report={})
    data = glb_bytes(asset)
    text = json.loads(data[20 : 20 + int.from_bytes(data[12:16], "little")])
    (material,) = text["materials"]
    assert "metallicRoughnessTexture" in material["pbrMetallicRoughness"]
    assert all(sampler["wrapS"] == 10497 for sampler in text["samplers"])
    assert np.ptp(asset.meshes[0].positions[:, 1]) == pytest.approx(4 / np.pi, abs=1e-3)


def test_sheets_and_plates_are_tori() -> None:
    for form in (waves(64), lozenges(64)):
        assert form.shape == (64, 64)
        assert np.abs(form[0] - form[-1]).max() <= np.abs(np.diff(form, axis=0)).max() + 1e-6
