"""A small museum as a bundle: planned by the engine, its house and works drawn with few triangles."""

from __future__ import annotations

import io
import json
import struct
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from engine.museum.plan import plan
from engine.museum.schema import Museum, PlinthSlot, WallSlot
from engine.museum.spec import MuseumRequest

WORKS = 30
FLAT = ("painting", "video")


def write_bundle(folder: Path, person: Path, *, count: int = WORKS, rooms: int = 4) -> Museum:
    """Write a museum of `count` works in `rooms` rooms; every solid work is the GLB `person`."""
    request = {
        "theme": "white_cube",
        "rooms": rooms,
        "count": count,
        "seed": 3,
        "variations": 1,
        "sources": [
            {"kind": "painting", "share": 4, "classes": ["portrait", "landscape"]},
            {"kind": "sculpture", "share": 2, "model": "voxel_characters"},
            {"kind": "character", "share": 1},
        ],
        "visitor": {"likes": ["portrait"]},
    }
    museum = plan(MuseumRequest.parse(request))
    values = museum.model_dump(mode="json")
    (folder / "works").mkdir(parents=True)
    (folder / "lightmaps").mkdir()
    for number, work in enumerate(values["works"]):
        for version in (work, *work["variations"]):
            version["file"] = _work(folder, work, version["id"], number, person)
    maps = []
    for room in museum.rooms:
        file = f"lightmaps/{room.id}.png"
        (folder / file).write_bytes(_picture((8, 8), 100, "PNG"))
        maps.append({"room": room.id, "file": file, "scale": 2.0})
    values["bundle"] = {"shell": "shell.glb", "lightmaps": maps, "engine": "9.9.9"}
    (folder / "shell.glb").write_bytes(shell_glb(museum))
    (folder / "museum.json").write_text(json.dumps(values), "utf-8")
    return museum


def _work(folder: Path, work: dict[str, Any], name: str, number: int, person: Path) -> str:
    if work["kind"] in FLAT:
        file = f"works/{name}.webp"
        width, height = (round(60 * side) for side in work["size"][:2])
        (folder / file).write_bytes(_picture((width, height), number, "WEBP"))
    else:
        file = f"works/{name}.glb"
        (folder / file).write_bytes(person.read_bytes())
    return file


def _picture(size: tuple[int, int], seed: int, kind: str) -> bytes:
    pixels = np.random.default_rng(seed).integers(0, 256, (size[1], size[0], 3), np.uint8)
    data = io.BytesIO()
    Image.fromarray(pixels).save(data, kind, lossless=True)
    return data.getvalue()


def shell_glb(museum: Museum) -> bytes:
    """Floors and walls as single quads, a box for each plinth that all share, slots as empties."""
    glb = _Glb()
    glb.doc["materials"] = [
        {
            "name": "wall",
            "pbrMetallicRoughness": {"baseColorTexture": {"index": 0}, "metallicFactor": 0.0},
        },
        {
            "name": "floor",
            "pbrMetallicRoughness": {
                "baseColorFactor": [0.5, 0.3, 0.2, 1.0],
                "metallicFactor": 0.0,
            },
        },
    ]
    glb.doc["images"] = [
        {"mimeType": "image/png", "bufferView": glb.view(_picture((4, 4), 7, "PNG"))}
    ]
    glb.doc["textures"] = [{"source": 0}]
    for room in museum.rooms:
        ring = [np.array([x, 0.0, z]) for x, z in room.outline]
        tops = [point + (0.0, room.height, 0.0) for point in ring]
        walls = [
            quad
            for i in range(len(ring))
            for quad in [(ring[i - 1], ring[i], tops[i], tops[i - 1])]
        ]
        named = f"{room.id}/architecture"
        glb.node(
            named,
            {"id": room.id, "role": "architecture"},
            glb.quads(walls, 0) + glb.quads([ring[:4][::-1]], 1),
        )
        label = [np.array(p) for p in ((0, 1.4, 0), (0.2, 1.4, 0), (0.2, 1.6, 0), (0, 1.6, 0))]
        glb.node(f"{room.id}/labels", {"id": room.id, "role": "labels"}, glb.quads([label], 0))
    box = [np.array(p, float) for p in ((0, 0, 0), (1, 0, 0), (1, 1, 0), (0, 1, 0))]
    shared = glb.mesh("plinth", glb.quads([box], 0))
    for slot in museum.slots:
        place = list(slot.position)
        half = np.radians(slot.yaw) / 2
        turn = [0.0, float(np.sin(half)), 0.0, float(np.cos(half))]
        extras = {"id": slot.id, "role": "slot"}
        glb.add(
            "nodes", {"name": slot.id, "extras": extras, "translation": place, "rotation": turn}
        )
        if isinstance(slot, PlinthSlot):
            size = list(slot.plinth.size)
            base = [place[0], 0.0, place[2]]
            extras = {"id": slot.room, "role": "furniture"}
            glb.add(
                "nodes",
                {
                    "name": f"{slot.id}-plinth",
                    "extras": extras,
                    "translation": base,
                    "scale": size,
                    "mesh": shared,
                },
            )
        elif isinstance(slot, WallSlot):
            assert slot.frame
    spawn = museum.spawns[0]
    glb.add(
        "nodes",
        {
            "name": spawn.id,
            "extras": {"id": spawn.id, "role": "spawn"},
            "translation": [spawn.position[0], 0.0, spawn.position[1]],
        },
    )
    drawn = list(range(len(glb.doc["nodes"])))
    glb.node("walkable", {"role": "walkable"}, glb.quads([box], None))
    glb.doc["scenes"] = [{"nodes": drawn}, {"name": "Walkable", "nodes": [len(drawn)]}]
    return glb.data()


class _Glb:
    def __init__(self) -> None:
        self.binary = bytearray()
        self.doc: dict[str, Any] = {"asset": {"version": "2.0"}, "scene": 0}

    def add(self, kind: str, value: dict[str, Any]) -> int:
        self.doc.setdefault(kind, []).append(value)
        return len(self.doc[kind]) - 1

    def view(self, data: bytes) -> int:
        self.binary += bytes(-len(self.binary) % 4)
        view = {"buffer": 0, "byteOffset": len(self.binary), "byteLength": len(data)}
        self.binary += data
        return self.add("bufferViews", view)

    def numbers(self, values: np.ndarray, kind: str, component: int) -> int:
        count = values.size if kind == "SCALAR" else len(values)
        accessor = {
            "bufferView": self.view(values.tobytes()),
            "componentType": component,
            "count": count,
            "type": kind,
        }
        return self.add("accessors", accessor)

    def quads(self, quads: list[Any], material: int | None) -> list[dict[str, Any]]:
        """One primitive of four-cornered faces, each with its own part of the lightmap."""
        points = np.array([point for quad in quads for point in quad], np.float32)
        normals = []
        for quad in quads:
            normal = np.cross(quad[1] - quad[0], quad[2] - quad[0])
            normals += [normal / np.linalg.norm(normal)] * 4
        corners = np.array([(0, 0), (1, 0), (1, 1), (0, 1)], np.float32)
        tiles = np.concatenate([(corners + (i, 0)) / (len(quads), 1) for i in range(len(quads))])
        faces = np.concatenate([np.array([0, 1, 2, 0, 2, 3]) + 4 * i for i in range(len(quads))])
        primitive: dict[str, Any] = {
            "attributes": {
                "POSITION": self.numbers(points, "VEC3", 5126),
                "NORMAL": self.numbers(np.array(normals, np.float32), "VEC3", 5126),
                "TEXCOORD_0": self.numbers(np.tile(corners, (len(quads), 1)) * 3, "VEC2", 5126),
                "TEXCOORD_1": self.numbers(tiles.astype(np.float32), "VEC2", 5126),
            },
            "indices": self.numbers(faces.astype(np.uint16), "SCALAR", 5123),
        }
        return [primitive if material is None else primitive | {"material": material}]

    def mesh(self, name: str, primitives: list[dict[str, Any]]) -> int:
        return self.add("meshes", {"name": name, "primitives": primitives})

    def node(self, name: str, extras: dict[str, str], primitives: list[dict[str, Any]]) -> int:
        mesh = self.mesh(name, primitives)
        return self.add("nodes", {"name": name, "extras": extras, "mesh": mesh})

    def data(self) -> bytes:
        self.binary += bytes(-len(self.binary) % 4)
        self.doc["buffers"] = [{"byteLength": len(self.binary)}]
        text = json.dumps(self.doc).encode()
        text += b" " * (-len(text) % 4)
        size = 12 + 8 + len(text) + 8 + len(self.binary)
        parts = [struct.pack("<4sII", b"glTF", 2, size), struct.pack("<I4s", len(text), b"JSON")]
        parts += [text, struct.pack("<I4s", len(self.binary), b"BIN\0"), bytes(self.binary)]
        return b"".join(parts)
