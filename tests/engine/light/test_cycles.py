"""Baking with Cycles: Blender is started, listened to, and missed with a sentence."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from engine.light import cycles

MUSEUM = {"bundle": {"lightmaps": [{"room": "a"}, {"room": "b"}]}}


def speaking(monkeypatch: pytest.MonkeyPatch, *lines: str) -> None:
    """A Blender that reads its museum and says lines."""
    code = f"import sys; sys.stdin.read(); [print(line, flush=True) for line in {lines!r}]"
    monkeypatch.setattr(cycles, "blender", lambda: [sys.executable, "-c", code])


def test_every_room_is_told_of(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    speaking(monkeypatch, "Blender 4.5", "baked a.png", "baked b.png", "Blender quit")
    told: list[tuple[int, int]] = []
    cycles.bake_cycles(MUSEUM, tmp_path, on_progress=lambda *done: told.append(done))
    assert told == [(1, 2), (2, 2)]


def test_a_blender_that_stops_is_quoted(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    speaking(monkeypatch, "baked a.png", "Error: out of memory", "")
    with pytest.raises(cycles.CannotBake, match="1 of 2 rooms: Error: out of memory"):
        cycles.bake_cycles(MUSEUM, tmp_path)


def test_whoever_stops_ends_blender(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    code = "import sys, time; sys.stdin.read(); print('baked a', flush=True); time.sleep(600)"
    monkeypatch.setattr(cycles, "blender", lambda: [sys.executable, "-c", code])

    def stop(_done: int, _total: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        cycles.bake_cycles(MUSEUM, tmp_path, on_progress=stop)


def test_without_blender_there_is_a_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cycles, "find_spec", lambda _name: None)
    monkeypatch.setattr(cycles.shutil, "which", lambda _name: None)
    with pytest.raises(cycles.CannotBake, match="no Blender") as caught:
        cycles.blender()
    assert "--light fine" in caught.value.fix
