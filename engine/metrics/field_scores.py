"""Scores of sets of textured fields against held-out real ones of the same classes.

Every draw pairs each held-out shape with another shape of its class, so that the two sets have one
size and one mix of classes; COV, MMD and 1-NNA as in `engine.metrics.shapes`, precision and recall
after Kynkaanniemi et al. (2019).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from scipy import ndimage

from engine.data.coarse_field import coarsen
from engine.metrics.field_distances import DISTANCES, FieldShapes, prepare_fields
from engine.metrics.shapes import (
    COPY_DELTA_E,
    COPY_IOU,
    Score,
    coverage,
    minimum_matching,
    nearest_neighbour_accuracy,
)
from engine.shape.palette import srgb_to_lab

COARSE = 32
"""Edge of the grid on which bodies are compared and classes recognised."""
NEIGHBOURS = 3
"""Of precision and recall: the radius of a shape reaches to this neighbour of its own set."""
ALL = "all"
Matrices = tuple[np.ndarray, np.ndarray, np.ndarray]
Pairs = tuple[np.ndarray, np.ndarray]


@dataclass(frozen=True)
class FieldSet:
    """n shapes and the class that each has or was asked for.

    Attributes:
        coarse: (n, 4, COARSE, COARSE, COARSE) float16. label: (n,) int64.
        one_body: (n,) bool: the field, as it is, has exactly one 26-connected inside.
        shapes: what the distances need.
    """

    coarse: np.ndarray
    label: np.ndarray
    one_body: np.ndarray
    shapes: FieldShapes

    def __len__(self) -> int:
        return len(self.label)


def collect(fields: Iterable[np.ndarray], label: np.ndarray) -> FieldSet:
    """A set from fields (4, M, M, M), taken one after the other; M is a multiple of COARSE."""
    coarse, one_body = [], []

    def passing() -> Iterable[np.ndarray]:
        touching = np.ones((3, 3, 3), int)
        for field in fields:
            coarse.append(coarsened(field))
            one_body.append(ndimage.label(field[0] > 0, touching)[1] == 1)
            yield field

    shapes = prepare_fields(passing())
    return FieldSet(np.stack(coarse), label, np.array(one_body), shapes)


def coarsened(field: np.ndarray) -> np.ndarray:
    """(4, COARSE, COARSE, COARSE) float16 of a field (4, M, M, M)."""
    whole = torch.from_numpy(np.nan_to_num(field.astype(np.float32), nan=-1.0))
    return coarsen(whole, COARSE).half().numpy()


# ---------------------------------------------------------------- draws


def match(
    wanted: np.ndarray, have: np.ndarray, group: np.ndarray, rng: np.random.Generator
) -> np.ndarray:
    """For each class wanted a different one of those there are: (n,) indices, -1 where none is left.

    Args:
        wanted, have: (n,), (m,) classes. group: category of each class; where the class itself has
            run out, another of its category stands in.
    """
    order = rng.permutation(len(have))
    chosen = np.full(len(wanted), -1)
    for asked, offered in ((wanted, have), (group[wanted], group[have])):
        free = order[~np.isin(order, chosen)]
        for value in np.unique(asked[chosen < 0]):
            missing = np.flatnonzero((chosen < 0) & (asked == value))
            found = free[offered[free] == value][: len(missing)]
            chosen[rng.permutation(missing)[: len(found)]] = found
    return chosen


def scored_draws(
    matrices: Mapping[str, Matrices],
    choose: Callable[[np.random.Generator], Pairs],
    groups: Mapping[str, np.ndarray],
    *,
    draws: int,
    seed: int,
) -> dict[str, dict[str, dict[str, Any]]]:
    """Scores by group and distance.

    Args:
        matrices: by distance, (n, n) among samples, (n, m) to references, (m, m) among references.
        choose: indices of samples and references of one draw, pair by pair.
        groups: by name, (m,) bool: which references belong; a pair goes with its reference.
    """
    rng = np.random.default_rng(seed)
    values: dict[tuple[str, str], list[tuple[float, ...]]] = {}
    for _ in range(draws):
        g_all, r_all = choose(rng)
        for group, member in groups.items():
            inside = member[r_all]
            g, r = g_all[inside], r_all[inside]
            for name, (gg, gr, rr) in matrices.items():
                one = gg[np.ix_(g, g)], gr[np.ix_(g, r)], rr[np.ix_(r, r)]
                values.setdefault((group, name), []).append(_scores(*one))
    found: dict[str, dict[str, dict[str, Any]]] = {group: {} for group in groups}
    for (group, name), drawn in values.items():
        table = np.array(drawn)
        found[group][name] = {
            key: Score(float(column.mean()), float(column.std())).as_dict()
            for key, column in zip(SCORES, table.T, strict=True)
        }
    return found


SCORES = ("cov", "mmd", "nna", "precision", "recall")


def _scores(gg: np.ndarray, gr: np.ndarray, rr: np.ndarray) -> tuple[float, ...]:
    return (
        coverage(gr),
        minimum_matching(gr),
        nearest_neighbour_accuracy(gg, gr, rr),
        inside_manifold(gr, rr),
        inside_manifold(gr.T, gg),
    )


def inside_manifold(ab: np.ndarray, bb: np.ndarray) -> float:
    """Share of a that lies within the radius of some b (Kynkaanniemi et al. 2019).

    The radius of a b reaches to its NEIGHBOURS-th neighbour among the b: precision with real ones
    as b, recall with samples as b.

    Args:
        ab: (n, m) distances; bb: (m, m).
    """
    k = min(NEIGHBOURS, len(bb) - 1)
    radius = np.partition(bb, k, axis=1)[:, k]  # the nearest is the shape itself
    return float((ab <= radius[None]).any(1).mean())


def distances(a: FieldSet, b: FieldSet) -> dict[str, np.ndarray]:
    """(n, m) by every distance."""
    return {name: measure(a.shapes, b.shapes) for name, measure in DISTANCES.items()}


# ---------------------------------------------------------------- what is known


@dataclass(frozen=True)
class Nearest:
    """The nearest training examples of n shapes, mirror images admitted.

    Attributes:
        index: (n,) which. away: (n,) 1 - IoU of the bodies. copy: (n,) bool.
    """

    index: np.ndarray
    away: np.ndarray
    copy: np.ndarray


def nearest_known(coarse: np.ndarray, known: np.ndarray) -> Nearest:
    """Among (m, 4, N, N, N) training examples, for (n, 4, N, N, N) shapes, by the IoU of the bodies.

    A copy has the body and, at the surface, the colours of one of them, within COPY_IOU and
    COPY_DELTA_E.
    """
    ways = (coarse, coarse[..., ::-1])
    away = np.stack([body_distance(one, known) for one in ways])
    best = away.min(0)
    copy = np.zeros(len(coarse), bool)
    for row, other in np.argwhere(best <= 1 - COPY_IOU):
        way = ways[int(away[:, row, other].argmin())]
        copy[row] |= delta_e(way[row], known[other]) <= COPY_DELTA_E
    return Nearest(best.argmin(1), best.min(1), copy)


def body_distance(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """(n, m) 1 - IoU of the bodies of fields (n, 4, N, N, N) and (m, 4, N, N, N)."""
    one = (a[:, 0] > 0).reshape(len(a), -1).astype(np.float32)
    size = one.sum(1)
    blocks = []
    for start in range(0, len(b), 256):
        other = (b[start : start + 256, 0] > 0).reshape(-1, one.shape[1]).astype(np.float32)
        both = (one @ other.T).astype(np.float64)
        either = size[:, None] + other.sum(1)[None] - both
        blocks.append(1 - np.where(either > 0, both / np.maximum(either, 1), 1.0))
    return np.concatenate(blocks, 1)


def delta_e(a: np.ndarray, b: np.ndarray) -> float:
    """Mean CIE76 difference of two fields (4, N, N, N) over voxels at the surface of both."""
    shared = (np.abs(a[0].astype(np.float32)) < 1) & (np.abs(b[0].astype(np.float32)) < 1)
    if not shared.any():
        return float("inf")
    lab = [srgb_to_lab(_srgb(field[1:, shared])) for field in (a, b)]
    return float(np.linalg.norm(lab[0] - lab[1], axis=1).mean())


def _srgb(color: np.ndarray) -> np.ndarray:
    levels: np.ndarray = ((color.T.astype(np.float32) + 1) * 127.5).round().clip(0, 255)
    return levels.astype(np.uint8)


def families_reached(
    nearest: Nearest, families: np.ndarray, reach: float, *, size: int, draws: int, seed: int
) -> Score:
    """Share of the training families that are the nearest of some sample within `reach` of it.

    Args:
        families: (m,) family of each training example. size: samples in a draw.
    """
    rng = np.random.default_rng(seed)
    total = len(np.unique(families))
    shares = []
    for _ in range(draws):
        drawn = rng.choice(len(nearest.away), size, replace=False)
        near = drawn[nearest.away[drawn] <= reach]
        shares.append(len(np.unique(families[nearest.index[near]])) / total)
    return Score(float(np.mean(shares)), float(np.std(shares)))
