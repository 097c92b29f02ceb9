"""Tests of light need the ray caster; a machine that cannot load it skips them."""

from __future__ import annotations

import pytest

from engine.errors import CannotTrace
from engine.light.rays import ready


@pytest.fixture
def rays() -> None:
    try:
        ready()
    except CannotTrace as error:
        pytest.skip(str(error))
