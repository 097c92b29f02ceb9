# SPDX-License-Identifier: GPL-3.0-or-later
"""Place a result in the scene: one click, one undo step."""

import bpy

from .. import runtime
from ..core import problems
from .placing import PlacingOperator


class VERNISSAGE_OT_insert(PlacingOperator, bpy.types.Operator):
    """Place this result in the scene, without making it anew"""

    bl_idname = "vernissage.insert"
    bl_label = "Place in Scene"
    bl_options = {"REGISTER", "UNDO", "INTERNAL"}

    entry: bpy.props.StringProperty(
        name="Result",
        description="Which result of the history; the newest when empty",
        options={"HIDDEN", "SKIP_SAVE"},
    )

    def steps(self, _context):
        entries = runtime.history().entries
        chosen = [entry for entry in entries if entry.id == self.entry or not self.entry]
        if not chosen:
            raise problems.result_unreadable("This result is no longer in the history.")
        # Imported here, so that a start of Blender does not pay for it.
        if (folder := chosen[0].museum) is not None:
            return runtime.load("scene.museum.place").MuseumPlacing(folder)
        return runtime.load("scene.insert").Insertion(chosen[0])


CLASSES = (VERNISSAGE_OT_insert,)
