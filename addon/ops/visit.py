# SPDX-License-Identifier: GPL-3.0-or-later
"""Visiting a museum in the 3D view: in front of a work, on a tour, on foot."""

import math

import bpy
from mathutils import Euler, Matrix

from ..core import problems
from ..scene.museum import find
from .modal import refuse
from .works import has_work


def _has_museum(operator, context) -> bool:
    if find.museum_of(context) is None:
        operator.poll_message_set("There is no museum in the scene")
        return False
    return True


def _look_through(context, camera) -> None:
    """Make it the scene's camera, and let the 3D view look through it."""
    context.scene.camera = camera
    area = context.area
    if area is not None and area.type == "VIEW_3D":
        area.spaces.active.region_3d.view_perspective = "CAMERA"


class VERNISSAGE_OT_go_to_work(bpy.types.Operator):
    """Look at the active work from where a visitor stands"""

    bl_idname = "vernissage.go_to_work"
    bl_label = "Go to Work"
    bl_options = {"REGISTER", "UNDO"}

    @classmethod
    def poll(cls, context):
        return has_work(cls, context)

    def execute(self, context):
        work, root = find.selected_works(context)[0], find.museum_of(context)
        for ob in root.all_objects:
            if ob.get("role") == "view" and ob.get("slot") == work.get("slot"):
                _look_through(context, ob)
                return {"FINISHED"}
        return refuse(self, problems.no_work(f"No tour stops at {work.name}."))


class VERNISSAGE_OT_play_tour(bpy.types.Operator):
    """Walk through the museum with a camera, in the seconds that its tour takes"""

    bl_idname = "vernissage.play_tour"
    bl_label = "Play Tour"
    bl_options = {"REGISTER", "UNDO"}

    tour: bpy.props.IntProperty(
        name="Tour",
        description="Which of the museum's tours, from 0",
        default=0,
        min=0,
        options={"SKIP_SAVE"},
    )

    @classmethod
    def poll(cls, context):
        return _has_museum(cls, context)

    def execute(self, context):
        tours = [ob for ob in find.museum_of(context).all_objects if ob.get("role") == "tour"]
        if self.tour >= len(tours):
            self.report({"ERROR"}, "The museum has no such tour")
            return {"CANCELLED"}
        scene, camera = context.scene, tours[self.tour]
        _look_through(context, camera)
        scene.frame_start, scene.frame_end = 1, camera["frames"]
        scene.frame_set(1)
        if not bpy.app.background and context.screen and not context.screen.is_animation_playing:
            # Frames are left out rather than the walk slowed down.
            scene.sync_mode = "FRAME_DROP"
            bpy.ops.screen.animation_play()
        return {"FINISHED"}


class VERNISSAGE_OT_walk(bpy.types.Operator):
    """Walk on foot from the entrance, or from the camera that the view looks through: Blender's walk navigation, with gravity, at eye height"""

    bl_idname = "vernissage.walk"
    bl_label = "Walk"
    bl_options = {"REGISTER"}

    @classmethod
    def poll(cls, context):
        return _has_museum(cls, context)

    def execute(self, context):
        root = find.museum_of(context)
        try:
            museum = find.plan(root)
        except problems.Problem as problem:
            return refuse(self, problem)
        walking = context.preferences.inputs.walk_navigation
        walking.use_gravity = True
        walking.view_height = museum.eye
        area = context.area
        if bpy.app.background or area is None or area.type != "VIEW_3D":
            return {"FINISHED"}
        view = area.spaces.active.region_3d
        if view.view_perspective == "CAMERA" and context.scene.camera is not None:
            eyes = context.scene.camera.matrix_world.copy()
        else:
            turn = Euler((math.pi / 2, 0.0, museum.spawn_turn + math.pi)).to_matrix().to_4x4()
            eyes = Matrix.Translation((*museum.spawn, museum.eye)) @ turn
        view.view_perspective = "PERSP"
        view.view_matrix = eyes.inverted()
        region = next(one for one in area.regions if one.type == "WINDOW")
        with context.temp_override(region=region):
            bpy.ops.view3d.walk("INVOKE_DEFAULT")
        return {"FINISHED"}


CLASSES = (VERNISSAGE_OT_go_to_work, VERNISSAGE_OT_play_tour, VERNISSAGE_OT_walk)
