"""Speed and memory of generation on this machine: `vernissage bench generate`."""

from __future__ import annotations

import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal

from engine import protocol
from engine.errors import VernissageError
from engine.zoo.card import card

BATCH = {"voxels": 200, "shapes": 48, "pictures": 8, "materials": 16}
"""Assets in one run of the batch figure, by what a model makes."""
WARM_S = {"voxels": 0.15, "shapes": 2.0, "pictures": 3.0, "materials": 1.0}
PACE = {"voxels": 20_000, "shapes": 3_000, "pictures": 1_000, "materials": 3_000}
MEMORY_GB = {"voxels": 1.5, "shapes": 2.0, "pictures": 1.5, "materials": 1.5}
QUERY = 128
"""Cells along the edge of the field that a query fills."""


@dataclass(frozen=True)
class Figure:
    """A measured figure: one value a run, and the bar that it should reach."""

    name: str
    unit: str
    runs: tuple[float, ...]
    bar: float | None = None
    better: Literal["lower", "higher"] = "lower"

    @property
    def median(self) -> float:
        return statistics.median(self.runs)

    @property
    def least(self) -> float:
        return min(self.runs)

    @property
    def most(self) -> float:
        return max(self.runs)

    @property
    def reached(self) -> bool:
        """The median is on the right side of the bar, or there is none."""
        if self.bar is None:
            return True
        return self.median <= self.bar if self.better == "lower" else self.median >= self.bar

    @property
    def bar_text(self) -> str:
        """The bar as a person reads it, such as '≤ 8'."""
        if self.bar is None:
            return ""
        return f"{'≤' if self.better == 'lower' else '≥'} {self.bar:,g}"

    def as_json(self) -> dict[str, Any]:
        """Name, unit, runs, bar, and what follows from them."""
        derived = {"median": self.median, "min": self.least, "max": self.most}
        return {**asdict(self), **derived, "reached": self.reached}


def bench_generate(runs: int = 5, model: str = "voxel_characters") -> tuple[Figure, ...]:
    """Measure generation, worker and all, in fresh processes and in this one.

    Peak memory is left out where the system keeps no count of it.

    Args:
        runs: repetitions behind each median.
        model: a model of the zoo or a run folder.
    """
    makes = card(model).makes
    with tempfile.TemporaryDirectory(prefix="vernissage-bench-") as folder:
        out = Path(folder)
        cold, warm, memory = zip(*(_worker_run(model, out) for _ in range(runs)), strict=True)
        count = BATCH[makes]
        pace = tuple(_assets_per_hour(model, out, count) for _ in range(min(runs, 3)))
    figures = [
        Figure("cold worker start to first asset", "s", cold, bar=8.0),
        Figure("warm worker, one asset to GLB", "s", warm, bar=WARM_S[makes]),
        Figure(f"assets an hour, {count} at a time", "1/h", pace, PACE[makes], "higher"),
    ]
    if all(memory):
        figures.append(Figure("peak memory of the worker", "GB", memory, bar=MEMORY_GB[makes]))
    if makes == "shapes":
        _, *query = (_query_seconds(model, seed) for seed in range(runs + 1))  # the first warms up
        figures.append(Figure(f"field of a new shape at {QUERY}³", "s", tuple(query), bar=0.5))
    return tuple(figures)


def _worker_run(model: str, out: Path) -> tuple[float, float, float]:
    """Seconds from a cold start to an asset, seconds for one when warm, peak memory in GB."""
    begin = time.perf_counter()
    with _worker() as worker:
        _make_one(worker, model, out, seed=0)
        cold = time.perf_counter() - begin
        warm = []
        for seed in range(1, 6):
            begin = time.perf_counter()
            _make_one(worker, model, out, seed)
            warm.append(time.perf_counter() - begin)
        memory = peak_memory_gb(worker.pid)
    return cold, statistics.median(warm), memory


@contextmanager
def _worker() -> Iterator[subprocess.Popen[bytes]]:
    command = [sys.executable, "-m", "engine.cli", "worker"]
    pipe = subprocess.PIPE
    with subprocess.Popen(command, stdin=pipe, stdout=pipe, stderr=subprocess.DEVNULL) as worker:
        try:
            yield worker
        finally:
            assert worker.stdin is not None
            worker.stdin.close()
            worker.wait(timeout=30)


def _make_one(worker: subprocess.Popen[bytes], model: str, out: Path, seed: int) -> None:
    params = {"model": model, "seed": seed, "count": 1, "previews": False, "out": str(out)}
    assert worker.stdin is not None
    assert worker.stdout is not None
    worker.stdin.write(protocol.encode(protocol.Request(seed, protocol.GENERATE, params)))
    worker.stdin.flush()
    for line in worker.stdout:
        match protocol.decode(line):
            case protocol.Response(id=answered) if answered == seed:
                return
            case protocol.Failure(sentence=sentence):
                raise VernissageError(f"The worker failed: {sentence}")
    raise VernissageError("The worker ended before it answered")


def _assets_per_hour(model: str, out: Path, count: int) -> float:
    from engine.generate import generate
    from engine.request import GenerateRequest

    request = GenerateRequest(model=model, count=count, previews=False, out=out / "batch")
    begin = time.perf_counter()
    generate(request)
    return count / (time.perf_counter() - begin) * 3600


def _query_seconds(model: str, seed: int) -> float:
    """Seconds from a latent to signed distances on a grid of QUERY³, one body, model loaded."""
    from engine.makers.item import load
    from engine.makers.shapes import sample_shape
    from engine.shape.surface import solidify

    loaded = load(model)
    begin = time.perf_counter()
    field = sample_shape(loaded, seed).field
    solidify(field, max(1, QUERY // field.shape[1]))
    return time.perf_counter() - begin


def peak_memory_gb(pid: int) -> float:
    """The most memory a running process has held so far, in GB; 0 where there is no /proc."""
    status = Path(f"/proc/{pid}/status")
    if not status.is_file():
        return 0.0
    peak = next(line for line in status.read_text().splitlines() if line.startswith("VmHWM"))
    return int(peak.split()[1]) * 1024 / 1e9
