# SPDX-License-Identifier: GPL-3.0-or-later
"""Place a result in the scene: one click, one undo step."""

from importlib import import_module

import bpy

from .. import __package__ as base_package
from .. import runtime
from ..core import problems
from ..scene.viewport import show_textures
from .modal import PatientOperator


class VERNISSAGE_OT_insert(PatientOperator, bpy.types.Operator):
    """Place this result at the 3D cursor, without making it anew"""

    bl_idname = "vernissage.insert"
    bl_label = "Place in Scene"
    bl_options = {"REGISTER", "UNDO", "INTERNAL"}

    entry: bpy.props.StringProperty(
        name="Result",
        description="Which result of the history; the newest when empty",
        options={"HIDDEN", "SKIP_SAVE"},
    )

    tick_s = 0.01
    # What is half built must not be reached by an undo of the user, nor be part of one.
    user_waits = True
    _cancelled = False

    @classmethod
    def poll(cls, _context):
        if runtime.insertion() is not None:
            cls.poll_message_set("A result is being placed")
            return False
        return True

    def begin(self, _context):
        entries = runtime.history().entries
        chosen = [entry for entry in entries if entry.id == self.entry or not self.entry]
        if not chosen:
            raise problems.result_unreadable("This result is no longer in the history.")
        # Imported here, so that a start of Blender does not pay for it.
        runtime.place(import_module(".scene.insert", base_package).Insertion(chosen[0]))

    def advance(self, _context, seconds):
        insertion = runtime.insertion()
        if insertion is None:
            return
        finished = True
        try:
            finished = insertion.step(seconds)
        finally:
            if finished:
                runtime.place(None)

    def busy(self):
        return runtime.insertion() is not None

    def finish(self, context):
        if self._cancelled:
            raise problems.cancelled()
        if runtime.preferences().show_textures:
            show_textures(context)

    def cancel_work(self):
        self._cancelled = True
        runtime.take_back()


CLASSES = (VERNISSAGE_OT_insert,)
