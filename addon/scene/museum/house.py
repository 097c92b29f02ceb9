# SPDX-License-Identifier: GPL-3.0-or-later
"""The house of a museum: architecture, furniture, fixtures and labels of its rooms."""

import bpy
from mathutils import Matrix

from ...core import shell
from ...core.museum import Museum
from ...core.weld import weld
from ..mesh import build_material, build_mesh

ROLES = {
    "architecture": "Architecture",
    "furniture": "Architecture",
    "fixtures": "Lights",
    "labels": "Labels",
    "slot": "Slots",
}
"""In which of a room's collections the parts of a role are; all others belong to the house."""

UNSEEN = {"walkable", "slot", "spawn", "door"}
"""Roles of what is for programs: it is neither rendered nor in the way of a click."""


def build_house(museum: Museum, made: list, images: dict):
    """Make an object of every node of the shell; returns {(room or "", collection): [objects]}.

    Nodes that share a mesh become linked instances of one.
    """
    file = shell.read(str(museum.shell))
    yield
    materials, meshes, found = {}, {}, {}
    for part in file.parts:
        data = None
        if part.mesh is not None:
            if part.mesh not in meshes:
                pieces = []
                for mesh in file.mesh(part.mesh):
                    pieces.append((mesh, weld(mesh)))
                    yield
                meshes[part.mesh] = build_mesh(pieces, part.name)
                made.append(meshes[part.mesh])
                yield
                for mesh, _ in pieces:
                    if mesh.material is not None and mesh.material not in materials:
                        value = file.materials[mesh.material]
                        materials[mesh.material] = build_material(value, value.name, made, images)
                        yield
                    meshes[part.mesh].materials.append(materials.get(mesh.material))
            data = meshes[part.mesh]
        elif not part.role:
            # A mere parent: its place is in those of its children.
            continue
        ob = bpy.data.objects.new(part.name, data)
        made.append(ob)
        ob.matrix_world = Matrix(part.place)
        for key, value in part.extras.items():
            ob[key] = value
        _set_up(ob, part)
        home = _room(part, museum)
        group = ROLES.get(part.role, "") if home else ""
        found.setdefault((home, group), []).append(ob)
    return found


def _room(part: shell.Part, museum: Museum) -> str:
    name = str(part.extras.get("id", ""))
    if part.role == "slot" and name in museum.slots:
        return museum.slots[name].room
    return name if any(room.id == name for room in museum.rooms) else ""


def _set_up(ob, part: shell.Part) -> None:
    if part.role in UNSEEN or not part.drawn:
        ob.hide_render = True
        ob.display_type = "WIRE"
        ob.empty_display_size = 0.15
    elif part.role == "fixtures":
        # The lamps beside them give the light, and must not be shaded by their own housing.
        ob.visible_shadow = ob.visible_diffuse = False
