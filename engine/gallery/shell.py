"""`shell.glb`: the house with all that is fixed in it, merged by room, role and material."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np

from engine.gallery.architecture import architecture, reveal
from engine.gallery.ceilings import ceiling_pieces
from engine.gallery.charts import ground, polygon, tangents
from engine.gallery.facade import outside
from engine.gallery.furniture import furniture
from engine.gallery.gltf import Glb, Surface
from engine.gallery.labels import Sheet, quad
from engine.gallery.lamps import lamps
from engine.gallery.materials import Palette
from engine.gallery.pack import GUTTER, pack
from engine.gallery.pieces import OUTSIDE, Piece
from engine.museum.schema import Museum

ROLES = ("architecture", "furniture", "fixtures")


@dataclass(frozen=True)
class RoomMesh:
    """What one room's lightmap covers, for whoever bakes it.

    Attributes:
        size: (width, height) of the lightmap in texels; density: texels a metre.
        pieces: those with lightmap coordinates; uv2: for each, (n, 2) in 0..1, v down.
    """

    room: str
    size: tuple[int, int]
    density: float
    pieces: tuple[Piece, ...]
    uv2: tuple[np.ndarray, ...]


def pieces_of(museum: Museum) -> Iterator[Piece]:
    """All surfaces of the house."""
    for room in museum.rooms:
        yield from architecture(museum, room)
        yield from ceiling_pieces(museum, room)
        yield from furniture(museum, room)
        yield from lamps(museum, room)
    yield from outside(museum)


def unfold(museum: Museum, pieces: list[Piece]) -> list[RoomMesh]:
    """Lightmap coordinates: all charts of a room but its lamps, in one texture."""
    out = []
    for room in museum.rooms:
        mine = [p for p in pieces if p.room == room.id and p.role in ROLES[:2]]
        sizes = [chart.flat.max(0) for p in mine for chart in p.charts]
        size, density, corners = pack(sizes)
        uv2, k = [], 0
        for p in mine:
            parts = []
            for chart in p.charts:
                texels = corners[k] + GUTTER + chart.flat * density
                parts.append(texels / size)
                k += 1
            uv2.append(np.concatenate(parts))
        out.append(RoomMesh(room.id, size, density, tuple(mine), tuple(uv2)))
    return out


def shell_glb(
    museum: Museum,
    pieces: list[Piece],
    rooms: list[RoomMesh],
    palette: Palette,
    sheets: list[Sheet],
) -> bytes:
    """The file's bytes: the same museum gives the same bytes."""
    glb = Glb(museum.title)
    materials = palette.write(glb)
    coordinates = {
        id(p): uv2 for mesh in rooms for p, uv2 in zip(mesh.pieces, mesh.uv2, strict=True)
    }

    def add(name: str, extras: dict[str, str], mine: list[Piece]) -> None:
        surfaces = [
            replace(surface, material=materials[material])
            for material, surface in merged(palette, mine, coordinates)
        ]
        if surfaces:
            glb.node(name, extras, surfaces)

    for room in museum.rooms:
        for role in ROLES:
            mine = [p for p in pieces if p.room == room.id and p.role == role]
            add(f"{room.id}/{role}", {"id": room.id, "role": role}, mine)
    _labels(glb, museum, sheets)
    beyond = [p for p in pieces if p.room == OUTSIDE]
    add(OUTSIDE, {"role": OUTSIDE}, beyond)
    _marks(glb, museum)
    _walkable(glb, museum)
    return glb.data()


def merged(
    palette: Palette, pieces: list[Piece], coordinates: dict[int, np.ndarray]
) -> Iterator[tuple[str, Surface]]:
    """For each material its name and everything that has it; TEXCOORD_1 where there is light."""
    groups: dict[str, list[Piece]] = {}
    for p in pieces:
        groups.setdefault(palette.name(p), []).append(p)
    for material, members in groups.items():
        charts = [(p, chart) for p in members for chart in p.charts]
        attributes = {
            "POSITION": np.concatenate([chart.positions for _, chart in charts]),
            "NORMAL": np.concatenate([chart.normals for _, chart in charts]),
            "TEXCOORD_0": np.concatenate([palette.uv(p, chart) for p, chart in charts]),
        }
        if all(id(p) in coordinates for p in members):
            attributes["TEXCOORD_1"] = np.concatenate([coordinates[id(p)] for p in members])
        before = np.cumsum([0, *(len(chart.positions) for _, chart in charts)])
        faces = [chart.faces + start for (_, chart), start in zip(charts, before, strict=False)]
        whole = np.concatenate(faces)
        if palette.painted[material].normal is not None:
            attributes["TANGENT"] = tangents(
                attributes["POSITION"], attributes["NORMAL"], attributes["TEXCOORD_0"], whole
            )
        yield material, Surface(attributes, whole)


def _labels(glb: Glb, museum: Museum, sheets: list[Sheet]) -> None:
    materials = []
    for i, sheet in enumerate(sheets):
        texture = glb.image(f"labels-{i + 1}", sheet.png, "image/png", "clamp")
        values = {
            "pbrMetallicRoughness": {
                "baseColorTexture": {"index": texture},
                "metallicFactor": 0.0,
                "roughnessFactor": 0.9,
            }
        }
        materials.append(glb.material(f"labels-{i + 1}", values))
    for room in museum.rooms:
        surfaces = []
        for sheet, material in zip(sheets, materials, strict=True):
            mine = [x for x in museum.labels if x.room == room.id and x.id in sheet.places]
            if mine:
                quads = [quad(label, sheet.places[label.id]) for label in mine]
                attributes = {key: np.concatenate([q[key] for q in quads]) for key in quads[0]}
                corners = np.array([(0, 1, 2), (0, 2, 3)])
                faces = np.concatenate([corners + 4 * i for i in range(len(mine))])
                surfaces.append(Surface(attributes, faces, material))
        if surfaces:
            glb.node(f"{room.id}/labels", {"id": room.id, "role": "labels"}, surfaces)


def _marks(glb: Glb, museum: Museum) -> None:
    """Empty nodes where works, visitors and doors are."""
    for slot in museum.slots:
        extras = {"id": slot.id, "role": "slot"}
        glb.node(slot.id, extras, translation=list(slot.position), rotation=_turn(slot.yaw))
    for spawn in museum.spawns:
        place = [spawn.position[0], 0.0, spawn.position[1]]
        extras = {"id": spawn.id, "role": "spawn"}
        glb.node(spawn.id, extras, translation=place, rotation=_turn(spawn.yaw))
    for door in museum.doors:
        place = [door.center[0], 0.0, door.center[1]]
        extras = {"id": door.id, "role": "door"}
        glb.node(door.id, extras, translation=place, rotation=_turn(door.yaw))


def _turn(yaw: float) -> list[float]:
    half = np.radians(yaw) / 2
    return [0.0, float(np.sin(half)), 0.0, float(np.cos(half))]


def _walkable(glb: Glb, museum: Museum) -> None:
    """The floor as one mesh at y = 0, in a scene of its own."""
    charts = [polygon(ground(), np.asarray(room.outline) * (1.0, -1.0)) for room in museum.rooms]
    charts += [reveal(door, door.height + 1.0)[1] for door in museum.doors]
    before = np.cumsum([0, *(len(chart.positions) for chart in charts)])
    attributes = {"POSITION": np.concatenate([chart.positions for chart in charts])}
    faces = np.concatenate([c.faces + start for c, start in zip(charts, before, strict=False)])
    scene = glb.scene("Walkable")
    glb.node("walkable", {"role": "walkable"}, [Surface(attributes, faces)], scene=scene)
