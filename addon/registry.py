# SPDX-License-Identifier: GPL-3.0-or-later
"""Registers every class, in an order that Blender accepts, and takes all of it back."""

import bpy

from . import runtime
from .ops import engine as engine_ops
from .ops import generate, insert, results, seed
from .ui import menus, panels, preferences, settings, thumbnails

CLASSES = (
    *settings.CLASSES,
    *preferences.CLASSES,
    *engine_ops.CLASSES,
    *generate.CLASSES,
    *insert.CLASSES,
    *results.CLASSES,
    *seed.CLASSES,
    *panels.CLASSES,
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
