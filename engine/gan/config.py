"""How a run is trained: phases, rates, penalties. Frozen, checked, hashed."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from engine.gan.augment import AugmentConfig
from engine.gan.schedule import Schedule, constant


def _number_or_table(value: Any) -> Any:
    return constant(float(value)) if isinstance(value, int | float) else value


Rate = Annotated[Schedule, BeforeValidator(_number_or_table)]


class Phase(BaseModel):
    """A stretch of training with one objective."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str = Field(description="Shown in the progress bar and the logs.")
    kind: Literal["pretrain", "critic", "adversarial"] = Field(
        "adversarial",
        description="pretrain: the task's own losses, no critic; critic: it alone learns, warming up.",
    )
    kimg: float = Field(gt=0, description="Length in thousands of real samples shown.")
    loss: str = Field("rpgan", description="A name in engine.gan.losses.LOSSES.")
    lr_g: Rate = Field(constant(2e-4), description="Adam rate of the generator.")
    lr_d: Rate = Field(constant(2e-4), description="Adam rate of the critic.")
    beta1: float = Field(0.0, ge=0, lt=1, description="Adam's first moment decay.")
    beta2: Rate = Field(constant(0.99), description="Adam's second moment decay.")
    gamma: Rate = Field(constant(1.0), description="Weight of R1 + R2 (each times gamma / 2).")
    penalty: Literal["exact", "finite_difference", "gradient_penalty", "none"] = Field(
        "exact",
        description="How R1 and R2 are computed; or WGAN-GP's penalty, gamma times as strong.",
    )
    penalty_on: Literal["both", "real"] = Field(
        "both", description="R1 and R2, or R1 alone (on real samples)."
    )
    penalty_every: int = Field(
        1, ge=1, description="Apply the penalty every n-th step, n times as strong."
    )
    augment_p: Rate = Field(constant(0.0), description="Chance of each change on a sample.")
    critic_gate: float = Field(
        1.0,
        ge=0.5,
        le=1,
        description="The critic rests on batches that it judges better than this (Wu et al.: 0.8).",
    )
    n_critic: int = Field(
        1, ge=1, description="The critic learns at every step, the generator at every n-th."
    )
    first: Literal["critic", "generator"] = Field(
        "critic", description="Who learns first in a step in which both do."
    )
    clip_weights: float | None = Field(
        None, gt=0, description="Bound of each of the critic's weights (WGAN: 0.01)."
    )
    clip_gradient: float | None = Field(
        None, gt=0, description="Bound of the norm of each player's gradient."
    )
    smooth: float = Field(
        0.0, ge=0, lt=0.5, description="One-sided label smoothing: real samples count 1 - this."
    )
    instance_noise: Rate = Field(
        constant(0.0), description="Standard deviation of noise on all that the critic sees."
    )
    ada_target: float | None = Field(
        None,
        gt=0,
        lt=1,
        description="Adapt augment_p so that E sign(D(real)) stays here (ADA: 0.6); it then only begins there.",
    )
    ada_kimg: float = Field(50.0, gt=0, description="Shortest way of ADA from p = 0 to 1.")
    consistency: float = Field(
        0.0, ge=0, description="Weight of the critic's change under the worst small change (FGSM)."
    )
    radius: float = Field(0.02, gt=0, description="Largest change of a value for `consistency`.")
    hold_critic: int = Field(
        0,
        ge=0,
        description="First layers of a critic that came with --init which stay as they are (FreezeD).",
    )
    hold_generator: int = Field(
        0, ge=0, description="First layers of a generator that came with --init which stay."
    )


LATER = (
    "penalty_on",
    "n_critic",
    "first",
    "clip_weights",
    "clip_gradient",
    "smooth",
    "instance_noise",
    "ada_target",
    "ada_kimg",
    "consistency",
    "radius",
    "hold_critic",
    "hold_generator",
)
"""Fields that the first release did not know: see `TrainConfig.shaping`."""


class TrainConfig(BaseModel):
    """Everything the trainer needs to know besides the task."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    seed: int = Field(0, ge=0, description="Seed of every random stream.")
    batch: int = Field(16, ge=2, description="Samples a step.")
    phases: tuple[Phase, ...] = Field(min_length=1, description="Run one after another.")
    optimizer: Literal["adam", "rmsprop"] = Field("adam", description="For both players.")
    stop_kimg: float | None = Field(
        None,
        gt=0,
        description="Early stopping: end here; the phases' schedules keep their length.",
    )
    passes: float | None = Field(
        None,
        gt=0,
        description="Times each example is shown at most: with few examples all phases are shorter.",
    )
    accumulate: int = Field(
        1, ge=1, description="Parts that a batch is computed in, one after another, to save memory."
    )
    duality_steps: int = Field(
        0,
        ge=0,
        description="At each tick: steps of both players' best answers for the duality gap; 0 for none.",
    )
    ema_kimg: float = Field(10.0, gt=0, description="Half-life of the averaged generator.")
    augment: AugmentConfig = Field(default_factory=AugmentConfig)
    precision: Literal["auto", "f32", "bf16"] = Field(
        "auto", description="auto: bf16 where a probe finds it faster and right."
    )
    tick_kimg: float = Field(4.0, gt=0, description="Between checkpoints, sheets and monitors.")

    def shaping(self) -> str:
        """JSON of all that shapes the result.

        What an earlier release did not know counts only where it is used: its runs can go on.
        """
        known = Phase.model_fields
        phases = {
            index: {name for name in LATER if getattr(phase, name) == known[name].default}
            for index, phase in enumerate(self.phases)
        }
        unused = {
            name for name in ("passes", "accumulate", "duality_steps") if not self._uses(name)
        }
        return self.model_dump_json(exclude={"phases": phases, **dict.fromkeys(unused, True)})

    def _uses(self, name: str) -> bool:
        return bool(getattr(self, name) != type(self).model_fields[name].default)

    def for_examples(self, count: int) -> TrainConfig:
        """The same with its phases shortened, in proportion, to what `count` examples bear."""
        kimg = sum(phase.kimg for phase in self.phases)
        share = min(1.0, (self.passes or float("inf")) * count / 1000 / kimg)
        phases = [phase.model_copy(update={"kimg": phase.kimg * share}) for phase in self.phases]
        return self.model_copy(update={"phases": tuple(phases)})

    @property
    def total_images(self) -> int:
        """Real samples shown over all phases, or up to the early stop."""
        total = sum(self.phase_images(phase) for phase in self.phases)
        if self.stop_kimg is None:
            return total
        return min(total, round(self.stop_kimg * 1000 / self.batch) * self.batch)

    def phase_images(self, phase: Phase) -> int:
        """Real samples shown in one phase, a whole number of steps."""
        return max(1, round(phase.kimg * 1000 / self.batch)) * self.batch

    def phase_at(self, images: int) -> tuple[Phase, float]:
        """The phase after so many real samples, and how far through it they are, in [0, 1)."""
        begin = 0
        for phase in self.phases:
            length = self.phase_images(phase)
            if images < begin + length:
                return phase, (images - begin) / length
            begin += length
        raise AssertionError("asked for a phase after the last")
