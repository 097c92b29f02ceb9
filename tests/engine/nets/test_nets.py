"""Networks: published sizes, folding, styles."""

from __future__ import annotations

import pytest
import torch

from engine.nets.dc import DCCritic, DCGenerator
from engine.nets.folded import FoldedCritic, FoldedGenerator, fold_voxels, unfold_voxels


def size(module: torch.nn.Module) -> float:
    return sum(p.numel() for p in module.parameters()) / 1e6


def test_b2_the_published_dcgan_plan_has_its_published_size() -> None:
    assert size(DCGenerator()) == pytest.approx(3.58, abs=0.005)
    assert size(DCCritic()) == pytest.approx(2.77, abs=0.005)


@pytest.mark.parametrize("ndim", [1, 2, 3])
def test_b2_dcgan_in_every_dimension(ndim: int) -> None:
    generator = DCGenerator(ndim=ndim, channels=2, widths=(16, 8), z_dim=5)
    x = generator(torch.randn(3, 5))
    assert x.shape == (3, 2, *(16,) * ndim)
    assert x.abs().max() <= 1
    assert DCCritic(ndim=ndim, channels=2, widths=(8, 16))(x).shape == (3,)


def test_c10_dropout_and_no_norm_are_options() -> None:
    critic = DCCritic(widths=(4, 8), norm="none", dropout=0.3)
    kinds = {type(layer).__name__ for layer in critic.layers}
    assert "Dropout" in kinds
    assert not any("BatchNorm" in kind for kind in kinds)


def test_folding_is_undone_by_unfolding_and_keeps_neighbours_together() -> None:
    x = torch.randn(2, 3, 8, 4, 6)
    folded = fold_voxels(x)
    assert torch.equal(unfold_voxels(folded), x)
    cell = x[0, 1, 2:4, 0:2, 4:6]
    assert torch.equal(folded[0, 8:16, 1, 0, 2], cell.flatten())


def folded_generator() -> FoldedGenerator:
    torch.manual_seed(0)
    return FoldedGenerator(
        channels=4, widths=(16, 8), depth=1, z_dim=8, w_dim=8, bias=(-0.8, 0.0, 0.0, 0.0)
    )


def test_b8_truncation_zero_gives_one_shape_and_one_gives_variety() -> None:
    generator = folded_generator().eval()
    z = torch.randn(4, 8)
    average = generator(z, truncation=0.0)
    assert torch.allclose(average, average[:1].expand_as(average))
    assert generator(z).std(0).mean() > 0.01


def test_folded_players_fit_each_other() -> None:
    fields = folded_generator()(torch.randn(3, 8))
    assert fields.shape == (3, 4, 16, 16, 16)
    heads = FoldedCritic(channels=4, widths=(16, 8), depth=1)(fields)
    assert [head.shape for head in heads] == [(3,), (3,)]
