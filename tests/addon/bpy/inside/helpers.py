"""Where the add-on's modules are, and what is in the scene."""

from __future__ import annotations

import importlib
import os
import sys
import types
from pathlib import Path
from typing import Any

import bpy

PACKAGE = "bl_ext.user_default.vernissage"
ROOT = Path(__file__).resolve().parents[4]
KINDS = (
    "objects", "meshes", "armatures", "actions", "materials", "images", "collections",
    "node_groups", "texts", "scenes", "linestyles", "worlds", "lights", "cameras",
)  # fmt: skip


def import_addon() -> types.ModuleType:
    """Import the add-on under the name that an installed extension has."""
    for name in ("bl_ext", "bl_ext.user_default"):
        sys.modules.setdefault(name, types.ModuleType(name)).__path__ = []  # type: ignore[attr-defined]
    spec = importlib.util.spec_from_file_location(
        PACKAGE, ROOT / "addon/__init__.py", submodule_search_locations=[str(ROOT / "addon")]
    )
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    sys.modules[PACKAGE] = module
    spec.loader.exec_module(module)
    return module


def part(name: str) -> Any:
    """A module of the add-on, such as `core.history`."""
    return importlib.import_module(f"{PACKAGE}.{name}")


def settings() -> Any:
    """What the user set in this scene."""
    return bpy.context.scene.vernissage


def made() -> list[Any]:
    """The armatures that were placed, in the order of their seeds."""
    objects = bpy.data.collections["Vernissage"].objects
    roots = [ob for ob in objects if ob.type == "ARMATURE"]
    return sorted(roots, key=lambda ob: ob["vernissage_seed"])


def census() -> dict[str, list[str]]:
    """The names of all datablocks of the kinds that the add-on makes."""
    return {kind: sorted(block.name for block in getattr(bpy.data, kind)) for kind in KINDS}


def view_3d() -> Any:
    area = next(area for area in bpy.context.screen.areas if area.type == "VIEW_3D")
    region = next(region for region in area.regions if region.type == "WINDOW")
    return bpy.context.temp_override(
        window=bpy.context.window_manager.windows[0], area=area, region=region
    )


def pid_is_gone(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return True
    return False
