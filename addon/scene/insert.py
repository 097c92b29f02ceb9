# SPDX-License-Identifier: GPL-3.0-or-later
"""Placing a finished job in the scene: bit by bit, and all of it or nothing."""

import time

import bpy
from mathutils import Vector

from ..core import problems
from ..core.grid import places
from ..core.history import Entry
from .asset import Asset, build

COLLECTION = "Vernissage"


class Insertion:
    """The assets of a job on their way into the scene.

    They are built where nobody sees them, so that the user's scene, mode and selection stay as they
    are, and shown all together in the last step: at the 3D cursor, in rows.
    """

    def __init__(self, entry: Entry):
        self.entry = entry
        self.done = 0
        self.roots = []
        self._made = []
        self._pieces = self._build()

    @property
    def total(self) -> int:
        """How many assets there are to build."""
        return len(self.entry.items)

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
        bpy.data.batch_remove([block for block in self._made if _exists(block)])
        self._made = []

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
            for found in _find(view_layer.layer_collection, details):
                found.exclude = True
        self.roots = [asset.root for asset in assets]
        active = context.view_layer.objects.active
        # In another mode the user is at work on something: then the selection is part of it.
        if active is None or active.mode == "OBJECT":
            _select(context.view_layer, self.roots)

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


def _exists(block) -> bool:
    """An undo may have removed it."""
    try:
        return bool(block.name)
    except ReferenceError:
        return False


def _find(layer_collection, collections: set) -> list:
    """Where a view layer ticks `collections`: they may be anywhere below `layer_collection`."""
    found = []
    for child in layer_collection.children:
        if child.collection in collections:
            found.append(child)
        else:
            found += _find(child, collections)
    return found


def _select(view_layer, roots: list) -> None:
    visible = [root for root in roots if root.name in view_layer.objects]
    for ob in view_layer.objects:
        ob.select_set(False)
    for ob in visible:
        ob.select_set(True)
    view_layer.objects.active = visible[0] if visible else None
