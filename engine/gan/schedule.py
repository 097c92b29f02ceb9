"""Values that change over training: rates, gamma, Adam's beta2, augmentation strength."""

from __future__ import annotations

import math

from pydantic import BaseModel, ConfigDict, Field


class Schedule(BaseModel):
    """A value that goes from `start` to `end` between two shares of the phase, and rests outside.

    In a recipe either a number (constant) or a table `{start = 2e-4, end = 5e-5}`.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    start: float = Field(description="Value at the beginning.")
    end: float = Field(description="Value at the end.")
    begin: float = Field(
        0.0, ge=0, le=1, description="Share of the phase at which it starts to move."
    )
    until: float = Field(1.0, gt=0, le=1, description="Share of the phase at which it rests again.")

    def at(self, progress: float) -> float:
        """The value at `progress` in [0, 1], on a half cosine (R3GAN's schedules)."""
        share = (progress - self.begin) / max(self.until - self.begin, 1e-9)
        share = min(max(share, 0.0), 1.0)
        return self.end + (self.start - self.end) * 0.5 * (1 + math.cos(math.pi * share))


def constant(value: float) -> Schedule:
    """A schedule that does not move."""
    return Schedule(start=value, end=value)
