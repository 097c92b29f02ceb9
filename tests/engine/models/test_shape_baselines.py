"""The baselines of the shape tables: published sizes, published mathematics, the data of our model."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn
from torch.nn.functional import conv3d

from engine.data.coarse_field import coarsen, refine
from engine.data.voxel_field import REACH
from engine.errors import BadRecipe
from engine.gan.config import TrainConfig
from engine.gan.rng import Streams
from engine.gan.trainer import Trainer
from engine.models.plain_shapes import PlainShapes
from engine.models.registry import model_class
from engine.models.sdf_stylegan import SdfStyleGan
from engine.nets.sdf_stylegan import (
    PATCH,
    PATCHES,
    ModulatedConv3d,
    SdfCritics,
    SdfGenerator,
    surface_patches,
    with_gradient,
)
from engine.zoo.recipes import read_recipe
from tests.engine.data.shapes import globe, write_shapes

SMALL: dict[str, dict[str, Any]] = {
    "wu2016_shapes": {"size": 16, "z_dim": 6, "widths": (8, 4), "embed": 3},
    "sdf_stylegan": {
        "size": 16, "z_dim": 6, "w_dim": 8, "style_depth": 2, "widths": (8, 8, 4),
        "local": (4, 6), "hidden": 6,
    },
}  # fmt: skip
both = pytest.mark.parametrize("name", SMALL)
WHITE = np.full(3, 0.9)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_shapes(tmp_path_factory.mktemp("shapes"))


def loaded(name: str, folder: Path) -> PlainShapes:
    model = model_class(name)(SMALL[name])
    assert isinstance(model, PlainShapes)
    model.load(folder, Streams(0))
    return model


def parameters(module: nn.Module) -> float:
    return sum(p.numel() for p in module.parameters()) / 1e6


def test_sdf_stylegan_has_about_the_size_of_the_published_nets() -> None:
    # The authors' code makes 16.5 and 20.4 million, without classes and colour.
    nets = SdfStyleGan({}).build()
    assert parameters(nets.generator) == pytest.approx(16.5, rel=0.12)
    assert parameters(nets.critic) == pytest.approx(20.4, rel=0.15)


def test_modulation_equals_convolving_each_sample_with_its_own_weights() -> None:
    torch.manual_seed(0)
    layer = ModulatedConv3d(5, 4, w_dim=6)
    nn.init.normal_(layer.bias)
    x, w = torch.randn(3, 5, 6, 6, 6), torch.randn(3, 6)
    made = layer(x, w)
    for sample, style, found in zip(x, layer.affine(w), made, strict=True):
        weight = layer.weight * style[None, :, None, None, None]
        weight = weight / (weight.square().sum((1, 2, 3, 4), keepdim=True) + 1e-8).sqrt()
        expected = conv3d(sample[None], weight, layer.bias, padding=1)[0]
        torch.testing.assert_close(found, expected, atol=1e-5, rtol=1e-4)


def test_the_local_critic_sees_patches_of_the_input_where_the_surface_is() -> None:
    field = torch.from_numpy(globe(9.0, WHITE))[None]
    patches = surface_patches(with_gradient(field))
    assert patches.shape == (1, PATCHES, 7, PATCH, PATCH, PATCH)
    assert torch.equal(patches[:, :, 0].abs().amin((2, 3, 4)) < 0.5, torch.ones(1, PATCHES) > 0)
    windows = field[0, 0].unfold(0, PATCH, 4).unfold(1, PATCH, 4).unfold(2, PATCH, 4)
    windows = windows.reshape(-1, PATCH, PATCH, PATCH)
    for patch in patches[0, :, 0]:
        assert (windows == patch).all((1, 2, 3)).any()


def test_the_critics_see_the_slope_of_the_distance() -> None:
    z = torch.arange(8.0).view(8, 1, 1).expand(8, 8, 8) / 16
    seen = with_gradient(torch.stack([z, z * 0, z * 0, z * 0])[None])
    assert torch.allclose(seen[0, 4, 1:-1], torch.full((6, 8, 8), 2 / 16))
    assert seen[0, 5:].abs().max() == 0


def test_both_critics_answer_for_a_class() -> None:
    torch.manual_seed(0)
    critic = SdfCritics(classes=2, widths=(4, 6), local=(4,))
    field = torch.from_numpy(globe(3.0, WHITE, size=8))[None].repeat(2, 1, 1, 1, 1)
    for head in critic(field, torch.tensor([0, 1])):
        assert head.shape == (2,)
        assert head[0] != head[1]


def test_truncation_pulls_styles_to_the_mean_of_the_class() -> None:
    torch.manual_seed(0)
    generator = SdfGenerator(classes=2, z_dim=4, w_dim=6, style_depth=2, widths=(4, 4), hidden=4)
    z, label = torch.randn(8, 4), torch.tensor([0, 1] * 4)
    generator(z, label)
    assert generator.mean.abs().sum() > 0
    generator.eval()
    still = generator(z, label, 0.0)
    torch.testing.assert_close(still[0], still[2])
    assert not torch.allclose(still[0], still[1], atol=1e-5)


@both
def test_it_trains_on_plain_fields_and_samples_one_shape_a_seed_and_class(
    name: str, folder: Path, tmp_path: Path
) -> None:
    model = loaded(name, folder)
    batch = model.batch(4, 0, Streams(0))
    assert batch.real.shape == (4, 4, 16, 16, 16)
    assert batch.label is not None
    phase = {"name": "p", "kimg": 0.008, "loss": "nonsaturating", "penalty": "exact"}
    config = TrainConfig.model_validate({"batch": 4, "phases": [phase], "precision": "f32"})
    model.picture = lambda generator: None  # type: ignore[method-assign,assignment,return-value]
    trainer = Trainer(model, config, tmp_path, device=torch.device("cpu"))
    before = [p.clone() for p in trainer.generator.parameters()]
    trainer.run()
    after = list(trainer.generator.parameters())
    assert any(not torch.equal(a, b) for a, b in zip(before, after, strict=True))
    generator = trainer.ema.module.eval()
    with torch.inference_mode():
        label = torch.tensor([0, 1])
        together = model.synthesise(generator, model.latents([3, 4]), label=label)
        alone = model.synthesise(generator, model.latents([4]), label=label[1:])
        other = model.synthesise(generator, model.latents([4]), label=label[:1])
    torch.testing.assert_close(together[1], alone[0], atol=1e-4, rtol=1e-3)
    assert not torch.allclose(alone, other, atol=1e-6)
    assert model.decode(together[0].numpy()).shape == (4, 64, 64, 64)


def test_3d_gan_sees_hard_occupancy_and_black_where_nothing_is(folder: Path) -> None:
    real = loaded("wu2016_shapes", folder).batch(8, 0, Streams(0)).real
    assert set(real[:, 0].unique().tolist()) == {-1.0, 1.0}
    assert (real[:, 1:].permute(0, 2, 3, 4, 1)[real[:, 0] < 0] == -1).all()


def test_black_air_does_not_tint_the_surface_that_3d_gan_makes(folder: Path) -> None:
    model = model_class("wu2016_shapes")({"size": 32, "widths": (8, 4, 2)})
    sample = model.encode(globe(22.0, WHITE, size=64)).numpy()  # type: ignore[attr-defined]
    field = model.decode(sample)
    skin = np.abs(field[0]) < 0.6
    assert skin.sum() > 1000
    assert np.abs(field[1:, skin] - 0.9).max() < 0.05
    empty = model.decode(np.full_like(sample, -1.0))
    assert (empty[0] < 0).all()


@pytest.mark.parametrize("size", [16, 32])
def test_a_coarse_field_keeps_size_place_and_colour_of_a_ball(size: int) -> None:
    fine = torch.from_numpy(globe(22.0, WHITE, size=64))
    coarse = coarsen(fine, size)
    assert coarse.shape == (4, size, size, size)
    back = refine(coarse, 64)
    # Grown by half a voxel of the finer grid, so that thin things do not tear.
    grown = 22.5
    assert float((back[0] > 0).sum()) == pytest.approx(4 / 3 * np.pi * grown**3, rel=0.03)
    heights = torch.nonzero(back[0] > 0)[:, 0].float()
    assert float(heights.mean()) == pytest.approx(22 + 2 - 0.5, abs=0.3)
    skin = back[0].abs() < 0.3 / REACH
    assert (back[1:, skin] - 0.9).abs().max() < 0.02


@both
def test_a_size_that_the_stages_do_not_reach_is_a_bad_recipe(name: str) -> None:
    with pytest.raises(BadRecipe, match="end at 16 voxels"):
        model_class(name)(SMALL[name] | {"size": 32})


@both
@pytest.mark.parametrize("tier", ["cpu", "gpu"])
def test_the_recipe_has_the_data_of_textured_props_and_its_batch(name: str, tier: str) -> None:
    theirs = read_recipe(name, tier)
    for key in ("size", "validation", "least"):
        assert theirs.net.get(key) == read_recipe("textured_props", "cpu").net.get(key), key
    if tier == "cpu":
        assert theirs.train.batch == read_recipe("textured_props", "cpu").train.batch
    model_class(theirs.file.model)(theirs.net)
