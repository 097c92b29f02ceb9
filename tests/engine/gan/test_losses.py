"""Losses and penalties against closed forms."""

from __future__ import annotations

import math

import pytest
import torch
from torch import nn

from engine.gan.losses import LOSSES, value
from engine.gan.penalties import exact_penalty, moved_penalty


def test_a4_value_is_minus_log_four_where_the_critic_cannot_tell() -> None:
    undecided = torch.zeros(8)
    assert value(undecided, undecided) == pytest.approx(-math.log(4))
    assert LOSSES["minimax"].d(undecided, undecided).item() == pytest.approx(math.log(4))


def test_a4_minimax_players_pull_on_the_same_value() -> None:
    real, fake = torch.randn(16), torch.randn(16, requires_grad=True)
    LOSSES["minimax"].g(real, fake).backward()
    by_generator = fake.grad.clone()
    fake.grad = None
    LOSSES["minimax"].d(real, fake).backward()
    torch.testing.assert_close(by_generator, -fake.grad)


def test_a5_nonsaturating_gradient_is_a_hundred_times_stronger_where_the_critic_wins() -> None:
    gradients = {}
    for name in ("minimax", "nonsaturating"):
        fake = torch.full((4,), -8.0, requires_grad=True)
        LOSSES[name].g(torch.zeros(4), fake).backward()
        gradients[name] = fake.grad.abs().mean().item()
    assert gradients["nonsaturating"] > 100 * gradients["minimax"]


def test_c1_bce_is_the_cross_entropy_of_torch() -> None:
    real, fake = torch.randn(32), torch.randn(32)
    ours = LOSSES["bce"].d(real, fake)
    bce = nn.functional.binary_cross_entropy_with_logits
    torch.testing.assert_close(
        ours, bce(real, torch.ones(32)) + bce(fake, torch.zeros(32)), atol=1e-6, rtol=1e-6
    )


def test_hinge_is_flat_beyond_its_margins() -> None:
    real, fake = torch.tensor([1.5, 3.0]), torch.tensor([-1.2, -9.0])
    assert LOSSES["hinge"].d(real, fake).item() == 0
    assert LOSSES["hinge"].d(-real, -fake).item() == pytest.approx(3.25 + 6.1)


def test_rpgan_depends_on_differences_alone() -> None:
    real, fake = torch.randn(8), torch.randn(8)
    for side in (LOSSES["rpgan"].d, LOSSES["rpgan"].g):
        torch.testing.assert_close(side(real, fake), side(real + 7, fake + 7))
    torch.testing.assert_close(LOSSES["rpgan"].d(real, fake), LOSSES["rpgan"].g(fake, real))


def test_r1_of_a_linear_critic_is_its_squared_weight() -> None:
    critic = nn.Linear(6, 1, bias=False)
    x = torch.randn(5, 6, requires_grad=True)
    penalty = exact_penalty(x, [critic(x).squeeze(1)])
    torch.testing.assert_close(penalty, critic.weight.square().sum().expand(5))
    penalty.mean().backward()
    torch.testing.assert_close(critic.weight.grad, 2 * critic.weight)


def test_finite_difference_penalty_of_a_linear_critic_has_the_exact_mean() -> None:
    critic = nn.Linear(6, 1, bias=False)
    x = torch.randn(1, 6).expand(20000, 6)

    def judge(samples: torch.Tensor) -> list[torch.Tensor]:
        return [critic(samples).squeeze(1)]

    noise = torch.randn(x.shape, generator=torch.Generator().manual_seed(0))
    estimate = moved_penalty(judge, x, judge(x), noise)
    exact = critic.weight.square().sum().item()
    assert estimate.mean().item() == pytest.approx(exact, rel=0.05)
