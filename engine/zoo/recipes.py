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
    sources: tuple[Source, ...] = Field(
        (), description="Of the training data; without any the folder is asked, see `credits_of`."
    )
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
    table, stem = _table(name)
    try:
        file = RecipeFile.model_validate(table)
        if tier not in file.tier:
            raise BadRecipe(f"{stem} has no tier {tier!r}; it has {', '.join(sorted(file.tier))}")
        chosen = file.tier[tier]
        net = file.net | chosen.net
        train = TrainConfig.model_validate(file.train | chosen.train)
        if file.finetune.train:
            TrainConfig.model_validate(file.finetune.train)
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


def _table(name: str | Path, depth: int = 0) -> tuple[dict[str, Any], str]:
    """What a recipe says, with what it `extends` under it; and its name.

    A recipe may name another one, of the zoo or a TOML file beside it, and say only what is
    different. Its tables go over the other's, key by key; its table `phase` goes over every phase of
    every tier.
    """
    text, stem = _text(name)
    check_name(stem)
    try:
        table = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise BadRecipe(f"{stem} is not TOML: {error}") from error
    base = table.pop("extends", None)
    changes = table.pop("phase", {})
    if base is None and not changes:
        return table, stem
    is_file = isinstance(base, str) and base.endswith(".toml")
    if depth > 8 or not (is_file or base in recipe_names()) or base == stem:
        raise BadRecipe(f"{stem} extends {base!r}, which is no recipe of the zoo")
    table = _over(_table(Path(name).parent / str(base) if is_file else base, depth + 1)[0], table)
    for tier in table.get("tier", {}).values():
        phases = tier.get("train", {}).get("phases", [])
        tier.get("train", {})["phases"] = [phase | changes for phase in phases]
    return table, stem


def _over(below: dict[str, Any], above: dict[str, Any]) -> dict[str, Any]:
    """Two nested tables as one: where both have a value, that of `above`."""
    merged = dict(below)
    for key, value in above.items():
        mine = merged.get(key)
        both = isinstance(mine, dict) and isinstance(value, dict)
        merged[key] = _over(mine, value) if both and mine is not None else value
    return merged


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
