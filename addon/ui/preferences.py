# SPDX-License-Identifier: GPL-3.0-or-later
"""The add-on's preferences: where the engine is, and whether it is well."""

import bpy

from .. import __package__ as base_package
from .. import runtime
from ..core import words
from .draw import draw_problem


class VERNISSAGE_AP_preferences(bpy.types.AddonPreferences):
    """Kept by Blender with the user's preferences."""

    bl_idname = base_package

    engine_command: bpy.props.StringProperty(
        name="Engine Command",
        description=(
            "Program that makes the assets, for example /home/me/vernissage/.venv/bin/vernissage; "
            "empty means the one that is found by itself"
        ),
    )
    patience: bpy.props.FloatProperty(
        name="Patience",
        description="Seconds without a sign of life after which the engine is ended",
        default=30.0,
        min=5.0,
        max=600.0,
        precision=0,
    )
    show_textures: bpy.props.BoolProperty(
        name="Show Textures in Solid View",
        description=(
            "After inserting, let the 3D view draw textures instead of one colour for each material"
        ),
        default=True,
    )
    models: bpy.props.StringProperty(options={"HIDDEN"})

    def draw(self, _context):
        layout = self.layout
        layout.use_property_split = True
        layout.use_property_decorate = False
        row = layout.row(align=True)
        row.prop(self, "engine_command", text="Engine Command")
        row.operator("vernissage.find_engine", text="", icon="VIEWZOOM")
        if not self.engine_command.strip():
            found = runtime.command()
            layout.label(
                text=f"Found: {found}" if found else "No engine was found on this machine",
                icon="CHECKMARK" if found else "ERROR",
            )
        layout.operator("vernissage.check_engine", icon="FILE_REFRESH")
        self._draw_health(layout)
        layout.prop(self, "patience")
        layout.prop(self, "show_textures")

    def _draw_health(self, layout):
        session = runtime.present_session()
        if session is not None and session.alive and session.hello is None:
            layout.label(text="The engine is starting", icon="TIME")
        elif session is not None and session.hello is not None:
            hello = session.hello
            box = layout.box()
            box.label(text=f"Version {hello.engine} on {hello.device}", icon="CHECKMARK")
            titles = ", ".join(offer.title for offer in hello.offers)
            for line in words.wrap(f"Models: {titles or 'none'}", 480):
                box.label(text=line)
        if problem := runtime.problem():
            draw_problem(layout, problem, 480)


CLASSES = (VERNISSAGE_AP_preferences,)
