"""What a user may ask for. One request is one JSON object: CLI, worker, add-on and history share it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from engine.errors import BadRequest

MAX_COUNT = 10_000
MOST_LODS = 4

TextureSize = Literal[256, 512, 1024, 2048]
ColliderKind = Literal["none", "hull", "parts"]


def first_fault(error: ValidationError, whole: str) -> str:
    """The first thing that is wrong, as `place: what`; `whole` names the place where it has none."""
    first = error.errors()[0]
    where = ".".join(str(part) for part in first["loc"]) or whole
    return f"{where}: {first['msg']}"


class GenerateRequest(BaseModel):
    """Ask for `count` assets of one model; asset i uses seed `seed + i`."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    model: str = Field("voxel_characters", description="Name of a model, or its run folder.")
    seed: int = Field(0, ge=0, lt=2**31, description="Seed of the first asset.")
    count: int = Field(1, ge=1, le=MAX_COUNT, description="How many assets; seeds run upwards.")
    class_name: str | None = Field(
        None,
        min_length=1,
        description="A class of the model, or a category: any of its classes. None: any.",
    )
    truncation: float = Field(
        1.0, ge=0.0, le=1.5, description="0 gives the average shape, 1 the full variety."
    )
    height: float | None = Field(
        None, gt=0.0, le=1000.0, description="Metres. None: people 1.7, others their class's own."
    )
    rig: bool | None = Field(
        None, description="Fit a humanoid armature with an idle clip. None: to people only."
    )
    triangles: int = Field(
        3000, ge=20, le=100_000, description="Triangles of the finest level; the next has half."
    )
    texture: TextureSize = Field(1024, description="Edge of the texture in pixels.")
    lods: int = Field(3, ge=1, le=MOST_LODS, description="Levels of detail.")
    collider: ColliderKind = Field(
        "hull", description="none, one convex hull, or parts: up to eight that follow the shape."
    )
    formats: tuple[Literal["glb", "vox", "png", "webp"], ...] = Field(
        ("glb",), min_length=1, description="Files to write for each asset."
    )
    previews: bool = Field(True, description="Render a preview of each asset and a contact sheet.")
    out: Path = Field(Path("vernissage-out"), description="Folder for the files.")

    @classmethod
    def parse(cls, values: dict[str, Any]) -> GenerateRequest:
        """Build a request from untrusted values.

        Raises:
            BadRequest: a field is missing, unknown, of the wrong type or out of range.
        """
        try:
            return cls.model_validate(values)
        except ValidationError as error:
            raise BadRequest(first_fault(error, "request")) from error


@dataclass(frozen=True)
class Progress:
    """How far a job is: `done` of `total` units of `phase`, and the seconds left if known.

    `note` is a few words for the end of the bar, such as the last losses.
    """

    phase: str
    done: int
    total: int
    eta_s: float | None = None
    note: str = ""


OnProgress = Callable[[Progress], None]
IsCancelled = Callable[[], bool]


@dataclass(frozen=True)
class Item:
    """One finished asset: absolute paths of its files and its report (JSON values)."""

    name: str
    seed: int
    files: dict[str, Path]
    report: dict[str, Any]


@dataclass(frozen=True)
class Refusal:
    """A seed of a batch that gave no asset, and why; the others were made all the same."""

    seed: int
    code: str
    sentence: str
    fix: str


@dataclass(frozen=True)
class GenerateResult:
    """What a job made: its items, the contact sheet (if asked for) and the report file."""

    items: tuple[Item, ...]
    sheet: Path | None
    report: Path
    refused: tuple[Refusal, ...] = ()
