"""A small network that tells the class of pictures of another set than it was taught with (C18)."""

from __future__ import annotations

import time
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy

from engine.errors import Cancelled
from engine.gan.domains import DomainHeads, reversal_strength
from engine.gan.rng import Streams, stream_seed
from engine.request import IsCancelled, OnProgress, Progress

EDGE = 32
"""Edge in pixels of what the network sees."""
BATCH = 32
STEPS = 20
"""Steps of an epoch."""
FEATURES = 64


class Sorter(nn.Module):
    """(B, 3, 32, 32) in [-1, 1] → features (B, 64), and from these logits (B, classes)."""

    def __init__(self, classes: int) -> None:
        super().__init__()
        widths = (3, 32, 64, 64)
        layers: list[nn.Module] = []
        for before, after in zip(widths, widths[1:], strict=False):
            layers += [nn.Conv2d(before, after, 3, 2, 1), nn.LeakyReLU(0.2)]
        self.trunk = nn.Sequential(
            *layers, nn.AvgPool2d(2), nn.Flatten(), nn.Linear(4 * widths[-1], FEATURES)
        )
        self.head = nn.Sequential(nn.LeakyReLU(0.2), nn.Linear(FEATURES, classes))

    def forward(self, x: Tensor) -> Tensor:
        return self.head(self.trunk(x))  # type: ignore[no-any-return]

    @torch.no_grad()
    def chances(self, x: Tensor) -> Tensor:
        """(N, classes), how likely each class is."""
        return torch.cat([self(part).softmax(1) for part in x.split(256)])


@dataclass(frozen=True)
class Labelled:
    """(N, 3, 32, 32) in [-1, 1], (N,) classes, and (N,) which ones are held out."""

    x: Tensor
    label: Tensor
    held: Tensor


@dataclass(frozen=True)
class Fitted:
    """A sorter and what held-out pictures say of it.

    Attributes:
        accuracy: share of held-out labelled pictures whose class it tells.
        whole, each: A-distances of the heads at the end. omega: what followed from them.
    """

    sorter: Sorter
    accuracy: float
    whole: float
    each: float
    omega: float


def fit(
    known: Labelled,
    others: Tensor,
    *,
    seed: int = 0,
    epochs: int = 30,
    adapt: bool = True,
    on_progress: OnProgress | None = None,
    is_cancelled: IsCancelled | None = None,
) -> Fitted:
    """Teach a sorter the classes of `known`, and make `others` look the same to it.

    Args:
        others: (N, 3, 32, 32) without classes; a fifth is held out.
        adapt: False leaves `others` aside, for comparison.
    Raises:
        Cancelled: `is_cancelled` said so.
    """
    classes = int(known.label.max()) + 1
    streams = Streams(seed)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(stream_seed(seed, "sorter", 0))
        sorter, heads = Sorter(classes), DomainHeads(FEATURES, classes)
    adam = torch.optim.Adam([*sorter.parameters(), *heads.parameters()], lr=1e-3)
    train = (~known.held).nonzero()[:, 0]
    by_class = [train[known.label[train] == c] for c in range(classes)]
    order = torch.randperm(len(others), generator=streams.torch("held", 0))
    held, rest = order[: len(others) // 5], order[len(others) // 5 :]
    tests = (known.x[known.held], others[held if len(held) else rest])
    is_target = torch.arange(2 * BATCH) >= BATCH
    whole = each = 0.0
    begin = time.monotonic()
    for epoch in range(epochs):
        for step in range(epoch * STEPS, (epoch + 1) * STEPS):
            rng = streams.torch("batch", step)
            mine = torch.tensor([c % classes for c in range(step, step + BATCH)])
            rows = torch.stack([_one_of(by_class[int(c)], rng) for c in mine])
            theirs = rest[torch.randint(len(rest), (BATCH,), generator=rng)]
            features = sorter.trunk(torch.cat([known.x[rows], others[theirs]]))
            logits = sorter.head(features)
            loss = cross_entropy(logits[:BATCH], mine)
            if adapt:
                strength = reversal_strength(step / (epochs * STEPS))
                loss = loss + heads.loss(features, logits.softmax(1), is_target, strength)
            adam.zero_grad()
            loss.backward()  # type: ignore[no-untyped-call]
            adam.step()
        if is_cancelled is not None and is_cancelled():
            raise Cancelled("The sorting was stopped; nothing was written")
        if adapt:
            whole, each = heads.update(*_told(sorter, tests))
        if on_progress is not None:
            left = (time.monotonic() - begin) / (epoch + 1) * (epochs - epoch - 1)
            note = f"omega {heads.omega:.2f}" if adapt else ""
            on_progress(Progress("learning", epoch + 1, epochs, left, note))
    right = sorter.chances(tests[0]).argmax(1) == known.label[known.held]
    return Fitted(sorter.eval(), float(right.float().mean()), whole, each, heads.omega)


def _one_of(rows: Tensor, rng: torch.Generator) -> Tensor:
    return rows[torch.randint(len(rows), (), generator=rng)]


@torch.no_grad()
def _told(sorter: Sorter, sets: tuple[Tensor, Tensor]) -> tuple[Tensor, Tensor, Tensor]:
    """Features and chances of both sets, and which are of the second."""
    features = torch.cat([sorter.trunk(part) for x in sets for part in x.split(256)])
    is_target = torch.arange(len(features)) >= len(sets[0])
    return features, sorter.head(features).softmax(1), is_target
