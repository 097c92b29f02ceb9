# SPDX-License-Identifier: GPL-3.0-or-later
"""Placing a museum in the scene: bit by bit, and all of it or nothing."""

from collections.abc import Iterator
from pathlib import Path

import bpy

from ...core import museum as reading
from ...core import problems
from ...core.museum import Museum, Slot, Work
from ..insert import layers_of
from ..steps import Steps
from .house import build_house
from .lamps import build_lamp, build_sky
from .walks import build_views, build_walk
from .works import Show, build_work

GROUPS = ("Architecture", "Works", "Lights", "Labels", "Slots")


class MuseumPlacing(Steps):
    """A museum on its way into the scene, where its file has it: the ground is z = 0.

    Attributes:
        faults: a sentence for each work that could not be read and is left out.
    """

    def __init__(self, folder: Path):
        super().__init__()
        self.folder = folder
        self.faults: list[str] = []
        self.museum = reading.read(folder)
        self.total = len(self.museum.slots) + len(self.museum.rooms)

    def _build(self):
        museum, made = self.museum, self._made
        images: dict = {}
        parts = yield from build_house(museum, made, images)
        self.done += len(museum.rooms)
        shared: dict = {}
        for slot in museum.slots.values():
            try:
                show = first_show(museum, slot)
                objects = yield from build_work(show, made, images, shared)
            except problems.Problem as problem:
                self.faults.append(problem.sentence)
            else:
                parts.setdefault((slot.room, "Works"), []).extend(objects)
            self.done += 1
            yield
        for light in museum.lights:
            ob = build_lamp(light, museum, made)
            parts.setdefault((light.room, "Lights"), []).append(ob)
        yield
        views = build_views(museum, made)
        walks = [build_walk(museum, tour, made) for tour in museum.tours]
        yield
        sky = build_sky(museum, made)
        self._show(parts, walks + views, walks, sky)

    def _show(self, parts: dict, cameras: list, walks: list, sky) -> None:
        museum, scene = self.museum, bpy.context.scene
        root = self._collection(f"Museum: {museum.title}", None)
        self._sign(root)
        slots = set()
        for number, room in enumerate(museum.rooms, 1):
            home = self._collection(f"{number:02d} {room.title}", root)
            home["id"], home["role"] = room.id, "room"
            for group in GROUPS:
                objects = parts.get((room.id, group), ())
                inner = self._collection(f"{number:02d} {group}", home)
                for ob in objects:
                    inner.objects.link(ob)
                if group == "Slots":
                    slots.add(inner)
        house = self._collection("House", root)
        for ob in parts.get(("", ""), ()):
            house.objects.link(ob)
        tours = self._collection("Tours", root)
        for ob in cameras:
            tours.objects.link(ob)
        self._set_scene(scene, root, slots, walks, sky)

    def _set_scene(self, scene, root, slots: set, walks: list, sky) -> None:
        older = {child for child in scene.collection.children if child.get("role") == "museum"}
        scene.collection.children.link(root)
        for view_layer in scene.view_layers:
            for found in layers_of(view_layer.layer_collection, older):
                # Two houses in one place: the older one waits, to be ticked in the outliner.
                found.exclude = True
            for found in layers_of(view_layer.layer_collection, slots):
                found.hide_viewport = True
        scene.world = sky
        if walks:
            scene.camera = walks[0]

    def _collection(self, name: str, parent):
        collection = bpy.data.collections.new(name)
        self._made.append(collection)
        if parent is not None:
            parent.children.link(collection)
        return collection

    def _sign(self, root) -> None:
        """Keep the museum's file with the scene: works are exchanged by it."""
        text = bpy.data.texts.new(f"{self.museum.title}.json")
        self._made.append(text)
        text.write((self.folder / reading.FILE).read_text("utf-8"))
        root["role"] = "museum"
        root["title"] = self.museum.title
        root["vernissage_text"] = text
        root["vernissage_folder"] = str(self.folder)
        root["vernissage_engine"] = self.museum.engine


def first_show(museum: Museum, slot: Slot) -> Show:
    """What a slot shows before anything is changed: the first version of its first work."""
    return next(shows(museum, slot))


def shows(museum: Museum, slot: Slot) -> Iterator[Show]:
    """Everything that a slot can be switched to, in the order of its playlist.

    Raises:
        Problem: E_RESULT, where a work has no file.
    """
    for name in slot.works:
        work = museum.works[name]
        for version in work.versions:
            if version.file is None:
                raise problems.result_unreadable(f"{version.title} has not been made.")
            yield Show(
                slot,
                version.id,
                work.id,
                work.kind,
                version.title,
                work.alt,
                version.file,
                version.origin,
                inside(slot, work),
                work.size[2],
                museum.engine,
            )


def inside(slot: Slot, work: Work) -> tuple[float, float]:
    """How large a flat work is in a slot that may have been made for another."""
    scale = min(slot.size[0] / work.size[0], slot.size[1] / work.size[1])
    return (scale * work.size[0], scale * work.size[1])
