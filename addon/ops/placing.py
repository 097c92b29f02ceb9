# SPDX-License-Identifier: GPL-3.0-or-later
"""What operators share that fill the scene bit by bit, while the user waits."""

from .. import runtime
from ..core import problems
from ..scene.viewport import show_textures
from .modal import PatientOperator


class PlacingOperator(PatientOperator):
    """Mixed into an operator whose `steps` give the work; one undo step, Esc takes it back."""

    tick_s = 0.01
    # What is half built must not be reached by an undo of the user, nor be part of one.
    user_waits = True
    _cancelled = False
    _steps = None

    @classmethod
    def poll(cls, _context):
        if runtime.insertion() is not None:
            cls.poll_message_set("A result is being placed")
            return False
        return True

    def steps(self, context):
        """What is to be done, as `scene.steps.Steps`. Raises Problem."""
        raise NotImplementedError

    def begin(self, context):
        self._steps = self.steps(context)
        runtime.place(self._steps)

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
        faults = getattr(self._steps, "faults", ())
        if faults:
            self.report({"WARNING"}, f"{len(faults)} works were left out: {faults[0]}")
        self._steps = None
        if runtime.preferences().show_textures:
            show_textures(context)

    def cancel_work(self):
        self._cancelled = True
        runtime.take_back()
