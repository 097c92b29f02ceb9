"""What is known of a broken model: which part to keep, where it is open, how large the whole was."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

import igl
import numpy as np
from scipy.ndimage import gaussian_filter

from engine.data.mesh_field import MARGIN, encode_soup
from engine.data.mesh_shell import weld
from engine.data.mesh_soup import Soup
from engine.errors import BadRequest
from engine.shape.holes import fill_holes
from engine.shape.mesh import TriMesh, cross_products

SIDES = {
    "below": (2, 1),
    "above": (2, 0),
    "front": (1, 1),
    "back": (1, 0),
    "left": (0, 1),
    "right": (0, 0),
}
"""Axis (x, y, z) and bound (0 low, 1 high) that a word sets; left and right are the viewer's."""
GROWTH = (1.0, 1.25, 1.5, 2.0)
"""Sizes of the whole, along the side that is missing, in those of what is left: all are tried."""
WIDE = 0.08
"""Extent of a hole, in the model's, from which something is missing and not just a seam open."""
TRUSTED = 3.0
"""Voxels around the surface that is there in which empty space is known to be empty."""
ONWARD = 1.5
"""Voxels beyond a hole in which the body must go on: a break is no end."""
FEATHER = 1.0
"""Voxels over which what is known gives way to what is made."""


@dataclass(frozen=True)
class Region:
    """A box in shares of the model's own: (3,) low and high along x, y (depth), z (up)."""

    low: tuple[float, float, float] = (0.0, 0.0, 0.0)
    high: tuple[float, float, float] = (1.0, 1.0, 1.0)


@dataclass(frozen=True)
class View:
    """A broken model at one guess of the size of the whole.

    Attributes:
        field: (4, N, N, N) float32 of what is there, holes closed flat.
        known: (N, N, N) float32, 1 where the field is to be kept, 0 where it is to be made.
        onward: (N, N, N) bool, where a hole says that the body goes on.
        unit: units of the file in a voxel. origin: (3,) corner of the cube in file units.
        grow: the guess.
    """

    field: np.ndarray
    known: np.ndarray
    onward: np.ndarray
    unit: float
    origin: np.ndarray
    grow: float


def read_region(texts: Sequence[str]) -> Region:
    """The part that all of the texts keep: `below 0.6`, `left 0.5`, `box x y z x y z` ...

    `below 0.6` keeps the lower 60 % of the model's height.

    Raises:
        BadRequest: a word that is not known, a share outside 0..1, or nothing is kept.
    """
    low, high = [0.0] * 3, [1.0] * 3
    for text in texts:
        word, *numbers = re.split(r"[\s:,]+", text.strip().lower())
        try:
            values = [float(number) for number in numbers]
        except ValueError:
            values = []
        if word == "box" and len(values) == 6:
            low = [max(pair) for pair in zip(low, values[:3], strict=True)]
            high = [min(pair) for pair in zip(high, values[3:], strict=True)]
        elif word in SIDES and len(values) == 1:
            axis, end = SIDES[word]
            if end:
                high[axis] = min(high[axis], values[0])
            else:
                low[axis] = max(low[axis], values[0])
        else:
            raise BadRequest(
                f"keep {text!r}: say for example 'below 0.6', 'left 0.5' or 'box 0 0 0 1 1 0.6'; "
                f"the words are {', '.join(SIDES)} and box"
            )
        if not all(0 <= value <= 1 for value in values):
            raise BadRequest(f"keep {text!r}: shares run from 0 to 1")
    if any(a >= b for a, b in zip(low, high, strict=True)):
        raise BadRequest(f"keep {', '.join(texts)}: nothing would be kept")
    return Region((low[0], low[1], low[2]), (high[0], high[1], high[2]))


def views_of(soup: Soup, size: int, region: Region | None, grow: float | None) -> list[View]:
    """What is known of a broken model, at each size that the whole may have had.

    Args:
        soup: in file units. region: what to keep of its box; None finds what is missing where the
            surface is open.
        grow: size of the whole along the missing side, in that of what is left; None tries GROWTH
            where the surface is open, and takes the model's own box for a region.
    Raises:
        BadRequest: the surface is nowhere open and no region is named.
    """
    points = soup.corners.reshape(-1, 3)
    low, high = points.min(0), points.max(0)
    if region is not None:
        missing = np.array(region.low) - (1 - np.array(region.high))
        frames = [(_grown(low, high, -missing, grow or 1.0), grow or 1.0)]
        return [_kept(soup, size, region, frame, factor) for frame, factor in frames]
    caps = _caps(soup, float((high - low).max()))
    way = cross_products(caps).sum(0)
    factors = GROWTH if grow is None else (grow,)
    return [_open(soup, caps, size, _grown(low, high, way, f), f) for f in factors]


_Frame = tuple[np.ndarray, np.ndarray]


def _grown(low: np.ndarray, high: np.ndarray, way: np.ndarray, factor: float) -> _Frame:
    """Bounds of the whole: longer by a factor along the axis that `way` follows most."""
    axis = int(np.abs(way).argmax())
    more = (high - low)[axis] * (factor - 1)
    low, high = low.copy(), high.copy()
    if way[axis] > 0:
        high[axis] += more
    else:
        low[axis] -= more
    return low, high


def _placed(soup: Soup, size: int, frame: _Frame) -> tuple[Soup, float, np.ndarray]:
    """The soup in voxels, where `mesh_field.place` puts what fills the frame; unit and origin."""
    low, high = frame
    unit = float((high - low).max()) / (size - 2 * MARGIN)
    origin = (low + high) / 2 - np.array([size / 2, size / 2, 0]) * unit
    origin[2] = low[2] - MARGIN * unit
    return replace(soup, corners=(soup.corners - origin) / unit), unit, origin


def _kept(soup: Soup, size: int, region: Region, frame: _Frame, factor: float) -> View:
    placed, unit, origin = _placed(soup, size, frame)
    field, _ = encode_soup(placed, size)
    points = placed.corners.reshape(-1, 3)
    low, high = points.min(0), points.max(0)
    # A bound that was not asked for is none: around the model, empty space is known as well.
    first = np.where(np.array(region.low) > 0, low + np.array(region.low) * (high - low), -np.inf)
    last = np.where(np.array(region.high) < 1, low + np.array(region.high) * (high - low), np.inf)
    depth = np.minimum(_centers(size) - first, last - _centers(size)).min(-1)
    known = (depth / FEATHER).clip(0, 1).reshape((size,) * 3)
    nothing = np.zeros((size,) * 3, bool)
    return View(field.astype(np.float32), known.astype(np.float32), nothing, unit, origin, factor)


def _open(soup: Soup, caps: TriMesh, size: int, frame: _Frame, factor: float) -> View:
    placed, unit, origin = _placed(soup, size, frame)
    field, _ = encode_soup(placed, size)
    shell, _ = weld(placed)
    centers = _centers(size)
    lids = TriMesh((caps.points - origin) / unit, caps.faces)
    there = np.sqrt(igl.point_mesh_squared_distance(centers, shell.vertices, shell.faces)[0])
    squared, face, foot = igl.point_mesh_squared_distance(centers, lids.points, lids.faces)
    to_lid = np.sqrt(squared)
    normals = cross_products(lids)
    beyond = np.einsum("pc,pc->p", centers - foot, normals[face]) > 0
    inside = field[0].reshape(-1) > 0
    # Nearer to a hole than to any surface, or far out in the open: who knows.
    missing = (to_lid < there + FEATHER) & (beyond | (to_lid < FEATHER))
    unknown = missing | (~inside & (there > TRUSTED))
    shape = (size,) * 3
    known = gaussian_filter((~unknown).reshape(shape).astype(np.float32), FEATHER / 2)
    known[unknown.reshape(shape)] = 0
    onward = (beyond & (to_lid <= ONWARD) & (to_lid <= there)).reshape(shape)
    return View(field.astype(np.float32), known, onward, unit, origin, factor)


def _centers(size: int) -> np.ndarray:
    """(N³, 3) x, y, z of the voxel centres."""
    z, y, x = np.indices((size,) * 3) + 0.5
    return np.ascontiguousarray(np.stack([x, y, z], -1).reshape(-1, 3))


def _caps(soup: Soup, extent: float) -> TriMesh:
    """Lids over the wide holes of a model, in its own units, facing out of the body.

    Raises:
        BadRequest: there is no wide hole.
    """
    shell, _ = weld(replace(soup, corners=soup.corners / extent))
    mesh = TriMesh(shell.vertices * extent, shell.outward)
    filled, _ = fill_holes(mesh)
    lids = filled.faces[len(mesh.faces) :]
    groups = _joined(lids)
    wide = [
        group for group in groups if np.ptp(filled.points[group], axis=(0, 1)).max() > WIDE * extent
    ]
    if not wide:
        raise BadRequest(
            "the model is nowhere open, so what is missing must be named: --keep 'below 0.6'"
        )
    return TriMesh(filled.points, np.concatenate(wide))


def _joined(faces: np.ndarray) -> list[np.ndarray]:
    """Faces in groups that share points; those of one lid follow each other."""
    cuts = [0]
    seen: set[int] = set()
    for index, face in enumerate(faces):
        if seen and not seen & set(face.tolist()):
            cuts.append(index)
            seen = set()
        seen |= set(face.tolist())
    return [faces[a:b] for a, b in pairwise([*cuts, len(faces)]) if b > a]
