# SPDX-License-Identifier: GPL-3.0-or-later
"""Work on the scene in short steps, all of it or nothing."""

import time

import bpy

from ..core import problems


class Steps:
    """Something that is built where nobody sees it and shown in its last step.

    A subclass gives `_build`, a generator that yields between pieces of some milliseconds and adds
    every datablock to `_made` at once, and `total`. `done` of `total` units are built.
    """

    total = 1

    def __init__(self):
        self.done = 0
        self._made = []
        self._pieces = self._build()

    def _build(self):
        raise NotImplementedError

    def step(self, seconds: float) -> bool:
        """Build for so long, and a piece of some milliseconds more; True when all is in the scene.

        Raises:
            Problem: E_RESULT when a file cannot be read, or when the scene was changed under our
                hands by an undo; what was built is then gone again.
        """
        end = time.perf_counter() + seconds
        try:
            for _ in self._pieces:
                if time.perf_counter() > end:
                    return False
        except ReferenceError as error:
            self.take_back()
            sentence = "The scene was changed by an undo while it was being filled."
            raise problems.result_unreadable(sentence) from error
        except BaseException:
            self.take_back()
            raise
        return True

    def take_back(self) -> None:
        """Remove everything that was built."""
        self._pieces.close()
        bpy.data.batch_remove([block for block in self._made if exists(block)])
        self._made = []


def exists(block) -> bool:
    """An undo may have removed it."""
    try:
        return bool(block.name)
    except ReferenceError:
        return False
