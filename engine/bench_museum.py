"""The planner's proof and speed over many seeds and all themes: `vernissage bench museum`."""

from __future__ import annotations

import resource
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
from PIL import Image

from engine.bench import Figure
from engine.bench_bundles import thing
from engine.files import write_json
from engine.museum.chance import stream
from engine.museum.check import check
from engine.museum.plan import plan
from engine.museum.spec import MuseumRequest
from engine.museum.themes import theme_names

MOST_WORKS = 120
BUILT = {50: (6, 10.0, 2.0), 500: (None, 60.0, 4.0)}
"""Existing works to rooms, and bars: seconds from description to bundle, GB of memory."""


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


def run_builds() -> tuple[Figure, ...]:
    """Build houses around works that exist already, with light and pictures of everything.

    Each in a process of its own, so that memory and imports count in full.
    """
    figures: list[Figure] = []
    for works, (rooms, seconds, memory) in BUILT.items():
        with tempfile.TemporaryDirectory() as folder:
            _existing(Path(folder), works, rooms)
            done = subprocess.run(
                [sys.executable, "-m", "engine.bench_museum", folder, str(time.time())],
                capture_output=True,
                text=True,
                check=True,
            )
            took, peak, calls, triangles, textures = (float(v) for v in done.stdout.split())
            name = f"{works} existing works"
            figures += [
                Figure(f"{name}: description to bundle", "s", (took,), bar=seconds),
                Figure(f"{name}: memory", "GB", (peak,), bar=memory),
                Figure(f"{name}: draw calls in the worst view", "", (calls,), bar=46.0),
                Figure(f"{name}: triangles in the worst view", "", (triangles,), bar=300_000.0),
                Figure(f"{name}: textures at the worst place", "MiB", (textures,), bar=256.0),
            ]
    return tuple(figures)


def _existing(folder: Path, works: int, rooms: int | None) -> None:
    """A description with pictures and solid things, two to one, as files beside it."""
    own = []
    for i in range(works):
        rng = stream(i, "existing")
        title, file = f"Work {i + 1}", f"files/{i}"
        if i % 3:
            tall, wide = (int(side) for side in rng.integers(600, 1200, 2))
            coarse = rng.integers(0, 255, (12, 12, 3)).astype(np.uint8)
            (folder / "files").mkdir(exist_ok=True)
            picture = Image.fromarray(coarse).resize((wide, tall), Image.Resampling.BICUBIC)
            picture.save(folder / f"{file}.jpg")
            size = [round(wide / 1000, 2), round(tall / 1000, 2)]
            own.append({"kind": "painting", "title": title, "file": f"{file}.jpg", "size": size})
        else:
            (folder / "files").mkdir(exist_ok=True)
            (folder / f"{file}.glb").write_bytes(thing(rng))
            size = [0.5, 0.7, 0.5]
            own.append({"kind": "sculpture", "title": title, "file": f"{file}.glb", "size": size})
    values = {"count": 0, "works": own, "theme": "white_cube", "rooms": rooms}
    write_json(folder / "show.json", values)


def _main(folder: Path, begin: float) -> None:
    """The process that is measured: seconds since `begin`, peak memory, what the worst view costs."""
    from engine.gallery.budget import worst_view
    from engine.gallery.make import build_gallery

    out = folder / "bundle"
    museum = build_gallery(folder / "show.json", out).museum
    took = time.time() - begin  # without the search for the worst view
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6
    worst = worst_view(museum, out)
    sys.stdout.write(f"{took} {peak} {worst.draws} {worst.triangles} {worst.texture_mib}\n")


def _spread(values: list[float]) -> tuple[float, ...]:
    """Least, median and most, which stand for all runs."""
    return min(values), statistics.median(values), max(values)


if __name__ == "__main__":
    _main(Path(sys.argv[1]), float(sys.argv[2]))
