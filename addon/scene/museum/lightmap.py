# SPDX-License-Identifier: GPL-3.0-or-later
"""The switch between native lights and the light that was baked into the house."""

import bpy

from ...core import problems
from ...core.museum import Lightmap, Museum
from ..mesh import build_image

LAYER = "Lightmap"
ROLES = ("architecture", "furniture")


def use_lightmaps(root, museum: Museum, baked: bool) -> None:
    """Show baked light, or native lights, on the house. Works are lit by the lamps in both.

    The objects get materials of their own for it, beside those of their meshes: to go back is to
    look at the latter again.

    Raises:
        Problem: E_MUSEUM without lightmaps, E_RESULT when one cannot be read.
    """
    if not museum.lightmaps:
        raise problems.not_a_museum(f"{museum.title} was built without baked light.")
    made: list = []
    lit: dict = {}
    try:
        for ob in root.all_objects:
            wanted = museum.lightmaps.get(str(ob.get("id")))
            if ob.get("role") not in ROLES or ob.type != "MESH" or wanted is None:
                continue
            for slot in ob.material_slots:
                _switch(slot, ob, wanted, baked, lit, made)
    except BaseException:
        bpy.data.batch_remove(made)
        raise
    root["vernissage_baked"] = baked


def _switch(slot, ob, wanted: Lightmap, baked: bool, lit: dict, made: list) -> None:
    if not baked:
        slot.link = "DATA"
        return
    slot.link = "DATA"
    plain = slot.material
    if plain is None or plain.metallic > 0.5 or LAYER not in ob.data.uv_layers:
        return
    key = (plain, wanted.room)
    if key not in lit:
        lit[key] = _lit(plain, wanted, made)
    slot.link = "OBJECT"
    slot.material = lit[key]


def _lit(plain, wanted: Lightmap, made: list):
    """A copy of a material that shines as the lightmap says instead of waiting for lamps."""
    key = f"{wanted.file} {plain.name}"
    if (kept := _kept(bpy.data.materials, key)) is not None:
        return kept
    image = _kept(bpy.data.images, str(wanted.file))
    if image is None:
        try:
            data = wanted.file.read_bytes()
        except OSError as error:
            sentence = f"{wanted.file} could not be read: {error.strerror}."
            raise problems.result_unreadable(sentence) from error
        image = build_image(data, f"Light {wanted.room}", "sRGB", made)
        image["vernissage_light"] = str(wanted.file)
    material = plain.copy()
    material.name = f"{plain.name} {wanted.room}"
    material["vernissage_light"] = key
    made.append(material)
    nodes, links = material.node_tree.nodes, material.node_tree.links
    shader = next(node for node in nodes if node.type == "BSDF_PRINCIPLED")
    x, y = shader.location
    where = nodes.new("ShaderNodeUVMap")
    where.uv_map = LAYER
    where.location = (x - 820, y + 300)
    light = nodes.new("ShaderNodeTexImage")
    light.image = image
    light.extension = "EXTEND"
    light.location = (x - 620, y + 300)
    links.new(where.outputs["UV"], light.inputs["Vector"])
    product = nodes.new("ShaderNodeMix")
    product.data_type, product.blend_type = "RGBA", "MULTIPLY"
    product.location = (x - 220, y + 300)
    sockets = {socket.identifier: socket for socket in product.inputs}
    sockets["Factor_Float"].default_value = 1.0
    links.new(light.outputs["Color"], sockets["B_Color"])
    base = shader.inputs["Base Color"]
    if base.is_linked:
        links.new(base.links[0].from_socket, sockets["A_Color"])
        links.remove(base.links[0])
    else:
        sockets["A_Color"].default_value = base.default_value
    base.default_value = (0.0, 0.0, 0.0, 1.0)
    result = next(s for s in product.outputs if s.identifier == "Result_Color")
    links.new(result, shader.inputs["Emission Color"])
    shader.inputs["Emission Strength"].default_value = wanted.scale
    return material


def _kept(blocks, key: str):
    return next((block for block in blocks if block.get("vernissage_light") == key), None)
