"""From a planned museum to the folder that holds it whole: the bundle."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from engine import __version__
from engine.errors import Cancelled, VernissageError
from engine.files import write_bytes
from engine.gallery.catalogue import catalogue
from engine.gallery.contact import paint_contact
from engine.gallery.far import far_name
from engine.gallery.labels import atlases
from engine.gallery.lighting import QUALITIES, LightChoice, light_rooms, refine
from engine.gallery.materials import Palette
from engine.gallery.pieces import Piece
from engine.gallery.shell import RoomMesh, pieces_of, shell_glb, unfold
from engine.gallery.single import NAME as SINGLE
from engine.gallery.single import single_file
from engine.gallery.stage import stage_of
from engine.gallery.works import Filled, fill
from engine.light.cycles import blender
from engine.light.encode import read_lightmap
from engine.light.rays import ready
from engine.museum.floorplan import floor_plan
from engine.museum.schema import Bundle, Lightmap, Museum
from engine.museum.store import read_museum, write_museum
from engine.request import IsCancelled, OnProgress, Progress

CACHE = ".cache"
"""Folder in the bundle that keeps what models made, unless another is named."""


@dataclass(frozen=True)
class Built:
    """A finished bundle: its folder, the museum as written, and what was done otherwise than asked."""

    folder: Path
    museum: Museum
    notes: tuple[str, ...]


def build(
    museum: Museum,
    folder: Path,
    *,
    files: Path | None = None,
    cache: Path | None = None,
    variations: bool = True,
    light: LightChoice = "fast",
    contact: bool = True,
    single: bool = False,
    on_progress: OnProgress | None = None,
    is_cancelled: IsCancelled | None = None,
) -> Built:
    """Write the bundle of a planned museum.

    Args:
        files: folder that the files of the user's own works are below; default: `folder`.
        cache: folder where works that were made are kept; default: `.cache` in `folder`.
        light: how well lightmaps are baked; "none" writes none, "cycles" needs Blender.
        contact: paint `contact.png`, views of the rooms and small pictures of solid works.
        single: write `museum.glb` too, with everything in one file for game engines.
    Raises:
        BadMuseum, BadAsset: a file of the user's cannot be used. Cancelled. CannotWrite.
        CannotTrace: light or pictures are wanted, and the ray caster does not load.
    """
    if light != "none" or contact:
        ready()  # before works are made, not after
    if light == "cycles":
        blender()
    before = _files_of(folder)
    tell = on_progress or (lambda _: None)
    stop = is_cancelled or (lambda: False)
    with ThreadPoolExecutor(1) as beside:  # the house does not depend on what its works show
        raised = beside.submit(_raise, museum)
        filled: Filled = fill(
            museum,
            folder,
            files=files or folder,
            cache=cache or folder / CACHE,
            variations=variations,
            on_progress=tell,
            is_cancelled=stop,
        )
        museum = filled.museum
        tell(Progress("Building the house", 0, 1))
        pieces, rooms, palette = raised.result()
    sheets = atlases(museum)
    write_bytes(folder / "shell.glb", shell_glb(museum, pieces, rooms, palette, sheets))
    lightmaps: tuple[Lightmap, ...] = ()
    if light != "none":

        def lit(done: int, total: int) -> None:
            _still_wanted(stop)
            tell(Progress("Lighting rooms", done, total))

        quality = QUALITIES[light]
        lightmaps = light_rooms(museum, pieces, rooms, folder, quality=quality, on_progress=lit)
    _still_wanted(stop)
    bundle = Bundle(engine=__version__, lightmaps=lightmaps)
    museum = museum.model_copy(update={"bundle": bundle})
    if light == "cycles":
        refine(museum, rooms, folder, on_progress=lit)
    write_bytes(folder / "plan.svg", floor_plan(museum).encode())
    if contact:
        lit_by = {
            one.room: read_lightmap((folder / one.file).read_bytes(), one.scale)
            for one in lightmaps
        }
        stage = stage_of(museum, pieces, rooms, palette, sheets, lit_by, folder)

        def seen(done: int, total: int) -> None:
            _still_wanted(stop)
            tell(Progress("Painting views", done, total))

        paint_contact(museum, stage, folder, on_view=seen)
    write_bytes(folder / "catalogue.html", catalogue(museum, folder).encode())
    if single:
        write_bytes(folder / SINGLE, single_file(museum, folder))
    # Last, so that a folder with a built museum in it is whole.
    write_museum(museum, folder)
    for stale in before - _files_of(folder):
        (folder / stale).unlink(missing_ok=True)
    tell(Progress("Building the house", 1, 1))
    return Built(folder, museum, _notes(filled.notes))


def _raise(museum: Museum) -> tuple[list[Piece], list[RoomMesh], Palette]:
    """The house's surfaces, unfolded and with their materials."""
    pieces = list(pieces_of(museum))
    return pieces, unfold(museum, pieces), Palette(pieces)


def _files_of(folder: Path) -> set[str]:
    """Files that belong to the bundle in a folder; none if there is no bundle."""
    try:
        museum = read_museum(folder)
    except VernissageError:
        return set()
    if museum.bundle is None:
        return set()
    named = {baked.file for baked in museum.bundle.lightmaps}
    named |= {sound.file for sound in museum.sounds}
    named |= {f"views/{room.id}.webp" for room in museum.rooms}
    for work in museum.works:
        shown = [(work.id, work.file), *((v.id, v.file) for v in work.variations)]
        named |= {f"works/{name}.256.webp" for name, _ in shown}
        named |= {file for _, file in shown if file}
        named |= {far_name(file) for _, file in shown if file and file.endswith(".glb")}
    return named


def _notes(notes: Sequence[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(notes))


def _still_wanted(is_cancelled: IsCancelled) -> None:
    if is_cancelled():
        raise Cancelled("Stopped while building; works that are made stay in the cache")
