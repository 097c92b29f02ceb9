"""The page's modules that need no browser, run by node against museums of every theme."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

from engine.museum.plan import plan
from engine.museum.spec import MuseumRequest
from engine.museum.store import museum_bytes
from engine.museum.themes import theme_names


def test_the_pages_reckoning_holds_in_museums_of_every_theme(node: str, tmp_path: Path) -> None:
    for theme in theme_names():
        museum = plan(MuseumRequest(theme=theme, count=24, seed=5))
        (tmp_path / f"{theme}.json").write_bytes(museum_bytes(museum))
    done = subprocess.run(
        [node, "--test", str(Path(__file__).with_name("plain.test.mjs"))],
        env={**os.environ, "MUSEUMS": str(tmp_path)},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-6000:]
