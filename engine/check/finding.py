"""What a check found: a verdict, one sentence, one fix, one number."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Finding:
    """One check of one file.

    Attributes:
        check: its name. holds: True, False, or None where the check does not apply.
        sentence: what was measured. fix: what to do; empty where it holds.
        value: the number behind the verdict; larger is worse.
    """

    check: str
    holds: bool | None
    sentence: str
    fix: str = ""
    value: float | None = None

    def as_json(self) -> dict[str, Any]:
        """JSON values; `fix` only where there is something to fix."""
        plain: dict[str, Any] = {
            "check": self.check,
            "holds": self.holds,
            "sentence": self.sentence,
        }
        if self.value is not None:
            plain["value"] = self.value
        if self.fix:
            plain["fix"] = self.fix
        return plain


def judged(check: str, holds: bool, sentence: str, fix: str, value: float | None = None) -> Finding:
    """A finding that carries its fix only where it fails."""
    return Finding(check, holds, sentence, "" if holds else fix, value)


def skipped(check: str, why: str) -> Finding:
    """A check that does not apply, and why."""
    return Finding(check, None, why)
