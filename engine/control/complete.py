"""A broken model made whole with the model's own idea of such things (D22).

The known part is kept as it is; a code is found whose shape agrees with it, from many starts and
for several sizes of the whole, and gives what is missing. The seam between them is blended, so that
the surface is one.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np
import torch
from torch import Tensor

from engine.control.codes import Space
from engine.control.fit import Error, Target, descend, error, rank, target
from engine.control.known import Bounds, Evidence, View, look, sizes
from engine.data.proportions import NARROWEST, fill_box, stretch, unfill
from engine.data.voxel_field import REACH
from engine.models.textured_shapes import PUBLIC
from engine.nets.cells import fold, unfold_channels

ROUGH, FINE = 30, 80
"""Steps of every start, and then of the best one."""
SOLID = 0.5
"""Distance that a sample is to have where a body goes on behind a break, at least."""
SEEN = 12
"""Known voxels of a palette entry from which their colour is believed."""
OnStep = Callable[[int, int], None]


@dataclass(frozen=True)
class Completed:
    """The whole: its field (4, M, M, M), what was there, and the code that filled it in.

    Attributes:
        grow: size of the whole in that of the rest, along the missing side.
        fit: how well the code's own shape agrees with what is known.
        made: share of the solid voxels that were made up.
    """

    field: np.ndarray
    view: View
    code: Tensor
    grow: float
    fit: Error
    made: float


def complete(
    space: Space,
    evidence: Evidence,
    draws: Tensor,
    *,
    labels: Sequence[int] | None = None,
    grow: float | None = None,
    restarts: int = 4,
    on_step: OnStep | None = None,
) -> Completed:
    """Find what is missing of a model.

    Args:
        draws: (n, W) codes to begin from, such as the model's draws of many classes; the class
            means and the encoder's guesses are added. labels: classes whose means; None: all.
        grow: see `known.sizes`.
        restarts: starts that are followed for each size of the whole: those that fit best.
        on_step: called with steps done and steps in all.
    """
    possible = sizes(evidence, grow)
    base = look(evidence, PUBLIC, (evidence.low, evidence.high))
    samples, wanted = _wanted(space, base, [bounds for _, bounds in possible])
    means = space.means()
    pool = torch.cat([means if labels is None else means[list(labels)], draws])
    starts, rows = _starts(space, samples, wanted, pool, restarts)
    total = ROUGH + FINE + 2

    def count(before: int) -> Callable[[int], None]:
        return lambda step: on_step(before + step + 1, total) if on_step else None

    codes, loss = descend(space.generator, starts, wanted.take(rows), ROUGH, count(0))
    # The two best are refined together: a pair costs as much as one (see FieldGenerator.decode).
    best = loss.argsort()[:2]
    aim = wanted.take(rows[best])
    codes, loss = descend(space.generator, codes[best], aim, FINE, count(ROUGH + 1))
    first = int(loss.argmin())
    row = rows[best][first]
    factor, bounds = possible[int(row)]
    filled = _painted(space, codes[first], wanted.take(row[None]))
    return _whole(look(evidence, PUBLIC, bounds), bounds, filled, codes[first], factor)


def _painted(space: Space, code: Tensor, wanted: Target) -> Tensor:
    """(4, N, N, N) of a code (W,), its palette corrected to the colours that are there.

    A code comes near the colours of a model, but a new door in nearly the red of the car is a
    patch. Where a palette entry meets the known surface, the colour that is seen there replaces it.
    """
    with torch.inference_mode():
        distance, score, palette = space.generator.decoder.parts(code.expand(2, -1))
    entry, palette = score[:1].argmax(-1), palette[0].clone()
    seen = wanted.color_weight[..., 0] > 0
    for index in range(len(palette)):
        here = seen & (entry == index)
        if int(here.sum()) >= SEEN:
            palette[index] = wanted.color[here].median(0).values
    painted = torch.cat([distance[:1], palette[entry]], -1)
    return unfold_channels(painted)[0]


def _wanted(space: Space, base: View, wholes: list[Bounds]) -> tuple[Tensor, Target]:
    """Samples (B, 7, N, N, N) of what is there for each size of the whole, and what is to be met."""
    size = int(space.model.config.size)
    samples, trusts, onwards = [], [], []
    for bounds in wholes:
        box = torch.from_numpy(base.box(bounds)).float()
        filled, proportions = fill_box(torch.from_numpy(base.field), box, size)
        wide = (2 * proportions - 1).view(3, 1, 1, 1).expand(-1, *filled.shape[1:])
        samples.append(torch.cat([filled, wide]))
        masks = torch.from_numpy(np.stack([base.known, base.onward]))
        trust, onward = stretch(masks, box, size)
        trusts.append(trust)
        onwards.append(onward)
    known, onward = torch.stack(trusts), torch.stack(onwards) >= 0.5
    there = torch.stack(samples)
    asked = there.clone()
    asked[:, 0] = torch.where(onward, there[:, 0].clamp(min=SOLID), there[:, 0])
    whole = target(asked, torch.where(onward, 1.0, known))
    # What goes on behind a break has a place, but no colour yet.
    plain = target(asked, torch.where(onward, 0.0, known))
    return there, replace(whole, color_weight=plain.color_weight)


def _starts(
    space: Space, samples: Tensor, wanted: Target, pool: Tensor, restarts: int
) -> tuple[Tensor, Tensor]:
    """The codes that fit each size best, and the size of each."""
    with torch.inference_mode():
        pool = torch.cat([space.generator.encode(fold(samples)), pool])
    chosen = rank(space.generator, pool, wanted).argsort(0)[:restarts]
    codes = pool[chosen.T.reshape(-1)]
    rows = torch.arange(len(samples)).repeat_interleave(len(chosen))
    return codes.clone(), rows


def _whole(view: View, bounds: Bounds, filled: Tensor, code: Tensor, grow: float) -> Completed:
    sides = np.diff(view.box(bounds))[:, 0]
    proportions = torch.from_numpy(sides / sides.max()).float().clamp(min=NARROWEST)
    made = unfill(filled, proportions, PUBLIC).numpy()
    field = blend(view, made)
    solid = field[0] > 0
    return Completed(
        field,
        view,
        code,
        grow,
        error(made, view.field, view.known),
        float((solid & (view.known < 0.5)).sum() / max(solid.sum(), 1)),
    )


def blend(view: View, made: np.ndarray) -> np.ndarray:
    """The known field where it is known, the made one elsewhere, a seam between them."""
    share = view.known[None]
    distance = share * view.field[:1] + (1 - share) * made[:1]
    # Beyond a voxel outside the known surface its colour means nothing.
    painted = share * (view.field[:1] * REACH > -1)
    color = painted * view.field[1:] + (1 - painted) * made[1:]
    return np.concatenate([distance, color]).astype(np.float32)
