"""More like this: the code of a given field."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import torch
from torch import Tensor

from engine.control.codes import Space
from engine.control.fit import Fitted, descend, error, target
from engine.nets.cells import fold

STEPS = 150


def invert(
    space: Space,
    field: np.ndarray,
    steps: int = STEPS,
    on_step: Callable[[int], None] | None = None,
) -> Fitted:
    """The code that gives a field (4, M, M, M) of a data set: the encoder's guess, refined.

    The draw of the model that is most like it is followed beside it, since a guess may be stuck. The code that is
    returned never fits worse than the guess.
    """
    generator = space.generator
    wanted = space.model.encode(field)[None]
    with torch.inference_mode():
        guess = generator.encode(fold(wanted))[0]
        every = range(space.generator.mapping.classes)
        crowd = space.crowd(every).flatten(0, 1)
        starts = torch.stack([guess, crowd[(crowd @ guess).argmax()]])
    aim = target(wanted.expand(2, -1, -1, -1, -1))
    codes, losses = descend(generator, starts.clone(), aim, steps, on_step)
    best = int(losses.argmin())

    def made(code: Tensor) -> np.ndarray:
        return space.model.decode(space.sample(code))

    public = space.model.decode(wanted[0].numpy())
    before, after = error(made(guess), public), error(made(codes[best]), public)
    return Fitted(codes[best], float(losses[best]), before, after)
