# SPDX-License-Identifier: GPL-3.0-or-later
"""Generate, and cancel."""

import datetime
import os
from importlib import import_module

import bpy

from .. import __package__ as base_package
from .. import runtime
from ..core import problems
from ..core.jobs import State
from ..ui.settings import offer_of, remember
from .modal import EngineOperator, redraw


class VERNISSAGE_OT_generate(EngineOperator, bpy.types.Operator):
    """Make assets with these settings and place them at the 3D cursor"""

    bl_idname = "vernissage.generate"
    bl_label = "Generate"
    bl_options = {"REGISTER"}

    @classmethod
    def poll(cls, _context):
        if runtime.job() is not None:
            cls.poll_message_set("A job is running")
            return False
        if runtime.insertion() is not None:
            cls.poll_message_set("A result is being placed")
            return False
        if runtime.command() is None:
            cls.poll_message_set("The engine was not found: give its command in the preferences")
            return False
        return True

    def begin(self, context):
        history = runtime.history()
        history.sweep()
        job_id = os.urandom(6).hex()
        request = context.scene.vernissage.as_request()
        job = runtime.session().submit(job_id, request, history.jobs / job_id)
        if job.problem:
            raise job.problem

    def busy(self):
        if runtime.insertion() is not None:
            # An older result is on its way into the scene: ours comes after it.
            return True
        session = runtime.present_session()
        job = session.job if session else None
        return job is not None and not job.ended and job.state is not State.FINISHING

    def finish(self, context):
        session = runtime.present_session()
        job = session.job if session else None
        if job is None or job.state is State.CANCELLED:
            raise problems.cancelled()
        if job.problem:
            raise job.problem
        remember(session.hello.offers)
        made = job.made
        when = datetime.datetime.now().astimezone().isoformat(timespec="seconds")
        entry = import_module(".core.history", base_package).Entry(
            job.id,
            when,
            session.hello.engine,
            _title(job.request),
            round(job.seconds, 3),
            job.request,
            made.items,
        )
        settings = context.scene.vernissage
        try:
            runtime.history().add(entry)
        except problems.Problem as problem:
            job.fail(problem)
            raise
        job.move(State.DONE)
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


def insert(entry_id: str) -> None:
    """Insert an entry as one undo step of its own, in a window bit by bit. Raises Problem."""
    try:
        bpy.ops.vernissage.insert("INVOKE_DEFAULT", True, entry=entry_id)
    except RuntimeError as error:
        raise runtime.problem() or problems.result_unreadable(str(error)) from error


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
