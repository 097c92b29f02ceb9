"""How bricks, boards and tiles are laid: patterns that repeat without a seam, by rule.

A network of the size of ours learns grain, not bonds. So the pieces are laid by rule, and each is
cut from the generated material at a place of its own.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.ndimage import gaussian_filter


@dataclass(frozen=True)
class Laid:
    """Pieces on a tile (N, N).

    Attributes:
        piece: number of the piece.
        rise: height in [0, 1] of the form, joints at 0.
    """

    piece: np.ndarray
    rise: np.ndarray


@dataclass(frozen=True)
class Bond:
    """A way to lay pieces.

    Attributes:
        rows, columns: pieces along a tile. shift: share of a piece that each further row moves.
        joint: share of a row's height. bevel: the same, of the slope beside it.
        uneven: how different pieces are in light. lean: whether a row rises to its lower edge, as
            shingles and clapboards do. upright: rows run upwards. mortar: sRGB of the joint as a
            share of the material's mean light; None: the shaded material.
    """

    rows: int
    columns: int
    shift: float = 0.5
    joint: float = 0.08
    bevel: float = 0.06
    uneven: float = 0.12
    lean: bool = False
    upright: bool = False
    mortar: float | None = None


BONDS: dict[str, tuple[Bond, ...]] = {
    "bricks": (Bond(12, 4, joint=0.14, mortar=1.25), Bond(12, 4, 0.25, joint=0.12, mortar=0.7)),
    "pavingstones": (
        Bond(8, 4, joint=0.1, bevel=0.14, mortar=0.5),
        Bond(6, 6, 0.0, joint=0.08, bevel=0.12, mortar=0.5),
        Bond(8, 8, 0.5, joint=0.12, bevel=0.2, mortar=0.55),
    ),
    "tiles": (
        Bond(4, 4, 0.0, joint=0.03, bevel=0.02, uneven=0.04, mortar=0.8),
        Bond(8, 8, 0.0, joint=0.06, bevel=0.05, uneven=0.07, mortar=0.85),
        Bond(8, 4, 0.5, joint=0.06, bevel=0.06, uneven=0.05, mortar=0.85),
    ),
    "planks": (Bond(6, 1, 0.37, joint=0.035, bevel=0.04, uneven=0.14, upright=True),),
    "woodfloor": (Bond(8, 2, 0.31, joint=0.02, bevel=0.02, uneven=0.16),),
    "woodsiding": (Bond(8, 1, 0.43, joint=0.02, bevel=0.03, uneven=0.07, lean=True),),
    "roofingtiles": (Bond(8, 8, joint=0.06, bevel=0.1, uneven=0.14, lean=True),),
}
"""By the class of a material; one of them by chance."""


def lay(bond: Bond, size: int, rng: np.random.Generator) -> Laid:
    """Pieces on a torus of `size` pixels."""
    v, u = (np.mgrid[:size, :size] + 0.5) / size
    if bond.upright:
        u, v = v, u
    row = np.floor(v * bond.rows).astype(int)
    # Rows in turn, and no more than a whole number of pieces around the torus.
    moved = (row * bond.shift) % 1.0 if bond.columns > 1 else rng.random(bond.rows)[row]
    along = (u * bond.columns + moved) % bond.columns
    column = np.floor(along).astype(int)
    tall = size / bond.rows
    across = (v * bond.rows - row) * tall
    length = size / bond.columns
    aside = (along - column) * length
    edge = np.minimum(np.minimum(across, tall - across), np.minimum(aside, length - aside))
    wobble = gaussian_filter(rng.standard_normal((size, size)), size / 90, mode="wrap")
    edge = edge + wobble / wobble.std() * bond.joint * tall * 0.08
    rise = ((edge - bond.joint * tall / 2) / max(bond.bevel * tall, 1)).clip(0, 1)
    rise = rise * rise * (3 - 2 * rise)
    if bond.lean:
        rise = rise * (0.45 + 0.55 * across / tall)
    return Laid(row * bond.columns + column, rise)


def laid_material(
    tile: np.ndarray, bond: Bond, rng: np.random.Generator
) -> tuple[np.ndarray, np.ndarray]:
    """Albedo (N, N, 3) uint8 of pieces cut from a tile (N, N, 3) uint8, and their rise (N, N)."""
    size = len(tile)
    laid = lay(bond, size, rng)
    count = int(laid.piece.max()) + 1
    down, right = rng.integers(size, size=(2, count))
    light = 1 + bond.uneven * rng.standard_normal(count).clip(-2, 2)
    rows, columns = np.mgrid[:size, :size]
    cut = tile[(rows + down[laid.piece]) % size, (columns + right[laid.piece]) % size].astype(
        np.float32
    )
    cut *= light[laid.piece][..., None]
    mean = tile.reshape(-1, 3).mean(0)
    if bond.mortar is None:
        joint = 0.3 * cut
    else:
        grey = np.full(3, mean.mean()) * 0.7 + mean * 0.3
        grain = 1 + 0.06 * rng.standard_normal((size, size, 1))
        joint = (grey * bond.mortar * grain).clip(8, 235)
    share = (laid.rise / max(float(laid.rise.max()), 1e-6)) ** 0.5
    if bond.lean:
        share = (share * 1.6).clip(0, 1)
    albedo = joint + (cut - joint) * share[..., None]
    return albedo.round().clip(0, 255).astype(np.uint8), laid.rise.astype(np.float32)


def waves(size: int, count: int = 10) -> np.ndarray:
    """(N, N) in [0, 1]: corrugated sheet, its folds upright."""
    u = (np.arange(size) + 0.5) / size
    line = 0.5 + 0.5 * np.sin(2 * np.pi * count * u)
    return np.tile(line.astype(np.float32), (size, 1))


def lozenges(size: int, count: int = 8) -> np.ndarray:
    """(N, N) in [0, 1]: chequer plate, raised lozenges that turn from one to the next."""
    v, u = (np.mgrid[:size, :size] + 0.5) / size * count
    row, column = np.floor(v), np.floor(u)
    x, y = u - column - 0.5, v - row - 0.5
    turn = np.where((row + column) % 2 == 0, 1.0, -1.0)
    along, beside = (x + turn * y) / 2**0.5, (x - turn * y) / 2**0.5
    far = (np.abs(along) / 0.42) ** 1.5 + (np.abs(beside) / 0.13) ** 1.5
    return ((1 - far) * 3).clip(0, 1).astype(np.float32)
