# SPDX-License-Identifier: GPL-3.0-or-later
"""Building a museum, opening one that has been built, and the light it is shown in."""

from pathlib import Path

import bpy

from .. import runtime
from ..core import problems
from ..scene.museum import find
from .job import can_begin, finished_job, insert, is_working, record, run, submit
from .modal import EngineOperator, redraw, refuse
from .placing import PlacingOperator

FOLDER = bpy.props.StringProperty(
    name="Folder",
    description="Folder with the museum.json of a museum that has been built",
    subtype="DIR_PATH",
    options={"SKIP_SAVE"},
)


class VERNISSAGE_OT_build_museum(EngineOperator, bpy.types.Operator):
    """Plan a museum with these settings, make its works and place all of it in the scene"""

    bl_idname = "vernissage.build_museum"
    bl_label = "Build Museum"
    bl_options = {"REGISTER"}

    @classmethod
    def poll(cls, _context):
        return can_begin(cls)

    def begin(self, context):
        request = context.scene.vernissage.museum.as_request()
        orders = runtime.load("core.orders")
        submit(request, method=orders.GALLERY, read=orders.read_museum)

    def busy(self):
        return is_working()

    def finish(self, context):
        job = finished_job()
        seed = job.request["seed"]
        (item,) = job.made.items
        entry = record(job, item.name, (item.with_seed(seed),))
        settings = context.scene.vernissage.museum
        if settings.advance and settings.seed == seed:
            settings.seed += 1
        if job.made.refused:
            self.report({"WARNING"}, job.made.refused[0])
        self.report({"INFO"}, f"{item.name} built in {job.seconds:.1f} s")
        insert(entry.id)


class VERNISSAGE_OT_place_museum(PlacingOperator, bpy.types.Operator):
    """Place a museum that has been built in the scene"""

    bl_idname = "vernissage.place_museum"
    bl_label = "Place Museum"
    bl_options = {"REGISTER", "UNDO", "INTERNAL"}

    folder: FOLDER

    def steps(self, _context):
        module = runtime.load("scene.museum.place")
        return module.MuseumPlacing(Path(bpy.path.abspath(self.folder)))


class VERNISSAGE_OT_open_museum(bpy.types.Operator):
    """Choose the folder of a museum that has been built, and place it in the scene"""

    bl_idname = "vernissage.open_museum"
    bl_label = "Open Museum…"
    bl_options = {"REGISTER"}

    directory: FOLDER
    filter_glob: bpy.props.StringProperty(default="museum.json", options={"HIDDEN"})

    def invoke(self, context, _event):
        context.window_manager.fileselect_add(self)
        return {"RUNNING_MODAL"}

    def execute(self, _context):
        try:
            run(bpy.ops.vernissage.place_museum, folder=self.directory)
        except problems.Problem as problem:
            return refuse(self, problem)
        return {"FINISHED"}


class VERNISSAGE_OT_use_lightmap(bpy.types.Operator):
    """Show the light that was baked into the house, or have the lamps light it"""

    bl_idname = "vernissage.use_lightmap"
    bl_label = "Baked Light"
    bl_options = {"REGISTER", "UNDO", "INTERNAL"}

    baked: bpy.props.BoolProperty(
        name="Baked",
        description="Baked light instead of that of the lamps",
        default=True,
        options={"SKIP_SAVE"},
    )

    @classmethod
    def poll(cls, context):
        if find.museum_of(context) is None:
            cls.poll_message_set("There is no museum in the scene")
            return False
        return True

    def execute(self, context):
        lightmap = runtime.load("scene.museum.lightmap")
        root = find.museum_of(context)
        try:
            lightmap.use_lightmaps(root, find.plan(root), self.baked)
        except problems.Problem as problem:
            return refuse(self, problem)
        redraw(context)
        return {"FINISHED"}


CLASSES = (
    VERNISSAGE_OT_build_museum,
    VERNISSAGE_OT_place_museum,
    VERNISSAGE_OT_open_museum,
    VERNISSAGE_OT_use_lightmap,
)
