"""What is looked at at every tick, and the sentences that come of it. It leaves no trace in the players."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import torch
from torch import Tensor, nn

from engine.gan.appraise import Calibration, fit_calibration
from engine.gan.config import Phase, TrainConfig
from engine.gan.duality import duality_gap
from engine.gan.losses import accuracy, find_loss, value
from engine.gan.monitors import (
    Finding,
    watch_collapse,
    watch_convergence,
    watch_gradients,
    watch_overfit,
)
from engine.gan.play import Play
from engine.gan.rng import Streams

PROBE = 64
"""Samples the monitors look at."""

Result = tuple[dict[str, float], Finding | None]


def watch(
    play: Play, averaged: nn.Module, config: TrainConfig, phase: Phase, values: dict[str, float]
) -> tuple[dict[str, float], list[Finding]]:
    """Figures by name, and what is wrong.

    Args:
        averaged: the generator whose samples are judged.
        values: of the last step; empty where there was none.
    """
    with _at_rest(play.critic):
        results = _look(play, averaged, config, phase)
    if "generator/gradient" in values and "critic/gradient" in values:
        results.append(watch_gradients(values["generator/gradient"], values["critic/gradient"]))
    watched = {f"watch/{k}": v for numbers, _ in results for k, v in numbers.items()}
    return watched, [finding for _, finding in results if finding]


@torch.no_grad()
def calibrate(play: Play, averaged: nn.Module, seed: int) -> Calibration:
    """What makes the critic's first logit a probability: fitted on held-out data where there are some."""
    batch = play.on_device(play.task.batch(PROBE, 0, Streams(seed + 1)))
    held_out = play.task.held_out(PROBE) if batch.label is None else None
    real = batch.real if held_out is None else held_out.to(play.device)
    with _at_rest(play.critic):
        fake = play.task.fake(averaged, batch).float()
        logits = [play.task.judge(play.critic, x, batch.label)[0].float() for x in (real, fake)]
    if not all(bool(torch.isfinite(side).all()) for side in logits):
        return Calibration(1.0, 0.0)
    return fit_calibration(logits[0].cpu(), logits[1].cpu())


def _look(play: Play, averaged: nn.Module, config: TrainConfig, phase: Phase) -> list[Result]:
    with torch.no_grad():
        batch = play.on_device(play.task.batch(PROBE, 0, Streams(config.seed + 1)))
        fake = play.task.fake(averaged, batch).float()
        results: list[Result] = [watch_collapse(fake, batch.real)]

        def judge(x: Tensor) -> Tensor:
            return play.task.judge(play.critic, x.to(play.device), batch.label)[0].float()

        held_out = play.task.held_out(PROBE)
        if held_out is not None and batch.label is None:
            results.append(watch_overfit(judge(batch.real), judge(held_out), judge(fake)))
        if phase.kind != "adversarial":
            return results
        real_logits, fake_logits = judge(batch.real), judge(fake)
    relativistic = find_loss(phase.loss).relativistic
    right = float(accuracy(real_logits, fake_logits, relativistic))
    gap = None
    if config.duality_steps:
        gap = duality_gap(play, phase, config.duality_steps, PROBE, config.seed)
    results.append(watch_convergence(right, value(real_logits, fake_logits), gap))
    return results


@contextmanager
def _at_rest(critic: nn.Module) -> Iterator[None]:
    """Watching must leave no trace in the statistics of batch normalisation."""
    critic.eval()
    try:
        yield
    finally:
        critic.train()
