"""The paint of a textured shape and its field tell of the same colours at the same places."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from scipy import ndimage
from torch import Tensor
from torch.nn.functional import avg_pool3d

from engine.data.shape_classes import ShapeClass
from engine.models.textured_shapes import TexturedShapes

KINDS = [ShapeClass(name="pot", category="", examples=1, unit=0.1).model_dump()]
TINY = {
    "size": 16, "widths": [8, 8], "encoder": [8, 8], "coarse": [8, 8], "geometry": 64, "color": 64,
    "z_dim": 4, "depth": 0, "paint": 8, "colors": 4, "classes": KINDS,
}  # fmt: skip


@pytest.mark.parametrize("seed", range(3))
def test_amid_voxels_of_one_colour_the_paint_has_that_colour(
    seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    torch.manual_seed(seed)
    model = TexturedShapes(TINY)
    generator = model.build().generator.eval()
    generator.mapping.remember(torch.tensor([0]), generator.on_spheres(torch.randn(1, 128)))
    parts = generator.decoder.parts

    def patches(code: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """What the decoder gives, in patches: an untrained one gives every voxel another colour."""
        distance, score, palette = parts(code)
        flat = score.mean(4).permute(0, 4, 1, 2, 3)
        smooth = avg_pool3d(avg_pool3d(flat, 3, 1, 1), 3, 1, 1).permute(0, 2, 3, 4, 1)
        smooth = (smooth - smooth.mean((1, 2, 3), keepdim=True)) / smooth.std(
            (1, 2, 3), keepdim=True
        )
        return distance, 9 * smooth[..., None, :].expand_as(score), palette

    monkeypatch.setattr(generator.decoder, "parts", patches)
    z, label = model.latents([seed]), torch.tensor([0])
    with torch.inference_mode():
        sample = model.synthesise(generator, z, 0.8, label)[0].numpy()
        paint = model.paint(generator, z, 0.8, label)
    assert paint is not None
    colors = (sample[1:4] + 1) / 2
    spread = ndimage.maximum_filter(colors, (1, 3, 3, 3)) - ndimage.minimum_filter(
        colors, (1, 3, 3, 3)
    )
    cells = np.argwhere(spread.max(0) < 1e-6)
    assert len(cells) > 300
    wanted = colors[:, cells[:, 0], cells[:, 1], cells[:, 2]].T
    assert len(np.unique(wanted.round(4), axis=0)) > 1
    seen = paint.at(((cells - paint.offset) / paint.scale)[:, ::-1])
    assert (np.abs(seen - wanted).max(1) < 1e-5).mean() > 0.98
