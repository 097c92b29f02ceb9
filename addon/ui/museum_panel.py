# SPDX-License-Identifier: GPL-3.0-or-later
"""The panel *Museum*: build one, visit it, exchange its works."""

import bpy

from .. import runtime
from ..scene.museum import find
from .panels import Panel

FIELDS = ("theme", "rooms", "works", "versions", "seed", "likes", "own", "light", "advance")


class VERNISSAGE_PT_museum(Panel, bpy.types.Panel):
    """What museum to build, and one that has been built."""

    bl_idname = "VERNISSAGE_PT_museum"
    bl_label = "Museum"
    bl_options = {"DEFAULT_CLOSED"}

    def draw(self, context):
        layout = self.layout
        settings, progress = context.scene.vernissage.museum, runtime.progress()
        column = layout.column()
        column.enabled = progress is None
        column.use_property_split = True
        column.use_property_decorate = False
        for name in FIELDS:
            column.prop(settings, name)
        if progress is not None:
            line, fraction = progress
            layout.progress(factor=fraction, text=line)
            if runtime.job() is not None:
                layout.operator("vernissage.cancel", icon="CANCEL")
        else:
            row = layout.row()
            row.scale_y = 1.5
            row.operator("vernissage.build_museum", icon="HOME")
        layout.operator("vernissage.open_museum", icon="FILE_FOLDER")


class VERNISSAGE_PT_visit(Panel, bpy.types.Panel):
    """Ways through the museum in the scene, and its light."""

    bl_idname = "VERNISSAGE_PT_visit"
    bl_label = "Visit"
    bl_parent_id = "VERNISSAGE_PT_museum"

    def draw(self, context):
        layout = self.layout
        root = find.museum_of(context)
        if root is None:
            layout.label(text="There is no museum in the scene", icon="INFO")
            return
        layout.label(text=str(root.get("title", root.name)), icon="HOME")
        row = layout.row(align=True)
        row.operator("vernissage.walk", icon="VIEW_PAN")
        row.operator("vernissage.play_tour", icon="PLAY")
        baked = bool(root.get("vernissage_baked", False))
        text, icon = ("Lamps", "LIGHT") if baked else ("Baked Light", "LIGHTPROBE_VOLUME")
        layout.operator("vernissage.use_lightmap", text=text, icon=icon).baked = not baked


class VERNISSAGE_PT_work(Panel, bpy.types.Panel):
    """What can be done with the selected work."""

    bl_idname = "VERNISSAGE_PT_work"
    bl_label = "Work"
    bl_parent_id = "VERNISSAGE_PT_museum"

    def draw(self, context):
        layout = self.layout
        chosen = find.selected_works(context)
        if not chosen:
            layout.label(text="Select a work of a museum", icon="INFO")
            return
        work = chosen[0]
        layout.label(text=str(work.get("title", work.name)), icon="IMAGE_DATA")
        if "vernissage_model" in work:
            made = f"{work['vernissage_model']}, seed {work['vernissage_seed']}"
            layout.label(text=made, icon="BLANK1")
        row = layout.row(align=True)
        row.operator("vernissage.previous_variation", text="Previous", icon="TRIA_LEFT")
        row.operator("vernissage.next_variation", text="Next", icon="TRIA_RIGHT")
        layout.operator("vernissage.go_to_work", icon="HIDE_OFF")
        row = layout.row(align=True)
        row.operator("vernissage.regenerate", icon="FILE_REFRESH")
        row.operator("vernissage.rehang_room", icon="MOD_ARRAY")
        self._draw_replace(layout, context.scene.vernissage.museum, work)

    @staticmethod
    def _draw_replace(layout, settings, work):
        box = layout.box()
        column = box.column()
        column.use_property_split = True
        column.use_property_decorate = False
        column.prop(settings, "work_model")
        offer = settings.model_for(work)
        if offer is not None and "class_name" in offer.options:
            column.prop(settings, "work_class", icon="VIEWZOOM")
        column.prop(settings, "work_seed")
        box.operator("vernissage.replace_work", icon="SHADERFX")
        box.operator("vernissage.replace_from_file", icon="FILEBROWSER")


CLASSES = (VERNISSAGE_PT_museum, VERNISSAGE_PT_visit, VERNISSAGE_PT_work)
