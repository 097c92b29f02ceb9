"""The engine: GANs that make 3D assets. Public verbs: `load`, `generate`, `train`, `build_gallery`.

>>> import engine
>>> request = engine.GenerateRequest(model="voxel_characters", seed=7, count=8)
>>> result = engine.generate(request)

Nothing heavy is imported before a verb is used.
"""

from __future__ import annotations

import sys
from importlib import import_module
from types import ModuleType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from engine.gallery.make import build_gallery as build_gallery
    from engine.generate import generate as generate
    from engine.request import GenerateRequest as GenerateRequest
    from engine.train import train as train
    from engine.zoo.registry import load as load

__version__ = "0.1.0"

_HOMES = {
    "GenerateRequest": "engine.request",
    "build_gallery": "engine.gallery.make",
    "generate": "engine.generate",
    "load": "engine.zoo.registry",
    "train": "engine.train",
}


def __getattr__(name: str) -> Any:
    """Import a public name on first use (PEP 562)."""
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(_HOMES[name]), name)


def __dir__() -> list[str]:
    return sorted([*globals(), *_HOMES])


class _Package(ModuleType):
    """Keeps `engine.generate` the verb after its module of the same name has been imported."""

    def __setattr__(self, name: str, value: Any) -> None:
        if name in _HOMES and isinstance(value, ModuleType):
            value = getattr(value, name)
        super().__setattr__(name, value)


sys.modules[__name__].__class__ = _Package
