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

from tests.addon.bpy.inside.drawn import write_person, write_stool
from tests.addon.bpy.inside.helpers import PACKAGE, import_addon, part
from tests.addon.bundle import write_bundle


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
    return write_person(tmp_path_factory.mktemp("glb") / "person.glb")


@pytest.fixture(scope="session")
def stool(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A GLB of the engine: a drawn stool, 0.6 m, with three levels of detail and a collider."""
    return write_stool(tmp_path_factory.mktemp("glb") / "stool.glb")


@pytest.fixture(scope="session")
def bundle(tmp_path_factory: pytest.TempPathFactory, person: Path) -> Path:
    """The folder of a museum of 30 works in four rooms."""
    folder = tmp_path_factory.mktemp("museum") / "bundle"
    write_bundle(folder, person)
    return folder


@pytest.fixture
def engine(prefs: Any, fake: Callable[..., str], person: Path) -> Callable[[str], None]:
    """Choose a scripted engine: `engine("happy")` hands out the person."""

    def choose(mode: str) -> None:
        prefs.engine_command = fake(mode, person)

    return choose


@pytest.fixture
def museum_engine(prefs: Any, fake: Callable[..., str], person: Path, bundle: Path) -> None:
    """A scripted engine that hands out the museum, and the person or one pixel as a work."""
    prefs.engine_command = fake("happy", person, bundle)


@pytest.fixture
def props_engine(
    prefs: Any, fake: Callable[..., str], stool: Path
) -> Iterator[Callable[[str], None]]:
    """Choose a scripted engine that hands out the stool, and the model of textured props."""

    def choose(mode: str) -> None:
        prefs.engine_command = fake(mode, stool)
        bpy.ops.vernissage.check_engine()
        bpy.context.scene.vernissage.model = "textured_props"

    yield choose
    prefs.models = ""
