"""The checker of a written bundle: files, places, sizes, budgets, provenance. Letter B.

It reads what lies in the folder and compares it with `museum.json`; it shares no geometry with the
builder.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image
from scipy import ndimage

from engine.errors import BadAsset, BadMuseum
from engine.gallery.budget import BUDGETS, Worst, worst_view
from engine.gallery.costs import image_size
from engine.gallery.far import far_name
from engine.gallery.solid import bounds, read_glb
from engine.museum.check import Fault
from engine.museum.parts import Made
from engine.museum.schema import Museum, ScreenSlot, WallSlot
from engine.museum.store import file_of

TOLERANCE = 0.001 + 1e-6  # metres
_TILE, _ATLAS, _WORK = 512, 2048, 2048  # pixels
_CELL = 0.05


def check_bundle(museum: Museum, folder: Path, profile: str = "quest3") -> list[Fault]:
    """All faults of a bundle beyond those of its plan."""
    missing = list(_files(museum, folder))
    if missing:
        return missing
    try:
        assert museum.bundle is not None
        scene, binary = read_glb(folder / museum.bundle.shell)
        return [
            *_marks(museum, scene),
            *_bounds(museum, scene, binary),
            *_solids(museum, folder),
            *_floor(museum, scene, binary),
            *_textures(scene, binary, museum, folder),
            *_provenance(museum),
            *over_budget(worst_view(museum, folder), profile),
        ]
    except (KeyError, IndexError, TypeError, ValueError) as error:
        return [Fault("B1", "shell", f"the shell is damaged: {type(error).__name__}: {error}")]
    except BadAsset as error:
        return [Fault("B1", "shell", str(error))]


def _files(museum: Museum, folder: Path) -> Iterator[Fault]:
    """B1 every file that is named is there; every work and every room has its own."""
    if museum.bundle is None:
        yield Fault("B1", "bundle", "the museum is planned, but not built")
        return
    named: list[tuple[str, str]] = [(baked.room, baked.file) for baked in museum.bundle.lightmaps]
    named += [(sound.id, sound.file) for sound in museum.sounds]
    for work in museum.works:
        if work.file is None:
            yield Fault("B1", work.id, f"{work.id} has no file")
        else:
            named.append((work.id, work.file))
            if work.file.endswith(".webp"):
                named.append((work.id, f"works/{work.id}.256.webp"))
        named += [(v.id, v.file) for v in work.variations if v.file]
    named += [(thing, far_name(file)) for thing, file in named if file.endswith(".glb")]
    for thing, file in ("shell", museum.bundle.shell), *named:
        try:
            file_of(folder, file)
        except BadMuseum as error:
            yield Fault("B1", thing, str(error))


def _marks(museum: Museum, scene: dict[str, Any]) -> Iterator[Fault]:
    """B2 slots, spawns and doors are marked once each, at their places."""
    wanted = {(slot.id, "slot"): slot.position for slot in museum.slots}
    wanted |= {(s.id, "spawn"): (s.position[0], 0.0, s.position[1]) for s in museum.spawns}
    wanted |= {(d.id, "door"): (d.center[0], 0.0, d.center[1]) for d in museum.doors}
    nodes: dict[tuple[str, str], dict[str, Any]] = {}
    count: Counter[tuple[str, str]] = Counter()
    for node in scene["nodes"]:
        extras = node.get("extras") or {}
        key = extras.get("id", ""), extras.get("role", "")
        if key[1] in ("slot", "spawn", "door"):
            count[key] += 1
            nodes[key] = node
    for key, place in wanted.items():
        if count[key] != 1:
            yield Fault("B2", key[0], f"{key[0]} is marked {count[key]} times in the shell")
        elif np.abs(np.subtract(nodes[key].get("translation", (0, 0, 0)), place)).max() > TOLERANCE:
            yield Fault("B2", key[0], f"the mark of {key[0]} is not where the plan has it")
    for key in count.keys() - wanted.keys():
        yield Fault("B2", key[0], f"the shell marks {key[0]}, which the plan does not know")


def _points(
    scene: dict[str, Any], binary: bytes, mesh: int
) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Positions and triangles of each primitive."""
    for primitive in scene["meshes"][mesh]["primitives"]:
        accessor = scene["accessors"][primitive["attributes"]["POSITION"]]
        start = scene["bufferViews"][accessor["bufferView"]].get("byteOffset", 0)
        points = np.frombuffer(binary, "<f4", 3 * accessor["count"], start).reshape(-1, 3)
        order = scene["accessors"][primitive["indices"]]
        start = scene["bufferViews"][order["bufferView"]].get("byteOffset", 0)
        kind = "<u2" if order["componentType"] == 5123 else "<u4"
        yield points, np.frombuffer(binary, kind, order["count"], start).reshape(-1, 3)


def _bounds(museum: Museum, scene: dict[str, Any], binary: bytes) -> Iterator[Fault]:
    """B3 walls and floors stand where the plan has them: every corner, and nothing beyond."""
    nodes = {
        node["extras"]["id"]: node
        for node in scene["nodes"]
        if (node.get("extras") or {}).get("role") == "architecture"
    }
    for room in museum.rooms:
        if room.id not in nodes:
            yield Fault("B3", room.id, f"{room.id} has no walls in the shell")
            continue
        points = np.concatenate([p for p, _ in _points(scene, binary, nodes[room.id]["mesh"])])
        outline = np.asarray(room.outline)
        for corner in outline:
            for y in (0.0, room.height):
                to = np.abs(points - (corner[0], y, corner[1])).max(1)
                if to.min() > TOLERANCE:
                    yield Fault("B3", room.id, f"{room.id} has no corner at {(*corner, y)}")
        thick = max((d.depth for d in museum.doors if room.id in d.rooms), default=0.0)
        low, high = outline.min(0) - thick - TOLERANCE, outline.max(0) + thick + TOLERANCE
        ground = points[:, [0, 2]]
        if (ground < low).any() or (ground > high).any() or points[:, 1].min() < -TOLERANCE:
            yield Fault("B3", room.id, f"something of {room.id} stands outside it")


def _solids(museum: Museum, folder: Path) -> Iterator[Fault]:
    """B4 solid works stand on their base and within their slot."""
    files = {work.id: work.file for work in museum.works}
    for slot in museum.slots:
        if isinstance(slot, WallSlot | ScreenSlot):
            continue
        for name in slot.works:
            file = files[name]
            if file is None or not file.endswith(".glb"):
                yield Fault("B4", name, f"{name} stands, but is no GLB")
                continue
            low, high = bounds(read_glb(folder / file)[0], file)
            half = np.asarray([slot.size[0] / 2, slot.size[2] / 2]) + TOLERANCE
            if abs(low[1]) > TOLERANCE or high[1] > slot.size[1] + TOLERANCE:
                yield Fault("B4", name, f"{name} does not stand in the height of {slot.id}")
            if (low[[0, 2]] < -half).any() or (high[[0, 2]] > half).any():
                yield Fault("B4", name, f"{name} reaches beyond {slot.id}")


def _floor(museum: Museum, scene: dict[str, Any], binary: bytes) -> Iterator[Fault]:
    """B5 the walkable floor is one piece, level, and holds every stand and spawn."""
    found = [n for n in scene["nodes"] if (n.get("extras") or {}).get("role") == "walkable"]
    if len(found) != 1:
        yield Fault("B5", "walkable", f"{len(found)} nodes are walkable")
        return
    parts = list(_points(scene, binary, found[0]["mesh"]))
    triangles = np.concatenate([points[faces] for points, faces in parts]).astype(float)
    if np.abs(triangles[..., 1]).max() > TOLERANCE:
        yield Fault("B5", "walkable", "the floor is not level")
    flat = triangles[..., [0, 2]]
    origin = flat.min((0, 1)) - 2 * _CELL
    shape = np.ceil((flat.max((0, 1)) - origin) / _CELL).astype(int) + 2
    image = np.zeros(shape[::-1], bool)
    for a, b, c in flat:
        low = np.floor((np.minimum.reduce([a, b, c]) - origin) / _CELL).astype(int)
        high = np.ceil((np.maximum.reduce([a, b, c]) - origin) / _CELL).astype(int) + 1
        x = origin[0] + (np.arange(low[0], high[0]) + 0.5) * _CELL
        z = origin[1] + (np.arange(low[1], high[1]) + 0.5) * _CELL
        image[low[1] : high[1], low[0] : high[0]] |= _in_triangle(a, b, c, *np.meshgrid(x, z))
    region, count = ndimage.label(image, np.ones((3, 3)))
    if count != 1:
        yield Fault("B5", "walkable", f"the floor is in {count} pieces")
    for thing, place in (
        *((s.id, s.position) for s in museum.spawns),
        *((s.id, s.stand) for s in museum.slots),
    ):
        column, row = np.floor((np.asarray(place) - origin) / _CELL).astype(int)
        if not (0 <= row < shape[1] and 0 <= column < shape[0] and region[row, column]):
            yield Fault("B5", thing, f"there is no floor at the stand of {thing}")


def _in_triangle(
    a: np.ndarray, b: np.ndarray, c: np.ndarray, x: np.ndarray, z: np.ndarray
) -> np.ndarray:
    signs = [
        (q[0] - p[0]) * (z - p[1]) - (q[1] - p[1]) * (x - p[0]) for p, q in ((a, b), (b, c), (c, a))
    ]
    slack = 1e-6
    left = (signs[0] >= -slack) & (signs[1] >= -slack) & (signs[2] >= -slack)
    right = (signs[0] <= slack) & (signs[1] <= slack) & (signs[2] <= slack)
    return np.asarray(left | right)


def _textures(
    scene: dict[str, Any], binary: bytes, museum: Museum, folder: Path
) -> Iterator[Fault]:
    """B6 no texture is larger than a headset likes; every room has light of its own, or none has."""
    for image in scene.get("images", []):
        most = _ATLAS if str(image.get("name", "")).startswith("labels") else _TILE
        width, height = image_size(scene, binary, image)
        if max(width, height) > most:
            yield Fault("B6", image["name"], f"{image['name']} is {width} × {height} pixels")
    for work in museum.works:
        if work.file and work.file.endswith(".webp"):
            with Image.open(folder / work.file) as picture:
                if max(picture.size) > _WORK:
                    yield Fault("B6", work.id, f"{work.file} is {picture.width} pixels wide")
    assert museum.bundle is not None
    lit = Counter(baked.room for baked in museum.bundle.lightmaps)
    if lit and any(lit[room.id] != 1 for room in museum.rooms):
        yield Fault("B6", "lightmaps", "not every room has one lightmap")


def _provenance(museum: Museum) -> Iterator[Fault]:
    """B7 every made work says which weights it comes from."""
    for work in museum.works:
        origins = [work.origin, *(v.origin for v in work.variations if v.file)]
        if any(isinstance(o, Made) and o.weights_sha256 is None for o in origins):
            yield Fault("B7", work.id, f"{work.id} does not say which weights made it")


def over_budget(worst: Worst, profile: str) -> Iterator[Fault]:
    """B8 draw calls, B9 triangles, B10 textures: the worst view is within a headset's budget."""
    draws, triangles, memory = BUDGETS[profile]
    at = f"at ({worst.place[0]:.1f}, {worst.place[1]:.1f})"
    if worst.draws > draws:
        yield Fault("B8", "view", f"{worst.draws} draw calls {at}; {profile} allows {draws}")
    if worst.triangles > triangles:
        text = f"{worst.triangles:,} triangles in view; {profile} allows {triangles:,}"
        yield Fault("B9", "view", text)
    if worst.texture_mib > memory:
        text = f"{worst.texture_mib:.0f} MiB of textures; {profile} allows {memory:.0f}"
        yield Fault("B10", "view", text)
