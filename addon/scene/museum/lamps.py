# SPDX-License-Identifier: GPL-3.0-or-later
"""Native lights where the museum has its fixtures, and the sky around the house."""

import math

import bpy
from mathutils import Vector

from ...core import light as physics
from ...core.museum import Light, Museum
from .. import compat

SPOT_RADIUS = 0.03
SOFT_EDGE = 0.7


def build_lamp(light: Light, museum: Museum, made: list):
    """A spot that aims at its target, or a surface that shines downwards."""
    spot = light.kind == "spot"
    data = bpy.data.lights.new(light.id, "SPOT" if spot else "AREA")
    made.append(data)
    if spot:
        # The museum's cone holds the work; the soft edge lies around it.
        data.spot_size = min(light.cone * (1.0 + SOFT_EDGE / 2), math.pi)
        data.spot_blend = SOFT_EDGE
        data.shadow_soft_size = SPOT_RADIUS
        data.energy = physics.spot_watts(light.lumens, light.cone)
    else:
        data.shape = "RECTANGLE"
        data.size, data.size_y = light.size or (0.6, 0.6)
        data.energy = physics.area_watts(light.lumens)
    kelvin = physics.seen_kelvin(light.kelvin, museum.kelvin)
    compat.set_temperature(data, kelvin, physics.colour(kelvin))
    ob = bpy.data.objects.new(light.id, data)
    made.append(ob)
    ob.location = light.position
    if light.target is not None:
        down = Vector(light.target) - Vector(light.position)
        ob.rotation_euler = down.to_track_quat("-Z", "Y").to_euler()
    ob["id"] = light.id
    ob["role"] = "light"
    ob["lumens"] = light.lumens
    ob["kelvin"] = light.kelvin
    return ob


def build_sky(museum: Museum, made: list):
    """A world whose colour runs from the horizon to the zenith."""
    world = bpy.data.worlds.new(f"{museum.title} Sky")
    made.append(world)
    compat.use_nodes(world)
    nodes, links = world.node_tree.nodes, world.node_tree.links
    background = next(node for node in nodes if node.type == "BACKGROUND")
    where = nodes.new("ShaderNodeTexCoord")
    parts = nodes.new("ShaderNodeSeparateXYZ")
    ramp = nodes.new("ShaderNodeValToRGB")
    x, y = background.location
    for node, column in ((where, 3), (parts, 2), (ramp, 1)):
        node.location = (x - 300 * column, y)
    horizon, zenith = (physics.linear(colour) for colour in museum.sky)
    ramp.color_ramp.elements[0].color = (*horizon, 1.0)
    ramp.color_ramp.elements[1].color = (*zenith, 1.0)
    links.new(where.outputs["Generated"], parts.inputs["Vector"])
    links.new(parts.outputs["Z"], ramp.inputs["Fac"])
    links.new(ramp.outputs["Color"], background.inputs["Color"])
    background.inputs["Strength"].default_value = 1.0
    world.color = horizon
    return world
