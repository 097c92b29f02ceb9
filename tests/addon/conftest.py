"""What the add-on's tests share: the scripted engine."""

from __future__ import annotations

import shlex
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

FAKE = Path(__file__).with_name("fake_worker.py")


@pytest.fixture(scope="session")
def fake() -> Callable[..., str]:
    """The command of a scripted engine: `fake("slow")`, or `fake("happy", "person.glb")`."""

    def command(*words: object) -> str:
        return shlex.join([sys.executable, str(FAKE), *map(str, words)])

    return command
