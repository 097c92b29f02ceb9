# SPDX-License-Identifier: GPL-3.0-or-later
"""Meshes and their materials, from the arrays of a file."""

from array import array

import bpy

from ..core import pictures
from ..core.gltf import Material, Mesh
from ..core.weld import Body
from . import compat

Piece = tuple[Mesh, Body]
"""One primitive of a file and what became of it when it was welded."""


def build_mesh(pieces: list[Piece], name: str):
    """A mesh datablock: points welded, flat quads whole, UVs as in the file.

    The faces of piece i have the material slot i.
    """
    data = bpy.data.meshes.new(name)
    points, corners, vertices = array("f"), array("i"), []
    starts, slots, start = array("i"), array("i"), 0
    for slot, (mesh, body) in enumerate(pieces):
        before, position = len(points) // 3, mesh.positions
        points.extend(position[3 * i + axis] for i in body.firsts for axis in range(3))
        own = [vertex for face in body.faces for vertex in face]
        corners.extend(before + body.point_of[vertex] for vertex in own)
        vertices.append(own)
        for face in body.faces:
            starts.append(start)
            slots.append(slot)
            start += len(face)
    data.vertices.add(len(points) // 3)
    data.vertices.foreach_set("co", points)
    data.loops.add(len(corners))
    data.loops.foreach_set("vertex_index", corners)
    data.polygons.add(len(starts))
    data.polygons.foreach_set("loop_start", starts)
    if len(pieces) > 1:
        data.polygons.foreach_set("material_index", slots)
    for layer_name, kind in (("UVMap", "uvs"), ("Lightmap", "light_uvs")):
        sets = [getattr(mesh, kind) for mesh, _ in pieces]
        if any(sets):
            _add_uvs(data, layer_name, sets, vertices)
    data.update(calc_edges=True)
    if all(body.flat for _, body in pieces) or not all(mesh.normals for mesh, _ in pieces):
        data.shade_flat()
    else:
        data.normals_split_custom_set(
            [
                mesh.normals[3 * v : 3 * v + 3]
                for (mesh, _), own in zip(pieces, vertices, strict=True)
                for v in own
            ]
        )
    data.validate()
    return data


def _add_uvs(data, name: str, sets: list, vertices: list[list[int]]) -> None:
    uvs = array("f")
    for values, own in zip(sets, vertices, strict=True):
        if not values:
            uvs.extend([0.0] * (2 * len(own)))
        for vertex in own if values else ():
            uvs.extend(values[2 * vertex : 2 * vertex + 2])
    data.uv_layers.new(name=name).uv.foreach_set("vector", uvs)


def bind(ob, mesh: Mesh, body: Body, armature, bone_names: list[str]) -> None:
    """Let `armature` move `ob`: one vertex group a bone, with the weights of the file."""
    ob.modifiers.new("Armature", "ARMATURE").object = armature
    members: dict[tuple[int, float], list[int]] = {}
    for point, vertex in enumerate(body.firsts):
        for slot in range(4 * vertex, 4 * vertex + 4):
            if mesh.weights[slot] > 0.0:
                key = (mesh.bones[slot], mesh.weights[slot])
                members.setdefault(key, []).append(point)
    groups = [ob.vertex_groups.new(name=name) for name in bone_names]
    for (bone, weight), points in members.items():
        groups[bone].add(points, weight, "ADD")


def build_material(material: Material, name: str, made: list, images: dict | None = None):
    """A Principled material with the file's own pictures; voxel palettes stay crisp.

    The material and its images are added to `made`. A picture that is in `images` already is used
    again, and every new one is put there.
    """
    data = bpy.data.materials.new(name)
    made.append(data)
    compat.use_nodes(data)
    nodes, links = data.node_tree.nodes, data.node_tree.links
    shader = next(node for node in nodes if node.type == "BSDF_PRINCIPLED")
    shader.inputs["Metallic"].default_value = material.metallic
    shader.inputs["Roughness"].default_value = material.roughness
    shader.inputs["Base Color"].default_value = material.color
    data.metallic, data.roughness = material.metallic, material.roughness
    data.diffuse_color = material.color
    x, y = shader.location

    def texture(picture: bytes, image_name: str, row: int, color_space: str):
        node = nodes.new("ShaderNodeTexImage")
        node.image = shared_image(picture, image_name, color_space, made, images)
        node.location = (x - 620, y - 300 * row)
        return node

    if any(material.glow):
        most = max(material.glow)
        shader.inputs["Emission Color"].default_value = (*(p / most for p in material.glow), 1.0)
        shader.inputs["Emission Strength"].default_value = most
        if material.glow_picture is not None:
            source = texture(material.glow_picture, f"{name} glow", 3, "sRGB")
            links.new(source.outputs["Color"], shader.inputs["Emission Color"])
    if material.finish is not None:
        source = texture(material.finish, f"{name} finish", 1, "Non-Color")
        parts = nodes.new("ShaderNodeSeparateColor")
        parts.location = (x - 320, y - 300)
        links.new(source.outputs["Color"], parts.inputs["Color"])
        for part, socket in (("Green", "Roughness"), ("Blue", "Metallic")):
            product = nodes.new("ShaderNodeMath")
            product.operation = "MULTIPLY"
            product.location = (x - 160, y - (300 if part == "Green" else 480))
            product.inputs[1].default_value = shader.inputs[socket].default_value
            links.new(parts.outputs[part], product.inputs[0])
            links.new(product.outputs["Value"], shader.inputs[socket])
    if material.normals is not None:
        source = texture(material.normals, f"{name} normals", 2, "Non-Color")
        bumps = nodes.new("ShaderNodeNormalMap")
        bumps.location = (x - 320, y - 600)
        links.new(source.outputs["Color"], bumps.inputs["Color"])
        links.new(bumps.outputs["Normal"], shader.inputs["Normal"])
    if material.picture is not None:
        source = texture(material.picture, name, 0, "sRGB")
        source.interpolation = "Closest" if material.pixelated else "Linear"
        _tint(data, source, material.color, shader)
        if material.alpha != "OPAQUE":
            links.new(source.outputs["Alpha"], shader.inputs["Alpha"])
        # Solid views draw the active texture.
        nodes.active = source
    elif material.alpha != "OPAQUE":
        shader.inputs["Alpha"].default_value = material.color[3]
    return data


def _tint(data, source, color, shader) -> None:
    """Let the base colour be the picture, times the colour of the whole surface if it has one."""
    nodes, links = data.node_tree.nodes, data.node_tree.links
    if all(abs(part - 1.0) < 1e-4 for part in color[:3]):
        links.new(source.outputs["Color"], shader.inputs["Base Color"])
        return
    product = nodes.new("ShaderNodeMix")
    product.data_type, product.blend_type = "RGBA", "MULTIPLY"
    product.location = (shader.location.x - 220, shader.location.y)
    sockets = {s.identifier: s for s in product.inputs}
    sockets["Factor_Float"].default_value = 1.0
    sockets["B_Color"].default_value = (*color[:3], 1.0)
    links.new(source.outputs["Color"], sockets["A_Color"])
    result = next(s for s in product.outputs if s.identifier == "Result_Color")
    links.new(result, shader.inputs["Base Color"])


def shared_image(picture: bytes, name: str, color_space: str, made: list, images: dict | None):
    """The image of these bytes in `images`, or a new one, which is put there."""
    if images is None:
        return build_image(picture, name, color_space, made)
    key = (picture, color_space)
    if key not in images:
        images[key] = build_image(picture, name, color_space, made)
    return images[key]


def build_image(data: bytes, name: str, color_space: str, made: list):
    """An image with the file's own bytes inside the .blend; it is added to `made`."""
    image = bpy.data.images.new(name, 1, 1)
    made.append(image)
    image.pack(data=data, data_len=len(data))
    image.source = "FILE"
    image.filepath_raw = f"//{name}.{pictures.suffix(data)}"
    image.colorspace_settings.name = color_space
    return image
