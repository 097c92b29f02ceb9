"""The benchmark measures a real worker; what it prints are its own figures."""

from __future__ import annotations

import os
import sys

import pytest

from engine import bench


def test_bench_measures_every_figure_of_a_real_worker(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(bench.BATCH, "voxels", 2)
    cold, warm, pace, *memory = bench.bench_generate(runs=1)
    assert 0 < warm.median < cold.median
    assert pace.median > 0
    assert all(0.05 < figure.median < 16 for figure in memory)


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux counts peak memory")
def test_peak_memory_counts_what_a_process_has_held() -> None:
    before = bench.peak_memory_gb(os.getpid())
    held = bytes(200_000_000).replace(b"\0", b"\1")
    after = bench.peak_memory_gb(os.getpid())
    assert len(held) == 200_000_000
    assert after >= before
    assert after >= 0.2


@pytest.mark.parametrize(
    ("better", "bar", "reached", "text"),
    [
        ("lower", 3.0, True, "≤ 3"),
        ("lower", 1.9, False, "≤ 1.9"),
        ("higher", 2.0, True, "≥ 2"),
        ("higher", 20_000.0, False, "≥ 20,000"),
        ("lower", None, True, ""),
    ],
)
def test_a_figure_is_judged_by_its_median(
    better: str, bar: float | None, reached: bool, text: str
) -> None:
    figure = bench.Figure("step", "s", (1.0, 9.0, 2.0), bar, better)  # type: ignore[arg-type]
    assert (figure.median, figure.reached, figure.bar_text) == (2.0, reached, text)
