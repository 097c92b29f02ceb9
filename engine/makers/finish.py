"""What every picture of a model goes through before it is shown: it is made large and sharp."""

from __future__ import annotations

from functools import lru_cache

import numpy as np

from engine.models.tiles import TILE, Edges, upscale_pixels
from engine.zoo.registry import Loaded
from engine.zoo.registry import load as load_from_zoo


@lru_cache(maxsize=2)
def upscaler(model: str = "upscale") -> Loaded:
    """The upscaling model, kept warm. Raises `UnknownModel`, `WeightsMismatch`."""
    return load_from_zoo(model)


def enlarge(
    pixels: np.ndarray,
    scale: int,
    *,
    edges: Edges = "reflect",
    tile: int = TILE,
    model: str = "upscale",
) -> np.ndarray:
    """(H, W, 3) uint8 at 1, 2, 4 or 8 times its size: the network once, twice or three times."""
    net = upscaler(model).generator
    while scale > 1:
        pixels = upscale_pixels(net, pixels, edges=edges, tile=tile)
        scale //= 2
    return pixels
