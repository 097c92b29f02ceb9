# SPDX-License-Identifier: GPL-3.0-or-later
"""Cameras: one at each stop of the tours, and one that walks each tour."""

import math
from array import array

import bpy

from ...core import tour as walk
from ...core.museum import Museum, Slot, Tour
from .. import compat

NARROWEST, WIDEST = math.radians(30.0), math.radians(80.0)
MARGIN = 1.25
"""How much more than the work a view of it shows."""

ASPECT = 16 / 9
"""Of the pictures that are rendered, as a rule: what is high needs a wider view than what is wide."""

WALKING = math.radians(75.0)


def build_views(museum: Museum, made: list) -> list:
    """A camera for each slot that a tour stops at, from where the visitor stands."""
    stops = {stop.slot: stop for tour in museum.tours for stop in tour.stops}
    found = []
    for name, stop in stops.items():
        slot = museum.slots[name]
        ob = _camera(f"View {name}", view_angle(museum, slot), made)
        place(ob, walk.view(museum.eye, stop.stand, slot.middle))
        ob["id"] = f"view-{name}"
        ob["role"] = "view"
        ob["slot"] = name
        found.append(ob)
    return found


def view_angle(museum: Museum, slot: Slot) -> float:
    """How wide a view must be to show a work whole."""
    x, y, z = slot.middle
    away = math.dist((x, y, z), (*slot.stand, museum.eye))
    wide = MARGIN * max(slot.size[0], slot.size[1] * ASPECT)
    return min(max(2.0 * math.atan2(wide / 2, max(away, 0.1)), NARROWEST), WIDEST)


def place(ob, seen: walk.View) -> None:
    """Put a camera where the eyes of a visitor are."""
    ob.location = seen.place
    ob.rotation_euler = (math.pi / 2 + seen.tilt, 0.0, seen.turn + math.pi)


def build_walk(museum: Museum, tour: Tour, made: list):
    """A camera that walks a whole tour, in the seconds that the museum gives it."""
    ob = _camera(f"Tour {tour.title}", WALKING, made)
    ob["id"] = tour.id
    ob["role"] = "tour"
    keys, _ = walk.keys(museum, tour)
    scene = bpy.context.scene
    fps = scene.render.fps / scene.render.fps_base
    action = bpy.data.actions.new(ob.name)
    made.append(action)
    curves = compat.new_curves(action, ob)
    ob.rotation_mode = "XYZ"
    place(ob, walk.View(keys[0].place, keys[0].turn, keys[0].tilt))
    times = [1.0 + key.time * fps for key in keys]
    for axis in range(3):
        _key(curves, "location", axis, times, [key.place[axis] for key in keys])
    _key(curves, "rotation_euler", 0, times, [math.pi / 2 + key.tilt for key in keys])
    _key(curves, "rotation_euler", 1, times, [0.0] * len(keys))
    _key(curves, "rotation_euler", 2, times, [key.turn + math.pi for key in keys])
    compat.assign_action(ob, action)
    ob["frames"] = math.ceil(times[-1])
    return ob


def _camera(name: str, angle: float, made: list):
    data = bpy.data.cameras.new(name)
    made.append(data)
    data.angle = angle
    data.clip_start = 0.05
    ob = bpy.data.objects.new(name, data)
    made.append(ob)
    return ob


def _key(curves, path: str, axis: int, times: list[float], values: list[float]) -> None:
    curve = curves.fcurves.new(path, index=axis)
    curve.keyframe_points.add(len(times))
    flat = array("f")
    for time, value in zip(times, values, strict=True):
        flat.extend((time, value))
    curve.keyframe_points.foreach_set("co", flat)
    for key in curve.keyframe_points:
        key.interpolation = "LINEAR"
    curve.update()
