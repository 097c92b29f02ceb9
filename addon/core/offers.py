# SPDX-License-Identifier: GPL-3.0-or-later
"""What each model can be asked for, as the engine described it; kept as text between two sessions."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from functools import lru_cache
from typing import Any

from . import problems

ANY = ""
"""The class of a request that leaves the choice to the seed."""


@dataclass(frozen=True)
class Offer:
    """One model.

    Attributes:
        options: the fields of a request that it has a use for.
        own_size: without a height in the request, each asset has the size of its class.
        makes: what comes of it: voxels, shapes, pictures and others.
        classes: (category, class) in the engine's order; empty for a model without classes.
    """

    name: str
    title: str
    options: frozenset[str]
    own_size: bool = False
    classes: tuple[tuple[str, str], ...] = ()
    makes: str = "voxels"

    @property
    def is_solid(self) -> bool:
        """It makes things that can stand in a scene."""
        return self.makes in ("voxels", "shapes")

    def names(self) -> list[tuple[str, str]]:
        """What may be sent as class: (name, what it is), each category before its own classes.

        The names hold their category, so that they are unique and a search for either finds them.
        """
        members: dict[str, list[str]] = {}
        for category, name in self.classes:
            members.setdefault(category, []).append(name)
        found = []
        for category, names in members.items():
            if category and names != [category]:
                found.append((category, f"any of {len(names)}"))
            found += [
                (f"{category}/{name}" if category not in ("", name) else name, category)
                for name in names
            ]
        return found


CHARACTERS = Offer(
    "voxel_characters", "Voxel characters", frozenset({"truncation", "height", "rig"})
)
"""What an engine makes that has not been asked yet."""


def read(result: dict[str, Any]) -> tuple[Offer, ...]:
    """The engine's answer to `models`.

    Raises:
        Problem: E_PROTOCOL.
    """
    try:
        return tuple(_offer(model) for model in result["models"])
    except (AttributeError, LookupError, TypeError) as error:
        raise problems.protocol("The engine did not describe its models properly.") from error


def _offer(model: dict[str, Any]) -> Offer:
    options: dict[str, dict[str, Any]] = model["options"]
    height = options.get("height", {})
    return Offer(
        str(model["name"]),
        str(model["title"]),
        frozenset(options),
        "default" in height and height["default"] is None,
        tuple(
            (str(category["name"]), str(one["name"]))
            for category in model["categories"]
            for one in category["classes"]
        ),
        str(model["makes"]),
    )


def to_text(offers: Iterable[Offer]) -> str:
    """Text to be kept, from which `from_text` gets the same."""
    return json.dumps([asdict(offer) | {"options": sorted(offer.options)} for offer in offers])


@lru_cache(maxsize=2)
def from_text(text: str) -> tuple[Offer, ...]:
    """What `to_text` wrote; characters alone where there is nothing or something else.

    Asked for whenever the panel is drawn, hence the cache.
    """
    try:
        found = tuple(
            Offer(
                str(value["name"]),
                str(value["title"]),
                frozenset(map(str, value["options"])),
                bool(value["own_size"]),
                tuple((str(category), str(name)) for category, name in value["classes"]),
                str(value.get("makes", "voxels")),
            )
            for value in json.loads(text or "[]")
        )
    except (LookupError, TypeError, ValueError, RecursionError):
        found = ()
    return found or (CHARACTERS,)
