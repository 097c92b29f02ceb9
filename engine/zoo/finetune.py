"""Recipes that begin with a model: derived from its card, with the credits of both data sets."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from engine.data.mesh_dataset import MANIFEST
from engine.errors import BadRecipe
from engine.gan.config import TrainConfig
from engine.request import first_fault
from engine.zoo.card import Card, Parent, Source
from engine.zoo.recipes import Overrides, Recipe, RecipeFile, check_name, identity

UNSTATED = "LicenseRef-unstated"
"""Licence of models of which nobody says under which terms they are; SPDX wants such a name."""


def finetune_recipe(parent: Card, name: str, data: Path) -> Recipe:
    """The recipe that fits a model to other data: its nets, and the schedule on its card.

    Args:
        name: what the new model is called.
        data: the folder it learns from; a manifest in it tells of authors and licences.
    Raises:
        BadRecipe: the card has no schedule, or no model can have this name.
    """
    check_name(name)
    if not parent.finetune:
        raise BadRecipe(f"the card of {parent.name} has no [finetune]: name a recipe beside --init")
    try:
        plan = Overrides.model_validate(parent.finetune)
        train = TrainConfig.model_validate(plan.train)
    except ValidationError as error:
        raise BadRecipe(f"{parent.name}: {first_fault(error, 'finetune')}") from error
    file = RecipeFile(
        model=parent.model,
        title=f"{name} ({parent.title.lower()}, fine-tuned)",
        summary=f"What {data.name} holds, learned on top of {parent.name}.",
        folder="",
        rig=parent.rig,
        sources=credits_of(data),
        limits=(f"Fitted to one folder of examples; {parent.name} is what else it knows.",),
        finetune=plan,
    )
    # Classes are those of the new data.
    net = {key: value for key, value in parent.net.items() if key != "classes"} | plan.net
    return with_parent(Recipe(name, "finetune", file, net, train, ""), parent)


def with_parent(recipe: Recipe, parent: Card) -> Recipe:
    """A recipe that begins with the weights of `parent`, and owes what they owe.

    Raises:
        BadRecipe: the two are different kinds of models.
    """
    file = recipe.file
    if file.model != parent.model:
        raise BadRecipe(
            f"{recipe.name} trains {file.model}, but {parent.name} is a model of {parent.model}"
        )
    parents = (*parent.parents, Parent(name=parent.name, sha256=parent.sha256))
    sources = tuple(dict.fromkeys((*parent.sources, *file.sources)))
    return replace(
        recipe,
        file=file.model_copy(update={"sources": sources}),
        identity=identity(file.model, recipe.net, recipe.train, parents),
        parents=parents,
    )


def credits_of(folder: Path) -> tuple[Source, ...]:
    """Whom the data of a folder come from, as its manifest tells; one entry for each author.

    Where nobody says, the entry says so: it stays on the card of every model that learns from it.
    """
    try:
        manifest: dict[str, Any] = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
        told = [(i["source"], i["author"], i["licence"]) for i in manifest["items"]]
    except (OSError, ValueError, LookupError, TypeError):
        told = []
    here = folder.resolve().name
    return tuple(
        Source(
            name=source or here,
            author=author or "unstated",
            licence=licence or UNSTATED,
            attribution=f"{source or here} by {author or 'an unstated author'} "
            f"({licence or 'licence unstated'})",
        )
        for source, author, licence in sorted(set(told)) or [("", "", "")]
    )
