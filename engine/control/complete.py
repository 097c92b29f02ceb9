"""A broken model made whole with the model's own idea of such things (D22).

The known part is kept as it is; a code is found whose shape agrees with it, from many starts, and
gives what is missing. Between the two the field is blended, so that the surface is one.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np
import torch
from torch import Tensor

from engine.control.codes import field_of
from engine.control.fit import Error, Target, descend, error, losses, target
from engine.control.known import View
from engine.data.voxel_field import REACH
from engine.nets.cells import fold
from engine.nets.field import FieldGenerator

ROUGH, FINE = 30, 100
"""Steps of every start, and then of the best one."""
SOLID = 0.25
"""Distance / REACH that the field is to have where a body goes on behind a break, at least."""


@dataclass(frozen=True)
class Completed:
    """The whole: its field (4, N, N, N), the view it belongs to, the code that filled it in.

    Attributes:
        fit: how well the code's own field agrees with what is known.
        made: share of the solid voxels that were made up.
    """

    field: np.ndarray
    view: View
    code: Tensor
    loss: float
    fit: Error
    made: float


def complete(
    generator: FieldGenerator,
    views: list[View],
    draws: Tensor,
    labels: Sequence[int] | None = None,
    restarts: int = 4,
    on_step: Callable[[int, int], None] | None = None,
) -> Completed:
    """Find what is missing of a model.

    Args:
        views: the same model at each size that the whole may have had.
        draws: (n, W) codes to begin from, such as the model's draws of many classes; the class
            means and the encoder's guesses are added. labels: classes whose means; None: all.
        restarts: starts that are followed for each view: the ones that fit best.
        on_step: called with steps done and steps in all.
    """
    wanted = _wanted(views)
    means = generator.on_spheres(generator.mapping.mean)
    pool = torch.cat([means if labels is None else means[list(labels)], draws])
    starts, rows = _starts(generator, views, wanted, pool, restarts)
    total = ROUGH + FINE + 2

    def count(before: int) -> Callable[[int], None]:
        return lambda step: on_step(before + step + 1, total) if on_step else None

    codes, loss = descend(generator, starts, wanted.take(rows), ROUGH, count(0))
    best = int(loss.argmin())
    row = rows[best : best + 1]
    code, least = descend(generator, codes[best][None], wanted.take(row), FINE, count(ROUGH + 1))
    view = views[int(row)]
    made = field_of(generator, code[0])
    field = blend(view, made)
    solid = field[0] > 0
    return Completed(
        field,
        view,
        code[0],
        float(least[0]),
        error(made, view.field, view.known),
        float((solid & (view.known < 0.5)).sum() / max(solid.sum(), 1)),
    )


def _wanted(views: list[View]) -> Target:
    """The known part of each view, and body where a break says that it goes on."""
    fields = np.stack([view.field for view in views])
    onward = np.stack([view.onward for view in views])
    fields[:, 0] = np.where(onward, np.maximum(fields[:, 0], SOLID), fields[:, 0])
    trust = np.stack([view.known for view in views])
    whole = target(torch.from_numpy(fields), torch.from_numpy(np.where(onward, 1, trust)))
    # What goes on behind a break has a place, but no colour yet.
    plain = target(torch.from_numpy(fields), torch.from_numpy(np.where(onward, 0, trust)))
    return replace(whole, color_weight=plain.color_weight)


def _starts(
    generator: FieldGenerator, views: list[View], wanted: Target, pool: Tensor, restarts: int
) -> tuple[Tensor, Tensor]:
    """The codes that fit each view best, and the view of each."""
    with torch.inference_mode():
        guesses = generator.encode(fold(torch.from_numpy(np.stack([v.field for v in views]))))
        pool = torch.cat([guesses, pool])
        score = torch.stack([losses(generator, code[None], wanted) for code in pool])
    chosen = score.argsort(0)[:restarts]
    codes = pool[chosen.T.reshape(-1)]
    rows = torch.arange(len(views)).repeat_interleave(len(chosen))
    return codes.clone(), rows


def blend(view: View, made: np.ndarray) -> np.ndarray:
    """The known field where it is known, the made one elsewhere, a seam of FEATHER between."""
    share = view.known[None]
    distance = share * view.field[:1] + (1 - share) * made[:1]
    # Beyond a voxel outside the known surface its colour means nothing.
    painted = share * (view.field[:1] * REACH > -1)
    color = painted * view.field[1:] + (1 - painted) * made[1:]
    return np.concatenate([distance, color]).astype(np.float32)
