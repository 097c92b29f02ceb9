"""Running the command line in this process, with parts of the engine replaced."""

from __future__ import annotations

import sys
from types import ModuleType
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from engine.cli import app


def run(*arguments: str) -> Result:
    return CliRunner().invoke(app, list(arguments))


def replace(monkeypatch: pytest.MonkeyPatch, name: str, **members: Any) -> None:
    """Put a module with `members` where `name` would be imported from."""
    module = ModuleType(name)
    vars(module).update(members)
    monkeypatch.setitem(sys.modules, name, module)
