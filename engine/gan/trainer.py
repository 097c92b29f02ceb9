"""The one training loop: phases, both players' steps, penalties, averaging, checkpoints, watchers."""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import nullcontext
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor, nn

from engine.errors import BadRecipe, TrainingDiverged
from engine.gan import checkpoint
from engine.gan.appraise import Calibration
from engine.gan.augment import adapted
from engine.gan.config import Phase, TrainConfig
from engine.gan.distributed import ALONE, World, without_sync
from engine.gan.ema import Ema
from engine.gan.layout import dense_layout
from engine.gan.logbook import Logbook
from engine.gan.losses import find_loss
from engine.gan.monitors import Finding, fell_back, not_finite
from engine.gan.optimizers import OPTIMIZERS, clip_weights, set_rates
from engine.gan.play import CriticLoss, GeneratorLoss, Moment, Play
from engine.gan.precision import probe_bf16
from engine.gan.rng import Streams, stream_seed
from engine.gan.task import Batch, Task
from engine.gan.transfer import Start, adopt
from engine.gan.watch import calibrate, watch

STRIKES = 3


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
        world: World = ALONE,
    ) -> None:
        """
        Args:
            task: already loaded with data.
            identity: names the recipe; a checkpoint of another identity is refused.
            world: the processes that train this model together; the batch is divided among them.
        Raises:
            BadRecipe: an unknown loss, or a batch that does not divide.
        """
        for phase in config.phases:
            try:
                find_loss(phase.loss, phase.smooth)
                rows = world.rows(config.batch, config.accumulate)
                if phase.critic_gate < 1 and len(rows) > 1:
                    raise BadRecipe("critic_gate judges whole batches: accumulate must be 1")
            except (BadRecipe, ValueError) as error:
                raise BadRecipe(f"phase {phase.name}: {error}") from error
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
        bf16 = config.precision == "bf16" or (
            config.precision == "auto" and probe_bf16(device).use_bf16
        )
        bf16 = not world.any(not bf16)  # all or none
        self._play = Play(
            task, self.generator, self.critic, config.augment, self.streams, device, bf16
        )
        self.world = world
        self._losses = {
            "generator": world.wrap(GeneratorLoss(self._play)),
            "critic": world.wrap(CriticLoss(self._play)),
        }
        self.images = 0
        self.rate_scale = 1.0
        self._strikes = 0
        self._adopted: list[str] = []
        self._resumed: list[Finding] = []
        self._p: float | None = None
        self._chain: list[dict[str, int | str]] = []
        self.calibration = Calibration(1.0, 0.0)

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
        book = Logbook(self.run_folder, self.images, writes=self.world.leads)
        for finding in self._resumed if self.images else self.task.concerns():
            book.finding(finding, self.images)
        started, first = time.monotonic(), self.images
        deadline = started + max_minutes * 60 if max_minutes else float("inf")
        total = self.config.total_images
        tick = max(1, round(self.config.tick_kimg * 1000 / self.config.batch))
        try:
            while self.images < total:
                phase, progress = self.config.phase_at(self.images)
                if not self._chain or self._chain[-1]["phase"] != phase.name:
                    self._chain.append({"phase": phase.name, "images": self.images})
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
                    self._tick(book, phase, values)
                if self.world.any(time.monotonic() > deadline or is_cancelled()):
                    break
            if self.images % (tick * self.config.batch):
                self._tick(book, phase, {})
        finally:
            book.close()
        return self.images >= total

    def step(self, phase: Phase, progress: float) -> dict[str, float]:
        """One update of both players (or of one alone, as the phase says)."""
        step = self.images // self.config.batch
        whole = self._play.on_device(self.task.batch(self.config.batch, step, self.streams))
        self._set_rates(phase, progress)
        for player in (self.generator, self.critic):
            self.task.advance(player, self.images / self.config.total_images)
        p = phase.augment_p.at(progress) if phase.ada_target is None else self._ada(phase)
        moments = [
            Moment(phase, progress, step, p, rows)
            for rows in self.world.rows(self.config.batch, self.config.accumulate)
        ]
        turns = {"critic": phase.kind != "pretrain", "generator": phase.kind != "critic"}
        turns["generator"] &= phase.kind == "pretrain" or (step + 1) % phase.n_critic == 0
        values: dict[str, float] = {}
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(stream_seed(self.config.seed, "layers", step))  # of dropout
            for name in (phase.first, "generator" if phase.first == "critic" else "critic"):
                if turns[name]:
                    values |= self._learn(name, whole, moments)
        if phase.ada_target is not None and "critic/sign" in values:
            push = self.config.batch / (1000 * phase.ada_kimg)
            values["critic/augment_p"] = self._p = adapted(
                p, values["critic/sign"], phase.ada_target, push
            )
        self.images += self.config.batch
        self.ema.update(self.generator, self.config.batch, self.images)
        return values

    # ---------------------------------------------------------------- both players

    def _learn(self, name: str, whole: Batch, moments: list[Moment]) -> dict[str, float]:
        """One step of a player on its share of the batch, part by part."""
        phase = moments[0].phase
        hold = phase.hold_critic if name == "critic" else phase.hold_generator
        self._modules()["critic" if name == "generator" else "generator"].requires_grad_(False)
        self._awaken(name, hold)
        optimizer, loss_of = self.optimizers[name], self._losses[name]
        optimizer.zero_grad(set_to_none=True)
        sums: dict[str, Tensor] = {}
        rests = False
        for moment in moments:
            last = moment is moments[-1]
            with nullcontext() if last else without_sync(loss_of):
                loss, values = loss_of(moment.rows.of_batch(whole), moment)
                for key, value in values.items():
                    sums[key] = sums.get(key, 0) + value / len(moments)
                if loss is None:
                    rests = True
                else:
                    (loss / len(moments)).backward()
        means = {f"{name}/{k}": v for k, v in self.world.mean(sums).items()}
        return means if rests else means | self._apply(name, phase)

    def _ada(self, phase: Phase) -> float:
        """The chance of augmentation that ADA has come to; it begins at the phase's `augment_p`."""
        if self._p is None:
            self._p = phase.augment_p.at(0.0)
        return self._p

    def _awaken(self, name: str, hold: int) -> None:
        """Let a player learn, but for the first `hold` layers of what it adopted (FreezeD)."""
        player = self._modules()[name].requires_grad_(True)
        if hold and name in self._adopted:
            for layer in self.task.layers(player)[:hold]:
                for module in layer:
                    module.requires_grad_(False)

    def _apply(self, name: str, phase: Phase) -> dict[str, float]:
        """Step by what was added up; a gradient that is not finite leaves the player as it is."""
        optimizer = self.optimizers[name]
        parameters = [p for group in optimizer.param_groups for p in group["params"]]
        gradients = [p.grad for p in parameters if p.grad is not None]
        norm = torch.nn.utils.get_total_norm(gradients)
        if not torch.isfinite(norm):
            return {f"{name}/skipped": 1.0}
        if phase.clip_gradient is not None:
            torch.nn.utils.clip_grads_with_norm_(parameters, phase.clip_gradient, norm)
        optimizer.step()
        if name == "critic" and phase.clip_weights is not None:
            clip_weights(parameters, phase.clip_weights)
        return {f"{name}/gradient": norm.item()}

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

    def _tick(self, book: Logbook, phase: Phase, values: dict[str, float]) -> None:
        if not self.world.leads:
            return
        watched, findings = watch(self._play, self.ema.module, self.config, phase, values)
        self.calibration = calibrate(self._play, self.ema.module, self.config.seed)
        book.scalars(watched, self.images)
        for finding in findings:
            book.finding(finding, self.images)
        picture = self.task.picture(self.ema.module)
        if picture is not None:
            book.picture(picture, self.images)
        self.save()

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
            "bf16": self._play.bf16,
            "augment_p": self._p,
            "phases": self._chain,
            "calibration": [self.calibration.scale, self.calibration.offset],
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
        self._strikes, self._play.bf16 = header["strikes"], header["bf16"]
        self._adopted = header.get("adopted", [])
        self._p, self._chain = header.get("augment_p"), header.get("phases", [])
        self.calibration = Calibration(*header.get("calibration", (1.0, 0.0)))
        if damaged:
            self._resumed = [fell_back(damaged, self.images)]
        return True

    def _modules(self) -> dict[str, nn.Module]:
        return {"generator": self.generator, "critic": self.critic, "ema": self.ema.module}

    def _set_rates(self, phase: Phase, progress: float) -> None:
        betas = (phase.beta1, phase.beta2.at(progress))
        for name, rate in (("generator", phase.lr_g), ("critic", phase.lr_d)):
            set_rates(self.optimizers[name], rate.at(progress) * self.rate_scale, betas)
