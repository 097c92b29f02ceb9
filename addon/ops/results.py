# SPDX-License-Identifier: GPL-3.0-or-later
"""What can be done with a result of the history."""

import bpy

from .. import runtime
from ..core import problems
from .modal import redraw, refuse


class _OnEntry:
    """An operator on one entry of the history."""

    bl_options = {"INTERNAL"}

    entry: bpy.props.StringProperty(
        name="Result", description="Which result of the history", options={"HIDDEN", "SKIP_SAVE"}
    )

    def execute(self, context):
        for entry in runtime.history().entries:
            if entry.id == self.entry:
                try:
                    self.act(context, entry)
                except problems.Problem as problem:
                    return refuse(self, problem)
                redraw(context)
                return {"FINISHED"}
        self.report({"ERROR"}, "This result is no longer in the history")
        return {"CANCELLED"}


class VERNISSAGE_OT_recall(_OnEntry, bpy.types.Operator):
    """Fill the panel with the settings that made this result"""

    bl_idname = "vernissage.recall"
    bl_label = "Recall Settings"
    bl_options = {"REGISTER", "UNDO", "INTERNAL"}

    def act(self, context, entry):
        settings = context.scene.vernissage
        (settings.museum if entry.museum is not None else settings).fill(entry.request)


class VERNISSAGE_OT_forget(_OnEntry, bpy.types.Operator):
    """Remove this result and its files from the history; what is in the scene stays"""

    bl_idname = "vernissage.forget"
    bl_label = "Forget"

    def act(self, _context, entry):
        runtime.history().remove(entry.id)


CLASSES = (VERNISSAGE_OT_recall, VERNISSAGE_OT_forget)
