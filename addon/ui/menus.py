# SPDX-License-Identifier: GPL-3.0-or-later
"""The entry in *Add*, which also makes Generate findable with F3."""

import bpy


def draw_add(self, context) -> None:
    """Generate with the settings of the panel."""
    self.layout.separator()
    title = context.scene.vernissage.offer.title
    self.layout.operator("vernissage.generate", text=f"Vernissage: {title}", icon="SHADERFX")


def add() -> None:
    """Hook into the menu, if this Blender has it."""
    if hasattr(bpy.types, "VIEW3D_MT_add"):
        bpy.types.VIEW3D_MT_add.append(draw_add)


def remove() -> None:
    """Unhook."""
    if hasattr(bpy.types, "VIEW3D_MT_add"):
        bpy.types.VIEW3D_MT_add.remove(draw_add)
