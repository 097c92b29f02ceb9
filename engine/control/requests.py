"""What may be asked of a trained model beyond fresh seeds. JSON values, as all requests."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field, TypeAdapter, ValidationError

from engine.control.codes import Part
from engine.errors import BadRequest
from engine.request import GenerateRequest, first_fault

SOURCE = "A seed (7), a seed of a class (chair:7), a mesh file, or a .code.json of an earlier edit."


class _Edit(GenerateRequest):
    """Options of the assets are those of `generate`; `seed` and `count` mean what each verb says."""

    model: str = Field("textured_props", description="Name of a model of textured shapes.")


class VaryRequest(_Edit):
    """`count` variations of one shape; variation i goes towards the draw of seed `seed + i`."""

    verb: Literal["vary"] = "vary"
    of: tuple[str] = Field(description=SOURCE)
    strength: float = Field(0.35, ge=0, le=1, description="0: the shape itself. 1: another one.")
    recolor: float | None = Field(
        None, ge=0, le=1, description="The same for the colours alone; None: as the shape."
    )


class BlendRequest(_Edit):
    """`count` shapes on the way from the first of `of` to the last, through all of them."""

    verb: Literal["blend"] = "blend"
    of: tuple[str, ...] = Field(min_length=2, max_length=16, description=SOURCE)
    count: int = Field(7, ge=2, le=1000, description="Shapes in all, both ends among them.")


class MixRequest(_Edit):
    """The shape of the first with the colours, or the details, of the second."""

    verb: Literal["mix"] = "mix"
    of: tuple[str, str] = Field(description=SOURCE)
    take: tuple[Part, ...] = Field(
        ("colors",), min_length=1, description="What comes from the second: colors, details."
    )


class MoveRequest(_Edit):
    """`count` shapes along a direction, evenly from -`by` to `by` of its standard deviations."""

    verb: Literal["move"] = "move"
    of: tuple[str] = Field(description=SOURCE)
    along: str = Field(min_length=1, description="Name of a direction: `taller`, `redder` ...")
    by: float = Field(2.0, gt=0, le=10, description="How far, in standard deviations.")
    count: int = Field(7, ge=2, le=100, description="Shapes in all.")


class LikeRequest(_Edit):
    """The model's own version of a mesh, then `count` variations of it."""

    verb: Literal["like"] = "like"
    of: tuple[str] = Field(description="A mesh file.")
    count: int = Field(6, ge=0, le=1000, description="Variations.")
    strength: float = Field(0.35, ge=0, le=1, description="0: the shape itself. 1: another one.")


class CompleteRequest(_Edit):
    """A broken mesh made whole: what is known stays, what is missing is the model's idea."""

    verb: Literal["complete"] = "complete"
    of: tuple[str] = Field(description="A mesh file.")
    keep: tuple[str, ...] = Field(
        (), description="What to keep, such as `below 0.6`; empty: all, up to where it is open."
    )
    grow: float | None = Field(
        None, ge=1, le=4, description="Size of the whole in that of the rest; None: found."
    )
    restarts: int = Field(4, ge=1, le=32, description="Beginnings that are followed to the end.")


EditRequest = Annotated[
    VaryRequest | BlendRequest | MixRequest | MoveRequest | LikeRequest | CompleteRequest,
    Field(discriminator="verb"),
]
_ANY: TypeAdapter[EditRequest] = TypeAdapter(EditRequest)


def parse_edit(values: dict[str, Any]) -> EditRequest:
    """Build the request of a verb from untrusted values.

    Raises:
        BadRequest: a field is missing, unknown, of the wrong type or out of range.
    """
    try:
        return _ANY.validate_python(values)
    except ValidationError as error:
        raise BadRequest(first_fault(error, "request")) from error
