# SPDX-License-Identifier: GPL-3.0-or-later
"""Armatures and their actions, from the joints and clips of a file."""

import itertools
from array import array

import bpy
from mathutils import Quaternion, Vector

from ..core.glb import Bone, Clip, Model
from ..core.gltf import Mesh
from . import compat

SHORTEST = 0.02
"""Metres; Blender removes bones of no length."""


def build_armature(name: str, model: Model, made: list) -> tuple:
    """An armature object with the bones of `model`, and the names that Blender gave them.

    Bones can only be made in edit mode. It is entered in a scene that lives for that moment, so that
    the user's own mode and selection stay, and the size of his scene does not count.
    """
    data = bpy.data.armatures.new(name)
    data.display_type = "STICK"
    ob = bpy.data.objects.new(name, data)
    made += [data, ob]
    workshop = bpy.data.scenes.new(name)
    try:
        workshop.collection.objects.link(ob)
        layer = workshop.view_layers[0]
        layer.objects.active = ob
        with bpy.context.temp_override(
            scene=workshop, view_layer=layer, active_object=ob, object=ob
        ):
            bpy.ops.object.mode_set(mode="EDIT")
            try:
                return ob, _build_bones(data, model)
            finally:
                bpy.ops.object.mode_set(mode="OBJECT")
    finally:
        bpy.data.scenes.remove(workshop)


def _build_bones(armature, model: Model) -> list[str]:
    """Fill an armature that is in edit mode; returns the names that Blender gave the bones."""
    made = []
    flesh = _flesh(model.meshes)
    for index, bone in enumerate(model.bones):
        edit = armature.edit_bones.new(bone.name)
        edit.head = bone.head
        edit.tail = _tail(index, model, flesh.get(index, []))
        edit.align_roll((0.0, -1.0, 0.0))
        if bone.parent is not None:
            edit.parent = made[bone.parent]
        made.append(edit)
    return [edit.name for edit in made]


def _tail(index: int, model: Model, flesh: list[Vector]) -> Vector:
    """Towards the only child; else through the middle of the flesh that hangs on the bone."""
    head = Vector(model.bones[index].head)
    children = [Vector(bone.head) for bone in model.bones if bone.parent == index]
    if len(children) == 1 and (children[0] - head).length > SHORTEST:
        return children[0]
    if not children and flesh:
        middle = sum(flesh, Vector()) / len(flesh)
        if (middle - head).length > SHORTEST:
            # Not as far as the skin: a bone that sticks out would be drawn outside of the body.
            return head + 1.5 * (middle - head)
    above = [child for child in children if child.z - head.z > SHORTEST]
    length = min((child.z - head.z for child in above), default=0.1)
    return head + Vector((0.0, 0.0, max(length, SHORTEST)))


def _flesh(meshes: list[Mesh]) -> dict[int, list[Vector]]:
    """The points that each bone moves more than all others together."""
    found: dict[int, list[Vector]] = {}
    for mesh in meshes:
        p = mesh.positions
        for slot, weight in enumerate(mesh.weights):
            if weight > 0.5:
                at = 3 * (slot // 4)
                found.setdefault(mesh.bones[slot], []).append(Vector(p[at : at + 3]))
    return found


def build_action(owner, bones: list[Bone], names: list[str], clip: Clip, name: str):
    """An action of `owner`, an armature object, that plays `clip` and repeats it."""
    scene = bpy.context.scene
    fps = scene.render.fps / scene.render.fps_base
    action = bpy.data.actions.new(name)
    curves = compat.new_curves(action, owner)
    for index, bone_name in enumerate(names):
        # The rest orientation of Blender's bone against that of the joint, which has its own axes.
        turn = owner.data.bones[bone_name].matrix_local.to_quaternion()
        to_bone = _world_turn(bones, index).inverted() @ turn
        rest = Quaternion(bones[index].rest)
        path = f'pose.bones["{bpy.utils.escape_identifier(bone_name)}"]'
        if track := clip.rotations.get(index):
            local = [
                to_bone.inverted() @ rest.inverted() @ Quaternion(value) @ to_bone
                for value in track.values
            ]
            for before, after in itertools.pairwise(local):
                after.make_compatible(before)
            _key(curves, f"{path}.rotation_quaternion", bone_name, track.times, local, fps)
        if track := clip.offsets.get(index):
            offset = Vector(bones[index].offset)
            moves = [
                to_bone.inverted() @ (rest.inverted() @ (Vector(value) - offset))
                for value in track.values
            ]
            _key(curves, f"{path}.location", bone_name, track.times, moves, fps)
    return action


def _world_turn(bones: list[Bone], index: int) -> Quaternion:
    turn = Quaternion(bones[index].rest)
    while (parent := bones[index].parent) is not None:
        index = parent
        turn = Quaternion(bones[index].rest) @ turn
    return turn


def _key(curves, path: str, group_name: str, times, values, fps: float) -> None:
    group = curves.groups.get(group_name) or curves.groups.new(group_name)
    for axis in range(len(values[0])):
        curve = curves.fcurves.new(path, index=axis)
        curve.group = group
        curve.keyframe_points.add(len(times))
        flat = array("f")
        for time, value in zip(times, values, strict=True):
            flat.extend((time * fps, value[axis]))
        curve.keyframe_points.foreach_set("co", flat)
        for key in curve.keyframe_points:
            key.interpolation = "LINEAR"
        curve.modifiers.new("CYCLES")
        curve.update()
