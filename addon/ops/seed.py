# SPDX-License-Identifier: GPL-3.0-or-later
"""The two buttons beside the seed."""

import random

import bpy

from ..ui.settings import MAX_COUNT


class VERNISSAGE_OT_next_seed(bpy.types.Operator):
    """Go on to the first seed after this batch"""

    bl_idname = "vernissage.next_seed"
    bl_label = "Next Seed"
    bl_options = {"REGISTER", "UNDO", "INTERNAL"}

    def execute(self, context):
        settings = context.scene.vernissage
        settings.seed += settings.count
        return {"FINISHED"}


class VERNISSAGE_OT_random_seed(bpy.types.Operator):
    """Draw a seed by lot"""

    bl_idname = "vernissage.random_seed"
    bl_label = "Random Seed"
    bl_options = {"REGISTER", "UNDO", "INTERNAL"}

    def execute(self, context):
        context.scene.vernissage.seed = random.randrange(2**31 - MAX_COUNT)
        return {"FINISHED"}


CLASSES = (VERNISSAGE_OT_next_seed, VERNISSAGE_OT_random_seed)
