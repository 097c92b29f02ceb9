"""What a user asks of the planner: a few settings, or a whole description in a JSON file."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import Field, ValidationError, model_validator

from engine.errors import BadRequest
from engine.museum.parts import MAX_WORKS, FilePath, Line, Part, Text, WorkKind
from engine.request import first_fault

MAX_BYTES = 8_000_000
WIDEST = 12.0  # metres: the widest and highest work that a room is built around
HIGHEST = 8.0

Side = Annotated[float, Field(ge=0.02, le=WIDEST)]


class Source(Part):
    """A model to ask for works."""

    kind: WorkKind
    model: str | None = Field(None, max_length=80, description="Default: the kind's own model.")
    share: float = Field(1.0, gt=0.0, le=1e6, description="Of the works, against other sources.")
    classes: tuple[Line, ...] = Field((), max_length=200, description="Asked for in turn.")
    size: tuple[Side, Side] | None = Field(
        None, description="Smallest and largest longest side in metres; default: the theme's."
    )


class Fixed(Part):
    """A place that the user insists on: on which wall of which room, and where along it."""

    room: int = Field(ge=1, description="Counted along the route, from 1.")
    wall: Literal["north", "east", "south", "west"]
    along: float = Field(0.5, ge=0.0, le=1.0, description="0 is the left end as a visitor sees it.")


class OwnWork(Part):
    """A work that the user brings. Sizes are in metres, frame excluded."""

    kind: WorkKind
    title: Line = Field(min_length=1)
    file: FilePath | None = None
    size: tuple[Side, ...] = Field(
        min_length=2, max_length=3, description="Width and height; of solid works depth as well."
    )
    alt: Text = ""
    class_name: Line | None = None
    style: Line | None = None
    colours: tuple[Annotated[str, Field(pattern=r"^#[0-9a-f]{6}$")], ...] = Field((), max_length=8)
    author: Line = ""
    licence: Line = ""
    fixed: Fixed | None = None

    @model_validator(mode="after")
    def _flat_or_solid(self) -> Self:
        flat = self.kind in ("painting", "video")
        if len(self.size) != (2 if flat else 3):
            raise ValueError(f"a {self.kind} has {2 if flat else 3} sizes")
        if self.size[1] > HIGHEST:
            raise ValueError(f"no room is high enough: {HIGHEST:g} m at most")
        if self.fixed and not flat:
            raise ValueError("only pictures and screens can be fixed to a wall")
        return self


class OwnSound(Part):
    """Something heard in a room, or everywhere."""

    file: FilePath
    caption: Line = Field(min_length=1, description="What is heard, for those who do not hear it.")
    room: int | None = Field(None, ge=1, description="Counted along the route; None: everywhere.")
    gain_db: float = Field(-18.0, ge=-60.0, le=0.0)
    loop: bool = True


class Visitor(Part):
    """For whom the museum is planned. The same visitor and seed give the same rooms."""

    likes: tuple[Line, ...] = Field((), max_length=20, description="Kinds, classes, styles, hues.")
    pace: Literal["slow", "normal", "brisk"] = "normal"
    height: float = Field(1.71, ge=0.8, le=2.3, description="In metres, standing.")
    seated: bool = False


class MuseumRequest(Part):
    """Ask for a museum: `count` works from `sources`, and the user's own `works` besides."""

    title: Line | None = None
    text: Text = ""
    theme: str = Field("white_cube", max_length=80)
    seed: int = Field(0, ge=0, lt=2**31)
    rooms: int | None = Field(None, ge=1, le=100, description="Default: as many as the works need.")
    count: int = Field(24, ge=0, le=MAX_WORKS, description="Works to be made.")
    variations: int = Field(2, ge=0, le=16, description="Other versions of each made work.")
    sources: tuple[Source, ...] = Field((), max_length=64, description="Default: the theme's.")
    works: tuple[OwnWork, ...] = Field((), max_length=MAX_WORKS)
    sounds: tuple[OwnSound, ...] = Field((), max_length=100)
    visitor: Visitor | None = None

    @model_validator(mode="after")
    def _some_but_not_too_many(self) -> Self:
        total = self.count + len(self.works)
        if not total:
            raise ValueError("a museum shows at least one work")
        if total > MAX_WORKS:
            raise ValueError(f"{total} works are too many for one museum: {MAX_WORKS} at most")
        return self

    @classmethod
    def parse(cls, values: Any) -> MuseumRequest:
        """Build a request from untrusted values. Raises `BadRequest` with the first fault."""
        try:
            return cls.model_validate(values)
        except ValidationError as error:
            raise BadRequest(first_fault(error, "museum")) from error

    def sha256(self) -> str:
        """Hash of everything that was asked for."""
        values = self.model_dump(mode="json")
        if not self.sounds:  # what was asked before there were any keeps its hash
            del values["sounds"]
        canonical = json.dumps(values, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
        return hashlib.sha256(canonical.encode()).hexdigest()


def read_request(path: Path) -> dict[str, Any]:
    """The JSON object in a description file. Raises `BadRequest`."""
    try:
        if path.stat().st_size > MAX_BYTES:
            raise BadRequest(f"{path} is larger than {MAX_BYTES // 1_000_000} MB")
        values = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise BadRequest(f"{path} could not be read: {error.strerror}") from error
    except (ValueError, RecursionError) as error:
        raise BadRequest(f"{path} is not JSON: {error}") from error
    if not isinstance(values, dict):
        raise BadRequest(f"{path} holds no JSON object")
    return values
