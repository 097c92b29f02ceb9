# SPDX-License-Identifier: GPL-3.0-or-later
"""Generate, and cancel."""

import bpy

from .. import runtime
from ..ui.settings import offer_of
from .job import can_begin, finished_job, insert, is_working, record, submit
from .modal import EngineOperator, redraw


class VERNISSAGE_OT_generate(EngineOperator, bpy.types.Operator):
    """Make assets with these settings and place them at the 3D cursor"""

    bl_idname = "vernissage.generate"
    bl_label = "Generate"
    bl_options = {"REGISTER"}

    @classmethod
    def poll(cls, _context):
        return can_begin(cls)

    def begin(self, context):
        submit(context.scene.vernissage.as_request())

    def busy(self):
        return is_working()

    def finish(self, context):
        job = finished_job()
        made, settings = job.made, context.scene.vernissage
        entry = record(job, _title(job.request), made.items)
        # Before the insertion, so that both are one undo step.
        if settings.advance and settings.seed == job.request["seed"]:
            settings.seed += job.request["count"]
        if made.refused:
            self.report({"WARNING"}, f"{len(made.refused)} gave nothing: {made.refused[0]}")
        self.report({"INFO"}, f"{len(made.items)} made in {job.seconds:.1f} s")
        insert(entry.id)


def _title(request: dict) -> str:
    """What was made, in a word: the class that was asked for, else the model."""
    kind = request.get("class_name", "").rpartition("/")[2]
    return kind or offer_of(request["model"]).title


class VERNISSAGE_OT_cancel(bpy.types.Operator):
    """Stop the running job; nothing of it stays"""

    bl_idname = "vernissage.cancel"
    bl_label = "Cancel"
    bl_options = {"INTERNAL"}

    @classmethod
    def poll(cls, _context):
        if runtime.job() is None:
            cls.poll_message_set("No job is running")
            return False
        return True

    def execute(self, context):
        runtime.present_session().cancel()
        redraw(context)
        return {"FINISHED"}


CLASSES = (VERNISSAGE_OT_generate, VERNISSAGE_OT_cancel)
