"""Domains made alike: what flows back, and which head is weighed more (C18)."""

from __future__ import annotations

import math

import pytest
import torch
from torch import Tensor

from engine.gan.domains import (
    DomainHeads,
    a_distance,
    dynamic_factor,
    reversal_strength,
    reverse_gradient,
)


@pytest.mark.parametrize("strength", [0.0, 0.5, 3.0])
def test_c18_reversal_leaves_values_and_negates_and_scales_gradients_exactly(
    strength: float,
) -> None:
    x = torch.randn(4, 3, requires_grad=True)
    weight = torch.randn(4, 3)
    y = reverse_gradient(x, strength)
    assert torch.equal(y, x)
    (weight * y).sum().backward()
    assert x.grad is not None
    assert torch.equal(x.grad, -strength * weight)


def test_c18_the_strength_rises_from_nothing_to_almost_one() -> None:
    assert reversal_strength(0) == 0
    assert reversal_strength(0.1) == pytest.approx(math.tanh(0.5))
    assert reversal_strength(1) == pytest.approx(math.tanh(5))


def test_c18_distance_and_factor_are_those_of_the_papers() -> None:
    errors = torch.tensor([0.0, 0.25, 0.5, 0.8])
    assert a_distance(errors).tolist() == [2, 1, 0, 0]
    assert dynamic_factor(1.5, 0.5) == 0.75
    assert dynamic_factor(0, 0) == 0.5


def points(shift: str, count: int, seed: int) -> tuple[Tensor, Tensor, Tensor]:
    """Features, chances and domains: two classes on a line, apart from each other by 4 spreads."""
    rng = torch.Generator().manual_seed(seed)
    is_target = torch.arange(count) % 2 == 1
    # Marginal: a class looks alike in both sets, and is rare in one. Conditional: both sets have
    # the same points, and the classes change places.
    share = torch.where(is_target, 0.05, 0.95) if shift == "marginal" else torch.full((count,), 0.5)
    first = torch.rand(count, generator=rng) < share
    left = first if shift == "marginal" else first ^ is_target
    place = torch.where(left, -2.0, 2.0) + torch.randn(count, generator=rng)
    features = torch.stack([place, torch.ones(count)], 1)
    return features, torch.stack([first, ~first], 1).float(), is_target


@pytest.mark.parametrize("shift", ["marginal", "conditional"])
def test_c18_the_factor_moves_towards_the_head_that_tells_more(shift: str) -> None:
    torch.manual_seed(0)
    heads = DomainHeads(2, 2, width=16)
    adam = torch.optim.Adam(heads.parameters(), lr=1e-2)
    known = points(shift, 1024, seed=1)
    for _ in range(150):
        adam.zero_grad()
        heads.loss(*known, strength=0.0).backward()  # type: ignore[no-untyped-call]
        adam.step()
    whole, each = heads.update(*points(shift, 1024, seed=2))
    if shift == "marginal":
        # The best that a head for everything can do: wrong in 5 % of both, and where classes meet.
        assert whole == pytest.approx(2 * (1 - 2 * 0.07), abs=0.15)
        assert each < 0.2
        assert heads.omega > 0.85
    else:
        assert whole < 0.2
        assert each == pytest.approx(2 * (1 - 2 * 0.023), abs=0.15)
        assert heads.omega < 0.15
