# SPDX-License-Identifier: GPL-3.0-or-later
"""Finding, checking and ending the engine."""

import bpy

from .. import __package__ as base_package
from .. import runtime
from ..core import problems
from ..ui.settings import remember
from .modal import EngineOperator, redraw, refuse


class VERNISSAGE_OT_check_engine(EngineOperator, bpy.types.Operator):
    """Start the engine and ask for its version, its device and its models"""

    bl_idname = "vernissage.check_engine"
    bl_label = "Check Engine"
    bl_options = {"REGISTER"}

    @classmethod
    def poll(cls, _context):
        if runtime.job() is not None:
            cls.poll_message_set("A job is running")
            return False
        return True

    def begin(self, _context):
        if not runtime.preferences().engine_command.strip():
            runtime.search()
        session = runtime.session()
        session.greet()
        if session.problem:
            raise session.problem

    def busy(self):
        session = runtime.present_session()
        return session is not None and session.alive and session.hello is None

    def cancel_work(self):
        runtime.stop_engine()

    def finish(self, _context):
        session = runtime.present_session()
        if session is None or (session.hello is None and session.problem is None):
            raise problems.cancelled()
        if session.problem:
            raise session.problem
        hello = session.hello
        remember(hello.offers)
        titles = ", ".join(offer.title for offer in hello.offers) or "no model"
        self.report({"INFO"}, f"Engine {hello.engine} on {hello.device}: {titles}")


class VERNISSAGE_OT_find_engine(bpy.types.Operator):
    """Look for an installed engine on this machine"""

    bl_idname = "vernissage.find_engine"
    bl_label = "Find Engine"
    bl_options = {"INTERNAL"}

    def execute(self, context):
        found = runtime.search()
        if found is None:
            return refuse(self, problems.engine_missing(), {"WARNING"})
        runtime.preferences().engine_command = found
        runtime.tell(None)
        redraw(context)
        return {"FINISHED"}


class VERNISSAGE_OT_stop_engine(bpy.types.Operator):
    """End the engine and free its memory; it starts again by itself when it is needed"""

    bl_idname = "vernissage.stop_engine"
    bl_label = "Stop Engine"
    bl_options = {"INTERNAL"}

    @classmethod
    def poll(cls, _context):
        session = runtime.present_session()
        if session is None or not session.alive:
            cls.poll_message_set("The engine is not running")
            return False
        return True

    def execute(self, context):
        runtime.stop_engine()
        redraw(context)
        return {"FINISHED"}


class VERNISSAGE_OT_open_preferences(bpy.types.Operator):
    """Show the preferences of Vernissage"""

    bl_idname = "vernissage.open_preferences"
    bl_label = "Open Preferences"
    bl_options = {"INTERNAL"}

    def execute(self, _context):
        bpy.ops.preferences.addon_show(module=base_package)
        return {"FINISHED"}


class VERNISSAGE_OT_open_log(bpy.types.Operator):
    """Show what the engine has written about its work"""

    bl_idname = "vernissage.open_log"
    bl_label = "Open Log"
    bl_options = {"INTERNAL"}

    @classmethod
    def poll(cls, _context):
        session = runtime.present_session()
        if session is None or not session.log.is_file():
            cls.poll_message_set("The engine has not run yet")
            return False
        return True

    def execute(self, _context):
        bpy.ops.wm.path_open(filepath=str(runtime.present_session().log))
        return {"FINISHED"}


class VERNISSAGE_OT_dismiss(bpy.types.Operator):
    """Clear this message"""

    bl_idname = "vernissage.dismiss"
    bl_label = "Dismiss"
    bl_options = {"INTERNAL"}

    def execute(self, context):
        runtime.tell(None)
        redraw(context)
        return {"FINISHED"}


CLASSES = (
    VERNISSAGE_OT_check_engine,
    VERNISSAGE_OT_find_engine,
    VERNISSAGE_OT_stop_engine,
    VERNISSAGE_OT_open_preferences,
    VERNISSAGE_OT_open_log,
    VERNISSAGE_OT_dismiss,
)
