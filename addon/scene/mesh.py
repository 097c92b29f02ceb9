# SPDX-License-Identifier: GPL-3.0-or-later
"""Meshes and their materials, from the arrays of a file."""

from array import array

import bpy

from ..core.gltf import Material, Mesh
from ..core.weld import Body
from . import compat


def build_mesh(mesh: Mesh, body: Body, name: str):
    """A mesh datablock: points welded, flat quads whole, UVs as in the file."""
    data = bpy.data.meshes.new(name)
    data.vertices.add(len(body.firsts))
    position = mesh.positions
    data.vertices.foreach_set(
        "co", array("f", [position[3 * i + axis] for i in body.firsts for axis in range(3)])
    )
    corners = [vertex for face in body.faces for vertex in face]
    data.loops.add(len(corners))
    data.loops.foreach_set("vertex_index", array("i", [body.point_of[v] for v in corners]))
    starts, start = array("i"), 0
    for face in body.faces:
        starts.append(start)
        start += len(face)
    data.polygons.add(len(body.faces))
    data.polygons.foreach_set("loop_start", starts)
    if mesh.uvs:
        layer = data.uv_layers.new(name="UVMap")
        uvs = array("f")
        for vertex in corners:
            uvs.extend(mesh.uvs[2 * vertex : 2 * vertex + 2])
        layer.uv.foreach_set("vector", uvs)
    data.update(calc_edges=True)
    if not mesh.normals or body.flat:
        data.shade_flat()
    else:
        n = mesh.normals
        data.normals_split_custom_set([n[3 * v : 3 * v + 3] for v in corners])
    data.validate()
    return data


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


def build_material(material: Material, name: str, made: list):
    """A Principled material with the file's own pictures; voxel palettes stay crisp.

    The material and its images are added to `made`.
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
        node.image = build_image(picture, image_name, color_space, made)
        node.location = (x - 620, y - 300 * row)
        return node

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
        links.new(source.outputs["Color"], shader.inputs["Base Color"])
        # Solid views draw the active texture.
        nodes.active = source
    return data


def build_image(png: bytes, name: str, color_space: str, made: list):
    """An image with the file's own bytes inside the .blend; it is added to `made`."""
    image = bpy.data.images.new(name, 1, 1)
    made.append(image)
    image.pack(data=png, data_len=len(png))
    image.source = "FILE"
    image.filepath_raw = f"//{name}.png"
    image.colorspace_settings.name = color_space
    return image
