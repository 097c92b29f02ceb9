"""The planner's proof and speed over many seeds and all themes: `vernissage bench museum`."""

from __future__ import annotations

import statistics
import time

from engine.bench import Figure
from engine.museum.chance import stream
from engine.museum.check import check
from engine.museum.plan import plan
from engine.museum.spec import MuseumRequest
from engine.museum.themes import theme_names

MOST_WORKS = 120


def run(seeds: int = 200) -> tuple[Figure, ...]:
    """Plan museums of 1 to 120 works and count what the checker finds: nothing is the bar.

    Args:
        seeds: museums of each theme.
    """
    figures: list[Figure] = []
    for name in theme_names():
        faults = 0
        seconds: list[float] = []
        checked: list[float] = []
        for seed in range(seeds):
            count = int(stream(seed, "bench", name).integers(1, MOST_WORKS + 1))
            begin = time.perf_counter()
            museum = plan(MuseumRequest(theme=name, count=count, seed=seed))
            planned = time.perf_counter()
            faults += len(check(museum))
            checked.append(time.perf_counter() - planned)
            seconds.append(planned - begin)
        figures += [
            Figure(f"{name}: faults in {seeds} museums", "", (float(faults),), bar=0.0),
            Figure(f"{name}: plan", "s", _spread(seconds)),
            Figure(f"{name}: check", "s", _spread(checked)),
        ]
    return tuple(figures)


def _spread(values: list[float]) -> tuple[float, ...]:
    """Least, median and most, which stand for all runs."""
    return min(values), statistics.median(values), max(values)
