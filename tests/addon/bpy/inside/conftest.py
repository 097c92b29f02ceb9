"""The extension, enabled in a Blender without windows, as Blender itself would name it."""

from __future__ import annotations

import os
import sys
import types
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import bpy
import pytest

from tests.addon.bpy.inside.helpers import PACKAGE, import_addon, part


@pytest.hookimpl(trylast=True)
def pytest_unconfigure(config: pytest.Config) -> None:
    """Leave at once: the wheel's own shutdown can hang."""
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(int(getattr(config, "exit_status", 0)))


def pytest_sessionfinish(session: pytest.Session, exitstatus: int) -> None:
    """Keep the status for `pytest_unconfigure`."""
    session.config.exit_status = int(exitstatus)  # type: ignore[attr-defined]


@pytest.fixture(scope="session")
def addon() -> types.ModuleType:
    """The add-on, registered for the whole session."""
    module = import_addon()
    bpy.context.preferences.addons.new().module = PACKAGE
    module.register()
    return module


@pytest.fixture
def prefs(addon: types.ModuleType) -> Any:
    return bpy.context.preferences.addons[PACKAGE].preferences


@pytest.fixture(autouse=True)
def clean(addon: types.ModuleType, prefs: Any) -> Iterator[None]:
    """Start from Blender's own scene, with nothing made and no engine running."""
    prefs.engine_command = ""
    runtime = part("runtime")
    yield
    runtime.shut_down()
    runtime.history().entries.clear()
    runtime.history().sweep()
    bpy.ops.wm.read_factory_settings(use_empty=False)
    if PACKAGE not in bpy.context.preferences.addons:
        bpy.context.preferences.addons.new().module = PACKAGE


@pytest.fixture(scope="session")
def person(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A GLB of the engine: a drawn voxel figure, 1.7 m, rigged, with its idle clip."""
    import numpy as np

    from engine.assets.glb import write_glb
    from engine.assets.provenance import provenance
    from engine.assets.voxel_asset import voxel_asset
    from engine.data.voxels import VoxelGrid

    boxes = {
        (200, 160, 120): (slice(11, 17), slice(3, 9), slice(4, 10)),
        (40, 80, 200): (slice(5, 11), slice(4, 8), slice(4, 10)),
        (220, 40, 40): (slice(5, 10), slice(5, 7), slice(2, 4)),
        (60, 200, 60): (slice(5, 10), slice(5, 7), slice(10, 12)),
        (30, 30, 30): (slice(0, 5), slice(4, 8), slice(4, 6)),
        (31, 30, 30): (slice(0, 5), slice(4, 8), slice(8, 10)),
    }
    solid, colors = np.zeros((17, 12, 14), bool), np.zeros((17, 12, 14, 3), np.uint8)
    for color, box in boxes.items():
        solid[box], colors[box] = True, color
    # A nose, so that it has a front: index 0 of the depth is the front.
    solid[13, 2, 7], colors[13, 2, 7] = True, (250, 0, 0)
    signed = provenance(
        model="voxel_characters", weights_sha256="ab" * 32, seed=0, request={}, sources=[]
    )
    asset = voxel_asset(
        VoxelGrid(solid, colors), name="person", height=1.7, rig=True, provenance=signed
    )
    path = tmp_path_factory.mktemp("glb") / "person.glb"
    write_glb(asset, path)
    return path


@pytest.fixture
def engine(prefs: Any, fake: Callable[..., str], person: Path) -> Callable[[str], None]:
    """Choose a scripted engine: `engine("happy")` hands out the person."""

    def choose(mode: str) -> None:
        prefs.engine_command = fake(mode, person)

    return choose
