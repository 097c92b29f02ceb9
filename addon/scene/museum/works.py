# SPDX-License-Identifier: GPL-3.0-or-later
"""Works as objects: pictures with an edge, screens, and what stands."""

import json
from dataclasses import dataclass, replace
from pathlib import Path

import bpy

from ...core import glb, pictures, problems
from ...core.gltf import Material
from ...core.museum import Slot
from ..asset import build_model
from ..mesh import build_material

SCREEN_GLOW = 1.2
"""Emission of the white of a screen."""


@dataclass(frozen=True)
class Show:
    """What is to be shown in a slot.

    Attributes:
        work: id of the work in the museum's file; `id` is that of the version of it.
        size: width and height of a flat work, as large as fits into the slot.
        depth: of the canvas, in metres.
        fit: scale and crop what was not made for the slot.
    """

    slot: Slot
    id: str
    work: str
    kind: str
    title: str
    alt: str
    file: Path
    origin: dict
    size: tuple[float, float]
    depth: float
    engine: str
    fit: bool = False


def build_work(show: Show, made: list, images: dict, shared: dict):
    """Make the objects of a work where its slot is; returns them, the first is the work itself.

    `shared` keeps what was made of each file, so that the same file again is a linked instance.

    Raises:
        Problem: E_RESULT.
    """
    key = (show.file, show.size, show.depth, show.slot.kind)
    if key in shared:
        objects = _instance(shared[key], show.title, made)
    elif show.slot.flat:
        objects = [_flat(show, made, images)]
    else:
        objects = yield from _solid(show, made)
    shared.setdefault(key, objects)
    root = objects[0]
    root.location = show.slot.position
    root.rotation_euler = (0.0, 0.0, show.slot.turn)
    _sign(root, show)
    return objects


def _flat(show: Show, made: list, images: dict):
    """A box as deep as the canvas: the picture in front, the colour of its rim on its edges."""
    slot = show.slot
    movie = show.file.suffix.lower() in pictures.MOVIES
    window = (0.0, 0.0, 1.0, 1.0)
    if movie:
        material = _movie(show, made)
    else:
        data = _bytes(show.file)
        size = pictures.size(data)
        if size is None:
            raise problems.result_unreadable(f"{show.file} is no PNG, JPEG or WebP picture.")
        if show.fit:
            window = pictures.crop(size, *show.size)
        material = _paint(show, data, made, images)
    # A film is a hair before the body of its screen.
    depth = slot.depth + 0.001 if slot.kind == "screen" else show.depth
    mesh = _canvas(show.title, *show.size, depth, window)
    made.append(mesh)
    mesh.materials.append(material)
    ob = bpy.data.objects.new(show.title, mesh)
    made.append(ob)
    return ob


def _canvas(name: str, width: float, height: float, depth: float, window):
    """The back in the middle of the wall's face, the front `depth` before it, looking to -Y."""
    x, z, y = width / 2, height / 2, -depth
    points = [(sx * x, at, sz * z) for at in (y, 0.0) for sx, sz in CORNERS]
    u0, v0, u1, v1 = window
    # As a canvas is folded round its stretcher: the edges show the last line of the picture.
    inner = [((u0, u1)[sx > 0], (v0, v1)[sz > 0]) for sx, sz in CORNERS]
    faces = [(0, 1, 2, 3), (7, 6, 5, 4)]
    faces += [(i, 4 + i, 4 + (i + 1) % 4, (i + 1) % 4) for i in range(4)]
    data = bpy.data.meshes.new(name)
    data.from_pydata(points, [], faces)
    layer = data.uv_layers.new(name="UVMap")
    for polygon in data.polygons:
        for loop in polygon.loop_indices:
            layer.uv[loop].vector = inner[data.loops[loop].vertex_index % 4]
    data.shade_flat()
    data.validate()
    return data


CORNERS = ((-1, -1), (1, -1), (1, 1), (-1, 1))
"""Of a picture as it is seen: left below, right below, right above, left above."""


def _paint(show: Show, data: bytes, made: list, images: dict):
    if show.slot.kind != "screen":
        paint = Material(show.title, data, None, None, (1.0, 1.0, 1.0, 1.0), 0.0, 0.7, False)
        return build_material(paint, show.title, made, images)
    glowing = Material(
        show.title,
        None,
        None,
        None,
        (0.0, 0.0, 0.0, 1.0),
        0.0,
        0.3,
        False,
        (SCREEN_GLOW,) * 3,
        data,
    )
    return build_material(glowing, show.title, made, images)


def _movie(show: Show, made: list):
    """A screen that plays with the timeline and begins anew at its end."""
    try:
        clip = bpy.data.images.load(str(show.file))
    except RuntimeError as error:
        raise problems.result_unreadable(f"{show.file} could not be read.") from error
    made.append(clip)
    black = Material(show.title, None, None, None, (0.0, 0.0, 0.0, 1.0), 0.0, 0.3, False)
    material = build_material(black, show.title, made)
    nodes, links = material.node_tree.nodes, material.node_tree.links
    shader = next(node for node in nodes if node.type == "BSDF_PRINCIPLED")
    source = nodes.new("ShaderNodeTexImage")
    source.image = clip
    source.image_user.use_auto_refresh = source.image_user.use_cyclic = True
    source.image_user.frame_duration = max(clip.frame_duration, 1)
    source.location = (shader.location.x - 620, shader.location.y)
    links.new(source.outputs["Color"], shader.inputs["Emission Color"])
    shader.inputs["Emission Strength"].default_value = SCREEN_GLOW
    nodes.active = source
    return material


def _solid(show: Show, made: list):
    model = glb.read(str(show.file))
    yield
    scale = 1.0
    if show.fit:
        model, scale = _fitted(model, show.slot.size)
    asset = yield from build_model(model, show.title, made, finest_only=True)
    asset.root.scale = (scale,) * 3
    return asset.objects


def _fitted(model: glb.Model, room) -> tuple[glb.Model, float]:
    """The model with its origin at the centre of its base, and the scale that fills its place."""
    drawn = [mesh for mesh in model.meshes if not mesh.level and not mesh.collider]
    spans = []
    for axis in range(3):
        values = [value for mesh in drawn for value in mesh.positions[axis::3]]
        spans.append((min(values), max(values)))
    widths = [max(high - low, 1e-6) for low, high in spans]
    scale = min(room[0] / widths[0], room[2] / widths[1], room[1] / widths[2])
    if model.bones:
        return model, scale
    base = [(spans[0][0] + spans[0][1]) / 2, (spans[1][0] + spans[1][1]) / 2, spans[2][0]]
    meshes = []
    for mesh in model.meshes:
        moved = mesh.positions[:]
        for axis in range(3):
            for i in range(axis, len(moved), 3):
                moved[i] -= base[axis]
        meshes.append(replace(mesh, positions=moved))
    return replace(model, meshes=meshes), scale


def _instance(objects: list, name: str, made: list) -> list:
    """The same once more: new objects with the same data."""
    copies = {ob: ob.copy() for ob in objects}
    made += copies.values()
    for ob, copy in copies.items():
        copy.parent = copies.get(ob.parent)
        for modifier in copy.modifiers:
            if modifier.type == "ARMATURE":
                modifier.object = copies.get(modifier.object, modifier.object)
    copies[objects[0]].name = name
    return list(copies.values())


def _sign(root, show: Show) -> None:
    """What it is and where it came from; survives saving, appending and export."""
    for key in list(root.keys()):
        del root[key]
    root["id"] = show.id
    root["role"] = "work"
    root["slot"] = show.slot.id
    root["work"] = show.work
    root["kind"] = show.kind
    root["title"] = show.title
    root["alt"] = show.alt
    if "model" in show.origin:
        root["vernissage_model"] = str(show.origin["model"])
        root["vernissage_seed"] = int(show.origin.get("seed", 0))
        if show.origin.get("class_name"):
            root["vernissage_class"] = str(show.origin["class_name"])
    root["vernissage_engine"] = show.engine
    root["vernissage_provenance"] = json.dumps(show.origin, sort_keys=True)


def _bytes(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        sentence = f"{path} could not be read: {error.strerror}."
        raise problems.result_unreadable(sentence) from error
