"""Colours that are chosen from a palette: how a model that paints so hands them to the texture.

A field can hold one colour in a voxel, so that a border between two colours is at best as sharp as
a voxel. Between scores, which are smooth, the border lies anywhere, and the texture shows it as
sharp as a texel.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from scipy import ndimage

SPECK = 0.7
"""Voxels over which neighbours vote: what is a voxel large and alone is noise and goes."""
_FAINT = 0.02
_CORNERS = np.stack(np.meshgrid((0, 1), (0, 1), (0, 1), indexing="ij"), -1).reshape(8, 3)


def without_specks(scores: np.ndarray, near: np.ndarray) -> np.ndarray:
    """Scores after a vote of neighbours, so that no entry wins a lone voxel.

    Args:
        scores: (K, D, H, W), whose exponentials are shares. near: (D, H, W), 1 at the surface and 0
            where colours mean nothing, and so have no vote.
    Returns:
        (K, D, H, W) float32.
    """
    shares = np.exp(scores - scores.max(0))
    shares *= np.maximum(near, _FAINT) / shares.sum(0)
    return ndimage.gaussian_filter(shares.astype(np.float32), (0, SPECK, SPECK, SPECK), truncate=3)


@dataclass(frozen=True)
class Paint:
    """A score for each palette entry on a grid of its own; the entry with the highest one shows.

    Attributes:
        scores: (K, D, H, W) float32; z, y, x. palette: (K, 3) float32 sRGB in [0, 1].
        scale, offset: (3,) along z, y, x. What lies at `p` voxels of the field, its box being
            [0, N]³, lies at `scale * p + offset` cells of the scores, whose first has its centre at 0.
    """

    scores: np.ndarray
    palette: np.ndarray
    scale: np.ndarray
    offset: np.ndarray

    def at(self, points: np.ndarray) -> np.ndarray:
        """(P, 3) sRGB in [0, 1] at (P, 3) points x, y, z in voxels of the field."""
        last = np.array(self.scores.shape[1:]) - 1
        place = np.clip(points[:, ::-1] * self.scale + self.offset, 0, last - 1e-3)
        cell = place.astype(np.int64)
        corner = np.ravel_multi_index(tuple(cell.T), self.scores.shape[1:])
        entry = self._sole[corner]
        torn = np.flatnonzero(entry < 0)
        entry[torn] = self._contest(corner[torn], (place - cell)[torn])
        colors: np.ndarray = self.palette[entry]
        return colors

    @cached_property
    def _sole(self) -> np.ndarray:
        """(D H W,) the entry that wins at all eight corners of a cell, or -1; most cells have one."""
        best = self.scores.argmax(0).astype(np.int16)
        wide = np.pad(best, ((0, 1),) * 3, mode="edge")
        d, h, w = best.shape
        around = [wide[z : z + d, y : y + h, x : x + w] for z, y, x in _CORNERS]
        same = np.all([one == best for one in around], axis=0)
        return np.where(same, best, -1).reshape(-1)

    def _contest(self, corner: np.ndarray, share: np.ndarray) -> np.ndarray:
        """(P,) the entry whose trilinear score is highest in cells where several win a corner."""
        count, shape = len(self.scores), self.scores.shape[1:]
        steps = np.ravel_multi_index(tuple(_CORNERS.T), shape)
        by_cell = self._by_cell
        total = np.zeros((len(corner), count), np.float32)
        for step, side in zip(steps, _CORNERS, strict=True):
            weight = np.where(side, share, 1 - share).prod(1).astype(np.float32)
            total += by_cell[corner + step] * weight[:, None]
        winner: np.ndarray = total.argmax(1)
        return winner

    @cached_property
    def _by_cell(self) -> np.ndarray:
        """(D H W, K): the scores of a cell side by side."""
        return np.ascontiguousarray(self.scores.reshape(len(self.scores), -1).T)
