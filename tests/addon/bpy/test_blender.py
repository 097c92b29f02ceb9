"""Runs the tests of `inside/` in a child process with the bpy wheel, and reports each of them."""

from __future__ import annotations

import ast
import importlib.util
import os
import subprocess
import sys
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest

INSIDE = Path(__file__).with_name("inside")
MOST_S = 400


def inner_tests() -> list[str]:
    """`file::test` of everything inside, found without importing it."""
    return [
        f"{path.stem}::{node.name}"
        for path in sorted(INSIDE.glob("test_*.py"))
        for node in ast.parse(path.read_text()).body
        if isinstance(node, ast.FunctionDef) and node.name.startswith("test_")
    ]


Outcome = tuple[str, str]
"""`passed`, `failed` or `skipped`, and why."""


@pytest.fixture(scope="session")
def outcomes(root: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[Outcome]]:
    """What became of every inner test; several outcomes where it is parametrised."""
    if importlib.util.find_spec("bpy") is None:
        pytest.skip("Blender's Python module is absent: pip install 'bpy==4.5.*' (Python 3.11)")
    loads = subprocess.run([sys.executable, "-c", "import bpy"], capture_output=True, text=True)
    if loads.returncode:
        reason = loads.stderr.strip().splitlines()[-1]
        pytest.skip(f"bpy cannot be loaded (see README, Tests): {reason}")
    folder = tmp_path_factory.mktemp("blender")
    report = folder / "report.xml"
    environment = os.environ | {
        "VERNISSAGE_INSIDE_BLENDER": "1",
        "BLENDER_USER_RESOURCES": str(folder / "user"),
    }
    command = [sys.executable, "-m", "pytest", str(INSIDE), f"--junitxml={report}", "-q"]
    done = subprocess.run(
        command, cwd=root, env=environment, capture_output=True, text=True, timeout=MOST_S
    )
    assert report.is_file(), f"Blender died: {done.stdout[-4000:]}{done.stderr[-4000:]}"
    found: dict[str, list[Outcome]] = {}
    for case in ET.parse(report).iter("testcase"):
        file = case.get("classname", "").rsplit(".", 1)[-1]
        name = case.get("name", "").split("[")[0]
        outcome = ("passed", "")
        for child in case:
            if child.tag in ("failure", "error"):
                outcome = ("failed", child.text or "")
            elif child.tag == "skipped" and outcome[0] == "passed":
                outcome = ("skipped", child.get("message", ""))
        found.setdefault(f"{file}::{name}", []).append(outcome)
    return found


@pytest.mark.parametrize("name", inner_tests())
def test_inside_blender(outcomes: dict[str, list[Outcome]], name: str) -> None:
    assert name in outcomes, "it did not run"
    for kind, why in outcomes[name]:
        if kind == "failed":
            pytest.fail(why, pytrace=False)
    for kind, why in outcomes[name]:
        if kind == "skipped":
            pytest.skip(why)
