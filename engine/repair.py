"""`vernissage repair`: a user's broken mesh file in, a whole one out, and what was done to it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from engine.assets.asset import Asset
from engine.assets.glb import write_glb
from engine.assets.repaired_asset import repaired_asset
from engine.data.mesh_files import SUFFIXES, check_file
from engine.data.mesh_soup import read_soup
from engine.errors import BadRequest
from engine.files import write_bytes
from engine.shape.repair import repair as mend
from engine.shape.simplify import LEAST

PLAIN = (".obj", ".ply", ".stl")
"""Formats that get the shape only: colours travel in GLB."""


@dataclass(frozen=True)
class Outcome:
    """The file written and its report: counts, what was done, what could not be, deviations."""

    path: Path
    report: dict[str, Any]


def repair(
    file: Path, *, out: Path | None = None, triangles: int | None = None, refine: bool = False
) -> Outcome:
    """Repair a mesh file into a new file; the input is never written to.

    Args:
        out: .glb with colours, or .obj, .ply, .stl without. Default: FILE-repaired.glb.
        triangles: reduce the result to this many.
        refine: then move its corners nearer to the surface that it was reduced from.
    Raises:
        BadRequest: a suffix that is not written, the input itself as output, too small a budget.
        BadMesh: the file is no mesh or holds nothing to repair. CannotWrite.
    """
    path = out if out is not None else file.with_name(f"{file.stem}-repaired.glb")
    suffix = path.suffix.lower()
    if suffix not in (".glb", *PLAIN):
        raise BadRequest(f"{path.name}: write one of .glb, {', '.join(PLAIN)}")
    if path.resolve() == file.resolve():
        raise BadRequest(f"{path.name} is the input, which is never overwritten")
    if not file.is_file():
        raise BadRequest(f"{file} is no file")
    if file.suffix.lower() not in SUFFIXES:
        raise BadRequest(f"{file.name}: read are {', '.join(SUFFIXES)}")
    if triangles is not None and triangles < LEAST:
        raise BadRequest(f"{triangles} triangles: a closed mesh has at least {LEAST}")
    if refine and triangles is None:
        raise BadRequest("--refine fits a reduced mesh to the full one: give --triangles as well")
    check_file(file)
    asset = repaired_asset(mend(read_soup(file), triangles, refine=refine), file.stem)
    if suffix == ".glb":
        write_glb(asset, path)
    else:
        write_bytes(path, _plain(asset, suffix))
    return Outcome(path, asset.report)


def _plain(asset: Asset, suffix: str) -> bytes:
    """The shape alone; Z up in .ply and .stl, as they are read."""
    import trimesh

    (mesh,) = asset.meshes
    points = mesh.positions
    if suffix != ".obj":
        points = points[:, [0, 2, 1]] * (1.0, -1.0, 1.0)
    plain = trimesh.Trimesh(points, mesh.faces, process=False)
    plain.merge_vertices(merge_norm=True, merge_tex=True)
    data = plain.export(file_type=suffix[1:])
    return data if isinstance(data, bytes) else data.encode()
