"""`museum.json`, version 1: the authority on a museum, for Blender, the page and every checker.

Metres in glTF's frame: Y up, X to the right and Z towards the reader of a floor plan. The ground
is y = 0. A yaw of 0 faces +Z, 90 faces +X. Walls have their room on the left hand when walked
from `start` to `end`, seen from above.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from engine.museum.parts import (
    MAX_ROOMS,
    MAX_WORKS,
    Box,
    Degrees,
    FilePath,
    Flat,
    Ground,
    Id,
    Length,
    Line,
    Material,
    Origin,
    Part,
    Place,
    Text,
    WorkKind,
    repeated,
)

VERSION = 1


class Room(Part):
    """A room with a reason: what its works have in common is its title."""

    id: Id
    kind: Literal["hall", "gallery", "cabinet", "court", "foyer", "dark"]
    title: Line
    text: Text = Field("", description="What the panel at the entrance says.")
    outline: tuple[Ground, ...] = Field(
        min_length=3, max_length=64, description="Inner faces of the walls, room on the left hand."
    )
    height: Length = Field(le=30.0, description="Floor to ceiling, or to the top of the walls.")
    open_to_sky: bool = False
    wall: Material
    floor: Material
    ceiling: Material
    skirting: Material | None = None


class Door(Part):
    """An opening through a wall, from the first room to the second; the entrance has no second."""

    id: Id
    rooms: tuple[Id, Id | None]
    center: Ground = Field(description="Middle of the opening, in the middle of the wall.")
    yaw: Degrees = Field(description="From the first room to the second.")
    width: Length
    height: Length
    depth: Length = Field(description="Thickness of the wall here.")


class Partition(Part):
    """A free-standing wall inside a room; both long sides can carry works."""

    id: Id
    room: Id
    center: Ground
    yaw: Degrees = Field(description="Of the normal of its first long side.")
    length: Length
    thickness: Length
    height: Length


class Wall(Part):
    """One flat face that works can hang on."""

    id: Id
    room: Id
    start: Ground
    end: Ground
    height: Length
    partition: Id | None = Field(None, description="The partition that it is a side of.")


class Frame(Part):
    """Around a picture; `width` on the wall, `depth` out of it. Width 0 shows the bare canvas."""

    material: Material
    width: float = Field(ge=0.0, le=0.4)
    depth: float = Field(gt=0.0, le=0.1)


class Plinth(Part):
    """The box or drum that a work stands on."""

    shape: Literal["box", "drum"]
    size: Box
    material: Material


class Slot(Part):
    """A place that shows one work at a time."""

    id: Id
    room: Id
    works: tuple[Id, ...] = Field(
        min_length=1, max_length=64, description="Playlist; the first is shown."
    )
    yaw: Degrees = Field(description="Where the work looks.")
    stand: Ground = Field(description="Proven viewing point of a visitor's feet.")


class WallSlot(Slot):
    """A framed picture. `position` is its centre on the face of the wall."""

    kind: Literal["wall"] = "wall"
    wall: Id
    position: Place
    size: Flat = Field(description="Of the picture, without its frame.")
    frame: Frame


class ScreenSlot(Slot):
    """A screen that plays its playlist. `position` is its centre on the face of the wall."""

    kind: Literal["screen"] = "screen"
    wall: Id
    position: Place
    size: Flat
    depth: float = Field(0.06, gt=0.0, le=0.1)


class PlinthSlot(Slot):
    """A work on a plinth. `position` is the middle of the top of the plinth."""

    kind: Literal["plinth"] = "plinth"
    position: Place
    size: Box = Field(description="Room for the work.")
    plinth: Plinth


class FloorSlot(Slot):
    """A work that stands on the floor: a guest, a large sculpture."""

    kind: Literal["floor"] = "floor"
    position: Place
    size: Box


AnySlot = Annotated[WallSlot | ScreenSlot | PlinthSlot | FloorSlot, Field(discriminator="kind")]


class Variation(Part):
    """Another version of a work to switch to."""

    id: Id
    title: Line
    file: FilePath | None = None
    origin: Origin


class Work(Part):
    """Something shown. A work without a file is still to be made."""

    id: Id
    kind: WorkKind
    title: Line
    alt: Text = Field(min_length=1, description="What it shows, for those who do not see it.")
    size: Box = Field(description="Depth is that of the canvas for flat works.")
    file: FilePath | None = None
    style: Line | None = None
    colours: tuple[Annotated[str, Field(pattern=r"^#[0-9a-f]{6}$")], ...] = Field(
        (), max_length=8, description="Main colours, largest first, measured from the work."
    )
    origin: Origin
    variations: tuple[Variation, ...] = Field((), max_length=32)


class Label(Part):
    """Text on a wall, a plinth or the floor: of a work, of a room, or of the whole show."""

    id: Id
    room: Id
    kind: Literal["work", "room", "show"]
    slot: Id | None = None
    position: Place
    yaw: Degrees
    size: Flat
    lying: bool = Field(False, description="On the floor in front of a figure, face up.")
    title: Line
    text: Text


class Bench(Part):
    """A seat without a back; `size` is (width, height, depth) and it faces along `yaw`."""

    id: Id
    room: Id
    position: Ground
    yaw: Degrees
    size: Box
    material: Material


class Light(Part):
    """A fixture. Spots aim at `target`; the others are surfaces of `size` that shine downwards."""

    id: Id
    room: Id
    kind: Literal["spot", "cove", "skylight", "pendant", "strip"]
    position: Place
    target: Place | None = None
    size: Flat | None = Field(None, description="Of a shining surface, along x and z.")
    kelvin: int = Field(ge=1_800, le=12_000)
    lumens: float = Field(gt=0.0, le=1_000_000.0)
    cone: float = Field(60.0, gt=0.0, le=180.0, description="Full angle in degrees.")
    slot: Id | None = None


class Sound(Part):
    """What is heard in a room; without a room, everywhere."""

    id: Id
    room: Id | None = None
    file: FilePath
    gain_db: float = Field(-18.0, ge=-60.0, le=0.0)
    loop: bool = True
    caption: Line = Field(min_length=1, description="What is heard, for those who do not hear it.")


class Spawn(Part):
    """Where visitors begin, and where they look."""

    id: Id
    position: Ground
    yaw: Degrees


class Stop(Part):
    """One stop of a tour; `path` leads to it from the stop before, or from the first spawn."""

    slot: Id
    stand: Ground
    yaw: Degrees
    seconds: float = Field(gt=0.0, le=3_600.0)
    path: tuple[Ground, ...] = Field(min_length=1, max_length=1_000)


class Tour(Part):
    """A guided walk."""

    id: Id
    title: Line
    stops: tuple[Stop, ...] = Field(min_length=1, max_length=MAX_WORKS)


class Style(Part):
    """What the theme settles for the whole house."""

    theme: Line
    door: Material = Field(description="Frames and reveals of doors.")
    kelvin: int = Field(ge=1_800, le=12_000)
    ambient: float = Field(ge=0.0, le=1.0, description="Share of light that comes from everywhere.")
    sky: tuple[Annotated[str, Field(pattern=r"^#[0-9a-f]{6}$")], ...] = Field(
        min_length=2, max_length=2, description="Colours of the sky: horizon, zenith."
    )


class Hang(Part):
    """The measures that the works were hung by, in metres."""

    center_line: float = Field(ge=0.9, le=1.8)
    gap: float = Field(ge=0.5, le=5.0, description="Between neighbours on a wall, at least.")
    stack_gap: float = Field(0.15, ge=0.1, le=1.0, description="Between works above each other.")
    clearance: float = Field(1.2, ge=0.9, le=5.0, description="Around plinths and figures.")
    eye: float = Field(1.6, ge=0.7, le=2.2, description="Height of the visitor's eyes.")


class Provenance(Part):
    """Where the plan comes from: the same request gives the same file."""

    generator: Line
    request_sha256: str = Field(pattern=r"^[0-9a-f]{64}$")
    visitor: Line | None = Field(None, description="The visitor it was planned for, in words.")


class Lightmap(Part):
    """Baked light of a room: linear irradiance is `scale` times the decoded 8-bit sRGB image."""

    room: Id
    file: FilePath
    scale: float = Field(gt=0.0, le=1e6)


class Bundle(Part):
    """The files that a built museum has besides those of its works."""

    shell: FilePath = "shell.glb"
    lightmaps: tuple[Lightmap, ...] = Field((), max_length=MAX_ROOMS)
    engine: Line = Field("", description="Version that built it.")


class Museum(Part):
    """A whole museum."""

    format: Literal["vernissage-museum"] = "vernissage-museum"
    version: Literal[1] = 1
    title: Line = Field(min_length=1)
    text: Text = ""
    language: str = Field("en", pattern=r"^[a-z]{2,3}(-[A-Z]{2})?$")
    seed: int = Field(ge=0, lt=2**31)
    style: Style
    hang: Hang
    rooms: tuple[Room, ...] = Field(min_length=1, max_length=MAX_ROOMS)
    doors: tuple[Door, ...] = Field((), max_length=8 * MAX_ROOMS)
    partitions: tuple[Partition, ...] = Field((), max_length=4 * MAX_ROOMS)
    walls: tuple[Wall, ...] = Field(max_length=32 * MAX_ROOMS)
    slots: tuple[AnySlot, ...] = Field((), max_length=MAX_WORKS)
    works: tuple[Work, ...] = Field((), max_length=MAX_WORKS)
    labels: tuple[Label, ...] = Field((), max_length=2 * MAX_WORKS)
    benches: tuple[Bench, ...] = Field((), max_length=2 * MAX_ROOMS)
    lights: tuple[Light, ...] = Field((), max_length=4 * MAX_WORKS)
    sounds: tuple[Sound, ...] = Field((), max_length=MAX_ROOMS)
    spawns: tuple[Spawn, ...] = Field(min_length=1, max_length=16)
    tours: tuple[Tour, ...] = Field((), max_length=16)
    provenance: Provenance
    bundle: Bundle | None = Field(None, description="Absent until the museum is built.")

    @model_validator(mode="after")
    def _ids_hold_together(self) -> Self:
        if twice := repeated(self._ids()):
            raise ValueError(f"the id {twice[0]} is given twice")
        for kind, known, names in self._references():
            if lost := next((name for name in names if name not in known), None):
                raise ValueError(f"there is no {kind} {lost}")
        return self

    def _ids(self) -> Iterator[str]:
        for parts in (
            self.rooms, self.doors, self.partitions, self.walls, self.slots, self.works,
            self.labels, self.benches, self.lights, self.sounds, self.spawns, self.tours,
        ):  # fmt: skip
            yield from (part.id for part in parts)
        yield from (variation.id for work in self.works for variation in work.variations)

    def _references(self) -> Iterator[tuple[str, set[str], Iterable[str]]]:
        """For each kind of thing: its ids, and every name by which something refers to one."""
        placed = (
            self.partitions, self.walls, self.slots, self.labels, self.benches, self.lights,
            self.sounds,
        )  # fmt: skip
        homes = [part.room for parts in placed for part in parts if part.room is not None]
        homes += [baked.room for baked in (self.bundle.lightmaps if self.bundle else ())]
        ends = [name for door in self.doors for name in door.rooms if name is not None]
        yield "room", {room.id for room in self.rooms}, [*homes, *ends]
        hung = [slot.wall for slot in self.slots if isinstance(slot, WallSlot | ScreenSlot)]
        yield "wall", {wall.id for wall in self.walls}, hung
        sides = [wall.partition for wall in self.walls if wall.partition is not None]
        yield "partition", {partition.id for partition in self.partitions}, sides
        shown = [name for slot in self.slots for name in slot.works]
        yield "work", {work.id for work in self.works}, shown
        about = [
            p.slot for parts in (self.labels, self.lights) for p in parts if p.slot is not None
        ]
        stops = [stop.slot for tour in self.tours for stop in tour.stops]
        yield "slot", {slot.id for slot in self.slots}, [*about, *stops]
