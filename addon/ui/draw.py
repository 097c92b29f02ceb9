# SPDX-License-Identifier: GPL-3.0-or-later
"""Pieces that several panels draw."""

from ..core import words
from ..core.problems import Problem, Remedy


def draw_problem(layout, problem: Problem, width_px: float, ui_scale: float = 1.0) -> None:
    """A box with the sentence, the fix and the button that helps."""
    box = layout.box()
    column = box.column(align=True)
    for index, line in enumerate(words.wrap(problem.sentence, width_px - 40, ui_scale)):
        column.label(text=line, icon="ERROR" if index == 0 else "BLANK1")
    for line in words.wrap(problem.fix, width_px - 40, ui_scale):
        column.label(text=line, icon="BLANK1")
    row = box.row(align=True)
    if problem.remedy is Remedy.PREFERENCES:
        row.operator("vernissage.open_preferences", icon="PREFERENCES")
    elif problem.remedy is Remedy.LOG:
        row.operator("vernissage.open_log", icon="TEXT")
    row.operator("vernissage.dismiss", text="Dismiss", icon="X")
