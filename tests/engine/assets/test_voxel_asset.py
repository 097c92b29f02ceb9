"""Voxel assets: exact height, exact colours, closed surfaces, skins that do not tear."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from engine.assets.asset import Asset
from engine.assets.glb import glb_bytes
from engine.assets.voxel_asset import voxel_asset
from engine.data.vox import read_vox
from engine.data.voxels import VoxelGrid
from engine.errors import EmptyShape
from engine.shape.clean import keep_body
from engine.shape.palette import snap_palette


def figure(seed: int = 0, colors: int = 6) -> VoxelGrid:
    """A squat figure with thin arms, two legs and a random coat."""
    solid = np.zeros((14, 10, 14), bool)
    solid[1:3, 3:6, 3:6] = solid[1:3, 3:6, 7:10] = True
    solid[3:7, 2:6, 3:10] = solid[7:12, 2:8, 3:10] = True
    solid[3:7, 3:5, 2] = solid[3:7, 3:5, 10] = True
    rng = np.random.default_rng(seed)
    palette = rng.integers(0, 256, (colors, 3)).astype(np.uint8)
    return VoxelGrid(solid, palette[rng.integers(0, colors, solid.shape)] * solid[..., None])


def build(grid: VoxelGrid, height: float = 1.7, rig: bool = True) -> Asset:
    return voxel_asset(grid, name="figure", height=height, rig=rig, provenance={"seed": 1})


def merged_edges_balance(asset: Asset) -> bool:
    """Closedness by another road: merge float positions, count each directed edge."""
    (mesh,) = asset.meshes
    _, place = np.unique(mesh.positions, axis=0, return_inverse=True)
    loop = place.reshape(-1)[mesh.faces]
    edges = np.concatenate([loop[:, [0, 1]], loop[:, [1, 2]], loop[:, [2, 0]]])
    forward, counts = np.unique(edges, axis=0, return_counts=True)
    backward, opposite = np.unique(edges[:, ::-1], axis=0, return_counts=True)
    return np.array_equal(forward, backward) and np.array_equal(counts, opposite)


def skinned(asset: Asset, angles: np.ndarray) -> np.ndarray:
    """Positions after each joint turns by (J, 3) radians about its head; linear blend skinning."""
    frames: list[np.ndarray] = []
    for joint, (x, y, z) in zip(asset.skeleton, angles, strict=True):
        cx, cy, cz, sx, sy, sz = *np.cos((x, y, z)), *np.sin((x, y, z))
        turn = (
            np.array([[1, 0, 0], [0, cx, -sx], [0, sx, cx]])
            @ np.array([[cy, 0, sy], [0, 1, 0], [-sy, 0, cy]])
            @ np.array([[cz, -sz, 0], [sz, cz, 0], [0, 0, 1]])
        )
        about = np.eye(4)
        about[:3, :3], about[:3, 3] = turn, joint.head - turn @ joint.head
        frames.append(about if joint.parent is None else frames[joint.parent] @ about)
    (mesh,) = asset.meshes
    homogeneous = np.c_[mesh.positions, np.ones(len(mesh.positions))]
    moved = np.einsum("vkab,vb->vka", np.array(frames)[mesh.joints], homogeneous)
    return (moved * mesh.weights[..., None]).sum(1)[:, :3]


@pytest.mark.parametrize("height", [0.3, 1.7, 42.0])
def test_the_body_is_exactly_as_tall_as_asked_and_stands_centred_on_the_origin(height):
    (mesh,) = build(figure(), height).meshes
    low, high = mesh.positions.min(0), mesh.positions.max(0)
    assert low[1] == 0.0
    assert high[1] == np.float32(height)
    assert np.allclose((low + high)[[0, 2]], 0, atol=1e-6 * height)


def test_the_front_of_the_grid_looks_along_plus_z_and_its_right_is_plus_x():
    solid = np.zeros((1, 2, 2), bool)
    solid[0, 0, :] = solid[0, 1, 0] = True
    colors = np.zeros((1, 2, 2, 3), np.uint8)
    colors[0, 0, 1] = (255, 0, 0)  # front right
    (mesh,) = build(VoxelGrid(solid, colors), 1.0, rig=False).meshes
    texel = (mesh.uvs * mesh.material.texture.shape[0]).astype(int)
    red = mesh.positions[mesh.material.texture[texel[:, 1], texel[:, 0], 0] == 255]
    assert red.min(0).tolist() == [0, 0, 0]
    assert red.max(0).tolist() == [1, 1, 1]


def test_every_vertex_finds_the_exact_colour_of_its_voxel_and_nothing_near_it_bleeds():
    grid = figure(3, colors=11)
    (mesh,) = build(grid).meshes
    texture = mesh.material.texture
    side = texture.shape[0]
    assert side == texture.shape[1]
    assert side & (side - 1) == 0
    middle = mesh.uvs * side
    seen = set()
    for u, v in np.unique(middle, axis=0):
        block = texture[int(v) - 4 : int(v) + 4, int(u) - 4 : int(u) + 4].reshape(-1, 3)
        assert (block == block[0]).all()
        seen.add(tuple(block[0]))
    assert seen == {tuple(color) for color in np.unique(grid.colors[grid.solid], axis=0)}


@pytest.mark.parametrize("rig", [True, False])
def test_the_surface_is_closed_and_its_normals_are_flat_and_outward(rig):
    asset = build(figure(1), rig=rig)
    (mesh,) = asset.meshes
    assert asset.report["closed"]
    assert merged_edges_balance(asset)
    a, b, c = (mesh.positions[mesh.faces[:, k]].astype(float) for k in range(3))
    normal = np.cross(b - a, c - a)
    normal /= np.linalg.norm(normal, axis=1, keepdims=True)
    for k in range(3):
        assert np.allclose(mesh.normals[mesh.faces[:, k]], normal, atol=1e-5)


def test_the_report_counts_what_is_there():
    asset = build(figure())
    (mesh,) = asset.meshes
    report = json.loads(json.dumps(asset.report))
    assert report["vertices"] == len(mesh.positions)
    assert report["triangles"] == len(mesh.faces)
    assert (report["bodies"], report["colours"], report["bones"]) == (1, 6, 17)
    assert report["height_m"] == 1.7


def test_d23_weights_are_rigid_normalised_and_equal_wherever_vertices_meet():
    (mesh,) = build(figure(2)).meshes
    assert mesh.joints.shape == mesh.weights.shape == (len(mesh.positions), 4)
    assert (mesh.weights.sum(1) == 1).all()
    assert mesh.joints.max() < 17
    places = np.unique(mesh.positions, axis=0)
    pairs = np.unique(np.c_[mesh.positions, mesh.joints[:, 0]], axis=0)
    assert len(pairs) == len(places)


def test_d23_bending_every_joint_keeps_the_skin_closed_and_rigid_but_for_one_voxel_row():
    asset = build(figure(4), height=11.0)  # one metre a voxel
    (mesh,) = asset.meshes
    moved = skinned(asset, np.random.default_rng(0).uniform(-0.5, 0.5, (17, 3)))
    where = {tuple(p): q for p, q in zip(mesh.positions, moved, strict=True)}
    assert all(np.allclose(where[tuple(p)], q) for p, q in zip(mesh.positions, moved, strict=True))
    edges = np.concatenate([mesh.faces[:, [0, 1]], mesh.faces[:, [1, 2]], mesh.faces[:, [2, 0]]])
    rest = mesh.positions[edges[:, 0]] - mesh.positions[edges[:, 1]]
    bent = moved[edges[:, 0]] - moved[edges[:, 1]]
    same = mesh.joints[edges[:, 0], 0] == mesh.joints[edges[:, 1], 0]
    assert np.allclose(
        np.linalg.norm(bent[same], axis=1), np.linalg.norm(rest[same], axis=1), atol=1e-4
    )
    straight = (np.abs(rest) > 1e-6).sum(1) == 1
    assert np.linalg.norm(rest[~same & straight], axis=1).max() < 1 + 1e-4


def test_a_body_without_rig_has_no_skin():
    asset = build(figure(), rig=False)
    assert asset.skeleton == ()
    assert asset.clips == ()
    assert asset.meshes[0].joints is None


def test_the_idle_clip_loops_and_its_quaternions_are_unit():
    (clip,) = build(figure()).clips
    assert 2 <= clip.times[-1] <= 3
    assert (np.diff(clip.times) > 0).all()
    for keys in clip.rotations.values():
        assert np.allclose(np.linalg.norm(keys, axis=1), 1, atol=1e-6)
        assert (keys[0] == keys[-1]).all()
    for shift in clip.translations.values():
        assert (shift[0] == shift[-1]).all()


def test_the_feet_stand_still_while_idling():
    asset = build(figure())
    (clip,) = asset.clips
    moving = {asset.skeleton[joint].name for joint in (*clip.rotations, *clip.translations)}
    assert not moving & {"Hips", "LeftUpperLeg", "LeftLowerLeg", "LeftFoot"}


def test_an_empty_grid_raises_empty_shape():
    with pytest.raises(EmptyShape):
        build(VoxelGrid(np.zeros((2, 2, 2), bool), np.zeros((2, 2, 2, 3), np.uint8)))


def test_every_real_character_becomes_one_closed_rigged_body(data_folder: Path):
    files = sorted((data_folder / "voxel_characters").glob("*.vox"))
    if not files:
        pytest.skip("no .vox characters in the data folder")
    for file in files:
        body, _ = keep_body(read_vox(file)[0])
        grid = snap_palette(body)
        asset, again = build(grid), build(grid)
        (mesh,) = asset.meshes
        assert asset.report["closed"], file.name
        assert asset.report["bodies"] == 1, file.name
        assert mesh.positions[:, 1].max() == np.float32(1.7), file.name
        assert mesh.positions[:, 1].min() == 0, file.name
        assert (mesh.weights.sum(1) == 1).all(), file.name
        assert asset.report["colours"] <= 16, file.name
        assert glb_bytes(asset) == glb_bytes(again), file.name
