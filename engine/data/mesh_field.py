"""A triangle soup as a field a network can learn: truncated signed distance and colour.

Props are several closed parts that run through each other, with open sheets between them. So:
the sign comes from the generalised winding number (Jacobson 2013), which adds the parts up and
tolerates gaps; cavities that nothing from outside reaches are filled; what is thinner than a voxel
is thickened until it is not; and distance and colour belong to the surface that is seen, never to
one that is buried inside another part.
"""

from __future__ import annotations

import os

import numpy as np
from scipy.ndimage import (
    binary_dilation,
    distance_transform_edt,
    gaussian_filter,
    label,
    map_coordinates,
)
from scipy.spatial import cKDTree

from engine.data.mesh_paint import point_colors, to_srgb
from engine.data.mesh_shell import HALF, Shell, weld
from engine.data.mesh_soup import Soup
from engine.data.voxel_field import REACH
from engine.errors import BadMesh

MARGIN = 2.0
"""Voxels between the cube and the model: whole, so that flat sides lie between two voxels."""
LEAST = 1.5
"""Voxels below which a part is thickened: a bar of this width holds a voxel wherever it lies."""
STRIDE, STRIDES = 0.2, 10
"""Voxels of a step inward where thickness is probed, and how many steps."""
SMOOTH = 0.6
"""Voxels over which the thickening is smoothed, so that it adds no bumps."""
ASIDE = 0.02
"""Voxels from the rim of a triangle, and from its plane, where one looks for the outside."""
BAND = REACH + 1
PATTERN = np.array([(a, b) for a in (-1, 0, 1) for b in (-1, 0, 1)]) / 3
"""Where a voxel looks at the texture: nine points over its own width, along the surface."""


def place(soup: Soup, size: int, margin: float = MARGIN) -> tuple[Soup, float]:
    """Scale a model to a `size`³ cube: centred in x and y, standing on the floor.

    Args:
        margin: voxels left free at each side of the longest axis.
    Returns:
        The soup in voxel units, and how many units of the file one voxel has.
    """
    points = soup.corners.reshape(-1, 3)
    low, high = points.min(0), points.max(0)
    unit = float((high - low).max()) / (size - 2 * margin)
    origin = (low + high) / 2 - np.array([size / 2, size / 2, 0]) * unit
    origin[2] = low[2] - margin * unit
    moved = (soup.corners - origin) / unit
    return Soup(moved, soup.uvs, soup.tints, soup.paints, soup.paint, soup.notes), unit


def encode_soup(soup: Soup, size: int) -> tuple[np.ndarray, tuple[str, ...]]:
    """Field of a model in voxel units.

    Returns:
        (4, size, size, size) float16 in [-1, 1], axes z, y (index 0 is the front), x, with the
        meaning that `voxel_field.encode` gives it: channel 0 is the signed distance in voxels /
        REACH, positive inside, clipped; channels 1-3 are sRGB / 127.5 - 1 of the nearest visible
        surface, inside and up to one voxel outside, 0 beyond. And what was repaired, in sentences.
    Raises:
        BadMesh: no voxel is inside, whatever is done.
    """
    # libigl splits queries over all cores by itself; the builder runs one process per core.
    os.environ["IGL_NUM_THREADS"] = "1"
    shell, soup = weld(soup)
    line = np.arange(size) + 0.5
    z, y, x = np.meshgrid(line, line, line, indexing="ij")
    centers = np.stack([x, y, z], -1).reshape(-1, 3)
    distance, face, foot = shell.nearest(centers, BAND + LEAST)
    near = np.flatnonzero(np.isfinite(distance))
    within = _within(shell, centers, distance, size)
    signed = np.where(within, np.inf, -np.inf)
    signed[near] = np.copysign(distance[near], signed[near])
    grown = _missing_width(shell, centers, distance, foot, within, size)
    signed += grown
    solid = (signed > 0).reshape((size,) * 3)
    if not solid.any():
        raise BadMesh("nothing of the model is inside the cube")
    outside = _outside(solid)
    solid = ~outside
    seen = _seen(shell, centers, face, foot, near, solid, outside)
    corners = _hidden_corners(shell, centers, outside, grown, np.flatnonzero(~seen & within))
    signed = _unbury(signed, seen, centers, foot, outside, corners)
    color = _colors(soup, shell, centers, signed, seen, face, foot, outside)
    field = np.concatenate([(signed / REACH).clip(-1, 1)[None], color.T])
    return field.reshape((4,) + (size,) * 3).astype(np.float16), soup.notes


def _within(shell: Shell, centers: np.ndarray, distance: np.ndarray, size: int) -> np.ndarray:
    """(P,) bool: inside the model.

    Far from any surface the winding number changes slowly: every other voxel is enough there.
    """
    shape = (size,) * 3
    far = ~np.isfinite(distance)
    turns = np.zeros(size**3)
    turns[~far] = shell.turns(centers[~far])
    sparse = np.zeros(shape, bool)
    sparse[::2, ::2, ::2] = binary_dilation(far.reshape(shape), np.ones((3, 3, 3)))[::2, ::2, ::2]
    asked = np.flatnonzero(sparse.reshape(-1) & far)
    turns[asked] = shell.turns(centers[asked])
    known = turns.reshape(shape)[::2, ::2, ::2]
    at = np.argwhere(far.reshape(shape)).T / 2
    turns[far] = map_coordinates(known, at, order=1, mode="nearest", prefilter=False)
    within: np.ndarray = np.abs(turns) >= HALF
    return within


def _missing_width(
    shell: Shell,
    centers: np.ndarray,
    distance: np.ndarray,
    foot: np.ndarray,
    within: np.ndarray,
    size: int,
) -> np.ndarray:
    """(P,) voxels by which the surface around a voxel must move out to be LEAST thick.

    Half the thickness at a surface point is how far from any surface one gets by walking inward
    from it for a voxel or so, always away from the nearest wall: a sheet gives 0, an edge of a
    cube nearly as much as its sides.
    """
    touching = np.flatnonzero(distance <= 1)
    way = foot[touching] - centers[touching]
    way /= np.maximum(distance[touching, None], 1e-9)
    way[within[touching]] *= -1
    deepest = np.zeros(len(touching))
    spot = foot[touching] + way * STRIDE
    left = unsure = np.arange(len(touching))
    for _ in range(STRIDES):
        left = np.setdiff1d(left, unsure[~shell.inside(spot[unsure])], assume_unique=True)
        depth, _, wall = shell.nearest(spot[left], BAND)
        deepest[left] = np.maximum(deepest[left], depth)
        left, depth, wall = (part[depth < LEAST / 2] for part in (left, depth, wall))
        spot[left] += (spot[left] - wall) * (STRIDE / np.maximum(depth, 1e-9))[:, None]
        unsure = left[depth < STRIDE]  # a step that is shorter than the depth stays inside
    missing = np.zeros(len(distance))
    missing[touching] = np.maximum(LEAST / 2 - deepest, 0)
    return _spread(missing.reshape((size,) * 3), (distance <= 1).reshape((size,) * 3))


def _spread(values: np.ndarray, known: np.ndarray) -> np.ndarray:
    """(P,) values where they are known, smoothed among each other, and of the nearest elsewhere."""
    weight = gaussian_filter(known.astype(np.float64), SMOOTH, mode="constant")
    smooth = gaussian_filter(values, SMOOTH, mode="constant") / np.maximum(weight, 1e-9)
    index = distance_transform_edt(~known, return_distances=False, return_indices=True)
    spread: np.ndarray = smooth[tuple(index)].reshape(-1)
    return spread


def _outside(solid: np.ndarray) -> np.ndarray:
    """Empty voxels that are connected to the border of the cube."""
    regions, _ = label(np.pad(~solid, 1, constant_values=True))
    outside: np.ndarray = (regions == regions[0, 0, 0])[1:-1, 1:-1, 1:-1]
    return outside


def _seen(
    shell: Shell,
    centers: np.ndarray,
    face: np.ndarray,
    foot: np.ndarray,
    near: np.ndarray,
    solid: np.ndarray,
    outside: np.ndarray,
) -> np.ndarray:
    """(P,) bool: the surface point nearest to a voxel can be seen from outside.

    It can where a step off one of its sides leads out of all parts, to a voxel that is empty or
    has an empty neighbour (so the wall of a filled cavity is not seen).
    """
    seen = np.zeros(len(centers), bool)
    seen[near] = outside.reshape(-1)[near]
    within = near[solid.reshape(-1)[near]]
    start = shell.towards_middle(face[within], foot[within], ASIDE)
    step = shell.normals[face[within]] * ASIDE
    free = ~shell.inside(start + step)
    free[~free] = ~shell.inside((start - step)[~free])
    cell = tuple(start.astype(np.int64).clip(0, len(solid) - 1).T[::-1])
    seen[within] = free & binary_dilation(outside, np.ones((3, 3, 3)))[cell]
    return seen


def _hidden_corners(
    shell: Shell, centers: np.ndarray, outside: np.ndarray, grown: np.ndarray, among: np.ndarray
) -> np.ndarray:
    """(K, 3) points of the surface on the way from voxels of `among` to empty neighbours.

    In the corner between two parts no empty voxel looks at the surface beside a buried one, so
    the way is halved until it is known to 1/32 voxel.
    """
    empty = np.pad(outside, 1)
    at = np.stack(np.unravel_index(among, outside.shape), -1) + 1
    pairs = [
        (among[empty[tuple((at + step).T)]], step)
        for step in np.concatenate([np.eye(3, dtype=np.int64), -np.eye(3, dtype=np.int64)])
    ]
    voxel = np.concatenate([chosen for chosen, _ in pairs])
    way = np.concatenate([np.tile(step[::-1], (len(chosen), 1)) for chosen, step in pairs])
    low, high = np.zeros(len(voxel)), np.ones(len(voxel))
    for _ in range(5):
        middle = (low + high) / 2
        within = shell.inside(centers[voxel] + middle[:, None] * way)
        low, high = np.where(within, middle, low), np.where(within, high, middle)
    points: np.ndarray = centers[voxel] + ((low + high) / 2 + grown[voxel])[:, None] * way
    return points


def _unbury(
    signed: np.ndarray,
    seen: np.ndarray,
    centers: np.ndarray,
    foot: np.ndarray,
    outside: np.ndarray,
    corners: np.ndarray,
) -> np.ndarray:
    """Distance of solid voxels whose nearest surface is buried, from the surface that is seen.

    Empty voxels know that surface: each looks at one point of it. `corners` are more points.
    """
    empty = outside.reshape(-1)
    buried = np.flatnonzero(~empty & ~seen & ~(signed > BAND))
    known = np.flatnonzero(empty & seen & (signed > -LEAST))
    toward = centers[known] - foot[known]
    toward /= np.maximum(np.linalg.norm(toward, axis=-1, keepdims=True), 1e-9)
    surface = np.concatenate([centers[known] + toward * signed[known, None], corners])
    result = signed.copy()
    if len(buried) and len(surface):
        result[buried] = cKDTree(surface).query(centers[buried])[0]
    return result


def _colors(
    soup: Soup,
    shell: Shell,
    centers: np.ndarray,
    signed: np.ndarray,
    seen: np.ndarray,
    face: np.ndarray,
    foot: np.ndarray,
    outside: np.ndarray,
) -> np.ndarray:
    """(P, 3) sRGB / 127.5 - 1, 0 where a voxel is more than one voxel outside."""
    inside = ~outside.reshape(-1)
    wanted = inside | (signed > -1)
    source = np.flatnonzero(seen & wanted & (np.abs(signed) < BAND))
    triangle, point = face[source], foot[source]
    # From inside, the nearest surface may be the board behind a picture: step out and look back.
    within = np.flatnonzero(inside[source])
    way = _way_out(outside).reshape(-1, 3)[source[within]]
    _, triangle[within], point[within] = shell.nearest(point[within] + way * 0.5, BAND)
    color = np.zeros((len(centers), 3))
    color[source] = _average(soup, shell, triangle, point) * 2 - 1
    shape = outside.shape
    known = np.zeros(len(centers), bool)
    known[source] = True
    index = distance_transform_edt(
        ~known.reshape(shape), return_distances=False, return_indices=True
    )
    color = color[np.ravel_multi_index(tuple(index), shape).reshape(-1)]
    color[~wanted] = 0
    return color


def _way_out(outside: np.ndarray) -> np.ndarray:
    """(D, H, W, 3) unit vectors x, y, z from each voxel to the nearest empty one."""
    nearest = distance_transform_edt(~outside, return_distances=False, return_indices=True)
    way = (nearest - np.indices(outside.shape))[::-1].transpose(1, 2, 3, 0).astype(np.float64)
    unit: np.ndarray = way / np.maximum(np.linalg.norm(way, axis=-1, keepdims=True), 1e-9)
    return unit


def _average(soup: Soup, shell: Shell, face: np.ndarray, point: np.ndarray) -> np.ndarray:
    """(P, 3) sRGB in [0, 1]: the light of PATTERN around each point, on its own triangle."""
    first = shell.corners[face, 1] - shell.corners[face, 0]
    first /= np.linalg.norm(first, axis=-1, keepdims=True)
    second = np.cross(shell.normals[face], first)
    light = np.zeros((len(face), 3))
    for along, across in PATTERN:
        weights = shell.weights(face, point + first * along + second * across)
        light += point_colors(
            soup.paints, soup.paint[face], soup.uvs[face], soup.tints[face], weights
        )
    return to_srgb(light / len(PATTERN))
