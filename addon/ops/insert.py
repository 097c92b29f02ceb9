# SPDX-License-Identifier: GPL-3.0-or-later
"""Place a result in the scene: one click, one undo step."""

from importlib import import_module

import bpy

from .. import __package__ as base_package
from .. import runtime
from ..core import problems
from ..scene.viewport import show_textures


class VERNISSAGE_OT_insert(bpy.types.Operator):
    """Place this result at the 3D cursor, without making it anew"""

    bl_idname = "vernissage.insert"
    bl_label = "Place in Scene"
    bl_options = {"REGISTER", "UNDO", "INTERNAL"}

    entry: bpy.props.StringProperty(
        name="Result",
        description="Which result of the history; the newest when empty",
        options={"HIDDEN", "SKIP_SAVE"},
    )

    def execute(self, context):
        entries = runtime.history().entries
        chosen = [entry for entry in entries if entry.id == self.entry or not self.entry]
        try:
            if not chosen:
                raise problems.result_unreadable("This result is no longer in the history.")
            # Imported here, so that a start of Blender does not pay for it.
            import_module(".scene.insert", base_package).insert_entry(context, chosen[0])
        except problems.Problem as problem:
            runtime.tell(problem)
            self.report({"ERROR"}, str(problem))
            return {"CANCELLED"}
        if runtime.preferences().show_textures:
            show_textures(context)
        return {"FINISHED"}


CLASSES = (VERNISSAGE_OT_insert,)
