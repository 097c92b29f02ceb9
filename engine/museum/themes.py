"""Themes: what a kind of museum looks like and how it is laid out, as data in `themes/*.json`."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Literal

from pydantic import Field

from engine.errors import BadRequest
from engine.museum.parts import Colour, Line, Material, Part
from engine.museum.spec import Source

FOLDER = Path(__file__).parent / "themes"


class PlanStyle(Part):
    """How rooms lie.

    loop: two rows (columns in large houses) that one walks along and back. spine: a foyer with
    rooms on both sides. court: rooms around a court.
    """

    kind: Literal["loop", "spine", "court"]
    front: float = Field(0.5, gt=0.0, lt=1.0, description="Share of the rooms in the front row.")
    first: float = Field(
        1.0, gt=0.0, le=20.0, description="Works of the first room, against others."
    )
    enfilade: bool = Field(False, description="Doors of a row in one line of sight.")
    octagon: bool = Field(False, description="Cut the corners of the squarest room.")
    partitions: bool = Field(False, description="Free-standing walls in the first room.")
    shortcuts: float = Field(0.3, ge=0.0, le=1.0, description="Share of other neighbours joined.")


class RoomStyle(Part):
    """Sizes of rooms in metres; `spacious` widens them beyond what the works need."""

    kind: Literal["gallery", "cabinet", "dark"] = "gallery"
    first_kind: Literal["gallery", "cabinet", "hall", "foyer", "court"] = "gallery"
    works: int = Field(12, ge=1, le=30, description="At most, where the number of rooms is free.")
    height: float = Field(ge=2.6, le=12.0)
    first_height: float = Field(ge=2.6, le=12.0)
    least: float = Field(4.5, ge=3.2, le=30.0, description="Shortest side.")
    first_least: float | None = Field(None, ge=3.2, le=60.0, description="The same of the first.")
    spacious: float = Field(1.0, ge=1.0, le=4.0)
    wall: float = Field(0.3, ge=0.15, le=1.0, description="Thickness.")
    door: tuple[float, float] = Field((1.6, 2.4), description="Width and height.")


class HangStyle(Part):
    """How works are hung and shown."""

    gap: float = Field(0.8, ge=0.5, le=5.0)
    widest_gap: float = Field(2.0, ge=0.5, le=10.0)
    rows: int = Field(1, ge=1, le=4, description="Works above each other in a dense hang.")
    frame: Material
    frame_width: float = Field(0.04, ge=0.0, le=0.4)
    frame_depth: float = Field(0.04, gt=0.0, le=0.1)
    plinth: Material
    plinth_shape: Literal["box", "drum"] = "box"
    bench: Material
    playlist: int = Field(1, ge=1, le=16, description="Clips that share a screen.")


class LightStyle(Part):
    """Fixtures, and the colour of their light."""

    kelvin: int = Field(3000, ge=1_800, le=12_000)
    daylight: int = Field(5200, ge=1_800, le=12_000, description="Kelvin behind laylights.")
    ambient: float = Field(0.3, ge=0.0, le=1.0)
    accent: float = Field(
        1.0, gt=0.0, le=10.0, description="Light of spots on works, 1 is 200 lux."
    )
    kinds: tuple[Literal["cove", "skylight", "pendant", "strip"], ...] = ("cove",)
    first: tuple[Literal["cove", "skylight", "pendant", "strip"], ...] = ("skylight",)
    sky: tuple[Colour, Colour] = ("#dfe8f0", "#7fa6cf")


class Theme(Part):
    """One theme."""

    name: str
    title: Line
    text: Line
    plan: PlanStyle
    room: RoomStyle
    hang: HangStyle
    light: LightStyle
    walls: tuple[Material, ...] = Field(min_length=1, description="Taken in turn by the rooms.")
    floor: Material
    court_floor: Material | None = None
    ceiling: Material
    skirting: Material | None = None
    door: Material
    sources: tuple[Source, ...] = Field(min_length=1)


@cache
def theme_names() -> tuple[str, ...]:
    """Names of the themes that ship, in alphabetical order."""
    return tuple(sorted(path.stem for path in FOLDER.glob("*.json")))


@cache
def theme(name: str) -> Theme:
    """The theme of that name. Raises `BadRequest` for another."""
    if name not in theme_names():
        raise BadRequest(f"There is no theme {name}: choose one of {', '.join(theme_names())}")
    return Theme.model_validate_json((FOLDER / f"{name}.json").read_text(encoding="utf-8"))
