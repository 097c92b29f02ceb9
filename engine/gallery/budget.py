"""What a headset has to draw at the worst place: draw calls, triangles and textures in view."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from engine.gallery.ration import Viewer
from engine.gallery.sight import View
from engine.museum.schema import Museum

BUDGETS = {"quest2": (26, 150_000, 192.0), "quest3": (46, 300_000, 256.0)}
"""Draw calls for an eye, triangles, and MiB of textures at any place."""
HALF = 1.15
"""Half of the angle within which the page draws for a headset, radians: more than an eye sees."""
_TURNS = 8


@dataclass(frozen=True)
class Worst:
    """The most that is drawn at once, and in memory at one place; `place` is (x, z).

    Attributes:
        draws: with one more for each room in sight that was left out for want of calls.
    """

    draws: int
    triangles: int
    texture_mib: float
    place: tuple[float, float]


def worst_view(museum: Museum, folder: Path) -> Worst:
    """Look round as the page does from where visitors stand, and from doors. Raises `BadAsset`."""
    viewer = Viewer(museum, folder)
    most = Worst(0, 0, 0.0, (0.0, 0.0))
    for room, x, z in _places(museum):
        headings = np.arange(_TURNS) * 2 * np.pi / _TURNS
        views = [viewer.draw(View(room, x, z, float(turn), HALF)) for turn in headings]
        draws = max(view.draws + view.left for view in views)
        textures = {name: size for view in views for name, size in view.textures.items()}
        most = Worst(
            max(draws, most.draws),
            max(most.triangles, *(view.triangles for view in views)),
            max(most.texture_mib, sum(textures.values()) / 2**20),
            (x, z) if draws > most.draws else most.place,
        )
    return most


def _places(museum: Museum) -> Iterator[tuple[str, float, float]]:
    """Room and place of stands and of doors; one for each square metre."""
    places = [(slot.room, slot.stand) for slot in museum.slots]
    places += [(room, door.center) for door in museum.doors for room in door.rooms if room]
    rough = {(room, round(x), round(z)): (room, x, z) for room, (x, z) in places}
    yield from rough.values()
