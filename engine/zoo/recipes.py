"""Recipes: TOML that says which model, on which data, in which nets, for how long."""

from __future__ import annotations

import hashlib
import re
import tomllib
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from engine.errors import BadRecipe
from engine.gan.config import TrainConfig
from engine.request import first_fault
from engine.zoo.card import FILE_NAME, Parent, Source, shipped_names


class Overrides(BaseModel):
    """What one tier or a fine-tune changes in [net] and [train]."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    net: dict[str, Any] = {}
    train: dict[str, Any] = {}


class RecipeFile(BaseModel):
    """A recipe as written."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    model: str = Field(description="Name of a module in engine.models.")
    title: str
    summary: str
    folder: str = Field(description="Folder below the data root, used where --data is not given.")
    rig: bool = Field(False, description="The model makes upright people: fit an armature.")
    sources: tuple[Source, ...]
    limits: tuple[str, ...] = ()
    net: dict[str, Any] = {}
    train: dict[str, Any] = {}
    tier: dict[str, Overrides] = {}
    finetune: Overrides = Field(
        Overrides(),
        description="How its weights are fitted to other data; its [train] stands alone.",
    )


@dataclass(frozen=True)
class Recipe:
    """A recipe with a tier chosen: ready to train.

    `identity` is a hash of all that shapes the result; it names the run folder and guards resume.
    `parents` are the models whose weights it begins with, oldest first.
    """

    name: str
    tier: str
    file: RecipeFile
    net: dict[str, Any]
    train: TrainConfig
    identity: str
    parents: tuple[Parent, ...] = ()


def recipe_names() -> list[str]:
    """Recipes that ship, in alphabetical order."""
    return shipped_names("recipes", ".toml")


def read_recipe(name: str | Path, tier: str) -> Recipe:
    """Read a shipped recipe by name, or a TOML file by path, for one tier.

    Raises:
        BadRecipe: unknown name, unreadable TOML, an unknown key or a value out of range.
    """
    text, stem = _text(name)
    check_name(stem)
    try:
        file = RecipeFile.model_validate(tomllib.loads(text))
        if tier not in file.tier:
            raise BadRecipe(f"{stem} has no tier {tier!r}; it has {', '.join(sorted(file.tier))}")
        chosen = file.tier[tier]
        net = file.net | chosen.net
        train = TrainConfig.model_validate(file.train | chosen.train)
        if file.finetune.train:
            TrainConfig.model_validate(file.finetune.train)
    except tomllib.TOMLDecodeError as error:
        raise BadRecipe(f"{stem} is not TOML: {error}") from error
    except ValidationError as error:
        raise BadRecipe(f"{stem}: {first_fault(error, 'recipe')}") from error
    return Recipe(stem, tier, file, net, train, identity(file.model, net, train, ()))


def identity(
    model: str, net: dict[str, Any], train: TrainConfig, parents: tuple[Parent, ...]
) -> str:
    """A short hash of all that shapes the result of a recipe, but for the data."""
    shaping = f"{model} {sorted(net.items())} {train.shaping()}"
    shaping += "".join(f" {parent.sha256}" for parent in parents)
    return hashlib.sha256(shaping.encode()).hexdigest()[:8]


def check_name(name: str) -> None:
    """Refuse a name that could not be part of file names. Raises `BadRecipe`."""
    if not re.fullmatch(FILE_NAME, name):
        raise BadRecipe(f"{name!r} is no name for a model: use letters, digits, spaces, . _ and -")


def _text(name: str | Path) -> tuple[str, str]:
    path = Path(name)
    try:
        if path.suffix == ".toml":
            return path.read_text(encoding="utf-8"), path.stem
        if str(name) not in recipe_names():
            raise BadRecipe(f"there is no recipe {name}; there are {', '.join(recipe_names())}")
        shipped = files("engine.zoo") / "recipes" / f"{name}.toml"
        return shipped.read_text(encoding="utf-8"), str(name)
    except (OSError, UnicodeDecodeError) as error:
        raise BadRecipe(f"{name} cannot be read: {error}") from error
