"""Cards: what each model is, where its files lie. Read without torch, so that asking is instant."""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from engine.errors import UnknownModel, WeightsMismatch

CARD = "card.json"

FILE_NAME = r"^\w[\w .-]*$"
"""What a model may be called: it becomes part of file names, so no separators and no leading dot."""


class Source(BaseModel):
    """One body of training data: where it comes from and under which terms."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str
    author: str
    licence: str = Field(description="SPDX identifier.")
    attribution: str = Field(description="The credit line that must travel with the weights.")
    url: str = ""


class Parent(BaseModel):
    """A model whose weights another one began with."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str
    sha256: str


class Card(BaseModel):
    """What a model is, what it was made from, what it costs, how good it is and where it fails."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str = Field(pattern=FILE_NAME)
    title: str
    summary: str
    model: str = Field(description="Name of a module in engine.models.")
    makes: Literal["voxels", "shapes", "pictures", "materials", "tool"] = Field(
        "voxels", description="What becomes of a sample; a tool changes pictures and has no seeds."
    )
    net: dict[str, Any] = Field(description="Configuration the nets are built from.")
    rig: bool = Field(description="The model makes upright people: an armature fits.")
    weights: str = Field(
        pattern=FILE_NAME, description="File name of the weights beside the card or in weights/."
    )
    sha256: str
    bytes: int
    licence: str = Field(description="SPDX identifier of the weights.")
    attribution: str
    sources: tuple[Source, ...] = Field(description="All training data, that of parents included.")
    parents: tuple[Parent, ...] = Field(
        (), description="What it was fine-tuned from, oldest first."
    )
    finetune: dict[str, Any] = Field(
        {}, description="Its recipe's [finetune]: how to go on from it."
    )
    engine: str = Field(description="Engine version that trained it.")
    cost: dict[str, Any] = {}
    metrics: dict[str, Any] = {}
    limits: tuple[str, ...] = ()
    examples: tuple[str, ...] = Field(description="Names of the training examples, by print.")


def shipped_names(kind: str, suffix: str) -> list[str]:
    """Names of the files with `suffix` in the zoo's folder `kind`, in alphabetical order."""
    found = (path.name for path in (files("engine.zoo") / kind).iterdir())
    return sorted(name.removesuffix(suffix) for name in found if name.endswith(suffix))


def names() -> list[str]:
    """Models that ship, in alphabetical order."""
    return shipped_names("cards", ".json")


def makers() -> list[str]:
    """Those of them that make things from seeds: all but tools."""
    return [name for name in names() if card(name).makes != "tool"]


def card(name: str) -> Card:
    """The card of a model that ships, or of a run folder made by `vernissage train`.

    Raises:
        UnknownModel: neither a name in the zoo nor a folder with a card.
        WeightsMismatch: the card cannot be read.
    """
    path = _card_path(name)
    try:
        return Card.model_validate_json(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, ValidationError) as error:
        raise WeightsMismatch(f"the card of {name} cannot be read", name=name) from error


def weights_path(name: str, about: Card) -> Path:
    """Where the weights of a card lie: beside a run's card, or in the zoo."""
    path = _card_path(name)
    return (
        path.parent / about.weights
        if path.name == CARD
        else path.parents[1] / "weights" / about.weights
    )


def _card_path(name: str) -> Path:
    if name in names():
        return Path(str(files("engine.zoo") / "cards" / f"{name}.json"))
    folder = Path(name)
    if (folder / CARD).is_file():
        return folder / CARD
    raise UnknownModel(f"there is no model called {name}", known=", ".join(names()))
