"""Few, flat colours: what a network paints in a thousand shades becomes a palette."""

from __future__ import annotations

import numpy as np

from engine.data.voxels import VoxelGrid

_SAME = 8.0  # CIE76 distance below which two shades are one colour of the palette
_FAINT = 14.0  # a lonely voxel closer than this to its surroundings is noise, else a feature
_MANY = 2048  # distinct colours above which they are first rounded, to bound the work
_ROUNDS = 12


def snap_palette(grid: VoxelGrid, most: int = 16) -> VoxelGrid:
    """Reduce the colours of `grid` to at most `most`, chosen on the surface that is seen.

    A grid that already has few colours is returned as it is. Otherwise: k-means in CIE Lab,
    seeded greedily (each seed is the colour that lowers the error most, so two dark eyes win
    against a soft gradient), then lonely faint specks take the colour around them. Specks that
    stand out, such as eyes and buttons, stay. Deterministic.

    Raises:
        ValueError: `most` is not in 1..256.
    """
    if not 1 <= most <= 256:
        raise ValueError(f"a palette of {most} colours is not possible")
    if len(np.unique(grid.colors[grid.solid], axis=0)) <= most:
        return grid
    surface = surface_voxels(grid.solid)
    centers = _choose(grid.colors[surface], most)
    labels = np.full(grid.solid.shape, -1)
    labels[grid.solid] = _nearest(srgb_to_lab(grid.colors[grid.solid]), srgb_to_lab(centers))
    labels = _without_specks(labels, surface, srgb_to_lab(centers))
    return VoxelGrid(grid.solid, np.where(grid.solid[..., None], centers[labels], 0).astype("u1"))


def surface_voxels(solid: np.ndarray) -> np.ndarray:
    """(D, H, W) bool: solid voxels with at least one face to the outside of the grid or to air."""
    air = np.pad(~solid, 1, constant_values=True)
    open_face = np.zeros_like(solid)
    for axis in range(3):
        for step in (-1, 1):
            open_face |= np.roll(air, step, axis)[1:-1, 1:-1, 1:-1]
    return solid & open_face


def srgb_to_lab(colors: np.ndarray) -> np.ndarray:
    """(N, 3) uint8 sRGB to (N, 3) float CIE Lab (D65)."""
    part = colors.astype(np.float64) / 255.0
    light = np.where(part <= 0.04045, part / 12.92, ((part + 0.055) / 1.055) ** 2.4)
    to_xyz = np.array(
        [
            [0.4124564, 0.3575761, 0.1804375],
            [0.2126729, 0.7151522, 0.0721750],
            [0.0193339, 0.1191920, 0.9503041],
        ]
    )
    xyz = light @ to_xyz.T / (0.95047, 1.0, 1.08883)
    root = np.where(xyz > (6 / 29) ** 3, np.cbrt(xyz), xyz / (3 * (6 / 29) ** 2) + 4 / 29)
    x, y, z = root.T
    return np.stack([116 * y - 16, 500 * (x - y), 200 * (y - z)], axis=-1)


def _choose(colors: np.ndarray, most: int) -> np.ndarray:
    """(K, 3) uint8 palette, K ≤ `most`, for the (N, 3) uint8 `colors` of N voxels."""
    shades, weights = np.unique(colors, axis=0, return_counts=True)
    if len(shades) > _MANY:
        shades, weights = np.unique(colors // 8 * 8 + 4, axis=0, return_counts=True)
    lab = srgb_to_lab(shades)
    apart = np.square(lab[:, None] - lab[None]).sum(-1)
    seeds = [int((apart @ weights).argmin())]
    error = apart[seeds[0]]
    while len(seeds) < most and error.max() > _SAME**2:
        seeds.append(int((np.minimum(apart, error) @ weights).argmin()))
        error = np.minimum(error, apart[seeds[-1]])
    centers = lab[seeds]
    for _ in range(_ROUNDS):
        member = np.eye(len(centers))[_nearest(lab, centers)] * weights[:, None]
        used = member.sum(0) > 0
        centers[used] = (member.T @ lab)[used] / member.sum(0)[used, None]
    member = np.eye(len(centers))[_nearest(lab, centers)] * weights[:, None]
    member = _merge(member[:, member.sum(0) > 0], lab)
    # The mean is taken in sRGB: members are near one another, so no inverse of Lab is needed.
    return np.rint(member.T @ shades / member.sum(0)[:, None]).astype(np.uint8)


def _merge(member: np.ndarray, lab: np.ndarray) -> np.ndarray:
    """Join clusters, the closest pair first, until no two centres are nearer than `_SAME`.

    `member` (N, K) holds the weight of each colour in its cluster. Without this, the noise of one
    flat region would spend whatever colours the palette has left.
    """
    while member.shape[1] > 1:
        centers = (member.T @ lab) / member.sum(0)[:, None]
        apart = np.linalg.norm(centers[:, None] - centers[None], axis=-1)
        np.fill_diagonal(apart, np.inf)
        first, second = sorted(np.unravel_index(apart.argmin(), apart.shape))
        if apart[first, second] >= _SAME:
            break
        member[:, first] += member[:, second]
        member = np.delete(member, second, axis=1)
    return member


def _nearest(lab: np.ndarray, centers: np.ndarray) -> np.ndarray:
    """(N,) index of the nearest centre for each (N, 3) colour."""
    distance = np.square(centers).sum(-1) - 2 * lab @ centers.T
    nearest: np.ndarray = distance.argmin(-1)
    return nearest


def _without_specks(labels: np.ndarray, surface: np.ndarray, centers: np.ndarray) -> np.ndarray:
    """Give faint lonely surface voxels the commonest colour among their 26 neighbours."""
    shown = np.where(surface, labels, -1)
    count = (shown[None] == np.arange(len(centers))[:, None, None, None]).astype(np.int16)
    for axis in (1, 2, 3):
        wide = np.pad(count, [(1, 1) if a == axis else (0, 0) for a in range(4)])
        below, here, above = (
            np.take(wide, range(start, start + labels.shape[axis - 1]), axis) for start in range(3)
        )
        count = below + here + above
    place = np.argwhere(surface)
    own = labels[surface]
    around = count[:, *place.T]  # (K, N), the voxel itself included
    lonely = around[own, np.arange(len(own))] == 1
    around[own, np.arange(len(own))] = 0
    usual = around.argmax(0)
    faint = np.linalg.norm(centers[usual] - centers[own], axis=-1) < _FAINT
    fixed = labels.copy()
    fixed[surface] = np.where(lonely & faint & (around.max(0) > 0), usual, own)
    return fixed
