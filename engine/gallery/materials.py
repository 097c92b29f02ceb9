"""Materials of the shell: one for each finish."""

from __future__ import annotations

from typing import Any

import numpy as np

from engine.gallery.charts import Chart
from engine.gallery.gltf import Glb
from engine.gallery.looks import Finish
from engine.gallery.pieces import Piece
from engine.museum.schema import Museum

METALLIC = {"metal": 0.9, "gilt": 1.0}


def linear(colour: str) -> np.ndarray:
    """(3,) linear light of `#rrggbb`."""
    c = np.array([int(colour[i : i + 2], 16) for i in (1, 3, 5)]) / 255
    return np.where(c <= 0.04045, c / 12.92, ((c + 0.055) / 1.055) ** 2.4)


class Palette:
    """Materials in the file, made when they are first used."""

    def __init__(self, museum: Museum, pieces: list[Piece], glb: Glb) -> None:
        self._glb = glb
        self._known: dict[Finish, int] = {}

    def material(self, piece: Piece) -> int:
        finish = piece.finish
        if finish not in self._known:
            self._known[finish] = self._glb.material(_name(finish), _plain(finish))
        return self._known[finish]

    def uv(self, piece: Piece, chart: Chart) -> np.ndarray:
        return chart.uv


def _name(finish: Finish) -> str:
    return f"{finish.kind} {finish.colour}"


def _plain(finish: Finish) -> dict[str, Any]:
    colour = [round(float(c), 5) for c in linear(finish.colour)]
    values: dict[str, Any] = {
        "pbrMetallicRoughness": {
            "baseColorFactor": [*colour, 1.0],
            "metallicFactor": METALLIC.get(finish.kind, 0.0),
            "roughnessFactor": finish.roughness,
        }
    }
    if finish.glow:
        values["emissiveFactor"] = colour
    return values
