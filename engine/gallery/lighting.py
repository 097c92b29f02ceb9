"""Light for a house: lamps dimmed until walls behind works are well lit, one lightmap a room."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Literal

import numpy as np

from engine.files import write_bytes
from engine.gallery.bodies import glb_bodies
from engine.gallery.far import far_name
from engine.gallery.fittings import fittings, sky
from engine.gallery.materials import METALLIC, linear
from engine.gallery.pieces import OUTSIDE, Piece
from engine.gallery.shell import RoomMesh
from engine.light.bake import FAST, FINE, Baked, Quality, settle, trace
from engine.light.colour import developed, luminance, seen_white
from engine.light.cycles import bake_cycles
from engine.light.encode import lightmap_png, read_lightmap, scale_of
from engine.light.smooth import nearest, smooth, spread
from engine.light.texels import Surface, texels
from engine.museum.schema import (
    AnySlot,
    FloorSlot,
    Lightmap,
    Museum,
    PlinthSlot,
    Room,
    ScreenSlot,
    WallSlot,
)
from engine.museum.solids import axes
from engine.museum.store import file_of

LightChoice = Literal["none", "fast", "fine", "cycles"]
QUALITIES: dict[str, Quality] = {"fast": FAST, "fine": FINE, "cycles": FAST}
"""What is traced here; Cycles takes brightness and colour of each room from it."""
LEVEL = 0.65
"""Look of a white wall beside a work, where 1 is the white of a screen."""
_LEVELS = {"dark": 0.35, "foyer": 0.45, "cabinet": 0.8, "court": 0.9}
_DIMMER = (0.2, 5.0)  # how far the lamps of a room may be turned against those of the house
_AMBIENT = 0.25  # of the style's share: lamps, sky and bounces already come from many sides
_BRIGHTEST = 0.85  # no surface throws back more
_USED_TO_HOUSE, _USED_TO_ROOM = 0.35, 0.45
_SMOOTHINGS = 3  # of what Cycles bakes: at 256 rays a texel, what noise is left
_BESIDE = 0.22  # metres beside a frame where light is measured


def light_rooms(
    museum: Museum,
    pieces: Sequence[Piece],
    rooms: Sequence[RoomMesh],
    folder: Path,
    *,
    quality: Quality = FAST,
    on_progress: Callable[[int, int], None] = lambda _done, _total: None,
) -> tuple[Lightmap, ...]:
    """Bake and write `lightmaps/<room id>.png` for every room.

    Args:
        pieces: all of the house; those outside stop light. rooms: in the order of the museum.
        folder: of the bundle, where files of works are.
        on_progress: told of (done, total); may raise to stop.
    Raises:
        CannotTrace: the ray caster does not load. BadMuseum, BadAsset: the file of a work.
        CannotWrite.
    """
    lightmaps = []
    for room, picture in bake_rooms(
        museum, pieces, rooms, folder, quality=quality, on_progress=on_progress
    ):
        scale = scale_of(picture)
        file = f"lightmaps/{room}.png"
        write_bytes(folder / file, lightmap_png(picture, scale))
        lightmaps.append(Lightmap(room=room, file=file, scale=scale))
    return tuple(lightmaps)


def refine(
    museum: Museum,
    rooms: Sequence[RoomMesh],
    folder: Path,
    *,
    on_progress: Callable[[int, int], None] = lambda _done, _total: None,
) -> None:
    """Bake the lightmaps of a museum anew with Cycles, and take its noise off.

    Each keeps the mean brightness and colour of the quick bake, so that `museum.json` stays true.
    Raises `CannotBake`, and what `on_progress` raises.
    """
    assert museum.bundle is not None
    bake_cycles(museum.model_dump(mode="json"), folder, on_progress=on_progress)
    meshes = {mesh.room: mesh for mesh in rooms}
    for entry in museum.bundle.lightmaps:
        path = folder / entry.file
        raw = path.with_suffix(".npy")
        size = meshes[entry.room].size[::-1]
        grid = texels(surface_of(meshes[entry.room]))
        quick = read_lightmap(path.read_bytes(), entry.scale).reshape(-1, 3)[grid.pixel]
        light = np.load(raw, allow_pickle=False).reshape(-1, 3)[grid.pixel]
        reached = light.max(1) > 0
        known = nearest(reached, grid)
        for _ in range(_SMOOTHINGS):
            light = smooth(light, grid, size, reached, known)
            reached = np.ones(len(light), bool)
        light = light * (quick.mean(0) / np.maximum(light.mean(0), 1e-9))
        picture = spread(developed(light), grid, size)
        write_bytes(path, lightmap_png(picture, entry.scale))
        raw.unlink()


def bake_rooms(
    museum: Museum,
    pieces: Sequence[Piece],
    rooms: Sequence[RoomMesh],
    folder: Path,
    *,
    quality: Quality = FAST,
    on_progress: Callable[[int, int], None] = lambda _done, _total: None,
) -> list[tuple[str, np.ndarray]]:
    """(room id, (H, W, 3) light) of every room, as `light_rooms` writes it."""
    surfaces = [surface_of(mesh) for mesh in rooms]
    traced = trace(
        surfaces,
        list(fittings(museum)),
        occluders=_occluders(museum, pieces, folder),
        glow=0.25 * LEVEL,
        sky=sky(museum),
        quality=quality,
        seed=museum.seed,
        on_progress=on_progress,
    )
    ambient = _AMBIENT * museum.style.ambient * LEVEL
    levels = np.asarray([_LEVELS.get(room.kind, LEVEL) for room in museum.rooms])
    baked = settle(traced, bounces=1)
    beside = [_beside(museum, room, b) for room, b in zip(museum.rooms, baked, strict=True)]
    # Turning one dimmer changes what its neighbours see through doors: a few rounds settle it.
    gains = np.ones(len(rooms))
    for _ in range(3):
        for i, (one, index) in enumerate(zip(baked, beside, strict=True)):
            day = float(np.median(luminance(one.sky[index]))) + ambient
            lamps = float(np.median(luminance(one.light()[index]))) + ambient - day
            gains[i] *= max(levels[i] - day, 0.1 * levels[i]) / max(lamps, 1e-6)
        middle = float(np.median(gains))
        gains = np.clip(gains, _DIMMER[0] * middle, _DIMMER[1] * middle)
        baked = settle(traced, gains=gains, bounces=quality.bounces)
    # Eyes get used to the light of the house, and then to that of the room.
    found = [(one.direct + one.sky)[index] for one, index in zip(baked, beside, strict=True)]
    used = seen_white(np.concatenate(found).mean(0), _USED_TO_HOUSE)
    pictures = []
    for mesh, one, light in zip(rooms, baked, found, strict=True):
        white = used * seen_white(light.mean(0), _USED_TO_ROOM)
        seen = developed(one.light(ambient * white) / white)
        pictures.append((mesh.room, spread(seen, one.grid, one.size)))
    return pictures


def surface_of(mesh: RoomMesh) -> Surface:
    """The triangles that one room's lightmap covers."""
    corners, normals, albedo, uv = [], [], [], []
    for piece, places in zip(mesh.pieces, mesh.uv2, strict=True):
        metal = METALLIC.get(piece.finish.kind, 0.0) > 0.5
        colour = np.minimum(linear(piece.finish.colour) * (0.6 if metal else 1.0), _BRIGHTEST)
        first = 0
        for chart in piece.charts:
            corners.append(chart.positions[chart.faces])
            normals.append(chart.normals[chart.faces])
            uv.append(places[first + chart.faces])
            albedo.append(np.broadcast_to(colour, (len(chart.faces), 3)))
            first += len(chart.positions)
    if not corners:
        empty = np.zeros((0, 3, 3), np.float32)
        return Surface(empty, empty, empty[:, 0], empty[..., :2], mesh.size[::-1])
    return Surface(
        np.concatenate(corners).astype(np.float32),
        np.concatenate(normals).astype(np.float32),
        np.concatenate(albedo).astype(np.float32),
        np.concatenate(uv).astype(np.float32),
        mesh.size[::-1],
    )


def _occluders(museum: Museum, pieces: Sequence[Piece], folder: Path) -> np.ndarray:
    """(N, 3, 3) triangles of the outside and of works that stand."""
    found = [
        chart.positions[chart.faces]
        for piece in pieces
        if piece.room == OUTSIDE
        for chart in piece.charts
    ]
    files = {work.id: work.file for work in museum.works}
    for slot in museum.slots:
        file = files[slot.works[0]]
        if isinstance(slot, PlinthSlot | FloorSlot) and file and file.endswith(".glb"):
            path = file_of(folder, far_name(file))  # the same shadow, of fewer triangles
            bodies = glb_bodies(path.read_bytes(), path.name, standing_at(slot))
            found += [body.corners for body in bodies]
    return np.concatenate(found).astype(np.float32) if found else np.zeros((0, 3, 3), np.float32)


def standing_at(slot: AnySlot) -> np.ndarray:
    """(4, 4) that moves a work, which looks along +Z at the origin, into its slot."""
    across, ahead = axes(slot.yaw)
    place = np.eye(4)
    place[:3, 0] = across[0], 0.0, across[1]
    place[:3, 2] = ahead[0], 0.0, ahead[1]
    place[:3, 3] = slot.position
    return place


def _beside(museum: Museum, room: Room, baked: Baked) -> np.ndarray:
    """Indices of texels where visitors see how well works are lit: on walls, else on the floor."""
    wanted, facing = [], []
    for slot in museum.slots:
        if slot.room != room.id:
            continue
        across, ahead = axes(slot.yaw)
        right, out = np.asarray([across[0], 0, across[1]]), np.asarray([ahead[0], 0, ahead[1]])
        place = np.asarray(slot.position)
        if isinstance(slot, WallSlot | ScreenSlot):
            rim = slot.frame.width if isinstance(slot, WallSlot) else 0.0
            x = slot.size[0] / 2 + rim + _BESIDE
            wanted += [place - x * right, place + x * right]
            facing += [out, out]
        else:
            x = max(slot.size[0], slot.size[2]) / 2 + 3 * _BESIDE
            for step in (x * right, -x * right, x * out):
                wanted.append((place + step) * (1, 0, 1))
                facing.append(np.asarray([0.0, 1.0, 0.0]))
    if not wanted:
        return np.flatnonzero(baked.grid.flat[:, 1] > 0.9)
    return _nearest(baked, np.asarray(wanted), np.asarray(facing))


def _nearest(baked: Baked, places: np.ndarray, facing: np.ndarray) -> np.ndarray:
    """Index of the texel nearest to each place among those that face the same way."""
    from scipy.spatial import cKDTree

    apart = 10.0  # a normal turned by a right angle counts as this many metres
    tree = cKDTree(np.concatenate([baked.grid.point, apart * baked.grid.flat], axis=1))
    return np.asarray(tree.query(np.concatenate([places, apart * facing], axis=1))[1])
