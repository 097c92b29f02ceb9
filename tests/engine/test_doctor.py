"""The doctor: every check is a finding, none stops the others, and only what is broken fails."""

from __future__ import annotations

import json

import pytest
from typer.testing import CliRunner

from engine import doctor
from engine.cli import app


def test_doctor_exits_with_1_only_when_something_is_broken(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    good = doctor.Finding("disk", "9 GB free")
    note = doctor.Finding("bf16", "slow", "advice", "Use float32.")
    bad = doctor.Finding("models", "Weights are missing", "broken", "Reinstall.")
    monkeypatch.setattr(doctor, "examine", lambda: doctor.Findings((good, note)))
    assert CliRunner().invoke(app, ["doctor"]).exit_code == 0
    monkeypatch.setattr(doctor, "examine", lambda: doctor.Findings((good, bad)))
    result = CliRunner().invoke(app, ["doctor", "--json"])
    assert result.exit_code == 1
    assert json.loads(result.stdout) == {
        "healthy": False,
        "findings": [
            {"name": "disk", "value": "9 GB free", "level": "good", "advice": ""},
            {
                "name": "models",
                "value": "Weights are missing",
                "level": "broken",
                "advice": "Reinstall.",
            },
        ],
    }


def test_a_check_that_fails_is_a_finding_and_does_not_stop_the_others(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def broken() -> None:
        raise OSError("no such device")

    monkeypatch.setattr(doctor, "check_torch", broken)
    found = {finding.name: finding for finding in doctor.examine().all}
    assert found["torch"].level == "broken"
    assert "no such device" in found["torch"].value
    assert found["disk"].level in ("good", "advice")


@pytest.mark.parametrize(
    ("most", "counts"), [(1, [1]), (2, [1, 2]), (6, [1, 2, 4, 6]), (8, [1, 2, 4, 8])]
)
def test_the_thread_probe_doubles_up_to_all_processors(most: int, counts: list[int]) -> None:
    assert doctor.thread_counts(most) == counts
