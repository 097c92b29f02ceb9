"""Paintings by genre: the model behind `vernissage generate paintings`."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from engine.data.picture_dataset import Picture, resized, square
from engine.models.code_game import CodeGame
from engine.models.registry import register


@register("paintings")
class Paintings(CodeGame):
    """Whole paintings and details of them, a class for each genre."""

    makes = "pictures"

    def usable(self, pictures: Sequence[Picture]) -> list[Picture]:
        return list(pictures)

    def view(self, picture: Picture, rng: np.random.Generator | None) -> np.ndarray:
        """A square along the longer side, by chance smaller and mirrored."""
        size = self.config.size
        if rng is None:
            return square(picture.pixels, size)
        height, width = picture.pixels.shape[:2]
        side = round(min(height, width) * rng.uniform(0.8, 1.0))
        top, left = rng.integers(height - side + 1), rng.integers(width - side + 1)
        cut = resized(picture.pixels[top : top + side, left : left + side], size, size)
        return np.ascontiguousarray(cut[:, ::-1] if rng.random() < 0.5 else cut)
