# SPDX-License-Identifier: GPL-3.0-or-later
"""Placing a finished job in the scene: bit by bit, and all of it or nothing."""

import bpy
from mathutils import Vector

from ..core.grid import places
from ..core.history import Entry
from .asset import Asset, build
from .steps import Steps

COLLECTION = "Vernissage"


class Insertion(Steps):
    """The assets of a job on their way into the scene.

    They are built where nobody sees them, so that the user's scene, mode and selection stay as they
    are, and shown all together in the last step: at the 3D cursor, in rows.
    """

    def __init__(self, entry: Entry):
        super().__init__()
        self.entry = entry
        self.roots = []

    @property
    def total(self) -> int:
        """How many assets there are to build."""
        return len(self.entry.items)

    def _build(self):
        assets = []
        for item in self.entry.items:
            assets.append((yield from build(self.entry, item, self._made)))
            self.done += 1
        self._show(assets)

    def _show(self, assets: list[Asset]) -> None:
        context = bpy.context
        scene = context.scene
        home = self._home(scene)
        spacing = max(asset.span for asset in assets) * 1.3
        for asset, (x, y) in zip(assets, places(len(assets), spacing), strict=True):
            asset.root.location = scene.cursor.location + Vector((x, y, 0.0))
            self._link(asset, home)
        details = {asset.detail for asset in assets if asset.detail}
        for view_layer in scene.view_layers:
            for found in layers_of(view_layer.layer_collection, details):
                found.exclude = True
        self.roots = [asset.root for asset in assets]
        active = context.view_layer.objects.active
        # In another mode the user is at work on something: then the selection is part of it.
        if active is None or active.mode == "OBJECT":
            select(context.view_layer, self.roots)

    def _home(self, scene):
        """The one collection of everything made, linked to this scene."""
        collection = bpy.data.collections.get(COLLECTION)
        if collection is None:
            collection = bpy.data.collections.new(COLLECTION)
            self._made.append(collection)
        if collection not in scene.collection.children_recursive:
            scene.collection.children.link(collection)
        return collection

    def _link(self, asset: Asset, home) -> None:
        if asset.collection is None:
            for ob in asset.objects:
                home.objects.link(ob)
        else:
            home.children.link(asset.collection)


def layers_of(layer_collection, collections: set) -> list:
    """Where a view layer ticks `collections`: they may be anywhere below `layer_collection`."""
    found = []
    for child in layer_collection.children:
        if child.collection in collections:
            found.append(child)
        else:
            found += layers_of(child, collections)
    return found


def select(view_layer, roots: list) -> None:
    visible = [root for root in roots if root.name in view_layer.objects]
    for ob in view_layer.objects:
        ob.select_set(False)
    for ob in visible:
        ob.select_set(True)
    view_layer.objects.active = visible[0] if visible else None
