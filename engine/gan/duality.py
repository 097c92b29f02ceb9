"""How far a game is from its equilibrium: what both players could still gain (A6).

The duality gap of (D, G) is V(D*, G) - V(D, G*), with D* and G* the best answers to the other
player; it is 0 at an equilibrium and nowhere else, whatever the loss (Grnarova et al. 2019). Best
answers are approached by some steps of copies.
"""

from __future__ import annotations

import copy
from dataclasses import replace

import torch

from engine.gan.config import Phase
from engine.gan.distributed import Rows
from engine.gan.optimizers import OPTIMIZERS, set_rates
from engine.gan.play import CriticLoss, GeneratorLoss, Moment, Play
from engine.gan.rng import Streams
from engine.gan.task import Batch

BEGIN = 10**9
"""Index of the first batch of a copy: no step of the run draws it."""


def duality_gap(play: Play, phase: Phase, steps: int, size: int, seed: int) -> float:
    """V(D*, G) - V(D, G*) after `steps` steps of each copy on batches of `size`; never below 0.

    V is what the critic maximises, minus its loss without penalties. The players stay as they are.
    """
    better_critic = replace(play, critic=copy.deepcopy(play.critic).train())
    better_generator = replace(play, generator=copy.deepcopy(play.generator).train())
    _improve("critic", better_critic, phase, steps, size, seed)
    _improve("generator", better_generator, phase, steps, size, seed)
    batch = _batch(play, size, BEGIN - 1, seed)
    return max(_value(better_critic, phase, batch) - _value(better_generator, phase, batch), 0.0)


def _improve(name: str, play: Play, phase: Phase, steps: int, size: int, seed: int) -> None:
    player, other = play.critic, play.generator
    if name == "generator":
        player, other = other, player
    loss_of = CriticLoss(play) if name == "critic" else GeneratorLoss(play)
    learning = {p: p.requires_grad for p in other.parameters()}
    other.requires_grad_(False)
    optimizer = OPTIMIZERS["adam"](player.requires_grad_(True).parameters())
    set_rates(optimizer, max(phase.lr_d.start, phase.lr_g.start), (0.0, 0.9))
    for step in range(steps):
        moment = Moment(phase, 0.0, BEGIN + step, 0.0, Rows(0, size, size))
        loss, _ = loss_of(_batch(play, size, BEGIN + step, seed), moment)
        if loss is not None:
            optimizer.zero_grad(set_to_none=True)
            loss.backward()
            optimizer.step()
    for parameter, learns in learning.items():
        parameter.requires_grad_(learns)


@torch.no_grad()
def _value(play: Play, phase: Phase, batch: Batch) -> float:
    bare = phase.model_copy(update={"penalty": "none", "critic_gate": 1.0, "consistency": 0.0})
    moment = Moment(bare, 0.0, BEGIN - 1, 0.0, Rows(0, len(batch.real), len(batch.real)))
    _, values = CriticLoss(play)(batch, moment)
    return -float(values["loss"])


def _batch(play: Play, size: int, step: int, seed: int) -> Batch:
    batch = play.task.batch(size, step, Streams(seed + 1))
    return play.on_device(batch)
