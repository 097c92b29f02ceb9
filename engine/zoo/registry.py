"""The zoo: find a model by name or folder, check its weights against its card, load it."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError
from safetensors import SafetensorError
from safetensors.torch import load as load_tensors
from torch import Tensor, nn

from engine.errors import BadRecipe, UnknownModel, WeightsMismatch
from engine.models.base import Model
from engine.models.registry import model_class
from engine.zoo.recipes import FILE_NAME, Source, shipped_names

MAX_WEIGHTS_BYTES = 64 * 2**20
CARD = "card.json"


class Card(BaseModel):
    """What a model is, what it was made from, what it costs, how good it is and where it fails."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str = Field(pattern=FILE_NAME)
    title: str
    summary: str
    model: str = Field(description="Name of a module in engine.models.")
    net: dict[str, Any] = Field(description="Configuration the nets are built from.")
    rig: bool = Field(description="The model makes upright people: an armature fits.")
    weights: str = Field(
        pattern=FILE_NAME, description="File name of the weights beside the card or in weights/."
    )
    sha256: str
    bytes: int
    licence: str = Field(description="SPDX identifier of the weights.")
    attribution: str
    sources: tuple[Source, ...]
    engine: str = Field(description="Engine version that trained it.")
    cost: dict[str, Any] = {}
    metrics: dict[str, Any] = {}
    limits: tuple[str, ...] = ()
    examples: tuple[str, ...] = Field(description="Names of the training examples, by print.")


@dataclass(frozen=True)
class Loaded:
    """A model ready to sample: its card, the model object, the generator on the CPU.

    `prints` are fingerprints of the training examples, `print_scale` their unit of distance: see
    `engine.zoo.novelty`.
    """

    card: Card
    model: Model
    generator: nn.Module
    prints: Tensor
    print_scale: float


def names() -> list[str]:
    """Models that ship, in alphabetical order."""
    return shipped_names("cards", ".json")


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


def load(name: str) -> Loaded:
    """Load a model for sampling.

    Raises:
        UnknownModel: see `card`.
        WeightsMismatch: the weights are missing, damaged, or not what the card describes.
    """
    about = card(name)
    tensors = _tensors(name, about)
    try:
        model = model_class(about.model)(about.net)
        generator = model.build().generator
        weights = {
            k.removeprefix("generator."): v.float()
            for k, v in tensors.items()
            if k.startswith("generator.")
        }
        generator.load_state_dict(weights)
        prints, scale = tensors["prints.vectors"].float(), float(tensors["prints.scale"])
    except (BadRecipe, KeyError, RuntimeError) as error:
        raise WeightsMismatch(f"the weights of {name} do not fit its card", name=name) from error
    return Loaded(about, model, generator.eval().requires_grad_(False), prints, scale)


def weights_path(name: str, about: Card) -> Path:
    """Where the weights of a card lie: beside a run's card, or in the zoo."""
    path = _card_path(name)
    return (
        path.parent / about.weights
        if path.name == CARD
        else path.parents[1] / "weights" / about.weights
    )


def _tensors(name: str, about: Card) -> dict[str, Tensor]:
    path = weights_path(name, about)
    try:
        if path.stat().st_size > MAX_WEIGHTS_BYTES:
            raise WeightsMismatch(f"{path.name} is larger than any model of the zoo", name=name)
        data = path.read_bytes()
    except OSError as error:
        raise WeightsMismatch(f"the weights of {name} are missing", name=name) from error
    if hashlib.sha256(data).hexdigest() != about.sha256:
        raise WeightsMismatch(f"{path.name} is not the file its card describes", name=name)
    try:
        return load_tensors(data)
    except SafetensorError as error:
        raise WeightsMismatch(f"{path.name} is not a safetensors file", name=name) from error


def _card_path(name: str) -> Path:
    if name in names():
        return Path(str(files("engine.zoo") / "cards" / f"{name}.json"))
    folder = Path(name)
    if (folder / CARD).is_file():
        return folder / CARD
    raise UnknownModel(f"there is no model called {name}", known=", ".join(names()))
