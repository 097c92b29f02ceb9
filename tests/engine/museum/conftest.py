"""Small museums that several tests walk through."""

from __future__ import annotations

import pytest

from engine.museum.plan import plan
from engine.museum.schema import Museum
from engine.museum.spec import MuseumRequest

MIXED = {
    "theme": "white_cube",
    "seed": 4,
    "rooms": 4,
    "count": 26,
    "sources": [
        {"kind": "painting", "share": 6, "classes": ["portrait", "landscape"]},
        {"kind": "prop", "share": 2, "classes": ["chair", "lamp"]},
        {"kind": "video", "share": 1},
        {"kind": "character", "share": 1},
    ],
}


@pytest.fixture(scope="session")
def mixed() -> Museum:
    """Four white rooms with something of every kind."""
    return plan(MuseumRequest.parse(MIXED))
