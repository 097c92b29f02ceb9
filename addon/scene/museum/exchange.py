# SPDX-License-Identifier: GPL-3.0-or-later
"""Showing something else where a work is: the slot stays, the work goes."""

import bpy

from ...core import problems
from ..insert import select
from ..steps import Steps, exists
from .find import room_of, works
from .works import Show, build_work


class Exchange(Steps):
    """Other works on their way into their slots; the old ones go when all of them are built.

    Where a work has been moved by hand, the new one takes its place there.
    """

    def __init__(self, root, changes: list[Show]):
        super().__init__()
        self.root_name = root.name
        self.changes = changes
        self.total = len(changes)

    def _build(self):
        built, images, shared = [], {}, {}
        for show in self.changes:
            built.append((show, (yield from build_work(show, self._made, images, shared))))
            self.done += 1
            yield
        self._swap(built)

    def _swap(self, built: list) -> None:
        root = bpy.data.collections.get(self.root_name)
        if root is None:
            raise problems.no_work("The museum is no longer in the scene.")
        shown = {ob.get("slot"): ob for ob in works(root)}
        gone, roots = [], []
        for show, objects in built:
            old, new = shown.get(show.slot.id), objects[0]
            homes = list(old.users_collection) if old is not None else []
            for home in homes or [_works_of(root, show.slot.room)]:
                for ob in objects:
                    home.objects.link(ob)
            if old is not None:
                new.location, new.rotation_euler = old.location, old.rotation_euler
                gone += [old, *old.children_recursive]
            roots.append(new)
        _remove(gone)
        for (show, _), new in zip(built, roots, strict=True):
            # Only now: the old one had the name.
            new.name = show.title
        view_layer = bpy.context.view_layer
        active = view_layer.objects.active
        if active is None or active.mode == "OBJECT":
            select(view_layer, roots)


def _works_of(root, room: str):
    """Where the works of a room are, should the old one have been deleted."""
    home = room_of(root, room)
    if home is None:
        return root
    return next((one for one in home.children if one.name[3:].startswith("Works")), home)


def _remove(objects: list) -> None:
    """Remove objects and what nothing else uses of their data."""
    data = [ob.data for ob in objects if ob.data is not None]
    actions = [ob.animation_data.action for ob in objects if ob.animation_data]
    materials = [
        slot.material for ob in objects for slot in ob.material_slots if slot.material is not None
    ]
    images = [
        node.image
        for material in materials
        for node in material.node_tree.nodes
        if node.type == "TEX_IMAGE" and node.image is not None
    ]
    bpy.data.batch_remove(set(objects))
    for blocks in (data, actions, materials, images):
        unused = {block for block in blocks if block and exists(block) and block.users == 0}
        bpy.data.batch_remove(unused)
