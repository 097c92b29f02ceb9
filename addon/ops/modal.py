# SPDX-License-Identifier: GPL-3.0-or-later
"""The one way in which operators take their time: a timer in a window, a loop without one."""

import math
import time

import bpy

from .. import runtime
from ..core import problems

STEP_S = 0.03
"""Seconds of work between two looks at mouse and keyboard."""

REDRAW_S = 0.1
"""Seconds between two looks at the progress bar; drawing takes the time of everything else."""


class PatientOperator:
    """Mixed into an operator that starts something and finishes when it is no longer busy.

    A subclass gives `begin`, `advance`, `busy`, `finish` and `cancel_work`. Invoked from a button it
    is modal; executed by a script, or without a window, it returns when it is done.
    """

    tick_s = 0.1
    user_waits = False
    """Keep mouse and keyboard to ourselves meanwhile, apart from Esc."""

    _timer = None
    _drawn = None
    _drawn_at = 0.0

    def begin(self, context) -> None:
        """Start. Raises Problem."""
        raise NotImplementedError

    def advance(self, context, seconds: float) -> None:
        """Go on for so long at most. Raises Problem."""
        raise NotImplementedError

    def busy(self) -> bool:
        """There is still something to wait for."""
        raise NotImplementedError

    def finish(self, context) -> None:
        """Take in what came. Raises Problem."""
        raise NotImplementedError

    def cancel_work(self) -> None:
        """Stop; it may take some more ticks until it is not busy any more."""
        raise NotImplementedError

    def invoke(self, context, _event):
        if not self._has_window(context):
            return self.execute(context)
        runtime.tell(None)
        try:
            self.begin(context)
        except problems.Problem as problem:
            return refuse(self, problem, {"WARNING"})
        self._timer = context.window_manager.event_timer_add(self.tick_s, window=context.window)
        context.window_manager.modal_handler_add(self)
        self._show(context)
        return {"RUNNING_MODAL"}

    @staticmethod
    def _has_window(context) -> bool:
        return not bpy.app.background and context.window is not None

    def modal(self, context, event):
        if event.type == "ESC" and event.value == "PRESS":
            self.cancel_work()
            return {"RUNNING_MODAL"}
        if event.type != "TIMER":
            others = event.type.startswith("TIMER")
            return {"RUNNING_MODAL"} if self.user_waits and not others else {"PASS_THROUGH"}
        try:
            self.advance(context, STEP_S)
        except problems.Problem as problem:
            self._release(context)
            return refuse(self, problem, {"WARNING"})
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
            return refuse(self, problem, {"ERROR"})
        try:
            self._wait(context)
        except KeyboardInterrupt:
            self.cancel_work()
            self._wait(context)
        except problems.Problem as problem:
            return refuse(self, problem, {"ERROR"})
        return self._end(context, {"ERROR"})

    def cancel(self, context):
        """Blender takes the operator away: the window closes, or another file is loaded."""
        self.cancel_work()
        self._release(context)

    def _wait(self, context) -> None:
        while self.busy():
            self.advance(context, math.inf)

    def _end(self, context, level):
        try:
            self.finish(context)
        except problems.Problem as problem:
            if problem.code == "E_CANCELLED":
                self.report({"INFO"}, problem.sentence)
                return {"CANCELLED"}
            return refuse(self, problem, level)
        return {"FINISHED"}

    def _release(self, context) -> None:
        if self._timer is not None:
            context.window_manager.event_timer_remove(self._timer)
            self._timer = None
        if context.workspace is not None:
            context.workspace.status_text_set(None)
        redraw(context)

    def _show(self, context) -> None:
        """Redraw and set the status line, but only when there is something new to see."""
        state = runtime.progress()
        now = time.monotonic()
        if state == self._drawn or now - self._drawn_at < REDRAW_S:
            return
        self._drawn, self._drawn_at = state, now
        if context.workspace is not None:
            text = f"Vernissage: {state[0]}   (Esc cancels)" if state else None
            context.workspace.status_text_set(text)
        redraw(context)


class EngineOperator(PatientOperator):
    """One that waits for the engine, while the user goes on working."""

    def advance(self, context, seconds):
        session = runtime.present_session()
        if session is not None:
            session.step()
        if seconds == math.inf:
            time.sleep(0.01)

    def cancel_work(self):
        session = runtime.present_session()
        if session is not None:
            session.cancel()


def refuse(operator, problem, level=frozenset({"ERROR"})) -> set[str]:
    """Show a problem in the panel and where Blender reports; for `execute` to return."""
    runtime.tell(problem)
    operator.report(set(level), str(problem))
    return {"CANCELLED"}


def redraw(context) -> None:
    """Draw the sidebars and the preferences anew; the 3D views beside them may be slow to draw."""
    drawn = {"VIEW_3D": "UI", "PREFERENCES": "WINDOW"}
    for window in context.window_manager.windows:
        for area in window.screen.areas:
            for region in area.regions:
                if region.type == drawn.get(area.type):
                    region.tag_redraw()
