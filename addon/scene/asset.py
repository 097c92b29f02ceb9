# SPDX-License-Identifier: GPL-3.0-or-later
"""One asset of a job as Blender data, not yet in any scene."""

import json
from dataclasses import dataclass

import bpy

from ..core import glb
from ..core.history import Entry
from ..core.jobs import MadeItem
from ..core.weld import weld
from . import compat
from .mesh import bind, build_material, build_mesh
from .rig import build_action, build_armature


@dataclass
class Asset:
    """Objects that belong together; all others are children of `root`, which has no scale or turn.

    Attributes:
        root: the armature, or else the finest mesh. Its origin is at the centre of the base.
        objects: all of them, where they need no collection of their own.
        collection: what holds them where there is more than what is drawn: levels and colliders.
        detail: the collection of the coarser levels, inside of `collection`.
        span: the wider side of the floor that it needs, in metres.
    """

    root: object
    objects: list
    collection: object
    detail: object
    span: float


def build(entry: Entry, item: MadeItem, made: list):
    """Make the asset of `item`, adding every datablock to `made` at once.

    A generator: it yields between pieces of some milliseconds, and returns the `Asset`.

    Raises:
        Problem: E_RESULT when the file cannot be read.
    """
    model = glb.read(item.files["glb"])
    yield
    asset = yield from build_model(model, item.name, made)
    _sign(asset.root, entry, item, model)
    return asset


def build_model(model: glb.Model, name: str, made: list, *, finest_only: bool = False):
    """Make the objects of a file. With `finest_only` there are no coarser levels and colliders, and
    what has no bones is one object. A generator like `build`.
    """
    materials = []
    for material in model.materials:
        materials.append(build_material(material, name, made))
        yield
    armature, bone_names = None, []
    if model.bones:
        armature, bone_names = build_armature(name, model, made)
        yield
    meshes = model.meshes
    if finest_only:
        meshes = [mesh for mesh in meshes if not mesh.level and not mesh.collider]
    groups = [meshes] if finest_only and not model.bones else [[mesh] for mesh in meshes]
    drawn, coarser, colliders = [], [], []
    for group in groups:
        pieces = []
        for mesh in group:
            pieces.append((mesh, weld(mesh)))
            yield
        (first, body), called = pieces[0], name if finest_only else ""
        ob = _mesh_object(pieces, called or _name(first, name, model), made)
        for mesh in group:
            if len(group) > 1 or mesh.material is not None:
                ob.data.materials.append(
                    None if mesh.material is None else materials[mesh.material]
                )
        yield
        if armature and first.bones:
            bind(ob, first, body, armature, bone_names)
            yield
        if first.collider:
            colliders.append(_hidden(ob))
        else:
            (coarser if first.level else drawn).append(ob)
    root = armature or drawn[0]
    objects = [*([armature] if armature else []), *drawn, *coarser, *colliders]
    for ob in objects:
        if ob is not root:
            ob.parent = root
    for clip in model.clips:
        _act(armature, model, bone_names, clip, f"{name} {clip.name}", made)
        yield
    collection = detail = None
    if coarser or colliders:
        collection = _collection(name, [*drawn, *colliders], made)
        if coarser:
            detail = _collection(f"{name} LODs", coarser, made)
            collection.children.link(detail)
    return Asset(root, objects, collection, detail, _span(model))


def _name(mesh: glb.Mesh, name: str, model: glb.Model) -> str:
    """Levels and colliders keep the names by which game engines know them."""
    if len(model.meshes) > 1:
        return mesh.name
    return f"{name} Body" if model.bones else name


def _mesh_object(pieces: list, name: str, made: list):
    data = build_mesh(pieces, name)
    made.append(data)
    ob = bpy.data.objects.new(name, data)
    made.append(ob)
    return ob


def _hidden(ob):
    """A collider is for physics: there, but neither drawn nor in the way of a click."""
    ob.display_type = "WIRE"
    ob.hide_viewport = ob.hide_render = True
    return ob


def _act(armature, model: glb.Model, bone_names: list[str], clip, name: str, made: list) -> None:
    action = build_action(armature, model.bones, bone_names, clip, name)
    made.append(action)
    if armature.animation_data is None or armature.animation_data.action is None:
        compat.assign_action(armature, action)
    else:
        action.use_fake_user = True


def _sign(root, entry: Entry, item: MadeItem, model: glb.Model) -> None:
    """Write where it came from as custom properties; they survive saving, appending and export."""
    root["vernissage_model"] = str(entry.request.get("model", ""))
    if item.kind:
        root["vernissage_class"] = item.kind
    root["vernissage_seed"] = item.seed
    root["vernissage_engine"] = entry.engine
    root["vernissage_request"] = json.dumps(entry.request, sort_keys=True)
    root["vernissage_provenance"] = json.dumps(model.extras, sort_keys=True)


def _collection(name: str, objects: list, made: list):
    collection = bpy.data.collections.new(name)
    made.append(collection)
    for ob in objects:
        collection.objects.link(ob)
    return collection


def _span(model: glb.Model) -> float:
    sides = [
        max(mesh.positions[axis::3]) - min(mesh.positions[axis::3])
        for mesh in model.meshes
        for axis in (0, 1)
    ]
    return max(sides)
