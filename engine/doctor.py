"""Looks at this machine and at what was installed, and says what to do about what is wrong."""

from __future__ import annotations

import os
import platform
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal

from engine import __version__
from engine.errors import VernissageError

LEAST_FREE_GB = 2.0
"""Below this a training run may fill the disk."""

Level = Literal["good", "advice", "broken"]


@dataclass(frozen=True)
class Finding:
    """One thing looked at: what was found, how bad it is, and what to do about it."""

    name: str
    value: str
    level: Level = "good"
    advice: str = ""


@dataclass(frozen=True)
class Findings:
    """Everything looked at, in the order in which a person would read it."""

    all: tuple[Finding, ...]

    @property
    def healthy(self) -> bool:
        """Nothing that the engine cannot do without is broken."""
        return not any(finding.level == "broken" for finding in self.all)

    def as_json(self) -> list[dict[str, Any]]:
        """The findings as JSON values."""
        return [asdict(finding) for finding in self.all]


def examine() -> Findings:
    """Run every check; each takes a second at most, and none can fail the others."""
    checks: tuple[tuple[str, Callable[[], Finding]], ...] = (
        ("vernissage", check_version),
        ("torch", check_torch),
        ("device", check_device),
        ("bf16", check_bf16),
        ("threads", check_threads),
        ("disk", lambda: check_disk(Path.cwd())),
        ("models", check_models),
    )
    return Findings(tuple(_guarded(name, check) for name, check in checks))


def _guarded(name: str, check: Callable[[], Finding]) -> Finding:
    try:
        return check()
    except VernissageError as error:
        return Finding(name, str(error), "broken", error.fix)
    except Exception as error:
        reason = f"{type(error).__name__}: {error}"
        return Finding(name, reason, "broken", "Reinstall the package: pip install vernissage")


def check_version() -> Finding:
    """Our version, and the Python and the system it runs on."""
    value = f"{__version__} on Python {platform.python_version()}, {platform.platform(terse=True)}"
    return Finding("vernissage", value)


def check_torch() -> Finding:
    """The version of torch; everything is tested with 2.11 and newer."""
    import torch

    major, minor = (int(part) for part in torch.__version__.split(".")[:2])
    if (major, minor) < (2, 11):
        return Finding("torch", torch.__version__, "advice", "Upgrade: pip install 'torch>=2.11'")
    return Finding("torch", torch.__version__)


def check_device() -> Finding:
    """Where training runs."""
    import torch

    from engine.gan.precision import best_device

    device = best_device()
    if device.type == "cpu":
        advice = "Shipped models are quick on a CPU; train with --tier cpu."
        return Finding("device", f"cpu, {processors()} processors", advice=advice)
    return Finding("device", torch.cuda.get_device_name(device), advice="Train with --tier gpu.")


def check_bf16() -> Finding:
    """Whether bfloat16 convolutions are right (some builds were wrong) and pay."""
    from engine.gan.precision import best_device, probe_bf16

    with _threads(1):
        probe = probe_bf16(best_device())
    value = (
        f"3-D convolution {probe.bf16_ms:.1f} ms against {probe.f32_ms:.1f} ms in float32, "
        f"relative error {probe.relative_error:.1e}"
    )
    if probe.relative_error >= 0.05:
        advice = "This build of torch computes bfloat16 wrongly; training uses float32."
        return Finding("bf16", value, "advice", advice)
    if not probe.use_bf16:
        return Finding("bf16", value, advice="It does not pay here; training uses float32.")
    return Finding("bf16", value)


def check_threads() -> Finding:
    """What more threads would do for a convolution; on a shared machine they make it slower."""
    import torch

    from engine.gan.precision import probe_bf16

    took: dict[int, float] = {}
    for count in thread_counts(processors()):
        with _threads(count):
            took[count] = probe_bf16(torch.device("cpu"), repeats=3).f32_ms
    value = ", ".join(f"{count}: {milliseconds:.1f} ms" for count, milliseconds in took.items())
    return Finding("threads", f"{value} for a 3-D convolution; on a CPU the engine uses 1")


@contextmanager
def _threads(count: int) -> Iterator[None]:
    import torch

    before = torch.get_num_threads()
    torch.set_num_threads(count)
    try:
        yield
    finally:
        torch.set_num_threads(before)


def thread_counts(most: int) -> list[int]:
    """1, 2, 4, ... up to and with `most`."""
    counts = [1]
    while counts[-1] * 2 < most:
        counts.append(counts[-1] * 2)
    return counts if most <= 1 else [*counts, most]


def processors() -> int:
    """Processors that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def check_disk(folder: Path) -> Finding:
    """Free space where we stand."""
    free = shutil.disk_usage(folder).free / 1e9
    if free < LEAST_FREE_GB:
        advice = "Free some space, or point --out at another disk."
        return Finding("disk", f"{free:.1f} GB free", "advice", advice)
    return Finding("disk", f"{free:.0f} GB free")


def check_models() -> Finding:
    """Every card's weights are there and are the file that the card describes."""
    from engine.zoo.card import names
    from engine.zoo.registry import load

    shipped = names()
    for name in shipped:
        load(name)
    return Finding("models", f"{len(shipped)} with the right weights: {', '.join(shipped)}")
