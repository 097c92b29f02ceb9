# SPDX-License-Identifier: GPL-3.0-or-later
"""Placing a finished job in the scene: all of it, or, when something fails, nothing."""

import json

import bpy
from mathutils import Vector

from ..core import glb
from ..core.grid import places
from ..core.history import Entry
from ..core.weld import weld
from . import compat
from .mesh import bind, build_material, build_mesh
from .rig import build_action, build_bones

COLLECTION = "Vernissage"


def insert_entry(context, entry: Entry) -> list:
    """Place the characters of `entry` at the 3D cursor, in rows; returns one object for each.

    They are armature objects, or the mesh itself without a rig: origin between the feet, no scale,
    no turn, linked to the collection *Vernissage* alone.

    Raises:
        Problem: E_RESULT when a file cannot be read; the scene is then as it was.
    """
    models = [glb.read(item.files["glb"]) for item in entry.items]
    before = _leave_mode(context)
    made: list = []
    try:
        roots = _build(context, entry, models, made)
    except BaseException:
        bpy.data.batch_remove(made)
        _return_to_mode(context, *before)
        raise
    _select(context, roots, before)
    return roots


def _build(context, entry: Entry, models: list[glb.Model], made: list) -> list:
    names = [item.name for item in entry.items]
    armatures = _armatures(context, names, models, made)
    collection = _collection(context, made)
    roots = []
    for item, model, (armature, bone_names) in zip(entry.items, models, armatures, strict=True):
        materials = _materials(model, item.name, made)
        objects = [
            _mesh_object(mesh, item.name, materials, armature, bone_names, made)
            for mesh in model.meshes
        ]
        root = armature or objects[0]
        for ob in objects:
            collection.objects.link(ob)
            if ob is not root:
                ob.parent = root
        if armature:
            context.scene.collection.objects.unlink(armature)
            collection.objects.link(armature)
            _actions(armature, model, bone_names, item.name, made)
        _sign(root, entry, item, model)
        roots.append(root)
    spacing = max(_span(model) for model in models) * 1.3
    for root, (x, y) in zip(roots, places(len(roots), spacing), strict=True):
        root.location = context.scene.cursor.location + Vector((x, y, 0.0))
    return roots


def _armatures(context, names, models, made) -> list[tuple]:
    """An armature object for each model with bones; all are filled in one visit to edit mode."""
    pairs: list[tuple] = []
    for name, model in zip(names, models, strict=True):
        if not model.bones:
            pairs.append((None, []))
            continue
        data = bpy.data.armatures.new(name)
        data.display_type = "STICK"
        ob = bpy.data.objects.new(name, data)
        made += [data, ob]
        # Edit mode wants a visible object; the scene's own collection is never hidden.
        context.scene.collection.objects.link(ob)
        pairs.append((ob, []))
    objects = [ob for ob, _ in pairs if ob]
    if not objects:
        return pairs
    _select_only(context, objects)
    bpy.ops.object.mode_set(mode="EDIT")
    try:
        for (ob, bone_names), model in zip(pairs, models, strict=True):
            if ob:
                bone_names += build_bones(ob.data, model)
    finally:
        bpy.ops.object.mode_set(mode="OBJECT")
    return pairs


def _materials(model: glb.Model, name: str, made: list) -> list:
    materials = []
    for material in model.materials:
        data = build_material(material, name)
        made.append(data)
        made += [node.image for node in data.node_tree.nodes if node.type == "TEX_IMAGE"]
        materials.append(data)
    return materials


def _mesh_object(mesh, name, materials, armature, bone_names, made):
    body = weld(mesh)
    data = build_mesh(mesh, body, name)
    made.append(data)
    ob = bpy.data.objects.new(f"{name} Body" if armature else name, data)
    made.append(ob)
    if mesh.material is not None:
        data.materials.append(materials[mesh.material])
    if armature and mesh.bones:
        bind(ob, mesh, body, bone_names)
        modifier = ob.modifiers.new("Armature", "ARMATURE")
        modifier.object = armature
    return ob


def _actions(armature, model: glb.Model, bone_names: list[str], name: str, made: list) -> None:
    for clip in model.clips:
        action = build_action(armature, model.bones, bone_names, clip, f"{name} {clip.name}")
        made.append(action)
        if armature.animation_data is None or armature.animation_data.action is None:
            compat.assign_action(armature, action)
        else:
            action.use_fake_user = True


def _sign(root, entry: Entry, item, model: glb.Model) -> None:
    """Write where it came from as custom properties; they survive saving, appending and export."""
    origin = model.extras
    root["vernissage_model"] = str(entry.request.get("model", ""))
    root["vernissage_seed"] = item.seed
    root["vernissage_engine"] = entry.engine
    root["vernissage_request"] = json.dumps(entry.request, sort_keys=True)
    root["vernissage_provenance"] = json.dumps(origin, sort_keys=True)


def _collection(context, made: list):
    """The one collection of everything made, linked to this scene."""
    collection = bpy.data.collections.get(COLLECTION)
    if collection is None:
        collection = bpy.data.collections.new(COLLECTION)
        made.append(collection)
    if COLLECTION not in {child.name for child in context.scene.collection.children_recursive}:
        context.scene.collection.children.link(collection)
    return collection


def _span(model: glb.Model) -> float:
    """The wider side of the floor that a model needs, in metres."""
    sides = [
        max(mesh.positions[axis::3]) - min(mesh.positions[axis::3])
        for mesh in model.meshes
        for axis in (0, 1)
    ]
    return max(sides)


def _leave_mode(context) -> tuple:
    """Go to object mode; returns the active object and the mode to return to."""
    active = context.view_layer.objects.active
    mode = active.mode if active else "OBJECT"
    if mode != "OBJECT":
        bpy.ops.object.mode_set(mode="OBJECT")
    selected = [ob.name for ob in context.view_layer.objects if ob.select_get()]
    return active.name if active else None, mode, selected


def _return_to_mode(context, active_name, mode, selected) -> None:
    objects = context.view_layer.objects
    _select_only(context, [objects[name] for name in selected if name in objects])
    objects.active = objects.get(active_name) if active_name else None
    if mode != "OBJECT" and objects.active:
        bpy.ops.object.mode_set(mode=mode)


def _select(context, roots: list, before: tuple) -> None:
    """Select what is new, unless the user was at work in another mode: then leave him there."""
    if before[1] != "OBJECT":
        _return_to_mode(context, *before)
        return
    visible = [root for root in roots if root.name in context.view_layer.objects]
    _select_only(context, visible)


def _select_only(context, objects: list) -> None:
    for ob in context.view_layer.objects:
        ob.select_set(False)
    for ob in objects:
        ob.select_set(True)
    context.view_layer.objects.active = objects[0] if objects else None
