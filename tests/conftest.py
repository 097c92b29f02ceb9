"""What every tier of the suite shares: where data lives, the glTF validator, one thread."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

# Before torch loads: the suite is checked on shared machines, where spinning threads stall it.
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
os.environ.setdefault("OMP_NUM_THREADS", "1")

import pytest
from hypothesis import HealthCheck, settings

# A busy machine is no failure, and continuous integration sees the same examples each time.
settings.register_profile(
    "house",
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
    derandomize="CI" in os.environ,
)
settings.load_profile("house")

ROOT = Path(__file__).resolve().parents[1]


@pytest.fixture(scope="session")
def root() -> Path:
    """The root of the repository."""
    return ROOT


@pytest.fixture(scope="session")
def data_folder() -> Path:
    """The folder of real data, which never ships: $VERNISSAGE_DATA, else ../shared/data."""
    folder = Path(os.environ.get("VERNISSAGE_DATA", ROOT.parent / "shared" / "data"))
    if not folder.is_dir():
        pytest.skip("no real data here: set VERNISSAGE_DATA to the folder that holds it")
    return folder


@pytest.fixture(scope="session")
def validate_glb() -> Callable[[Path], dict[str, Any]]:
    """The Khronos validator: path of a GLB -> its report, whose `issues` has counts and messages."""
    node = shutil.which("node")
    if node is None:
        pytest.skip("no node here: the Khronos glTF validator was not run")
    if not (ROOT / "tests/node/node_modules/gltf-validator").is_dir():
        pytest.skip("the glTF validator is not installed: npm ci --prefix tests/node")

    def validate(path: Path) -> dict[str, Any]:
        command = [node, str(ROOT / "tests/node/validate.mjs"), str(path)]
        done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
        assert done.returncode == 0, done.stderr
        report: dict[str, Any] = json.loads(done.stdout)
        return report

    return validate
