"""The one training loop: phases, both players' steps, penalties, averaging, checkpoints, watchers."""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor, nn
from torch.nn.modules.batchnorm import _BatchNorm

from engine.errors import BadRecipe, TrainingDiverged
from engine.gan import checkpoint
from engine.gan.augment import augment
from engine.gan.config import Phase, TrainConfig
from engine.gan.ema import Ema
from engine.gan.layout import dense, dense_layout
from engine.gan.logbook import Logbook
from engine.gan.losses import LOSSES, value
from engine.gan.monitors import (
    Finding,
    fell_back,
    not_finite,
    watch_collapse,
    watch_gradients,
    watch_overfit,
)
from engine.gan.optimizers import OPTIMIZERS, set_rates
from engine.gan.penalties import exact_penalty, finite_difference_penalty
from engine.gan.precision import probe_bf16
from engine.gan.rng import Streams
from engine.gan.task import Batch, Task
from engine.gan.transfer import Start, adopt

STRIKES = 3
PROBE = 64
"""Samples the monitors look at."""


@dataclass(frozen=True)
class StepReport:
    """What a progress bar shows: images of total, seconds left, the last losses."""

    phase: str
    images: int
    total: int
    eta_s: float
    values: dict[str, float]


class Trainer:
    """Trains one task into one run folder; `run()` can be stopped and called again any time."""

    def __init__(
        self,
        task: Task,
        config: TrainConfig,
        run: Path,
        *,
        device: torch.device,
        identity: str = "",
    ) -> None:
        """
        Args:
            task: already loaded with data.
            identity: names the recipe; a checkpoint of another identity is refused.
        """
        for phase in config.phases:
            if phase.loss not in LOSSES:
                raise BadRecipe(f"phase {phase.name}: unknown loss {phase.loss}")
        self.task, self.config, self.run_folder, self.device = task, config, run, device
        self.identity = identity
        self.streams = Streams(config.seed)
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(config.seed)
            nets = task.build()
        self.generator = dense_layout(nets.generator.to(device))
        self.critic = dense_layout(nets.critic.to(device))
        self.ema = Ema(self.generator, config.ema_kimg * 1000)
        self.optimizers = {
            "generator": OPTIMIZERS[config.optimizer](self.generator.parameters()),
            "critic": OPTIMIZERS[config.optimizer](self.critic.parameters()),
        }
        # Batch statistics over a mixed batch would tell the critic which half is which.
        self._judge_apart = any(isinstance(m, _BatchNorm) for m in self.critic.modules())
        self.images = 0
        self.rate_scale = 1.0
        self._strikes = 0
        self._adopted: list[str] = []
        self._resumed: list[Finding] = []
        self._bf16 = config.precision == "bf16" or (
            config.precision == "auto" and probe_bf16(device).use_bf16
        )

    # ---------------------------------------------------------------- the loop

    def run(
        self,
        *,
        max_minutes: float | None = None,
        on_step: Callable[[StepReport], None] = lambda report: None,
        is_cancelled: Callable[[], bool] = lambda: False,
    ) -> bool:
        """Train until the recipe is done (True) or time is up or the user stops (False).

        A checkpoint is written at every tick and on return, whatever the reason.

        Raises:
            TrainingDiverged: NaN three steps in a row, the rate halved each time.
            CannotWrite: the run folder is full or not writable.
        """
        book = Logbook(self.run_folder, self.images)
        for finding in self._resumed:
            book.finding(finding, self.images)
        started, first = time.monotonic(), self.images
        deadline = started + max_minutes * 60 if max_minutes else float("inf")
        total = self.config.total_images
        tick = max(1, round(self.config.tick_kimg * 1000 / self.config.batch))
        try:
            while self.images < total:
                phase, progress = self.config.phase_at(self.images)
                values = self.step(phase, progress)
                self._count_strikes(values, book)
                step = self.images // self.config.batch
                if step % 10 == 0:
                    book.scalars(values, self.images)
                    pace = (time.monotonic() - started) / (self.images - first)
                    on_step(
                        StepReport(
                            phase.name, self.images, total, pace * (total - self.images), values
                        )
                    )
                if step % tick == 0:
                    self._tick(book, values)
                if time.monotonic() > deadline or is_cancelled():
                    break
            if self.images % (tick * self.config.batch):
                self._tick(book, {})
        finally:
            book.close()
        return self.images >= total

    def step(self, phase: Phase, progress: float) -> dict[str, float]:
        """One update of both players (or of the generator alone, in a pretrain phase)."""
        step = self.images // self.config.batch
        batch = self._to_device(self.task.batch(self.config.batch, step, self.streams))
        self._set_rates(phase, progress)
        p = phase.augment_p.at(progress)
        values: dict[str, float] = {}
        if phase.kind != "pretrain":
            values |= self._critic_step(phase, progress, step, batch, p)
        if phase.kind == "adversarial":
            values |= self._generator_step(phase, step, batch, p)
        elif phase.kind == "pretrain":
            values |= self._pretrain(phase, batch, step)
        self.images += self.config.batch
        self.ema.update(self.generator, self.config.batch, self.images)
        return values

    # ---------------------------------------------------------------- both players

    def _critic_step(
        self, phase: Phase, progress: float, step: int, batch: Batch, p: float
    ) -> dict[str, float]:
        self.generator.requires_grad_(False)
        self._awaken("critic", phase.hold_critic)
        with torch.no_grad(), self._autocast():
            fake = self.task.fake(self.generator, batch)
        x = torch.cat(
            [
                self._augmented(batch.real, p, "augment d real", step),
                self._augmented(fake.float(), p, "augment d fake", step),
            ]
        ).detach()
        label = None if batch.label is None else torch.cat([batch.label, batch.label])
        penalised = phase.penalty != "none" and step % phase.penalty_every == 0
        exact = penalised and phase.penalty == "exact"
        x.requires_grad_(exact)

        half = len(batch.real)

        def judge(samples: Tensor) -> list[Tensor]:
            size = half if self._judge_apart else len(samples)
            labels = [None, None] if label is None else label.split(size)
            with self._autocast():
                judged = [
                    self.task.judge(self.critic, part, its_label)
                    for part, its_label in zip(samples.split(size), labels, strict=False)
                ]
            return [torch.cat(head).float() for head in zip(*judged, strict=True)]

        heads = judge(x)
        loss = torch.stack(
            [LOSSES[phase.loss].d(head[:half], head[half:]) for head in heads]
        ).mean()
        values = {
            "critic/loss": loss.item(),
            "critic/real": heads[0][:half].mean().item(),
            "critic/fake": heads[0][half:].mean().item(),
            "critic/value": value(heads[0][:half], heads[0][half:]),
            "critic/accuracy": ((heads[0] > 0) == (torch.arange(len(x)) < half).to(x.device))
            .float()
            .mean()
            .item(),
        }
        if values["critic/accuracy"] > phase.critic_gate:
            return values
        if penalised:
            square = (
                exact_penalty(x, heads)
                if exact
                else finite_difference_penalty(
                    judge, x, heads, self.streams.torch("finite difference", step)
                )
            )
            r1, r2 = square[:half].mean(), square[half:].mean()
            weight = phase.gamma.at(progress) / 2 * phase.penalty_every
            loss = loss + weight * (r1 + r2)
            values |= {"critic/r1": r1.item(), "critic/r2": r2.item()}
        values |= self._apply("critic", loss)
        return values

    def _generator_step(self, phase: Phase, step: int, batch: Batch, p: float) -> dict[str, float]:
        self._awaken("generator", phase.hold_generator)
        self.critic.requires_grad_(False)
        with self._autocast():
            fake = self.task.fake(self.generator, batch).float()
        seen = self._augmented(fake, p, "augment g fake", step)
        with self._autocast():
            fake_heads = self.task.judge(self.critic, seen, batch.label)
        real_heads = fake_heads
        if LOSSES[phase.loss].relativistic:
            with torch.no_grad(), self._autocast():
                real = self._augmented(batch.real, p, "augment g real", step)
                real_heads = self.task.judge(self.critic, real, batch.label)
        loss = torch.stack(
            [
                LOSSES[phase.loss].g(r.float(), f.float())
                for r, f in zip(real_heads, fake_heads, strict=True)
            ]
        ).mean()
        values = {"generator/loss": loss.item()}
        rng = self.streams.torch("auxiliary", step)
        with self._autocast():
            terms = self.task.auxiliary(self.generator, batch, fake, rng)
        for name, term in terms.items():
            loss = loss + term
            values[f"generator/{name}"] = term.item()
        return values | self._apply("generator", loss)

    def _pretrain(self, phase: Phase, batch: Batch, step: int) -> dict[str, float]:
        self._awaken("generator", phase.hold_generator)
        rng = self.streams.torch("auxiliary", step)
        with self._autocast():
            terms = self.task.pretrain(self.generator, batch, rng)
        if not terms:
            raise BadRecipe("a pretrain phase needs a model with losses of its own")
        values = {f"generator/{name}": term.item() for name, term in terms.items()}
        return values | self._apply("generator", torch.stack(list(terms.values())).sum())

    def _awaken(self, name: str, hold: int) -> None:
        """Let a player learn, but for the first `hold` layers of what it adopted (FreezeD)."""
        player = self._modules()[name].requires_grad_(True)
        if hold and name in self._adopted:
            for layer in self.task.layers(player)[:hold]:
                for module in layer:
                    module.requires_grad_(False)

    def _apply(self, name: str, loss: Tensor) -> dict[str, float]:
        """Backward and step; a gradient that is not finite leaves the player as it is."""
        optimizer = self.optimizers[name]
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        parameters = [p for group in optimizer.param_groups for p in group["params"]]
        norm = torch.nn.utils.get_total_norm([p.grad for p in parameters if p.grad is not None])
        if torch.isfinite(norm):
            optimizer.step()
            return {f"{name}/gradient": norm.item()}
        return {f"{name}/skipped": 1.0}

    def _count_strikes(self, values: dict[str, float], book: Logbook) -> None:
        """Halve the rates after a step in which a player was skipped; three in a row are the end."""
        skipped = [name for name in self.optimizers if f"{name}/skipped" in values]
        if not skipped:
            self._strikes = 0
            return
        self._strikes += 1
        self.rate_scale *= 0.5
        book.finding(not_finite(skipped[0], self.rate_scale), self.images)
        if self._strikes >= STRIKES:
            raise TrainingDiverged(
                f"the {skipped[0]}'s gradient was not finite {STRIKES} steps in a row"
            )

    # ---------------------------------------------------------------- at every tick

    @torch.no_grad()
    def _tick(self, book: Logbook, values: dict[str, float]) -> None:
        # Watching must leave no trace in the statistics of batch normalisation.
        self.critic.eval()
        watched, findings = self._watch(values)
        self.critic.train()
        book.scalars(watched, self.images)
        for finding in findings:
            book.finding(finding, self.images)
        picture = self.task.picture(self.ema.module)
        if picture is not None:
            book.picture(picture, self.images)
        self.save()

    def _watch(self, values: dict[str, float]) -> tuple[dict[str, float], list[Finding]]:
        batch = self._to_device(self.task.batch(PROBE, 0, Streams(self.config.seed + 1)))
        fake = self.task.fake(self.ema.module, batch).float()
        results = [watch_collapse(fake, batch.real)]
        held_out = self.task.held_out(PROBE)
        if held_out is not None and batch.label is None:
            train, unseen, made = (
                self.task.judge(self.critic, x.to(self.device), None)[0].float()
                for x in (batch.real, held_out, fake)
            )
            results.append(watch_overfit(train, unseen, made))
        if "generator/gradient" in values and "critic/gradient" in values:
            results.append(watch_gradients(values["generator/gradient"], values["critic/gradient"]))
        watched = {f"watch/{k}": v for numbers, _ in results for k, v in numbers.items()}
        return watched, [finding for _, finding in results if finding]

    # ---------------------------------------------------------------- state

    def adopt(self, start: Start) -> None:
        """Begin with what another model learned (C13) instead of with random weights.

        Raises:
            BadRecipe: nothing of it fits.
        """
        adopt(self.generator, start.generator, start)
        self.ema = Ema(self.generator, self.config.ema_kimg * 1000)
        self._adopted = ["generator"]
        if start.critic:
            adopt(self.critic, start.critic, start)
            self._adopted.append("critic")

    def save(self) -> Path:
        """Write a checkpoint of everything that a bit-exact resume needs."""
        header = {
            "identity": self.identity,
            "rate_scale": self.rate_scale,
            "strikes": self._strikes,
            "adopted": self._adopted,
            # Not probed again: a busy moment must not change the format in mid-run.
            "bf16": self._bf16,
        }
        return checkpoint.save(
            self.run_folder, self.images, self._modules(), self.optimizers, header
        )

    def resume(self) -> bool:
        """Continue from the newest good checkpoint of the run folder; False if there is none at all.

        Where the newest is damaged, the one before it serves, and `doctor.json` says so.

        Raises:
            BadCheckpoint: all are damaged, or they were made by another recipe.
        """
        restored = checkpoint.restore_newest(
            self.run_folder, self._modules(), self.optimizers, self.identity
        )
        if restored is None:
            return False
        header, damaged = restored
        self.images, self.rate_scale = header["images"], header["rate_scale"]
        self._strikes, self._bf16 = header["strikes"], header["bf16"]
        self._adopted = header.get("adopted", [])
        if damaged:
            self._resumed = [fell_back(damaged, self.images)]
        return True

    def _modules(self) -> dict[str, nn.Module]:
        return {"generator": self.generator, "critic": self.critic, "ema": self.ema.module}

    # ---------------------------------------------------------------- small helpers

    def _set_rates(self, phase: Phase, progress: float) -> None:
        betas = (phase.beta1, phase.beta2.at(progress))
        for name, rate in (("generator", phase.lr_g), ("critic", phase.lr_d)):
            set_rates(self.optimizers[name], rate.at(progress) * self.rate_scale, betas)

    def _augmented(self, x: Tensor, p: float, name: str, step: int) -> Tensor:
        return augment(x, self.config.augment, p, self.streams.torch(name, step))

    def _autocast(self) -> AbstractContextManager[object]:
        if not self._bf16:
            return nullcontext()
        return torch.autocast(self.device.type, dtype=torch.bfloat16)

    def _to_device(self, batch: Batch) -> Batch:
        label = None if batch.label is None else batch.label.to(self.device)
        return Batch(dense(batch.real.to(self.device)), batch.z.to(self.device), label)
