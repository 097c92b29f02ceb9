"""Runs inside Blender (`--python probe.py`): answers the driver's questions about screen and scene.

One JSON object a line over two inherited pipes, whose numbers are in GUI_PROBE_PIPES. The probe
looks and measures; what a user does inside a window is left to the mouse and the keyboard.
"""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Callable

import bpy
from mathutils import Vector

TICK_S = 0.005
ADDON = "bl_ext.user_default.vernissage"
KINDS = ("objects", "meshes", "materials", "images", "armatures", "actions", "collections")
PREFIX = "VERNISSAGE_OT_"


class Probe:
    """Answers questions from a timer of Blender's event loop; no threads."""

    def __init__(self, inbox: int, outbox: int) -> None:
        os.set_blocking(inbox, False)
        self.inbox, self.outbox = inbox, outbox
        self.buffer = b""
        self.inner_s = 0.0
        self.reset()

    def reset(self) -> None:
        """Forget the longest steps and the times at which jobs began and ended."""
        self.longest_s: dict[str, float] = {}
        self.job_seen_at: float | None = None
        self.job_gone_at: float | None = None

    def tick(self) -> float:
        """Look whether a job runs, and answer what was asked."""
        self.look()
        try:
            self.buffer += os.read(self.inbox, 65536)
        except BlockingIOError:
            pass
        *lines, self.buffer = self.buffer.split(b"\n")
        for line in lines:
            self.answer(json.loads(line))
        return TICK_S

    def look(self) -> None:
        """Note when a job was first seen, and when first no more."""
        running = bool(running_jobs())
        if running and self.job_seen_at is None:
            self.job_seen_at = time.monotonic()
        if self.job_seen_at is not None and not running and self.job_gone_at is None:
            self.job_gone_at = time.monotonic()

    def answer(self, question: dict) -> None:
        """Write one line: what was asked for, or the error that asking caused."""
        try:
            reply = {"answer": getattr(self, "ask_" + question["ask"])()}
        except Exception as error:  # the driver must hear about every failure, whatever it is
            reply = {"error": f"{type(error).__name__}: {error}"}
        os.write(self.outbox, json.dumps(reply).encode() + b"\n")

    def ask_reset(self) -> None:
        self.reset()

    def ask_time_operators(self) -> None:
        """From now on measure how long the add-on holds the main thread, drawing apart."""
        generate, insert = bpy.types.VERNISSAGE_OT_generate, bpy.types.VERNISSAGE_OT_insert
        invoke, modal = generate.invoke, generate.modal
        begin, place = insert.invoke, insert.modal
        # Blender counts the parameters of what it calls: they must stand here.
        generate.invoke = lambda this, context, event: self.timed(
            "click_s", invoke, this, context, event
        )
        generate.modal = lambda this, context, event: self.timed(
            "step_s", modal, this, context, event
        )
        insert.invoke = lambda this, context, event: self.timed(
            "placing_s", begin, this, context, event
        )
        insert.modal = lambda this, context, event: self.timed(
            "placing_s", place, this, context, event
        )

    def timed(self, name: str, method: Callable, *inputs: object) -> set[str]:
        """Keep the longest time that `method` takes, without that of methods it calls in turn."""
        outer, self.inner_s = self.inner_s, 0.0
        began = time.monotonic()
        try:
            return method(*inputs)
        finally:
            whole = time.monotonic() - began
            self.longest_s[name] = max(self.longest_s.get(name, 0.0), whole - self.inner_s)
            self.inner_s = outer + whole

    def ask_times(self) -> dict:
        """Seconds; moments are of the machine's monotonic clock, which the driver shares."""
        return {
            "longest_s": self.longest_s,
            "job_seen_at": self.job_seen_at,
            "job_gone_at": self.job_gone_at,
        }

    def ask_screen(self) -> dict:
        """Windows and regions as x, y, width, height from the screen's lower left corner."""
        window, area = viewport()
        regions = {region.type: region for region in area.regions}
        sidebar = regions["UI"] if regions["UI"].width > 1 else None
        windows = bpy.context.window_manager.windows
        return {
            "windows": [[w.x, w.y, w.width, w.height] for w in windows],
            "viewport": rectangle(window, regions["WINDOW"]),
            "header": rectangle(window, regions["HEADER"]),
            "sidebar": sidebar and rectangle(window, sidebar),
            "tab": sidebar and sidebar.active_panel_category,
            "shading": area.spaces.active.shading.type,
            "view": area.spaces.active.region_3d.view_perspective,
            "camera": getattr(bpy.context.scene.camera, "name", ""),
            "preferences": bpy.context.preferences.active_section,
        }

    def ask_under_mouse(self) -> dict:
        """The operator call and the property path of the button under the mouse, "" if none.

        Blender tells both to scripts: they are what Ctrl-C on a button copies.
        """
        manager = bpy.context.window_manager
        for window in manager.windows:
            for area in window.screen.areas:
                for region in area.regions:
                    with bpy.context.temp_override(window=window, area=area, region=region):
                        if bpy.ops.ui.copy_python_command_button.poll():
                            bpy.ops.ui.copy_python_command_button()
                            return {"operator": manager.clipboard, "property": ""}
                        if bpy.context.property is not None:
                            return {"operator": "", "property": bpy.context.property[1]}
        return {"operator": "", "property": ""}

    def ask_close_preferences(self) -> None:
        """Close the second window; there is no window manager here to draw a cross to click."""
        with bpy.context.temp_override(window=bpy.context.window_manager.windows[1]):
            bpy.ops.wm.window_close()

    def ask_settings(self) -> dict:
        """The panel's fields and the engine's command."""
        settings = bpy.context.scene.vernissage
        offers = sys.modules[f"{ADDON}.ui.known"].known_offers()
        chosen = bpy.context.preferences.addons[ADDON].preferences.engine_command
        return {
            "seed": settings.seed,
            "count": settings.count,
            "model": settings.model,
            "class_name": settings.class_name,
            "classes": [name for name, _ in settings.offer.names()],
            "models": [offer.name for offer in offers],
            "museum": {
                name: getattr(settings.museum, name) for name in ("theme", "works", "versions")
            },
            "engine_command": chosen,
        }

    def ask_facts(self) -> dict:
        """What is in the scene, in metres of world space."""
        scene = bpy.context.scene
        return {
            "census": {
                kind: sorted(block.name for block in getattr(bpy.data, kind)) for kind in KINDS
            },
            "collections": {
                child.name: sorted(thing.name for thing in child.all_objects)
                for child in scene.collection.children
            },
            "objects": {o.name: describe(o) for o in scene.objects},
            "cursor": list(scene.cursor.location),
        }


def rectangle(window: bpy.types.Window, region: bpy.types.Region) -> list[int]:
    """x, y, width, height on the screen."""
    return [window.x + region.x, window.y + region.y, region.width, region.height]


def running_jobs() -> list[str]:
    """Names of the add-on's modal operators that run now."""
    windows = bpy.context.window_manager.windows
    return [
        operator.bl_idname
        for window in windows
        for operator in window.modal_operators
        if operator.bl_idname.startswith(PREFIX)
    ]


def viewport() -> tuple[bpy.types.Window, bpy.types.Area]:
    """The largest 3D viewport and its window."""
    views = [
        (area.width * area.height, window, area)
        for window in bpy.context.window_manager.windows
        for area in window.screen.areas
        if area.type == "VIEW_3D"
    ]
    _, window, area = max(views, key=lambda view: view[0])
    return window, area


def describe(thing: bpy.types.Object) -> dict:
    """Kind, parent, bounds, bones, materials and textures of one object."""
    places = [thing.matrix_world @ Vector(corner) for corner in thing.bound_box]
    facts = {
        "type": thing.type,
        "role": thing.get("role"),
        "parent": thing.parent.name if thing.parent else None,
        "low": [min(p[axis] for p in places) for axis in range(3)],
        "high": [max(p[axis] for p in places) for axis in range(3)],
        "collections": [owner.name for owner in thing.users_collection],
        "selected": thing.select_get(),
        "visible": thing.visible_get(),
        "wire": thing.display_type == "WIRE",
        "properties": sorted(name for name, _ in thing.items() if name.startswith("vernissage")),
        "origin": list(thing.matrix_world.translation),
    }
    if thing.type == "ARMATURE":
        facts["bones"] = {
            bone.name: list(thing.matrix_world @ bone.head_local) for bone in thing.data.bones
        }
    if thing.type == "MESH":
        facts["faces"] = len(thing.data.polygons)
        facts["normal_maps"] = sum(
            node.type == "NORMAL_MAP"
            for material in thing.data.materials
            if material and material.node_tree
            for node in material.node_tree.nodes
        )
        facts["armature"] = any(m.type == "ARMATURE" and m.object for m in thing.modifiers)
        facts["textures"] = [
            [node.image.name, node.interpolation, *node.image.size]
            for material in thing.data.materials
            if material and material.node_tree
            for node in material.node_tree.nodes
            if node.type == "TEX_IMAGE" and node.image
        ]
    return facts


inbox, outbox = (int(number) for number in os.environ["GUI_PROBE_PIPES"].split(","))
probe = Probe(inbox, outbox)
bpy.app.timers.register(probe.tick, persistent=True)
# Between a click and the next tick Blender may draw, which takes long without a GPU.
bpy.types.SpaceView3D.draw_handler_add(probe.look, (), "WINDOW", "PRE_VIEW")
