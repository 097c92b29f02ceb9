# SPDX-License-Identifier: GPL-3.0-or-later
"""Registers every class, in an order that Blender accepts, and takes all of it back."""

import bpy

from . import runtime
from .ops import engine as engine_ops
from .ops import generate, insert, museum, results, seed, visit, works
from .ui import menus, museum_panel, museum_settings, panels, preferences, settings, thumbnails

CLASSES = (
    *museum_settings.CLASSES,
    *settings.CLASSES,
    *preferences.CLASSES,
    *engine_ops.CLASSES,
    *generate.CLASSES,
    *insert.CLASSES,
    *results.CLASSES,
    *seed.CLASSES,
    *museum.CLASSES,
    *works.CLASSES,
    *visit.CLASSES,
    *panels.CLASSES,
    *museum_panel.CLASSES,
)


def register():
    """Only declarations: no file, no process, no scene is touched."""
    for cls in CLASSES:
        bpy.utils.register_class(cls)
    bpy.types.Scene.vernissage = bpy.props.PointerProperty(
        name="Vernissage", type=settings.VERNISSAGE_PG_settings
    )
    bpy.app.handlers.load_pre.append(runtime.on_load_pre)
    menus.add()


def unregister():
    """The reverse; a running job is cancelled and the engine's process ended first."""
    runtime.shut_down()
    thumbnails.clear()
    menus.remove()
    bpy.app.handlers.load_pre.remove(runtime.on_load_pre)
    del bpy.types.Scene.vernissage
    for cls in reversed(CLASSES):
        bpy.utils.unregister_class(cls)
