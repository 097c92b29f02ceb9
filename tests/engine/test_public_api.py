"""The verbs of `import engine`: lazy, and still verbs after their modules have been imported."""

from __future__ import annotations

import subprocess
import sys

import pytest

import engine


def python(code: str) -> str:
    """What a fresh interpreter prints."""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return done.stdout.strip()


def test_importing_the_engine_imports_nothing_heavy() -> None:
    code = "import engine, sys; print(sorted({'torch', 'numpy', 'pydantic'} & set(sys.modules)))"
    assert python(code) == "[]"


@pytest.mark.parametrize("verb", ["generate", "train"])
@pytest.mark.parametrize("first", ["import engine", "from engine.{verb} import {verb}"])
def test_a_verb_stays_callable_whatever_was_imported_first(verb: str, first: str) -> None:
    code = f"{first.format(verb=verb)}; import engine; print(callable(engine.{verb}))"
    assert python(code) == "True"


def test_verbs_are_listed_and_others_are_no_attribute() -> None:
    assert {"GenerateRequest", "build_gallery", "generate", "load", "train"} <= set(dir(engine))
    assert python("import engine; print(callable(engine.build_gallery))") == "True"
    with pytest.raises(AttributeError, match="paint"):
        _ = engine.paint
