# SPDX-License-Identifier: GPL-3.0-or-later
"""The sidebar tab *Vernissage* of the 3D view."""

import bpy

from .. import runtime
from ..core import problems
from .draw import draw_problem
from .thumbnails import picture

SHOWN = 8
"""Results listed in the panel."""

PICTURES = 12
"""Characters of the newest result that are shown."""


class Panel:
    """Where all panels of the add-on are."""

    bl_space_type = "VIEW_3D"
    bl_region_type = "UI"
    bl_category = "Vernissage"


class VERNISSAGE_PT_main(Panel, bpy.types.Panel):
    """What to make, the button, and how far it is."""

    bl_idname = "VERNISSAGE_PT_main"
    bl_label = "Vernissage"

    def draw(self, context):
        layout = self.layout
        progress = runtime.progress()
        self._draw_settings(layout, context.scene.vernissage, enabled=progress is None)
        if progress is not None:
            self._draw_progress(layout, *progress)
        else:
            row = layout.row()
            row.scale_y = 1.5
            row.operator("vernissage.generate", icon="SHADERFX")
        problem = runtime.problem()
        if problem is None and runtime.command() is None:
            problem = problems.engine_missing()
        if problem is not None:
            # Without a window the scale is 0.
            scale = context.preferences.system.ui_scale or 1.0
            draw_problem(layout, problem, context.region.width, scale)

    @staticmethod
    def _draw_settings(layout, settings, *, enabled):
        column = layout.column()
        column.enabled = enabled
        column.use_property_split = True
        column.use_property_decorate = False
        row = column.row(align=True)
        row.prop(settings, "model")
        row.operator("vernissage.check_engine", text="", icon="PLUGIN")
        options = settings.offer.options
        if "class_name" in options:
            column.prop(settings, "class_name", icon="VIEWZOOM")
        row = column.row(align=True)
        row.prop(settings, "seed")
        row.operator("vernissage.next_seed", text="", icon="FORWARD")
        row.operator("vernissage.random_seed", text="", icon="FILE_REFRESH")
        column.prop(settings, "advance")
        column.prop(settings, "count")
        for name in ("truncation", "rig", "triangles", "texture", "lods", "collider"):
            if name in options:
                column.prop(settings, name)
        if settings.offer.own_size:
            column.prop(settings, "own_size")
        row = column.row()
        row.enabled = not (settings.offer.own_size and settings.own_size)
        row.prop(settings, "height")

    @staticmethod
    def _draw_progress(layout, line, fraction):
        layout.progress(factor=fraction, text=line)
        if runtime.job() is not None:
            layout.operator("vernissage.cancel", icon="CANCEL")


class VERNISSAGE_PT_results(Panel, bpy.types.Panel):
    """What was made: recall its settings, or place it once more."""

    bl_idname = "VERNISSAGE_PT_results"
    bl_label = "Results"
    bl_parent_id = "VERNISSAGE_PT_main"

    def draw(self, _context):
        layout = self.layout
        entries = runtime.history().entries[:SHOWN]
        if not entries:
            layout.label(text="Nothing made yet", icon="INFO")
        else:
            self._draw_pictures(layout, entries[0])
        column = layout.column(align=True)
        for entry in entries:
            row = column.row(align=True)
            icon = "LOOP_BACK" if entry.museum is None else "HOME"
            row.operator("vernissage.recall", text=entry.label, icon=icon).entry = entry.id
            row.operator("vernissage.insert", text="", icon="IMPORT").entry = entry.id
            row.operator("vernissage.forget", text="", icon="TRASH").entry = entry.id

    @staticmethod
    def _draw_pictures(layout, entry):
        icons = [icon for item in entry.items[:PICTURES] if (icon := picture(entry, item))]
        columns = min(4, max(len(icons), 1))
        grid = layout.grid_flow(row_major=True, columns=columns, even_columns=True)
        for icon in icons:
            grid.template_icon(icon, scale=7.0 if columns == 1 else 12.0 / columns)


class VERNISSAGE_PT_engine(Panel, bpy.types.Panel):
    """Which engine runs, and the switch to end it."""

    bl_idname = "VERNISSAGE_PT_engine"
    bl_label = "Engine"
    bl_parent_id = "VERNISSAGE_PT_main"
    bl_options = {"DEFAULT_CLOSED"}

    def draw(self, _context):
        layout = self.layout
        session = runtime.present_session()
        if session is not None and session.hello is not None:
            hello = session.hello
            layout.label(text=f"Version {hello.engine} on {hello.device}", icon="CHECKMARK")
        elif session is not None and session.alive:
            layout.label(text="Starting", icon="TIME")
        else:
            layout.label(text="Not running", icon="PAUSE")
        row = layout.row(align=True)
        row.operator("vernissage.stop_engine", icon="QUIT")
        row.operator("vernissage.open_log", icon="TEXT")
        layout.operator("vernissage.open_preferences", icon="PREFERENCES")


CLASSES = (VERNISSAGE_PT_main, VERNISSAGE_PT_results, VERNISSAGE_PT_engine)
