"""One step of each player, as a loss: what the paper writes, no optimiser and no loop.

Each loss is a module that holds its player, so that DistributedDataParallel can wrap it whole:
whatever a model does with its nets happens inside.
"""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, replace

import torch
from torch import Tensor, nn
from torch.nn.modules.batchnorm import _BatchNorm

from engine.errors import BadRecipe
from engine.gan.augment import AugmentConfig, augment, noise_like
from engine.gan.config import Phase
from engine.gan.distributed import Rows
from engine.gan.layout import dense
from engine.gan.losses import AdversarialLoss, accuracy, find_loss, value
from engine.gan.penalties import (
    Heads,
    consistency_penalty,
    exact_penalty,
    gradient_penalty,
    moved_penalty,
)
from engine.gan.rng import Streams
from engine.gan.task import Batch, Task

Values = dict[str, Tensor]


@dataclass(frozen=True)
class Moment:
    """When and on what a loss is computed: phase, step, how strongly samples are changed, which rows."""

    phase: Phase
    progress: float
    step: int
    p: float
    rows: Rows

    @property
    def part(self) -> tuple[int, int]:
        return self.rows.first, self.rows.total

    @property
    def loss(self) -> AdversarialLoss:
        return find_loss(self.phase.loss, self.phase.smooth)


@dataclass
class Play:
    """Both players and the rules they share. `bf16` may be set anew by a resume."""

    task: Task
    generator: nn.Module
    critic: nn.Module
    augmentation: AugmentConfig
    streams: Streams
    device: torch.device
    bf16: bool

    def __post_init__(self) -> None:
        # Batch statistics over a mixed batch would tell the critic which half is which.
        self._judge_apart = any(isinstance(m, _BatchNorm) for m in self.critic.modules())

    def on_device(self, batch: Batch) -> Batch:
        """A batch where the players are, channels last."""
        moved = {k: v.to(self.device) for k, v in vars(batch).items() if isinstance(v, Tensor)}
        return replace(batch, **moved | {"real": dense(moved["real"])})

    def autocast(self) -> AbstractContextManager[object]:
        if not self.bf16:
            return nullcontext()
        return torch.autocast(self.device.type, dtype=torch.bfloat16)

    def fake(self, batch: Batch) -> Tensor:
        with self.autocast():
            return self.task.fake(self.generator, batch).float()

    def judge(self, x: Tensor, label: Tensor | None) -> Heads:
        """(B,) float32 logits of each head."""
        with self.autocast():
            return [head.float() for head in self.task.judge(self.critic, x, label)]

    def judge_both(self, x: Tensor, label: Tensor | None) -> Heads:
        """The same of real samples and as many fakes behind them; `label` has as many rows."""
        if not self._judge_apart:
            return self.judge(x, label)
        labels = [None, None] if label is None else label.chunk(2)
        halves = [self.judge(*half) for half in zip(x.chunk(2), labels, strict=True)]
        return [torch.cat(head) for head in zip(*halves, strict=True)]

    def shown(self, x: Tensor, moment: Moment, name: str) -> Tensor:
        """Samples as the critic gets to see them: augmented, with instance noise."""
        rng = self.streams.torch(name, moment.step)
        x = augment(x, self.augmentation, moment.p, rng, moment.part)
        sigma = moment.phase.instance_noise.at(moment.progress)
        return x + sigma * noise_like(x, rng, moment.part) if sigma else x


class CriticLoss(nn.Module):
    """What the critic minimises in a step; None where it rests (`critic_gate`)."""

    def __init__(self, play: Play) -> None:
        super().__init__()
        self.player = play.critic
        self.play = play

    def forward(self, batch: Batch, moment: Moment) -> tuple[Tensor | None, Values]:
        play, phase, half = self.play, moment.phase, len(batch.real)
        with torch.no_grad():
            fake = play.fake(batch)
            real = play.shown(batch.real, moment, "augment d real")
            x = torch.cat([real, play.shown(fake, moment, "augment d fake")])
        label = None if batch.label is None else torch.cat([batch.label, batch.label])
        penalised = phase.penalty != "none" and moment.step % phase.penalty_every == 0
        x.requires_grad_(penalised and phase.penalty == "exact")
        heads = play.judge_both(x, label)
        rules = moment.loss
        loss = torch.stack(
            [rules.of_head(i).d(head[:half], head[half:]) for i, head in enumerate(heads)]
        ).mean()
        first = heads[0].detach()
        values = _figures(first[:half], first[half:], rules.relativistic)
        values["loss"] = loss.detach()
        if values["accuracy"] > phase.critic_gate:
            return None, values
        if penalised:
            penalty, more = self._penalty(batch, moment, x, label, heads)
            loss = loss + penalty
            values |= more
        if phase.consistency:
            change = consistency_penalty(
                lambda seen: play.judge_both(seen, label), x, phase.radius
            ).mean()
            loss = loss + phase.consistency * change
            values["consistency"] = change.detach()
        with play.autocast():
            rng = play.streams.torch("lesson", moment.step)
            terms = play.task.lesson(play.critic, batch, fake, rng)
        return loss + sum(terms.values()), values | {k: v.detach() for k, v in terms.items()}

    def _penalty(
        self, batch: Batch, moment: Moment, x: Tensor, label: Tensor | None, heads: Heads
    ) -> tuple[Tensor, Values]:
        play, phase, half = self.play, moment.phase, len(batch.real)
        weight = phase.gamma.at(moment.progress) * phase.penalty_every
        if phase.penalty == "gradient_penalty":
            rng = play.streams.torch("interpolate", moment.step)
            share = moment.rows.of(torch.rand(moment.rows.total, generator=rng)).to(x.device)
            square = gradient_penalty(
                lambda between: play.judge(between, batch.label), x[:half], x[half:], share
            )
            return weight * square.mean(), {"gp": square.mean().detach()}
        if phase.penalty == "exact":
            square = exact_penalty(x, heads)
        else:
            rng = play.streams.torch("finite difference", moment.step)
            noise = _noise_of_both(x, rng, moment.rows)
            square = moved_penalty(lambda seen: play.judge_both(seen, label), x, heads, noise)
        r1, r2 = square[:half].mean(), square[half:].mean()
        total = r1 + r2 if phase.penalty_on == "both" else r1
        return weight / 2 * total, {"r1": r1.detach(), "r2": r2.detach()}


class GeneratorLoss(nn.Module):
    """What the generator minimises in a step: the game, or its own losses in a pretrain phase."""

    def __init__(self, play: Play) -> None:
        super().__init__()
        self.player = play.generator
        self.play = play

    def forward(self, batch: Batch, moment: Moment) -> tuple[Tensor, Values]:
        play, phase = self.play, moment.phase
        rng = play.streams.torch("auxiliary", moment.step)
        if phase.kind == "pretrain":
            with play.autocast():
                terms = play.task.pretrain(play.generator, batch, rng)
            if not terms:
                raise BadRecipe("a pretrain phase needs a model with losses of its own")
            return torch.stack(list(terms.values())).sum(), {
                k: v.detach() for k, v in terms.items()
            }
        fake = play.fake(batch)
        fake_heads = play.judge(play.shown(fake, moment, "augment g fake"), batch.label)
        rules, real_heads = moment.loss, fake_heads
        if rules.relativistic:
            with torch.no_grad():
                real = play.shown(batch.real, moment, "augment g real")
                real_heads = play.judge(real, batch.label)
        pairs = zip(real_heads, fake_heads, strict=True)
        loss = torch.stack([rules.of_head(i).g(r, f) for i, (r, f) in enumerate(pairs)]).mean()
        values = {"loss": loss.detach()}
        with play.autocast():
            terms = play.task.auxiliary(play.generator, batch, fake, rng)
            terms |= play.task.advice(play.critic, batch, fake, rng)
        return loss + sum(terms.values()), values | {k: v.detach() for k, v in terms.items()}


def _figures(real: Tensor, fake: Tensor, relativistic: bool) -> Values:
    """What a step logs of the critic: mean logits, the value of the game, how often it is right."""
    middle = (real.mean() + fake.mean()) / 2 if relativistic else 0.0
    return {
        "real": real.mean(),
        "fake": fake.mean(),
        "value": torch.tensor(value(real, fake), device=real.device),
        "accuracy": accuracy(real, fake, relativistic),
        # ADA's r_t; only differences of a relativistic critic mean anything.
        "sign": (real - middle).sign().mean(),
    }


def _noise_of_both(x: Tensor, rng: torch.Generator, rows: Rows) -> Tensor:
    """N(0, 1) of the shape of `x`, real rows and fake ones, drawn for the whole batch."""
    whole = torch.randn((2 * rows.total, *x.shape[1:]), generator=rng)
    return torch.cat([rows.of(half) for half in whole.chunk(2)]).to(x)
