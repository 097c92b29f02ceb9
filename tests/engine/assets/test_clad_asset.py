"""A mesh in a material: by place and direction alone, so that no seam shows."""

from __future__ import annotations

import json

import numpy as np
import trimesh

from engine.assets.clad_asset import bumpy, clad_asset, three_sided
from engine.assets.glb import glb_bytes
from engine.clad import joined
from engine.shape.material_maps import material_maps

TILE = np.random.default_rng(0).integers(60, 200, (32, 32, 3), dtype=np.uint8)


def test_a_wall_shows_the_tile_upright_and_goes_on_beyond_it() -> None:
    u = np.linspace(0, 1, 32, endpoint=False) + 0.5 / 32
    places = np.stack([u, 0 * u, 1 - u], -1)  # the diagonal of a wall that looks to the front
    facing = np.tile([0.0, -1.0, 0.0], (32, 1))
    seen = three_sided(TILE / 255.0, places, facing)
    assert np.abs(seen - TILE[np.arange(32), np.arange(32)] / 255.0).max() < 1e-6
    assert np.abs(three_sided(TILE / 255.0, places + (3, 7, -2), facing) - seen).max() < 1e-6


def test_a_flat_tile_leaves_the_surface_as_it_is() -> None:
    flat = np.tile([0.0, 0, 1], (8, 8, 1))
    facing = np.random.default_rng(1).standard_normal((50, 3))
    facing /= np.linalg.norm(facing, axis=1, keepdims=True)
    assert np.abs(bumpy(flat, facing * 3, facing) - facing).max() < 1e-6


def test_a_box_gets_an_atlas_with_colour_normals_and_roughness() -> None:
    box = trimesh.creation.box((1.0, 0.6, 0.4))
    mesh = joined(np.asarray(box.triangles))
    assert len(mesh.points) == 8
    maps = material_maps(TILE, "wood")
    asset = clad_asset(mesh, maps, "box", texture=256, provenance={}, report={})
    data = glb_bytes(asset)
    text = json.loads(data[20 : 20 + int.from_bytes(data[12:16], "little")])
    (material,) = text["materials"]
    assert {"baseColorTexture", "metallicRoughnessTexture"} <= material[
        "pbrMetallicRoughness"
    ].keys()
    assert "normalTexture" in material
    mean = asset.meshes[0].material.texture.reshape(-1, 3).mean(0)
    assert np.abs(mean - TILE.reshape(-1, 3).mean(0)).max() < 12
