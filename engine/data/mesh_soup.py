"""A mesh file → one triangle soup in the voxel frame, every triangle with its paint."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np

from engine.data.mesh_files import MOST_TRIANGLES
from engine.data.mesh_paint import Paint, paint_of, to_linear
from engine.errors import BadMesh

Up = Literal["auto", "y", "z"]
Z_UP = (".ply", ".stl")
"""Formats without a frame of their own: scanners and printers put Z up."""


@dataclass(frozen=True)
class Soup:
    """Triangles without connections.

    Attributes:
        corners: (M, 3, 3) float64, file units, axes x (right for the viewer), y (depth, the front
            looks to -y), z (up): Blender's frame.
        uvs: (M, 3, 2) float64, origin at the lower left of the texture.
        tints: (M, 3, 3) float64 linear RGB of the corners, multiplied with the paint; 1 where the
            file has no vertex colours.
        paints: what the triangles are painted with. paint: (M,) int index into `paints`.
        notes: what was repaired, a sentence each.
    """

    corners: np.ndarray
    uvs: np.ndarray
    tints: np.ndarray
    paints: tuple[Paint, ...]
    paint: np.ndarray
    notes: tuple[str, ...] = ()

    def take(self, keep: np.ndarray, note: str) -> Soup:
        """The triangles of an index or mask, with a note about the others."""
        return Soup(
            self.corners[keep],
            self.uvs[keep],
            self.tints[keep],
            self.paints,
            self.paint[keep],
            (*self.notes, note),
        )


def read_soup(path: Path, up: Up = "auto") -> Soup:
    """Read every mesh of a file that `check_file` let pass, placed as its scene places it.

    Skins and clips are ignored: a figure comes in its rest pose.

    Args:
        up: the axis of the file that points up; `auto` goes by the format.
    Raises:
        BadMesh: it has no triangle, too many, or vertices that are not finite.
    """
    import trimesh

    try:
        scene = trimesh.load_scene(path, process=False)
    except Exception as error:  # loaders raise whatever they meet first
        raise BadMesh(f"the file cannot be read: {error or type(error).__name__}") from error
    linear = path.suffix.lower() in (".glb", ".gltf")
    pieces: list[tuple[np.ndarray, ...]] = []
    paints: list[Paint] = []
    index: dict[int, int] = {}
    total = 0
    for node in sorted(scene.graph.nodes_geometry):
        matrix, name = scene.graph[node]
        mesh = scene.geometry[name]
        if not isinstance(mesh, trimesh.Trimesh) or not len(mesh.faces):
            continue
        total += len(mesh.faces)
        if total > MOST_TRIANGLES:
            raise BadMesh(f"the model has more than {MOST_TRIANGLES} triangles")
        key = id(getattr(mesh.visual, "material", None))
        if key not in index:
            index[key] = len(paints)
            paints.append(paint_of(getattr(mesh.visual, "material", None), linear=linear))
        pieces.append(_piece(mesh, np.asarray(matrix), index[key], linear=linear))
    if not pieces:
        raise BadMesh("the file holds no triangle")
    corners, uvs, tints, paint = (np.concatenate(part) for part in zip(*pieces, strict=True))
    bad = int((~np.isfinite(corners)).any((1, 2)).sum())
    if bad:
        raise BadMesh(f"{bad} of {len(corners)} triangles have coordinates that are not finite")
    if np.abs(corners).max() > 1e12:
        raise BadMesh("the coordinates are larger than any model")
    y_up = up == "y" or (up == "auto" and path.suffix.lower() not in Z_UP)
    if y_up:  # (gx, gy, gz) = (vx, vz, -vy)
        corners = corners[..., [0, 2, 1]] * (1.0, -1.0, 1.0)
    return _without_slivers(Soup(corners, uvs, tints, tuple(paints), paint))


def _piece(mesh: Any, matrix: np.ndarray, paint: int, *, linear: bool) -> tuple[np.ndarray, ...]:
    """Corners, texture coordinates, tints and paint index of one placed mesh."""
    vertices, faces = np.asarray(mesh.vertices, np.float64), np.asarray(mesh.faces)
    if faces.min() < 0 or faces.max() >= len(vertices):
        raise BadMesh("a triangle names a vertex that does not exist")
    placed = vertices @ matrix[:3, :3].T + matrix[:3, 3]
    if np.linalg.det(matrix[:3, :3]) < 0:  # a mirror turns triangles over
        faces = faces[:, ::-1]
    uv = getattr(mesh.visual, "uv", None)
    if uv is None or np.shape(uv) != (len(vertices), 2):
        uv = np.zeros((len(vertices), 2))
    uvs = np.nan_to_num(np.asarray(uv, np.float64), posinf=0.0, neginf=0.0)[faces]
    return placed[faces], uvs, _tints(mesh, faces, linear), np.full(len(faces), paint)


def _tints(mesh: Any, faces: np.ndarray, linear: bool) -> np.ndarray:
    """(M, 3, 3) linear vertex or face colours. glTF stores them linear, all others as sRGB."""
    visual, count = mesh.visual, len(mesh.vertices)
    colors: Any = None
    if visual.kind == "vertex":
        colors = visual.vertex_colors[faces]
    elif visual.kind == "face":
        # A mirrored mesh has its corners turned, not its faces reordered.
        colors = np.repeat(visual.face_colors[:, None], 3, axis=1)
    elif "color" in getattr(visual, "vertex_attributes", {}):
        given = np.asarray(visual.vertex_attributes["color"])
        if given.ndim == 2 and len(given) == count and given.shape[1] >= 3:
            colors = given[faces]
    if colors is None:
        return np.ones((len(faces), 3, 3))
    most = np.iinfo(colors.dtype).max if colors.dtype.kind in "iu" else 1.0
    share = np.nan_to_num(colors[..., :3].astype(np.float64) / most).clip(0, 1)
    return share if linear else to_linear(share)


def _without_slivers(soup: Soup) -> Soup:
    """Drop triangles without area. Raises `BadMesh` when nothing, or only a line, remains."""
    reach = np.ptp(soup.corners.reshape(-1, 3), axis=0).max()
    if not reach > 0:
        raise BadMesh("the model is a single point")
    a, b, c = soup.corners.transpose(1, 0, 2) / reach
    area = np.linalg.norm(np.cross(b - a, c - a), axis=-1)
    keep = area > 1e-12
    lost = int((~keep).sum())
    if lost == len(keep):
        raise BadMesh("all triangles have zero area")
    if not lost:
        return soup
    return soup.take(keep, f"{lost} triangles without area were dropped")
