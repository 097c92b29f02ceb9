"""More like this: the code of a given field."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import torch

from engine.control.codes import field_of
from engine.control.fit import Fitted, descend, error, target
from engine.nets.cells import fold
from engine.nets.field import FieldGenerator

STEPS = 150


def invert(
    generator: FieldGenerator,
    field: np.ndarray,
    steps: int = STEPS,
    on_step: Callable[[int], None] | None = None,
) -> Fitted:
    """The code that gives a field (4, N, N, N): the encoder's guess, refined.

    The refined code never fits worse than the guess.
    """
    wanted = torch.from_numpy(np.ascontiguousarray(field, np.float32))[None]
    with torch.inference_mode():
        guess = generator.encode(fold(wanted))
    guess = guess.clone()  # leaves inference mode behind
    best, loss = descend(generator, guess, target(wanted), steps, on_step)
    return Fitted(
        best[0],
        float(loss[0]),
        error(field_of(generator, guess[0]), field),
        error(field_of(generator, best[0]), field),
    )
