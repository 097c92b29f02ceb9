"""Run by Blender, never imported: bakes the light of a bundle with Cycles.

It needs nothing but Blender, the bundle's files and `museum.json` on stdin. Beside each lightmap it
writes the light that Cycles found, (H, W, 3) float32 as .npy, and says `baked FILE`.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import Any

import bpy
import numpy as np
from mathutils import Vector

BAKED = ("architecture", "furniture")
SHAFT, TRAY = 0.3, 0.22  # metres from the ceiling up to the glass of a laylight, of a cove
WATT = 683.0  # lumens
DAY = 0.05  # mean of the zenith, below which it is night


def main() -> None:
    given = sys.argv[sys.argv.index("--") + 1 :] if "--" in sys.argv else sys.argv[1:]
    parser = argparse.ArgumentParser(prog="in_blender", description=__doc__)
    parser.add_argument("bundle", type=Path)
    parser.add_argument("--samples", type=int, default=256)
    options = parser.parse_args(given)
    museum = json.load(sys.stdin)
    set_up(museum, options.bundle, options.samples)
    for entry in museum["bundle"]["lightmaps"]:
        bake_room(entry, options.bundle)
        sys.stdout.write(f"baked {entry['file']}\n")
        sys.stdout.flush()


def set_up(museum: dict[str, Any], folder: Path, samples: int) -> None:
    """House, works and lamps in an empty scene that Cycles renders."""
    bpy.ops.wm.read_factory_settings(use_empty=True)
    bpy.ops.preferences.addon_enable(module="io_scene_gltf2")
    scene = bpy.context.scene
    scene.render.engine = "CYCLES"
    scene.cycles.samples = samples
    scene.cycles.device = "CPU"
    scene.cycles.max_bounces = 6
    scene.render.bake.margin = 6
    bpy.ops.import_scene.gltf(filepath=str(folder / "shell.glb"))
    for thing in bpy.data.objects:
        if thing.get("role") in ("fixtures", "labels", "walkable"):
            thing.hide_render = True  # lamps are lights here, and glass would shine twice
    files = {work["id"]: work.get("file") for work in museum["works"]}
    for slot in museum["slots"]:
        file = files[slot["works"][0]]
        if file and file.endswith(".glb"):
            stand(folder / file, slot)
    heights = {room["id"]: room["height"] for room in museum["rooms"]}
    for light in museum.get("lights", ()):
        add_lamp(light, heights[light["room"]])
    world = bpy.data.worlds.new("sky")
    world.use_nodes = True
    horizon, zenith = (np.array(linear(colour)) for colour in museum["style"]["sky"])
    world.node_tree.nodes["Background"].inputs[0].default_value = (*(horizon + zenith) / 2, 1)
    scene.world = world
    if zenith.mean() > DAY:
        add_sun(museum["seed"], 3.5 * float(horizon.mean()))


def stand(file: Path, slot: dict[str, Any]) -> None:
    """A work in its place."""
    before = set(bpy.data.objects)
    bpy.ops.import_scene.gltf(filepath=str(file))
    for thing in set(bpy.data.objects) - before:
        if thing.parent is None:
            holder = bpy.data.objects.new(slot["id"], None)
            bpy.context.scene.collection.objects.link(holder)
            holder.location = to_blender(slot["position"])
            holder.rotation_euler = (0.0, 0.0, np.radians(slot["yaw"]))
            thing.parent = holder


def add_lamp(light: dict[str, Any], height: float) -> None:
    """A fixture as a light of Blender's; the quick bake says how bright a room is in all."""
    place = list(light["position"])
    if light["kind"] == "spot":
        data = bpy.data.lights.new(light["id"], "SPOT")
        half = np.radians(light["cone"]) / 2
        data.spot_size, data.spot_blend = 2 * half, 0.9
        data.shadow_soft_size = 0.035
        data.energy = light["lumens"] / WATT * 2 / (1 - np.cos(0.7 * half))
        down = to_blender(light["target"]) - to_blender(place)
    else:
        data = bpy.data.lights.new(light["id"], "AREA")
        data.shape = "RECTANGLE"
        data.size, data.size_y = light.get("size") or (0.5, 0.5)
        data.energy = light["lumens"] / WATT
        lift = {"skylight": SHAFT, "cove": TRAY}.get(light["kind"])
        place[1] = height + lift - 0.03 if lift else place[1]
        down = Vector((0.0, 0.0, -1.0))
    data.color = black_body(light["kelvin"])
    thing = bpy.data.objects.new(light["id"], data)
    thing.location = to_blender(place)
    thing.rotation_euler = down.to_track_quat("-Z", "Y").to_euler()
    bpy.context.scene.collection.objects.link(thing)


def add_sun(seed: int, strength: float) -> None:
    """The sun where the quick bake has it."""
    turn = np.radians(35.0 + 20.0 * (seed % 3)) * (-1 if seed % 2 else 1)
    rise = np.radians(48.0)
    towards = (np.cos(rise) * np.sin(turn), np.sin(rise), np.cos(rise) * np.cos(turn))
    data = bpy.data.lights.new("sun", "SUN")
    data.energy, data.angle, data.color = strength, 0.04, black_body(5000)
    thing = bpy.data.objects.new("sun", data)
    thing.rotation_euler = (-to_blender(list(towards))).to_track_quat("-Z", "Y").to_euler()
    bpy.context.scene.collection.objects.link(thing)


def bake_room(entry: dict[str, Any], folder: Path) -> None:
    """Bake one room's light and write it beside its lightmap."""
    things = [
        t for t in bpy.data.objects
        if t.type == "MESH" and t.get("id") == entry["room"] and t.get("role") in BAKED
    ]  # fmt: skip
    path = folder / entry["file"]
    width, height = bpy.data.images.load(str(path)).size
    target = bpy.data.images.new(entry["room"], width, height, float_buffer=True, is_data=True)
    bpy.ops.object.select_all(action="DESELECT")
    for thing in things:
        thing.select_set(True)
        thing.data.uv_layers.active_index = 1
        for slot in thing.material_slots:
            nodes = slot.material.node_tree.nodes
            node = nodes.get("lightmap") or nodes.new("ShaderNodeTexImage")
            node.name, node.image = "lightmap", target
            nodes.active = node
    bpy.context.view_layer.objects.active = things[0]
    bpy.ops.object.bake(type="DIFFUSE", pass_filter={"DIRECT", "INDIRECT"})
    light = np.empty(width * height * 4, np.float32)
    target.pixels.foreach_get(light)  # rows from the bottom
    np.save(path.with_suffix(".npy"), light.reshape(height, width, 4)[::-1, :, :3])


def to_blender(place: list[float]) -> Vector:
    """Metres with Y up to metres with Z up."""
    return Vector((place[0], -place[2], place[1]))


def black_body(kelvin: float) -> tuple[float, float, float]:
    """Linear sRGB, largest channel 1, after Krystek (1985)."""
    t = float(kelvin)
    u = (0.860117757 + 1.54118254e-4 * t + 1.28641212e-7 * t * t) / (
        1 + 8.42420235e-4 * t + 7.08145163e-7 * t * t
    )
    v = (0.317398726 + 4.22806245e-5 * t + 4.20481691e-8 * t * t) / (
        1 - 2.89741816e-5 * t + 1.61456053e-7 * t * t
    )
    x, y = 3 * u / (2 * u - 8 * v + 4), 2 * v / (2 * u - 8 * v + 4)
    xyz = np.array([x / y, 1.0, (1 - x - y) / y])
    rgb = np.clip(
        [[3.2405, -1.5371, -0.4985], [-0.9693, 1.876, 0.0416], [0.0556, -0.204, 1.0572]] @ xyz,
        0,
        None,
    )
    red, green, blue = rgb / rgb.max()
    return float(red), float(green), float(blue)


def linear(colour: str) -> list[float]:
    codes = np.array([int(colour[i : i + 2], 16) for i in (1, 3, 5)]) / 255
    return [float(v) for v in to_linear(codes)]


def to_linear(code: np.ndarray) -> np.ndarray:
    return np.where(code <= 0.04045, code / 12.92, ((code + 0.055) / 1.055) ** 2.4)


if __name__ == "__main__":
    main()
