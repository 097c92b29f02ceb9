"""How good a set of generated shapes is: coverage, fidelity, variety, and whether it copies.

The definitions follow Achlioptas et al. (2018) and PointFlow (Yang et al. 2019); the sets that are
compared always have equal sizes, because COV, MMD and 1-NNA change with the size.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from scipy import ndimage

from engine.data.voxels import VoxelGrid
from engine.metrics.shape_distances import LAB_RANGE, Shapes, color_distance, iou_distance

COPY_IOU = 0.98
"""A copy shares this much of the body with a training example or its mirror image..."""

COPY_DELTA_E = 5.0
"""...and differs by no more than this mean CIE76 distance on the voxels visible in both."""


@dataclass(frozen=True)
class Score:
    """A mean over random draws and their standard deviation."""

    mean: float
    std: float

    def as_dict(self) -> dict[str, float | None]:
        """JSON; a value that does not exist is null."""
        return {
            key: round(value, 5) if np.isfinite(value) else None
            for key, value in (("mean", self.mean), ("std", self.std))
        }


def coverage(gr: np.ndarray) -> float:
    """Share of references that are the nearest one of some sample: COV, higher is better.

    Args:
        gr: (n, m) distances from sample to reference. A tie covers every reference in it, but what
            is equally far from all, as an empty shape is, covers none.
    """
    nearest = gr == gr.min(axis=1, keepdims=True)
    if gr.shape[1] > 1:
        nearest[gr.min(axis=1) == gr.max(axis=1)] = False
    return float(nearest.any(axis=0).mean())


def minimum_matching(gr: np.ndarray) -> float:
    """Mean distance from a reference to its nearest sample: MMD, lower is better."""
    return float(gr.min(axis=0).mean())


def nearest_neighbour_accuracy(gg: np.ndarray, gr: np.ndarray, rr: np.ndarray) -> float:
    """Leave-one-out 1-NN accuracy at telling samples from references: 1-NNA.

    0.5 is ideal, 1 means that the sets are apart, 0 that every sample is a copy of a reference.
    Of several neighbours at the same distance each counts its share.

    Args:
        gg, gr, rr: (n, n), (n, n), (n, n) distances among samples (g) and references (r).
    """
    joint = np.block([[gg, gr], [gr.T, rr]])
    np.fill_diagonal(joint, np.inf)
    is_sample = np.arange(len(joint)) < len(gg)
    nearest = joint == joint.min(axis=1, keepdims=True)
    same_side = is_sample[:, None] == is_sample[None]
    return float(((nearest & same_side).sum(1) / nearest.sum(1)).mean())


def set_scores(
    gg: np.ndarray, gr: np.ndarray, rr: np.ndarray, *, size: int, draws: int, seed: int
) -> dict[str, Score]:
    """COV, MMD and 1-NNA over random draws of `size` samples against `size` references.

    Args:
        gg: (n, n) distances among samples; gr: (n, m) to references; rr: (m, m).
    """
    rng = np.random.default_rng(seed)

    def draw() -> tuple[float, float, float]:
        g = rng.choice(len(gg), size, replace=False)
        r = rng.choice(len(rr), size, replace=False)
        return _three(gg[np.ix_(g, g)], gr[np.ix_(g, r)], rr[np.ix_(r, r)])

    return _named(draw, draws)


def floor_scores(rr: np.ndarray, *, size: int, draws: int, seed: int) -> dict[str, Score]:
    """The same for real against other real shapes: random disjoint draws from one pool.

    Args:
        rr: (m, m) distances among real shapes, m >= 2 * size.
    """
    rng = np.random.default_rng(seed)

    def draw() -> tuple[float, float, float]:
        both = rng.choice(len(rr), 2 * size, replace=False)
        g, r = both[:size], both[size:]
        return _three(rr[np.ix_(g, g)], rr[np.ix_(g, r)], rr[np.ix_(r, r)])

    return _named(draw, draws)


def diversity(gg: np.ndarray) -> float:
    """Mean distance between two different samples; 0 when all are one."""
    others = len(gg) * (len(gg) - 1)
    return float((gg.sum() - np.trace(gg)) / others) if others else 0.0


def neighbour_ratio(to_train: np.ndarray, heldout_to_train: np.ndarray) -> float:
    """Median nearest-training distance of samples over that of held-out real shapes.

    Near 1: samples are as new as unseen real shapes. Below 0.8: the model remembers. NaN when the
    held-out shapes themselves are in the training set.

    Args:
        to_train: (n,) distance of each sample to its nearest training example.
        heldout_to_train: (m,) the same for held-out real shapes.
    """
    unseen = float(np.median(heldout_to_train))
    return float(np.median(to_train)) / unseen if unseen > 0 else float("nan")


def is_copy(shapes: Shapes, train: Shapes) -> np.ndarray:
    """(n,) bool: body and colours of a training example, within COPY_IOU and COPY_DELTA_E."""
    body = iou_distance(shapes, train) <= 1.0 - COPY_IOU
    copies = np.zeros(len(shapes), bool)
    for row in np.flatnonzero(body.any(1)):
        near = np.flatnonzero(body[row])
        apart = color_distance(shapes.take(np.array([row])), train.take(near))
        copies[row] = (apart * LAB_RANGE <= COPY_DELTA_E).any()
    return copies


def is_one_body(grids: Sequence[VoxelGrid]) -> np.ndarray:
    """(n,) bool: the grid, as it is, has exactly one 26-connected component."""
    touching = np.ones((3, 3, 3), int)
    return np.array([ndimage.label(grid.solid, touching)[1] == 1 for grid in grids], bool)


def bootstrap(
    statistic: Callable[[np.ndarray], float], values: np.ndarray, *, draws: int, seed: int
) -> Score:
    """The statistic of all values, with the standard deviation over resamples of them."""
    rng = np.random.default_rng(seed)
    resampled = [statistic(rng.choice(values, len(values))) for _ in range(draws)]
    return Score(statistic(values), float(np.std(resampled)))


def _three(gg: np.ndarray, gr: np.ndarray, rr: np.ndarray) -> tuple[float, float, float]:
    return coverage(gr), minimum_matching(gr), nearest_neighbour_accuracy(gg, gr, rr)


def _named(draw: Callable[[], tuple[float, float, float]], draws: int) -> dict[str, Score]:
    values = np.array([draw() for _ in range(draws)])
    return {
        name: Score(float(column.mean()), float(column.std()))
        for name, column in zip(("cov", "mmd", "nna"), values.T, strict=True)
    }
