"""A small network that tells the class of pictures of another set than it was taught with (C18)."""

from __future__ import annotations

import time
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy, leaky_relu

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
MOST_HELD = 256
"""More pictures of a set say nothing new of the heads, and take time every epoch."""
KNOWN, OTHERS = 0, 1


class _Norm(nn.Module):
    """Batch normalisation with means, spreads and gains of each set's own (Chang et al. 2019)."""

    def __init__(self, width: int, sets: int) -> None:
        super().__init__()
        self.sets = nn.ModuleList(nn.BatchNorm2d(width) for _ in range(sets))

    def forward(self, x: Tensor, of: int) -> Tensor:
        return self.sets[of](x)


class Sorter(nn.Module):
    """(B, 3, 32, 32) in [-1, 1] → features (B, 64), and from these logits (B, classes).

    Args:
        adapt: False makes a sorter that sees all pictures as it sees the known ones.
    """

    def __init__(self, classes: int, *, adapt: bool = True) -> None:
        super().__init__()
        widths = (3, 32, 64, 64)
        self.sets = 2 if adapt else 1
        self.layers = nn.ModuleList(
            nn.Conv2d(before, after, 3, 2, 1, bias=False)
            for before, after in zip(widths, widths[1:], strict=False)
        )
        # A linear layer in the guise of a convolution, so that one kind of norm serves all.
        self.layers.append(nn.Conv2d(widths[-1], FEATURES, EDGE // 8, bias=False))
        self.norms = nn.ModuleList(_Norm(width, self.sets) for width in (*widths[1:], FEATURES))
        self.head = nn.Linear(FEATURES, classes)

    def trunk(self, x: Tensor, of: int) -> Tensor:
        """Features of pictures of the set `of`: KNOWN or OTHERS."""
        for layer, norm in zip(self.layers, self.norms, strict=True):
            x = leaky_relu(norm(layer(x), min(of, self.sets - 1)), 0.2)
        return x.flatten(1)

    @torch.no_grad()
    def chances(self, x: Tensor, of: int) -> Tensor:
        """(N, classes), how likely each class is."""
        return torch.cat([self.head(self.trunk(part, of)).softmax(1) for part in x.split(256)])


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
    reversal: float = 1.0,
    on_progress: OnProgress | None = None,
    is_cancelled: IsCancelled | None = None,
) -> Fitted:
    """Teach a sorter the classes of `known`, and make `others` look the same to it.

    Args:
        others: (N, 3, 32, 32) without classes, each class about as frequent as the next; a fifth
            is held out from the heads.
        adapt: False leaves `others` aside.
        reversal: multiplies the reversed gradient; 0 leaves adaptation to the norms.
    Raises:
        Cancelled: `is_cancelled` said so.
    """
    classes = int(known.label.max()) + 1
    streams = Streams(seed)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(stream_seed(seed, "sorter", 0))
        sorter = Sorter(classes, adapt=adapt)
        heads = DomainHeads(FEATURES, classes)
    adam = torch.optim.Adam([*sorter.parameters(), *heads.parameters()], lr=1e-3)
    rate = torch.optim.lr_scheduler.LambdaLR(adam, lambda epoch: (1 + 10 * epoch / epochs) ** -0.75)
    train = (~known.held).nonzero()[:, 0]
    by_class = [train[known.label[train] == c] for c in range(classes)]
    order = torch.randperm(len(others), generator=streams.torch("held", 0))
    count = min(len(others) // 5, MOST_HELD)
    held, rest = order[:count], order[count:]
    kept = known.held.nonzero()[:, 0]
    some = kept[torch.randperm(len(kept), generator=streams.torch("held", 1))[:MOST_HELD]]
    tests = (known.x[some], others[held if count else rest])
    is_target = torch.arange(2 * BATCH) >= BATCH
    whole = each = 0.0
    begin = time.monotonic()
    for epoch in range(epochs):
        for step in range(epoch * STEPS, (epoch + 1) * STEPS):
            rng = streams.torch("batch", step)
            mine = torch.tensor([c % classes for c in range(step, step + BATCH)])
            rows = torch.stack([_one_of(by_class[int(c)], rng) for c in mine])
            features = sorter.trunk(known.x[rows], KNOWN)
            loss = cross_entropy(sorter.head(features), mine)
            if adapt:
                theirs = rest[torch.randint(len(rest), (BATCH,), generator=rng)]
                both = torch.cat([features, sorter.trunk(others[theirs], OTHERS)])
                chances = sorter.head(both).softmax(1)
                strength = reversal * reversal_strength(step / (epochs * STEPS))
                loss = loss + heads.loss(both, chances, is_target, strength)
            adam.zero_grad()
            loss.backward()
            adam.step()
        rate.step()
        if is_cancelled is not None and is_cancelled():
            raise Cancelled("The sorting was stopped; nothing was written")
        if adapt:
            whole, each = heads.update(*_told(sorter, tests))
        if on_progress is not None:
            left = (time.monotonic() - begin) / (epoch + 1) * (epochs - epoch - 1)
            note = f"omega {heads.omega:.2f}" if adapt else ""
            on_progress(Progress("learning", epoch + 1, epochs, left, note))
    right = sorter.eval().chances(known.x[kept], KNOWN).argmax(1) == known.label[kept]
    return Fitted(sorter, float(right.float().mean()), whole, each, heads.omega)


def _one_of(rows: Tensor, rng: torch.Generator) -> Tensor:
    return rows[torch.randint(len(rows), (), generator=rng)]


@torch.no_grad()
def _told(sorter: Sorter, sets: tuple[Tensor, Tensor]) -> tuple[Tensor, Tensor, Tensor]:
    """Features and chances of both sets, and which are of the second."""
    sorter.eval()
    features = torch.cat([sorter.trunk(x, of) for of, x in enumerate(sets)])
    sorter.train()
    is_target = torch.arange(len(features)) >= len(sets[0])
    return features, sorter.head(features).softmax(1), is_target
