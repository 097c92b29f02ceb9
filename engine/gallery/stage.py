"""A museum set up to be looked at: house, labels, lightmaps and works as bodies."""

from __future__ import annotations

import io
from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import numpy as np
from PIL import Image

from engine.errors import BadAsset
from engine.gallery.bodies import Body, Skin, glb_bodies, painted_skin, skin_of, surface_body
from engine.gallery.charts import upright
from engine.gallery.furniture import picture_offset
from engine.gallery.gltf import Surface
from engine.gallery.labels import Sheet, quad
from engine.gallery.materials import Palette, linear
from engine.gallery.pieces import OUTSIDE, Piece
from engine.gallery.probe import Probe
from engine.gallery.shell import RoomMesh, merged
from engine.gallery.view import Stage
from engine.light.lamps import Spot, Sun, spot
from engine.makers.cores import cores
from engine.museum.schema import (
    AnySlot,
    FloorSlot,
    Light,
    Museum,
    PlinthSlot,
    ScreenSlot,
    WallSlot,
    Work,
)

Lightmaps = Mapping[str, np.ndarray]
_SUN = np.array([0.55, 0.75, 0.5])  # towards it
_ENOUGH = 640  # pixels of a picture that a view shows
_WARM = np.array([1.25, 1.1, 0.85])  # its colour
_SCREEN = 0.9  # light of a white screen


def stage_of(
    museum: Museum,
    pieces: list[Piece],
    rooms: list[RoomMesh],
    palette: Palette,
    sheets: list[Sheet],
    lightmaps: Lightmaps,
    folder: Path,
) -> Stage:
    """Everything in a museum. Works that cannot be drawn are left out.

    Args:
        lightmaps: (H, W, 3) linear light of each room; a room without is lit evenly.
    """
    sky = linear(museum.style.sky[0]), linear(museum.style.sky[1])
    means = {room.id: _mean(lightmaps.get(room.id)) for room in museum.rooms}
    bodies = [
        *_house(museum, pieces, rooms, palette, lightmaps, means, np.mean(sky, axis=0)),
        *_labels(museum, sheets, means),
        *_works(museum, folder, means, _probes(rooms, lightmaps)),
    ]
    return Stage(bodies, sky)


def _mean(lightmap: np.ndarray | None) -> np.ndarray:
    if lightmap is None:
        return np.full(3, 0.8, np.float32)
    lit = lightmap.reshape(-1, 3)
    return np.asarray(lit[lit.max(1) > 0].mean(0) if (lit > 0).any() else lit.mean(0))


def _house(
    museum: Museum,
    pieces: list[Piece],
    rooms: list[RoomMesh],
    palette: Palette,
    lightmaps: Lightmaps,
    means: dict[str, np.ndarray],
    daylight: np.ndarray,
) -> Iterator[Body]:
    skins = {name: painted_skin(look) for name, look in palette.painted.items()}
    coordinates = {id(p): uv for mesh in rooms for p, uv in zip(mesh.pieces, mesh.uv2, strict=True)}
    for room in (*(room.id for room in museum.rooms), OUTSIDE):
        for lit in (True, False):
            mine = [p for p in pieces if p.room == room and (id(p) in coordinates) == lit]
            ambient = means[room] if room in means else 0.6 * daylight
            light = lightmaps.get(room) if lit else None
            sun = Sun(_SUN / np.linalg.norm(_SUN), np.pi * float(daylight.mean()) * _WARM)
            lamps = (sun,) if room == OUTSIDE else ()
            for name, surface in merged(palette, mine, coordinates):
                skin = skins[name]
                yield surface_body(surface, skin, light=light, ambient=ambient, lamps=lamps)


def _labels(museum: Museum, sheets: list[Sheet], means: dict[str, np.ndarray]) -> Iterator[Body]:
    for sheet in sheets:
        with Image.open(io.BytesIO(sheet.png)) as image:
            skin = skin_of(np.asarray(image.convert("RGB")), wrap=False)
        for label in museum.labels:
            if label.id in sheet.places:
                corners = np.array([(0, 1, 2), (0, 2, 3)])
                surface = Surface(quad(label, sheet.places[label.id]), corners)
                yield surface_body(surface, skin, ambient=means[label.room])


def _probes(rooms: list[RoomMesh], lightmaps: Lightmaps) -> dict[str, Probe]:
    lit = [mesh for mesh in rooms if mesh.room in lightmaps and mesh.pieces]
    with ThreadPoolExecutor(cores()) as pool:
        probes = pool.map(lambda mesh: Probe(mesh, lightmaps[mesh.room]), lit)
        return dict(zip((mesh.room for mesh in lit), probes, strict=True))


def _works(
    museum: Museum, folder: Path, means: dict[str, np.ndarray], probes: dict[str, Probe]
) -> Iterator[Body]:
    works = {work.id: work for work in museum.works}
    lamps = {light.slot: _lamp(light) for light in museum.lights if light.slot and light.target}

    def hang(slot: AnySlot) -> list[Body]:
        lamp, probe = lamps.get(slot.id), probes.get(slot.room)
        light = None
        if probe and isinstance(slot, WallSlot | ScreenSlot):
            light = probe.on_picture(slot)
        elif probe and lamp and isinstance(slot, PlinthSlot | FloorSlot):
            lamp = probe.dimmed(lamp, slot, means[slot.room])
        shining = (lamp,) if lamp else ()
        return work_bodies(slot, works[slot.works[0]], folder, means[slot.room], shining, light)

    with ThreadPoolExecutor(cores()) as pool:
        for bodies in pool.map(hang, museum.slots):
            yield from bodies


def _lamp(light: Light) -> Spot:
    aim = np.asarray(light.target or light.position)
    return spot(np.asarray(light.position), aim, light.kelvin, light.lumens, light.cone)


def work_bodies(
    slot: AnySlot,
    work: Work,
    folder: Path,
    ambient: np.ndarray,
    lamps: Iterable[Spot],
    light: np.ndarray | None = None,
) -> list[Body]:
    """A work in its slot; nothing if it has no file that can be drawn.

    Args:
        light: (H, W, 3) baked light on a picture, in place of `ambient` and `lamps`.
    """
    if work.file is None:
        return []
    file = folder / work.file
    if isinstance(slot, WallSlot | ScreenSlot):
        picture = _still(file)
        if picture is None:
            return []
        plane = upright(slot.position, slot.yaw)
        half = np.array([slot.size[0] / 2, slot.size[1] / 2])
        corners = np.array([(-1, -1), (1, -1), (1, 1), (-1, 1)]) * half
        places = plane.place(corners, picture_offset(slot) + 0.0005)
        uv = np.array([(0, 1), (1, 1), (1, 0), (0, 0)], float)
        faces = np.array([(0, 1, 2), (0, 2, 3)])
        shining = isinstance(slot, ScreenSlot)
        skin = skin_of(picture, wrap=False)
        if shining:
            skin = Skin((np.zeros((1, 1, 3), np.float32),), _SCREEN * skin.mips[0], wrap=False)
        normals = np.broadcast_to(plane.out, (2, 3, 3))
        flat = Body(places[faces], normals, uv[faces], skin, ambient=ambient, lamps=tuple(lamps))
        return [flat if light is None else replace(flat, uv2=uv[faces], light=light)]
    angle = np.radians(slot.yaw)
    place = np.eye(4)
    place[0, 0] = place[2, 2] = np.cos(angle)
    place[0, 2], place[2, 0] = np.sin(angle), -np.sin(angle)
    place[:3, 3] = slot.position
    try:
        data = file.read_bytes()
        return glb_bodies(data, file.name, place, ambient=ambient, lamps=tuple(lamps))
    except (BadAsset, OSError):
        return []


def _still(file: Path) -> np.ndarray | None:
    """(H, W, 3) uint8 of a picture, or of the poster beside a film."""
    for path in (file, file.with_suffix(".webp")):
        try:
            with Image.open(path) as image:
                small = image.convert("RGB")
            small.thumbnail((_ENOUGH, _ENOUGH))
            return np.asarray(small)
        except OSError:
            continue
    return None
