"""The paint of a textured shape and its field tell of the same colours at the same places."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from engine.data.shape_classes import ShapeClass
from engine.models.textured_shapes import TexturedShapes

KINDS = [ShapeClass(name="pot", category="", examples=1, unit=0.1).model_dump()]
TINY = {
    "size": 16, "widths": [8, 8], "encoder": [8, 8], "coarse": [8, 8], "geometry": 8, "color": 8,
    "z_dim": 4, "depth": 0, "paint": 8, "colors": 4, "classes": KINDS,
}  # fmt: skip


@pytest.mark.parametrize("seed", range(3))
def test_at_the_middle_of_a_voxel_the_paint_is_the_colour_of_the_sample(seed: int) -> None:
    torch.manual_seed(seed)
    model = TexturedShapes(TINY)
    generator = model.build().generator.eval()
    z, label = model.latents([seed]), torch.tensor([0])
    with torch.inference_mode():
        sample = model.synthesise(generator, z, 0.8, label)[0].numpy()
        paint = model.paint(generator, z, 0.8, label)
    assert paint is not None
    cells = np.indices((TINY["size"] - 1,) * 3).reshape(3, -1).T
    seen = paint.at(((cells - paint.offset) / paint.scale)[:, ::-1])
    colors = (sample[1:4, cells[:, 0], cells[:, 1], cells[:, 2]].T + 1) / 2
    assert len(np.unique(colors.round(4), axis=0)) > 1
    same = np.abs(seen - colors).max(1) < 1e-5
    assert same.mean() > 0.999  # two entries may be equally high but for rounding
