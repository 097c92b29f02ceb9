"""What is known of a broken model: which part to keep, where it is open, how large the whole was."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

import igl
import numpy as np
from scipy.ndimage import distance_transform_edt

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
GROWTH = (1.25, 1.5, 2.0)
"""Sizes of the whole, along the side that is missing, in those of what is left: all are tried."""
WIDE = 0.08
"""Extent of a hole, in the model's, from which something is missing and not just a seam open."""
TRUSTED = 6.0
"""Voxels around the surface that is there in which empty space is known to be empty."""
ONWARD = 3.0
"""Voxels beyond a hole in which the body must go on: a break is no end."""
FEATHER = 2.0
"""Voxels over which what is known gives way to what is made."""


@dataclass(frozen=True)
class Region:
    """A box in shares of the model's own: (3,) low and high along x, y (depth), z (up)."""

    low: tuple[float, float, float] = (0.0, 0.0, 0.0)
    high: tuple[float, float, float] = (1.0, 1.0, 1.0)


@dataclass(frozen=True)
class Evidence:
    """A broken model and what tells the known from the missing.

    Attributes:
        soup: in file units. low, high: (3,) its bounds.
        region: what to keep, or None: then `lids` close its wide holes and face what is missing.
        way: (3,) where the missing part lies; only its longest component counts.
    """

    soup: Soup
    low: np.ndarray
    high: np.ndarray
    way: np.ndarray
    region: Region | None
    lids: TriMesh | None


@dataclass(frozen=True)
class View:
    """What is there, in a cube made for a whole of some size.

    Attributes:
        field: (4, M, M, M) float32, holes closed somehow.
        known: (M, M, M) float32, 1 where the field is to be kept, 0 where it is to be made.
        onward: (M, M, M) float32, 1 where a hole says that the body goes on.
        unit: units of the file in a voxel. origin: (3,) x, y, z of the cube's corner in the file.
    """

    field: np.ndarray
    known: np.ndarray
    onward: np.ndarray
    unit: float
    origin: np.ndarray

    def box(self, bounds: Bounds) -> np.ndarray:
        """(3, 2) from and to along z, y, x in voxels, of bounds in file units."""
        ends = (np.stack(bounds, 1) - self.origin[:, None]) / self.unit
        return np.ascontiguousarray(ends[::-1])


Bounds = tuple[np.ndarray, np.ndarray]
"""(3,) lowest and highest x, y, z, in file units."""


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


def gather(soup: Soup, region: Region | None) -> Evidence:
    """What is known of a broken model.

    Args:
        soup: in file units. region: what to keep of its box; None finds what is missing where the
            surface is open.
    Raises:
        BadRequest: the surface is nowhere open and no region is named.
    """
    points = soup.corners.reshape(-1, 3)
    low, high = points.min(0), points.max(0)
    if region is not None:
        way = (1 - np.array(region.high)) - np.array(region.low)
        return Evidence(soup, low, high, way, region, None)
    lids = _lids(soup, float((high - low).max()))
    return Evidence(soup, low, high, cross_products(lids).sum(0), None, lids)


def sizes(evidence: Evidence, grow: float | None) -> list[tuple[float, Bounds]]:
    """Sizes that the whole may have had, as factors along the missing side, and its bounds.

    Args:
        grow: the factor, if it is known. Otherwise a region is taken to lie in the model's own box,
            and for an open surface all of GROWTH are possible.
    """
    tried = (grow,) if grow is not None else (1.0,) if evidence.region else GROWTH
    axis = int(np.abs(evidence.way).argmax())
    result = []
    for factor in tried:
        low, high = evidence.low.copy(), evidence.high.copy()
        more = (high - low)[axis] * (factor - 1)
        if evidence.way[axis] > 0:
            high[axis] += more
        else:
            low[axis] -= more
        result.append((factor, (low, high)))
    return result


def look(evidence: Evidence, size: int, whole: Bounds) -> View:
    """The model in a cube of `size` voxels, where `mesh_field.place` puts a whole of these bounds.

    Raises:
        BadMesh: nothing of it has an inside.
    """
    low, high = whole
    unit = float((high - low).max()) / (size - 2 * MARGIN)
    origin = (low + high) / 2 - np.array([size / 2, size / 2, 0]) * unit
    origin[2] = low[2] - MARGIN * unit
    placed = replace(evidence.soup, corners=(evidence.soup.corners - origin) / unit)
    field = encode_soup(placed, size)[0].astype(np.float32)
    if evidence.lids is None:
        known, onward = _in_region(evidence, origin, unit, size), np.zeros((size,) * 3)
    else:
        lids = TriMesh((evidence.lids.points - origin) / unit, evidence.lids.faces)
        known, onward = _up_to(lids, placed, field[0] > 0)
    return View(field, known.astype(np.float32), onward.astype(np.float32), unit, origin)


def _in_region(evidence: Evidence, origin: np.ndarray, unit: float, size: int) -> np.ndarray:
    region = evidence.region
    assert region is not None
    low, high = (evidence.low - origin) / unit, (evidence.high - origin) / unit
    first, last = np.array(region.low), np.array(region.high)
    # A bound that was not asked for is none: around the model, empty space is known as well.
    begin = np.where(first > 0, low + first * (high - low), -np.inf)
    end = np.where(last < 1, low + last * (high - low), np.inf)
    depth = np.minimum(_centers(size) - begin, end - _centers(size)).min(-1)
    return (depth / FEATHER).clip(0, 1).reshape((size,) * 3)


def _up_to(lids: TriMesh, placed: Soup, inside: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """How far each voxel is known, and where the body must go on, around an open surface."""
    shell, _ = weld(placed)
    centers = _centers(len(inside))
    there = np.sqrt(igl.point_mesh_squared_distance(centers, shell.vertices, shell.faces)[0])
    squared, face, foot = igl.point_mesh_squared_distance(centers, lids.points, lids.faces)
    to_lid = np.sqrt(squared)
    beyond = np.einsum("pc,pc->p", centers - foot, cross_products(lids)[face]) > 0
    # Nearer to a hole than to any surface, or far out in the open: who knows.
    missing = (to_lid < there + FEATHER) & (beyond | (to_lid < FEATHER))
    unknown = (missing | (~inside.reshape(-1) & (there > TRUSTED))).reshape(inside.shape)
    known = ((distance_transform_edt(~unknown) - 0.5) / FEATHER).clip(0, 1)
    onward = beyond & (to_lid <= ONWARD) & (to_lid <= there)
    return known, onward.reshape(inside.shape)


def _centers(size: int) -> np.ndarray:
    """(N³, 3) x, y, z of the voxel centres."""
    z, y, x = np.indices((size,) * 3) + 0.5
    return np.ascontiguousarray(np.stack([x, y, z], -1).reshape(-1, 3))


def _lids(soup: Soup, extent: float) -> TriMesh:
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
