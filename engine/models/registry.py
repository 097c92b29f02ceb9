"""Models by name. A new model registers itself; nothing else changes."""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module

from engine.errors import BadRecipe
from engine.models.base import Model

_MODELS: dict[str, type[Model]] = {}


def register(name: str) -> Callable[[type[Model]], type[Model]]:
    """Class decorator: make a model known under `name`, the `model` key of recipes and cards."""

    def add(model: type[Model]) -> type[Model]:
        _MODELS[name] = model
        return model

    return add


def model_class(name: str) -> type[Model]:
    """The class registered under `name`; its module `engine.models.<name>` is imported if need be.

    Raises:
        BadRecipe: there is no such model.
    """
    if name not in _MODELS:
        if not name.isidentifier():
            raise BadRecipe(f"{name!r} is not a model name")
        try:
            import_module(f"engine.models.{name}")
        except ModuleNotFoundError as error:
            raise BadRecipe(f"there is no model called {name}") from error
    if name not in _MODELS:
        raise BadRecipe(f"there is no model called {name}")
    return _MODELS[name]
