"""More people from few: clothing palettes, skin tones and heads change places between figures.

Small sets of hand-made figures share one body plan (feet, trousers, torso, head at the same
heights), so a head fits on another body wherever the two cross-sections agree. All draws come
from the generator passed in.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from engine.data.voxels import VoxelGrid

CUTS = (6, 3)
"""Heights in voxels at which figures may be joined: neck and belt of the 16³ people."""

FIT = 0.9
"""Least overlap of the two cross-sections (intersection over union) for a join."""


@dataclass(frozen=True)
class Wardrobe:
    """Colours by role over a whole set, (N, 3) uint8 each, as often as they are worn."""

    cloth: np.ndarray
    hair: np.ndarray
    skin: np.ndarray


def skin_of(grid: VoxelGrid) -> np.ndarray:
    """(3,) uint8: the commonest colour of the face, the front of the layers above the neck.

    The face of a figure that ends below the neck is its whole front.
    """
    neck = CUTS[0]
    layers = slice(neck, neck + 3) if grid.solid[neck : neck + 3].any() else slice(None)
    head = grid.solid[layers]
    front = head.argmax(1)
    z, x = np.nonzero(head.any(1))
    colors, counts = np.unique(grid.colors[layers][z, front[z, x], x], axis=0, return_counts=True)
    dark = colors.sum(1) < 120
    counts[dark & (counts < counts.sum())] = 0
    color: np.ndarray = colors[counts.argmax()]
    return color


def wardrobe(grids: list[VoxelGrid]) -> Wardrobe:
    """Collect the colours of a set by where they are worn."""
    cloth, hair, skin = [], [], []
    for grid in grids:
        face = skin_of(grid)
        skin.append(face)
        below, above = _roles(grid, face)
        cloth.extend(below)
        hair.extend(above)
    return Wardrobe(np.array(cloth), np.array(hair), np.array(skin))


def join(body: VoxelGrid, head: VoxelGrid, cut: int) -> VoxelGrid | None:
    """`head` from layer `cut` up on `body` below, hands in the head's skin; None if they misfit."""
    below, above = body.solid[cut - 1 : cut + 1], head.solid[cut - 1 : cut + 1]
    overlap = (below & above).sum() / max((below | above).sum(), 1)
    if overlap < FIT:
        return None
    colors = body.colors.copy()
    colors[(colors == skin_of(body)).all(-1) & body.solid] = skin_of(head)
    colors[cut:] = head.colors[cut:]
    solid = body.solid.copy()
    solid[cut:] = head.solid[cut:]
    return VoxelGrid(solid, colors)


def redress(grid: VoxelGrid, clothes: Wardrobe, rng: np.random.Generator) -> VoxelGrid:
    """Swap some of the colours for others worn in the same place, near in lightness."""
    face = skin_of(grid)
    below, above = _roles(grid, face)
    swaps: list[tuple[np.ndarray, np.ndarray]] = []
    for worn, rack, chance in ((below, clothes.cloth, 0.4), (above, clothes.hair, 0.3)):
        for color in worn:
            if rng.random() < chance:
                swaps.append((color, _alike(rack, color, rng)))
    if rng.random() < 0.4:
        # Any tone of skin, but no human turns blue.
        hue = np.sign(np.diff(face.astype(int)))
        kin = (np.sign(np.diff(clothes.skin.astype(int), axis=1)) == hue).all(1)
        swaps.append((face, rng.choice(clothes.skin[kin])))
    colors = grid.colors.copy()
    for old, new in swaps:
        colors[(grid.colors == old).all(-1) & grid.solid] = new
    return VoxelGrid(grid.solid, colors)


def variant(
    families: list[list[VoxelGrid]], clothes: Wardrobe, rng: np.random.Generator, chance: float
) -> VoxelGrid:
    """One new person: a figure, with probability `chance` each joined at a cut and redressed.

    Families are drawn evenly, so that eight soldiers do not outnumber everybody else.
    """

    def pick() -> VoxelGrid:
        kin = families[rng.integers(len(families))]
        return kin[rng.integers(len(kin))]

    person = pick()
    for cut in CUTS:
        if rng.random() < chance:
            person = join(pick(), person, cut) or person
    if rng.random() < chance:
        person = redress(person, clothes, rng)
    return person


def _roles(grid: VoxelGrid, face: np.ndarray) -> tuple[list[np.ndarray], list[np.ndarray]]:
    """Colours worn below and above the neck, without skin, eyes and what is worn in both."""
    neck = CUTS[0]
    roles = []
    for part in (slice(0, neck), slice(neck, None)):
        colors, counts = np.unique(grid.colors[part][grid.solid[part]], axis=0, return_counts=True)
        roles.append({tuple(c) for c, n in zip(colors.tolist(), counts, strict=True) if n > 2})
    both = roles[0] & roles[1] | {tuple(face.tolist())}
    below, above = ([np.array(c, np.uint8) for c in sorted(r - both)] for r in roles)
    return below, above


def _alike(rack: np.ndarray, color: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """A colour of the rack, likelier the nearer in lightness (about ±30 of 255)."""
    luma = np.array([0.299, 0.587, 0.114])
    gap = rack.astype(float) @ luma - color.astype(float) @ luma
    weight = np.exp(-0.5 * (gap / 30) ** 2) + 1e-6
    chosen: np.ndarray = rack[rng.choice(len(rack), p=weight / weight.sum())]
    return chosen
