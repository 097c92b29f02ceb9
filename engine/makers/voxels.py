"""Voxel art: sampled, cleaned, snapped to few colours, meshed, rigged."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial

import torch

from engine.assets.glb import write_glb
from engine.assets.voxel_asset import voxel_asset
from engine.data.vox import write_vox
from engine.data.voxel_field import encode
from engine.data.voxels import VoxelGrid
from engine.makers.made import Made, origin
from engine.request import GenerateRequest
from engine.shape.clean import keep_body
from engine.shape.palette import snap_palette
from engine.zoo.novelty import Nearest, nearest
from engine.zoo.offer import PERSON_HEIGHT
from engine.zoo.registry import Loaded


@dataclass(frozen=True)
class Voxels:
    """One sample after clean-up: the grid, what was removed, and its nearest training example."""

    grid: VoxelGrid
    kept: float
    crumbs: int
    nearest: Nearest


def sample_voxels(model: Loaded, seed: int, truncation: float = 1.0) -> Voxels:
    """The figure of one seed: one body, few exact colours.

    Sampled alone and on one thread, so that its bytes depend on nothing but seed and weights.

    Raises:
        EmptyShape: the sample has no solid voxel.
    """
    with torch.inference_mode():
        field = model.model.synthesise(model.generator, model.model.latents([seed]), truncation)[
            0
        ].numpy()
    body, report = keep_body(model.model.decode(field))
    grid = snap_palette(body)
    near = nearest(
        torch.from_numpy(encode(grid)), model.prints, list(model.card.examples), model.print_scale
    )
    return Voxels(grid, report.kept, report.crumbs, near)


def make_voxels(request: GenerateRequest, model: Loaded, seed: int) -> Made:
    """The asset of one seed of a settled request. Raises `EmptyShape`."""
    sample = sample_voxels(model, seed, request.truncation)
    asset = voxel_asset(
        sample.grid,
        name=f"{model.card.name}-{seed:06d}",
        height=request.height or PERSON_HEIGHT,
        rig=bool(request.rig),
        provenance=origin(request, model, seed, sample.nearest),
    )
    return Made(
        asset,
        writers={
            "glb": partial(write_glb, asset),
            "vox": lambda path: write_vox(path, sample.grid),
        },
        report=asset.report
        | {
            "kept": round(sample.kept, 4),
            "crumbs": sample.crumbs,
            "nearest_example": sample.nearest.example,
            "novelty": sample.nearest.ratio,
        },
    )
