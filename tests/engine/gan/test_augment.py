"""DiffAugment: n dimensions, gradients, and what each change leaves alone."""

from __future__ import annotations

import pytest
import torch

from engine.gan.augment import AugmentConfig, augment, shift
from engine.gan.rng import Streams

FULL = AugmentConfig(
    mirror=True, shift=2, cutout=0.5, color=(1, 3), brightness=0.3, contrast=0.3, noise=0.1
)


@pytest.mark.parametrize("ndim", [1, 2, 3])
def test_c16_gradient_matches_finite_differences_in_every_dimension(ndim: int) -> None:
    x = torch.randn(2, 3, *(4,) * ndim, dtype=torch.float64, requires_grad=True)

    def changed(values: torch.Tensor) -> torch.Tensor:
        return augment(values, FULL, 1.0, Streams(0).torch("test", 0)).square()

    assert torch.autograd.gradcheck(changed, (x,), eps=1e-6, atol=1e-5)


def test_nothing_happens_at_p_zero_without_mirror_and_noise() -> None:
    x = torch.randn(4, 3, 8, 8, 8)
    quiet = FULL.model_copy(update={"mirror": False, "noise": 0.0})
    torch.testing.assert_close(augment(x, quiet, 0.0, Streams(0).torch("test", 0)), x)


def test_shift_moves_whole_cells_and_repeats_the_edge() -> None:
    x = torch.arange(6.0).view(1, 1, 6)
    assert shift(x, torch.tensor([[2]])).flatten().tolist() == [0, 0, 0, 1, 2, 3]
    assert shift(x, torch.tensor([[-1]])).flatten().tolist() == [1, 2, 3, 4, 5, 5]


def test_color_changes_leave_the_shape_channel_alone() -> None:
    x = torch.randn(8, 4, 4, 4, 4)
    only = AugmentConfig(color=(1, 4), brightness=0.5, contrast=0.5)
    y = augment(x, only, 1.0, Streams(0).torch("test", 0))
    torch.testing.assert_close(y[:, 0], x[:, 0])
    assert (y[:, 1:] - x[:, 1:]).abs().amax() > 0.05


def test_cutout_erases_at_most_its_share() -> None:
    x = torch.ones(64, 1, 8, 8)
    y = augment(x, AugmentConfig(cutout=0.5), 1.0, Streams(0).torch("test", 0))
    erased = (y == 0).float().mean((1, 2, 3))
    assert erased.max() == 0.25
    assert (erased > 0).float().mean() > 0.7
