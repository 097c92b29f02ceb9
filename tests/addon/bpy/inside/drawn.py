"""Files of the engine, of drawn things instead of a model's: no weights are needed."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from engine.assets.glb import write_glb
from engine.assets.mesh_asset import field_asset
from engine.assets.provenance import provenance
from engine.assets.voxel_asset import voxel_asset
from engine.data.voxels import VoxelGrid

STOOL_M = 0.6
SEAT, FOOT = (230, 25, 25), (25, 25, 230)


def write_person(path: Path) -> Path:
    """A voxel figure with a nose, 1.7 m, rigged, with its idle clip."""
    boxes = {
        (200, 160, 120): (slice(11, 17), slice(3, 9), slice(4, 10)),
        (40, 80, 200): (slice(5, 11), slice(4, 8), slice(4, 10)),
        (220, 40, 40): (slice(5, 10), slice(5, 7), slice(2, 4)),
        (60, 200, 60): (slice(5, 10), slice(5, 7), slice(10, 12)),
        (30, 30, 30): (slice(0, 5), slice(4, 8), slice(4, 6)),
        (31, 30, 30): (slice(0, 5), slice(4, 8), slice(8, 10)),
    }
    solid, colors = np.zeros((17, 12, 14), bool), np.zeros((17, 12, 14, 3), np.uint8)
    for color, box in boxes.items():
        solid[box], colors[box] = True, color
    # A nose, so that it has a front: index 0 of the depth is the front.
    solid[13, 2, 7], colors[13, 2, 7] = True, (250, 0, 0)
    signed = provenance(
        model="voxel_characters", weights_sha256="ab" * 32, seed=0, request={}, sources=[]
    )
    asset = voxel_asset(
        VoxelGrid(solid, colors), name="person", height=1.7, rig=True, provenance=signed
    )
    write_glb(asset, path)
    return path


def write_stool(path: Path) -> Path:
    """A red seat on a blue foot, `STOOL_M` tall, three levels of detail, a hull."""
    size = 24
    middle = (np.arange(size) + 0.5) - size / 2
    z, y, x = np.meshgrid(middle, middle, middle, indexing="ij")
    seat = np.minimum(8.0 - np.hypot(x, y), 2.5 - np.abs(z - 5.0))
    foot = np.minimum(3.5 - np.hypot(x, y), 7.5 - np.abs(z))
    field = np.zeros((4, size, size, size), np.float32)
    field[0] = np.clip(np.maximum(seat, foot) / 2, -1, 1)
    for channel, (above, below) in enumerate(zip(SEAT, FOOT, strict=True), 1):
        field[channel] = np.where(z > 1.5, above, below) / 127.5 - 1
    signed = provenance(
        model="textured_props", weights_sha256="cd" * 32, seed=0, request={}, sources=[]
    )
    asset = field_asset(
        field,
        name="stool",
        height=STOOL_M,
        triangles=400,
        texture=256,
        metallic=0.25,
        roughness=0.6,
        provenance=signed,
    )
    write_glb(asset, path)
    return path
