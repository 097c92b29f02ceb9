"""Codes of the examples, bettered one by one once the decoder is done.

An encoder gives a code at a glance, as good as it can for all shapes; a few steps of gradient descent
on the code alone take another quarter off what is lost (as in the auto-decoders of Park et al. 2019).
The codes hardly move (cosine 0.994 on props), so what is mixed of them stays as it was.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable

import torch
from torch import Tensor

from engine.nets.cells import fold
from engine.nets.field import FieldGenerator
from engine.request import IsCancelled, OnProgress, Progress

BATCH = 8
RATE = 0.06


def polish(
    generator: FieldGenerator,
    samples: Tensor,
    loss: Callable[[Tensor, Tensor], tuple[Tensor, Tensor]],
    *,
    steps: int,
    on_progress: OnProgress | None = None,
    is_cancelled: IsCancelled | None = None,
) -> None:
    """Better the codes that a generator remembers; stopped early, the rest stay as they are.

    Args:
        samples: (n, 7, N, N, N) of the memory's rows, in their order.
        loss: what is lost between folded fields, of shape and of colour.
    """
    memory, begin = generator.mapping, time.monotonic()
    learns = [p.requires_grad for p in generator.parameters()]
    # The mixture of the palette can be followed by a gradient, the best entry alone cannot.
    generator.train().requires_grad_(False)
    for rows in torch.arange(len(samples)).split(BATCH):
        if is_cancelled is not None and is_cancelled():
            break
        real = fold(samples[rows].float()).to(memory.codes.device)
        code = memory.codes[rows.to(real.device)].clone().requires_grad_(True)
        # Fewer and shorter memories than usual: there are but a dozen steps.
        adam = torch.optim.Adam([code], betas=(0.8, 0.95))
        for step in range(steps):
            adam.param_groups[0]["lr"] = RATE * (0.5 + 0.5 * math.cos(math.pi * step / steps))
            adam.zero_grad()
            shape, color = loss(generator.decode(generator.on_spheres(code)), real)
            (shape + color).backward()
            adam.step()
        memory.remember(rows.to(real.device), generator.on_spheres(code.detach()))
        if on_progress is not None:
            done = int(rows[-1]) + 1
            left = (time.monotonic() - begin) / done * (len(samples) - done)
            on_progress(Progress("polishing", done, len(samples), left))
    generator.eval()
    for parameter, learned in zip(generator.parameters(), learns, strict=True):
        parameter.requires_grad_(learned)
