# SPDX-License-Identifier: GPL-3.0-or-later
"""The one way in which operators wait for the engine: a timer in a window, a loop without one."""

import time

import bpy

from .. import runtime
from ..core import problems, words

TICK_S = 0.1


class EngineOperator:
    """Mixed into an operator that starts something and finishes when the session is at rest.

    A subclass gives `begin`, `busy` and `finish`. Invoked from a button it is modal and the user
    goes on working; executed by a script, or without a window, it returns when it is done.
    """

    _timer = None
    _drawn = None

    def begin(self, context) -> None:
        """Start. Raises Problem."""
        raise NotImplementedError

    def busy(self) -> bool:
        """There is still something to wait for."""
        raise NotImplementedError

    def finish(self, context) -> None:
        """Take in what came. Raises Problem."""
        raise NotImplementedError

    def invoke(self, context, _event):
        if bpy.app.background or context.window is None:
            return self.execute(context)
        runtime.tell(None)
        try:
            self.begin(context)
        except problems.Problem as problem:
            return self._fail(problem, {"WARNING"})
        self._timer = context.window_manager.event_timer_add(TICK_S, window=context.window)
        context.window_manager.modal_handler_add(self)
        self._show(context)
        return {"RUNNING_MODAL"}

    def modal(self, context, event):
        if event.type == "ESC" and event.value == "PRESS":
            self.cancel_work()
            return {"RUNNING_MODAL"}
        if event.type != "TIMER":
            return {"PASS_THROUGH"}
        session = runtime.present_session()
        if session is not None:
            session.step()
        self._show(context)
        if self.busy():
            return {"PASS_THROUGH"}
        self._release(context)
        return self._end(context, {"WARNING"})

    def execute(self, context):
        """The same without a window; Ctrl-C cancels."""
        runtime.tell(None)
        try:
            self.begin(context)
        except problems.Problem as problem:
            return self._fail(problem, {"ERROR"})
        try:
            self._wait()
        except KeyboardInterrupt:
            self.cancel_work()
            self._wait()
        return self._end(context, {"ERROR"})

    def cancel(self, context):
        """Blender takes the operator away: the window closes, or another file is loaded."""
        self.cancel_work()
        self._release(context)

    def cancel_work(self) -> None:
        """Ask the session to stop."""
        session = runtime.present_session()
        if session is not None:
            session.cancel()

    def _wait(self) -> None:
        while self.busy():
            session = runtime.present_session()
            if session is None:
                return
            session.step()
            time.sleep(0.01)

    def _end(self, context, level):
        try:
            self.finish(context)
        except problems.Problem as problem:
            if problem.code == "E_CANCELLED":
                self.report({"INFO"}, problem.sentence)
                return {"CANCELLED"}
            return self._fail(problem, level)
        return {"FINISHED"}

    def _fail(self, problem, level):
        runtime.tell(problem)
        self.report(level, str(problem))
        return {"CANCELLED"}

    def _release(self, context) -> None:
        if self._timer is not None:
            context.window_manager.event_timer_remove(self._timer)
            self._timer = None
        if context.workspace is not None:
            context.workspace.status_text_set(None)
        redraw(context)

    def _show(self, context) -> None:
        """Redraw and set the status line, but only when there is something new to see."""
        job, session = runtime.job(), runtime.present_session()
        if job is None:
            line = None
        else:
            line = words.progress_line(job, session.silent_s if session else 0.0)
        state = (line, job.progress.fraction if job else 0.0)
        if state == self._drawn:
            return
        self._drawn = state
        if context.workspace is not None:
            text = None if line is None else f"Vernissage: {line}   (Esc cancels)"
            context.workspace.status_text_set(text)
        redraw(context)


def redraw(context) -> None:
    """Draw the sidebars and the preferences anew; the 3D views beside them may be slow to draw."""
    drawn = {"VIEW_3D": "UI", "PREFERENCES": "WINDOW"}
    for window in context.window_manager.windows:
        for area in window.screen.areas:
            for region in area.regions:
                if region.type == drawn.get(area.type):
                    region.tag_redraw()
