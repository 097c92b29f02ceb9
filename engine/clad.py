"""`vernissage texture`: a user's mesh in a generated material."""

from __future__ import annotations

import time
from pathlib import Path

import numpy as np
import torch

from engine.assets.clad_asset import clad_asset
from engine.assets.glb import write_glb
from engine.data.mesh_files import SUFFIXES, check_file
from engine.data.mesh_soup import read_soup
from engine.errors import BadMesh, BadRequest
from engine.makers.item import load
from engine.makers.made import origin
from engine.makers.materials import material
from engine.pictures import Outcome
from engine.request import GenerateRequest
from engine.shape.mesh import TriMesh, compact
from engine.zoo.offer import settle

SIZES = (256, 512, 1024, 2048)
MOST_FACES = 200_000


def texture(
    file: Path,
    *,
    class_name: str,
    seed: int = 0,
    out: Path | None = None,
    size: int = 1024,
    scale: float = 1.0,
    model: str = "materials",
) -> Outcome:
    """Cover a mesh with a material: unwrapped anew, laid on from three sides, baked. One GLB.

    Args:
        class_name: a class or category of the model, such as wood or planks.
        size: edge of the atlas in texels. scale: of the material, 1 for its true size on a mesh in
            metres.
    Raises:
        BadRequest, BadMesh, UnknownClass, UnknownModel, WeightsMismatch, CannotWrite.
    """
    path = out or file.with_name(f"{file.stem}-{class_name.replace('/', '-')}.glb")
    if path.suffix.lower() != ".glb":
        raise BadRequest(f"{path.name}: a textured mesh is written as .glb")
    if path.resolve() == file.resolve():
        raise BadRequest(f"{path.name} is the input, which is never overwritten")
    if not file.is_file():
        raise BadRequest(f"{file} is no file")
    if file.suffix.lower() not in SUFFIXES:
        raise BadRequest(f"{file.name}: read are {', '.join(SUFFIXES)}")
    if size not in SIZES:
        raise BadRequest(f"--texture {size}: choose one of {', '.join(map(str, SIZES))}")
    if not 0.01 <= scale <= 100:
        raise BadRequest(f"--scale {scale:g}: choose a number from 0.01 to 100")
    begin = time.perf_counter()
    torch.set_num_threads(1)
    loaded = load(model)
    request = settle(
        GenerateRequest.parse({"model": model, "seed": seed, "class_name": class_name}), loaded.card
    )
    maps, kind, near = material(loaded, seed, class_name)
    check_file(file)
    mesh = joined(read_soup(file).corners)
    asset = clad_asset(
        mesh,
        maps,
        file.stem,
        texture=size,
        scale=scale,
        provenance=origin(request, loaded, seed, near) | {"mesh": file.name},
        report={"class": kind.name, "nearest_example": near.example, "novelty": near.ratio},
    )
    write_glb(asset, path)
    report = dict(asset.report) | {"seconds": round(time.perf_counter() - begin, 2)}
    return Outcome(path.resolve(), report)


def joined(corners: np.ndarray) -> TriMesh:
    """Triangles (M, 3, 3) that share the points where they meet. Raises `BadMesh`."""
    if not len(corners):
        raise BadMesh("it has no triangle")
    if len(corners) > MOST_FACES:
        raise BadMesh(f"it has {len(corners)} triangles, more than {MOST_FACES}; reduce it first")
    flat = corners.reshape(-1, 3)
    step = max(float(np.ptp(flat, axis=0).max()), 1e-9) * 1e-6
    _, first, index = np.unique(
        np.rint(flat / step), axis=0, return_index=True, return_inverse=True
    )
    faces = index.reshape(-1, 3).astype(np.int64)
    whole = (faces != np.roll(faces, 1, 1)).all(1)
    return compact(TriMesh(flat[first], faces[whole]))
