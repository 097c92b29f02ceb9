"""Large pictures through small networks: tiles that fit together exactly, memory that stays bounded."""

from __future__ import annotations

from typing import Literal

import numpy as np
import torch
from torch import nn

from engine.data.picture_dataset import to_pixels, to_unit
from engine.nets.upscaler import Upscaler

Edges = Literal["reflect", "circular"]
TILE = 192
"""Edge of a tile in pixels of the input; about 60 MB at work."""
LEAST_TILE = 16


def upscale_pixels(
    net: nn.Module, pixels: np.ndarray, *, edges: Edges = "reflect", tile: int = TILE
) -> np.ndarray:
    """(H, W, 3) uint8 → (scale H, scale W, 3) uint8 by the network, a tile at a time.

    Each tile brings its surroundings as far as the network reaches, so that tiles of any size give
    the same pixels. Beyond the border lies the mirrored picture or, for a material that repeats,
    its other side. A tile that does not fit into memory is tried in halves.
    """
    assert isinstance(net, Upscaler)
    height, width = pixels.shape[:2]
    out = np.empty((height * net.scale, width * net.scale, 3), np.uint8)
    rows, columns = (_beyond(n, net.reach, edges) for n in (height, width))
    while True:
        try:
            for top in range(0, height, tile):
                for left in range(0, width, tile):
                    down, right = min(top + tile, height), min(left + tile, width)
                    around = np.ix_(
                        rows[top : down + 2 * net.reach], columns[left : right + 2 * net.reach]
                    )
                    made = upscaled(net, pixels[around])
                    place = (
                        slice(top * net.scale, down * net.scale),
                        slice(left * net.scale, right * net.scale),
                    )
                    out[place] = to_pixels(made)
            return out
        except (MemoryError, torch.OutOfMemoryError):
            tile //= 2
            if tile < LEAST_TILE:
                raise MemoryError("not even a small tile fits into memory") from None


def upscaled(net: Upscaler, padded: np.ndarray) -> np.ndarray:
    """(3, scale h, scale w) float32 in about [-1, 1] of (h + 2 reach, w + 2 reach, 3) uint8."""
    x = torch.from_numpy(to_unit(padded))[None]
    with torch.inference_mode():
        made: np.ndarray = net.inside(x.to(next(net.parameters()).device))[0].float().cpu().numpy()
    return made


def _beyond(size: int, reach: int, edges: Edges) -> np.ndarray:
    """Indices of a line of `size` pixels with `reach` more on both sides."""
    index = np.arange(-reach, size + reach)
    if edges == "circular":
        return index % size
    period = max(1, 2 * (size - 1))
    index = np.abs(index) % period
    return np.where(index >= size, period - index, index)
