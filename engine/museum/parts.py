"""The vocabulary of `museum.json`: strict numbers, texts, ids, colours, and paths that stay inside."""

from __future__ import annotations

from collections.abc import Hashable, Iterable
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

MAX_WORKS = 2_000
MAX_ROOMS = 200
FAR = 2_000.0  # metres from the origin; beyond, a float32 on a headset moves in visible steps


class Part(BaseModel):
    """Base of everything in the file: no unknown keys, no NaN, never changed in place."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)


def _inside(path: str) -> str:
    """Only a relative path that cannot leave the folder, spelt in one way on every system."""
    parts = path.split("/")
    if "\\" in path or ":" in path or any(ord(c) < 32 for c in path):
        raise ValueError("a path has no backslash, colon or control character")
    if any(part in ("", ".", "..") for part in parts):
        raise ValueError("a path stays below the museum's folder: no '..', no leading '/'")
    return path


def repeated(ids: Iterable[Hashable]) -> list[Hashable]:
    """Ids that occur more than once, in order of their second appearance."""
    seen: set[Hashable] = set()
    return [i for i in ids if i in seen or seen.add(i)]  # type: ignore[func-returns-value]


Id = Annotated[str, Field(pattern=r"^[a-z][a-z0-9-]{0,63}$", description="Unique in the file.")]
FilePath = Annotated[str, Field(min_length=1, max_length=240), AfterValidator(_inside)]
Colour = Annotated[str, Field(pattern=r"^#[0-9a-f]{6}$", description="sRGB.")]
Line = Annotated[str, Field(max_length=160)]
Text = Annotated[str, Field(max_length=1_200)]
Coordinate = Annotated[float, Field(ge=-FAR, le=FAR)]
Length = Annotated[float, Field(gt=0.0, le=500.0)]
Height = Annotated[float, Field(ge=0.0, le=30.0)]
Degrees = Annotated[
    float,
    Field(ge=-360.0, le=360.0, description="Turn about +Y; 0 faces +Z, 90 faces +X."),
]
Ground = Annotated[tuple[Coordinate, Coordinate], Field(description="(x, z) in metres.")]
Place = Annotated[tuple[Coordinate, Height, Coordinate], Field(description="(x, y, z) in metres.")]
Flat = Annotated[tuple[Length, Length], Field(description="(width, height) in metres.")]
Box = Annotated[tuple[Length, Length, Length], Field(description="(width, height, depth), metres.")]
WorkKind = Literal["painting", "sculpture", "prop", "character", "video"]


class Material(Part):
    """How a surface looks; `kind` names a texture that builders know, `colour` tints it."""

    kind: Literal[
        "plaster", "wood", "parquet", "concrete", "brick", "marble", "stone", "terrazzo",
        "carpet", "fabric", "metal", "gilt", "grass", "gravel", "glass",
    ]  # fmt: skip
    colour: Colour
    roughness: float = Field(0.8, ge=0.0, le=1.0)


class Made(Part):
    """A work that a model made."""

    origin: Literal["made"] = "made"
    model: str = Field(min_length=1, max_length=80, description="Name of the model in the zoo.")
    seed: int = Field(ge=0, lt=2**31)
    class_name: Line | None = Field(None, description="Class that was asked for.")
    truncation: float = Field(1.0, ge=0.0, le=1.5)
    weights_sha256: str | None = Field(None, pattern=r"^[0-9a-f]{64}$")


class Found(Part):
    """A work that somebody brought: an own picture, a scan, a film."""

    origin: Literal["found"] = "found"
    author: Line = ""
    licence: Line = ""
    source: Line = ""


Origin = Annotated[Made | Found, Field(discriminator="origin")]
