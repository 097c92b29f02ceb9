"""A batch over several processes: the same bytes, whoever makes them, and nobody left behind."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections import deque
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from engine.errors import Cancelled
from engine.generate import generate
from engine.makers import crew
from engine.makers.item import pack, unpack
from engine.request import GenerateRequest, Item, Refusal

MODEL = "voxel_characters"
COUNT = 12


def request(out: Path, **values: Any) -> GenerateRequest:
    return GenerateRequest.parse({"model": MODEL, "out": out, "count": COUNT} | values)


@pytest.fixture
def helped(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[subprocess.Popen[bytes]]]:
    """A batch gets one helper from its first asset on, and waits for it; its processes."""
    children: list[subprocess.Popen[bytes]] = []
    popen, hire = subprocess.Popen, crew._Crew.hire

    def start(*arguments: Any, **options: Any) -> subprocess.Popen[bytes]:
        children.append(popen(*arguments, **options))
        return children[-1]

    def hire_and_wait(self: crew._Crew, left: int, seconds: float) -> None:
        before = len(children)
        hire(self, left, seconds)
        while len(children) > before and not any(helper.ready for helper in self._helpers):
            list(self.collect(deque()))

    monkeypatch.setattr(crew, "PAYS_S", 0.0)
    monkeypatch.setattr(crew, "cores", lambda: 2)
    monkeypatch.setattr(subprocess, "Popen", start)
    monkeypatch.setattr(crew._Crew, "hire", hire_and_wait)
    yield children
    assert all(child.poll() is not None for child in children)


def test_b9_a_batch_gives_the_same_bytes_whoever_makes_them(
    tmp_path: Path, helped: list[subprocess.Popen[bytes]], monkeypatch: pytest.MonkeyPatch
) -> None:
    made_here: list[int] = []
    make = crew.make
    monkeypatch.setattr(
        crew,
        "make",
        lambda asked, model, seed: (made_here.append(seed), make(asked, model, seed))[1],
    )
    both = generate(request(tmp_path / "both"))
    assert 0 < len(made_here) < COUNT
    assert len(helped) == 1
    monkeypatch.setattr(crew, "PAYS_S", 1e9)
    alone = generate(request(tmp_path / "alone"))
    assert [item.seed for item in both.items] == list(range(COUNT))
    for one, other in zip(both.items, alone.items, strict=True):
        assert one.report == other.report
        for kind, path in one.files.items():
            assert path.read_bytes() == other.files[kind].read_bytes()


def test_a_helper_that_dies_takes_nothing_with_it(
    tmp_path: Path, helped: list[subprocess.Popen[bytes]], monkeypatch: pytest.MonkeyPatch
) -> None:
    give = crew._Helper.give

    def give_and_kill(self: crew._Helper, seed: int) -> None:
        give(self, seed)
        os.kill(helped[-1].pid, signal.SIGKILL)

    monkeypatch.setattr(crew._Helper, "give", give_and_kill)
    result = generate(request(tmp_path, count=6, previews=False))
    assert [item.seed for item in result.items] == list(range(6))


def test_a_cancel_ends_the_helpers_and_leaves_whole_files_only(
    tmp_path: Path, helped: list[subprocess.Popen[bytes]]
) -> None:
    seen = 0

    def cancelled() -> bool:
        nonlocal seen
        seen += 1
        return seen > 3

    with pytest.raises(Cancelled, match="of 12"):
        generate(request(tmp_path), is_cancelled=cancelled)
    assert len(helped) == 1
    assert not [path.name for path in tmp_path.iterdir() if path.name.startswith(".")]


def test_a_helper_that_is_asked_nothing_ends_quietly() -> None:
    child = subprocess.Popen(
        [sys.executable, "-m", "engine.makers.crew"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    said, _ = child.communicate(timeout=120)
    assert said == b""


@pytest.mark.parametrize(
    "outcome",
    [
        Item("a-1", 1, {"glb": Path("/tmp/ä b.glb")}, {"triangles": 12, "seconds": {"all": 0.5}}),
        Refusal(3, "E_EMPTY", "Nothing.", "Another seed."),
    ],
)
def test_an_outcome_survives_the_pipe(outcome: Item | Refusal) -> None:
    line = pack(outcome)
    assert "\n" not in line
    assert unpack(line) == outcome
