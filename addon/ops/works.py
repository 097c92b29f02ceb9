# SPDX-License-Identifier: GPL-3.0-or-later
"""Other works in the slots of a museum: from a file, from its playlist, or made anew."""

import random
from pathlib import Path

import bpy

from .. import runtime
from ..core import problems
from ..scene.museum import find
from .job import can_begin, done, finished_job, is_working, run, submit
from .modal import EngineOperator
from .placing import PlacingOperator

MAX_SEED = 2**31 - 1


def has_work(operator, context) -> bool:
    """For `poll`: a work of a museum is selected."""
    if not find.selected_works(context):
        operator.poll_message_set("Select a work of a museum")
        return False
    return True


def exchange(root, changes: list):
    """The steps that show something else. Raises Problem where there is nothing to be shown."""
    if not changes:
        raise problems.no_work("There is nothing to exchange.")
    return runtime.load("scene.museum.exchange").Exchange(root, changes)


def museum_called(name: str):
    """The museum of that name, for the user may have selected another meanwhile. Raises Problem."""
    root = bpy.data.collections.get(name)
    if root is None:
        raise problems.no_work("The museum is no longer in the scene.")
    return root


def slot_of(museum, work):
    """The slot of a work. Raises Problem."""
    slot = museum.slots.get(str(work.get("slot")))
    if slot is None:
        raise problems.no_work(f"{work.name} has lost its slot.")
    return slot


def canvas_depth(museum, slot) -> float:
    """How thick flat works of a slot are."""
    return museum.works[slot.works[0]].size[2]


class VERNISSAGE_OT_replace_from_file(PlacingOperator, bpy.types.Operator):
    """Show a picture, a film or a GLB of your own where the active work is"""

    bl_idname = "vernissage.replace_from_file"
    bl_label = "Replace from File…"
    bl_options = {"REGISTER", "UNDO"}

    filepath: bpy.props.StringProperty(
        name="File",
        description="PNG, JPEG or WebP for a wall, a film for a screen, GLB for what stands",
        subtype="FILE_PATH",
        options={"SKIP_SAVE"},
    )
    filter_glob: bpy.props.StringProperty(
        default="*.png;*.jpg;*.jpeg;*.webp;*.mp4;*.webm;*.mov;*.mkv;*.avi;*.glb",
        options={"HIDDEN"},
    )

    @classmethod
    def poll(cls, context):
        return super().poll(context) and has_work(cls, context)

    def invoke(self, context, event):
        if not self.filepath:
            context.window_manager.fileselect_add(self)
            return {"RUNNING_MODAL"}
        return super().invoke(context, event)

    def steps(self, context):
        works, pictures = runtime.load("scene.museum.works"), runtime.load("core.pictures")
        root = find.museum_of(context)
        museum = find.plan(root)
        work = find.selected_works(context)[0]
        slot, path = slot_of(museum, work), Path(bpy.path.abspath(self.filepath))
        kind = path.suffix.lower()
        fitting = (*pictures.SUFFIXES, *pictures.MOVIES) if slot.flat else (".glb",)
        if kind not in fitting:
            raise problems.no_work(f"{path.name} cannot be shown here: {', '.join(fitting)} can.")
        show = works.Show(
            slot,
            f"own-{path.stem}",
            f"own-{path.stem}",
            ("video" if kind in pictures.MOVIES else "painting") if slot.flat else "prop",
            path.stem,
            path.stem,
            path,
            {"origin": "found", "source": path.name},
            slot.size[:2],
            canvas_depth(museum, slot),
            museum.engine,
            fit=True,
        )
        return exchange(root, [show])


class _Switch(PlacingOperator):
    """Goes through what the slots of the selected works can show."""

    bl_options = {"REGISTER", "UNDO"}
    by = 1

    @classmethod
    def poll(cls, context):
        return super().poll(context) and has_work(cls, context)

    def steps(self, context):
        place = runtime.load("scene.museum.place")
        root = find.museum_of(context)
        museum, changes = find.plan(root), []
        for work in find.selected_works(context):
            choice = list(place.shows(museum, slot_of(museum, work)))
            ids = [show.id for show in choice]
            # What came from elsewhere stands between the last and the first of them.
            elsewhere = -1 if self.by > 0 else 0
            at = (ids.index(work["id"]) if work["id"] in ids else elsewhere) + self.by
            if (chosen := choice[at % len(choice)]).id != work["id"]:
                changes.append(chosen)
        if not changes:
            raise problems.no_work("There is no other version of this work.")
        return exchange(root, changes)


class VERNISSAGE_OT_next_variation(_Switch, bpy.types.Operator):
    """Show the next version of the selected works"""

    bl_idname = "vernissage.next_variation"
    bl_label = "Next Variation"


class VERNISSAGE_OT_previous_variation(_Switch, bpy.types.Operator):
    """Show the version before of the selected works"""

    bl_idname = "vernissage.previous_variation"
    bl_label = "Previous Variation"
    by = -1


class _Remake(EngineOperator):
    """Has the engine make works for slots, and hangs them."""

    bl_options = {"REGISTER"}
    _museum = ""

    seed: bpy.props.IntProperty(
        name="Seed",
        description="Of the first work; drawn by lot when below 0",
        default=-1,
        min=-1,
        max=MAX_SEED,
        options={"SKIP_SAVE"},
    )

    @classmethod
    def poll(cls, context):
        return can_begin(cls) and has_work(cls, context)

    def orders(self, context, root, museum, seed: int) -> list:
        """What is to be made. Raises Problem."""
        raise NotImplementedError

    def begin(self, context):
        root = find.museum_of(context)
        self._museum = root.name
        seed = random.randrange(MAX_SEED) if self.seed < 0 else self.seed
        wanted = self.orders(context, root, find.plan(root), seed)
        if not wanted:
            sentence = "These works were not made by a model."
            raise problems.no_work(sentence)
        request = {"works": [order.params() for order in wanted]}
        orders = runtime.load("core.orders")
        submit(request, method=orders.WORKS, read=orders.MadeWorks.read)

    def busy(self):
        return is_working()

    def finish(self, context):
        job = finished_job()
        done(job)
        works = runtime.load("scene.museum.works")
        museum = find.plan(museum_called(self._museum))
        engine = runtime.present_session().hello.engine
        shows = [
            works.Show(
                museum.slots[made.slot],
                f"{made.origin.get('model', 'made')}-{made.origin.get('seed', 0)}",
                f"{made.origin.get('model', 'made')}-{made.origin.get('seed', 0)}",
                made.kind,
                made.title,
                made.alt,
                made.file,
                made.origin,
                museum.slots[made.slot].size[:2],
                canvas_depth(museum, museum.slots[made.slot]),
                engine,
                fit=True,
            )
            for made in job.made.items
            if made.slot in museum.slots
        ]
        if job.made.refused:
            said = f"{len(job.made.refused)} gave nothing: {job.made.refused[0]}"
            self.report({"WARNING"}, said)
        runtime.keep_shows(self._museum, shows)
        run(bpy.ops.vernissage.hang_works)


def remade(museum, work, seed: int):
    """The order for the same kind of thing with another seed; None for what no model made."""
    if "vernissage_model" not in work:
        return None
    slot = slot_of(museum, work)
    return runtime.load("core.orders").Order(
        slot.id,
        str(work["kind"]),
        str(work["vernissage_model"]),
        str(work["vernissage_class"]) if "vernissage_class" in work else None,
        seed % MAX_SEED,
        1.0,
        (slot.size[0], slot.size[1], slot.size[2] or canvas_depth(museum, slot)),
    )


class _Again(_Remake):
    """The same kind of thing for each work of a choice, with seeds that run upwards."""

    def chosen(self, context, root, museum) -> list:
        """Which works. Raises Problem."""
        return find.selected_works(context)

    def orders(self, context, root, museum, seed):
        chosen = self.chosen(context, root, museum)
        orders = (remade(museum, work, seed + i) for i, work in enumerate(chosen))
        return [order for order in orders if order is not None]


class VERNISSAGE_OT_regenerate(_Again, bpy.types.Operator):
    """Make the selected works anew: same model and class, another seed"""

    bl_idname = "vernissage.regenerate"
    bl_label = "Regenerate"


class VERNISSAGE_OT_rehang_room(_Again, bpy.types.Operator):
    """Make all works of the room of the active work anew, for the same places"""

    bl_idname = "vernissage.rehang_room"
    bl_label = "Rehang Room"

    def chosen(self, context, root, museum):
        room = slot_of(museum, find.selected_works(context)[0]).room
        return find.works_of_room(root, room)


class VERNISSAGE_OT_replace_work(_Remake, bpy.types.Operator):
    """Make something else for the place of the active work: the model, class and seed of the panel"""

    bl_idname = "vernissage.replace_work"
    bl_label = "Replace Work"

    def orders(self, context, root, museum, seed):
        settings = context.scene.vernissage.museum
        work = find.selected_works(context)[0]
        slot = slot_of(museum, work)
        model = settings.model_for(work)
        if model is None:
            raise problems.no_work("The engine has no model for a place like this.")
        kind = str(work["kind"])
        if model.makes != "pictures":
            kind = "character" if "rig" in model.options else "prop"
        order = runtime.load("core.orders").Order(
            slot.id,
            kind,
            model.name,
            settings.work_class or None,
            settings.work_seed if self.seed < 0 else seed,
            1.0,
            (slot.size[0], slot.size[1], slot.size[2] or canvas_depth(museum, slot)),
        )
        return [order]


class VERNISSAGE_OT_hang_works(PlacingOperator, bpy.types.Operator):
    """Show what the engine has made where it was made for"""

    bl_idname = "vernissage.hang_works"
    bl_label = "Hang Works"
    bl_options = {"REGISTER", "UNDO", "INTERNAL"}

    def steps(self, _context):
        name, shows = runtime.take_shows()
        return exchange(museum_called(name), shows)


CLASSES = (
    VERNISSAGE_OT_replace_from_file,
    VERNISSAGE_OT_next_variation,
    VERNISSAGE_OT_previous_variation,
    VERNISSAGE_OT_replace_work,
    VERNISSAGE_OT_regenerate,
    VERNISSAGE_OT_rehang_room,
    VERNISSAGE_OT_hang_works,
)
