"""Runs inside Blender (`--python probe.py`): answers the driver's questions about screen and scene.

One JSON object a line over two inherited pipes, whose numbers are in GUI_PROBE_PIPES. The probe
looks and measures; everything that a user would do is left to the mouse and the keyboard.
"""

from __future__ import annotations

import json
import os
import time

import bpy

TICK_S = 0.005
PREFIX = "VERNISSAGE_OT_"


class Probe:
    """Answers questions from a timer of Blender's event loop; no threads."""

    def __init__(self, inbox: int, outbox: int) -> None:
        os.set_blocking(inbox, False)
        self.inbox, self.outbox = inbox, outbox
        self.buffer = b""
        self.reset()

    def reset(self) -> None:
        """Forget the longest stall and the times at which jobs began and ended."""
        self.last_tick = time.monotonic()
        self.longest_stall_s = 0.0
        self.job_seen_at: float | None = None
        self.job_gone_at: float | None = None

    def tick(self) -> float:
        """Note how long the main thread was away and whether a job runs; answer what was asked."""
        now = time.monotonic()
        self.longest_stall_s = max(self.longest_stall_s, now - self.last_tick)
        running = bool(running_jobs())
        if running and self.job_seen_at is None:
            self.job_seen_at = now
        if self.job_seen_at is not None and not running and self.job_gone_at is None:
            self.job_gone_at = now
        try:
            self.buffer += os.read(self.inbox, 65536)
        except BlockingIOError:
            pass
        *lines, self.buffer = self.buffer.split(b"\n")
        for line in lines:
            self.answer(json.loads(line))
        self.last_tick = time.monotonic()
        return TICK_S

    def answer(self, question: dict) -> None:
        """Write one line: what was asked for, or the error that asking caused."""
        try:
            reply = {"answer": getattr(self, "ask_" + question["ask"])()}
        except Exception as error:  # the driver must hear about every failure, whatever it is
            reply = {"error": f"{type(error).__name__}: {error}"}
        os.write(self.outbox, json.dumps(reply).encode() + b"\n")

    def ask_reset(self) -> None:
        self.reset()

    def ask_times(self) -> dict:
        """Seconds of the machine's monotonic clock, which the driver shares."""
        return {
            "longest_stall_s": self.longest_stall_s,
            "job_seen_at": self.job_seen_at,
            "job_gone_at": self.job_gone_at,
            "running": running_jobs(),
        }

    def ask_screen(self) -> dict:
        """The 3D viewport and its sidebar, in pixels from the window's lower left corner."""
        window, area = viewport()
        regions = {region.type: region for region in area.regions}
        sidebar = regions["UI"]
        return {
            "window": [window.width, window.height],
            "viewport": rectangle(regions["WINDOW"]),
            "sidebar": rectangle(sidebar) if sidebar.width > 1 else None,
            "tab": sidebar.active_panel_category if sidebar.width > 1 else None,
            "shading": area.spaces.active.shading.type,
        }

    def ask_windows(self) -> list[list[int]]:
        """x, y, width, height of every window; x and y from the screen's lower left corner."""
        windows = bpy.context.window_manager.windows
        return [[w.x, w.y, w.width, w.height] for w in windows]

    def ask_under_mouse(self) -> dict:
        """The operator call or the property path of the sidebar button under the mouse."""
        window, area = viewport()
        sidebar = next(region for region in area.regions if region.type == "UI")
        found = {"operator": "", "property": ""}
        with bpy.context.temp_override(window=window, area=area, region=sidebar):
            if bpy.ops.ui.copy_python_command_button.poll():
                bpy.ops.ui.copy_python_command_button()
                found["operator"] = bpy.context.window_manager.clipboard
            owned = bpy.context.property
            if owned is not None:
                found["property"] = owned[1]
        return found

    def ask_facts(self) -> dict:
        """What is in the scene, in metres of world space."""
        scene = bpy.context.scene
        return {
            "census": {
                name: len(getattr(bpy.data, name))
                for name in ("objects", "meshes", "materials", "images", "armatures", "collections")
            },
            "collections": {c.name: sorted(o.name for o in c.all_objects) for c in scene.collection.children},
            "objects": {o.name: describe(o) for o in scene.objects},
            "cursor": list(scene.cursor.location),
        }


def rectangle(region: bpy.types.Region) -> list[int]:
    """x, y, width, height."""
    return [region.x, region.y, region.width, region.height]


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
    corners = [thing.matrix_world @ thing.matrix_world.__class__.Translation(c) for c in thing.bound_box]
    places = [corner.to_translation() for corner in corners]
    facts = {
        "type": thing.type,
        "parent": thing.parent.name if thing.parent else None,
        "low": [min(p[axis] for p in places) for axis in range(3)],
        "high": [max(p[axis] for p in places) for axis in range(3)],
        "collections": [c.name for c in thing.users_collection],
        "selected": thing.select_get(),
        "properties": sorted(thing.keys()),
    }
    if thing.type == "ARMATURE":
        facts["bones"] = [bone.name for bone in thing.data.bones]
    if thing.type == "MESH":
        facts["faces"] = len(thing.data.polygons)
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
bpy.app.timers.register(Probe(inbox, outbox).tick, persistent=True)
