"""What keeps a critic in bounds: gradient penalty, clipping, spectral norm, consistency."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from torch import Tensor, nn

from engine.gan.config import TrainConfig
from engine.gan.penalties import consistency_penalty, gradient_penalty
from engine.gan.rng import Streams
from engine.gan.task import Nets
from engine.gan.trainer import Trainer
from engine.nets.image_critic import ImageCritic
from engine.nets.normalise import spectrally_normalised
from tests.engine.gan.toy import Gaussians

CPU = torch.device("cpu")


def play(run: Path, task: Gaussians | None = None, **phase: object) -> Trainer:
    values = {"name": "play", "kimg": 2.0, "lr_g": 1e-3, "lr_d": 1e-3, "gamma": 0.05} | phase
    config = TrainConfig.model_validate(
        {"batch": 64, "phases": [values], "tick_kimg": 1000.0, "precision": "f32"}
    )
    game = Trainer(task or Gaussians(), config, run, device=CPU)
    game.run()
    return game


def test_b11_gradient_penalty_of_a_linear_critic_is_closed_form() -> None:
    critic = nn.Linear(6, 1, bias=False)
    real, fake = torch.randn(5, 6), torch.randn(5, 6)
    penalty = gradient_penalty(lambda x: [critic(x).squeeze(1)], real, fake, torch.rand(5))
    norm = critic.weight.norm()
    torch.testing.assert_close(penalty, ((norm - 1) ** 2).expand(5))
    penalty.mean().backward()
    expected = 2 * (norm - 1) * critic.weight / norm
    torch.testing.assert_close(critic.weight.grad, expected.detach())


def test_b11_the_penalty_is_taken_between_real_and_fake() -> None:
    seen: list[Tensor] = []

    def critic(x: Tensor) -> list[Tensor]:
        seen.append(x.detach())
        return [x.square().sum(1)]

    real, fake = torch.ones(3, 2), torch.zeros(3, 2)
    share = torch.tensor([0.0, 0.25, 1.0])
    gradient_penalty(critic, real, fake, share)
    torch.testing.assert_close(seen[0], share[:, None].expand(3, 2))


def test_b10_weights_of_a_clipped_critic_stay_in_bounds(tmp_path: Path) -> None:
    game = play(tmp_path, loss="wgan", penalty="none", clip_weights=0.01)
    assert max(p.abs().max().item() for p in game.critic.parameters()) <= 0.01
    assert max(p.abs().max().item() for p in game.generator.parameters()) > 0.01


def test_c3_the_gradients_norm_is_bounded_and_logged(tmp_path: Path) -> None:
    seen: list[float] = []
    config = TrainConfig.model_validate(
        {
            "batch": 64,
            "phases": [{"name": "play", "kimg": 0.128, "clip_gradient": 1e-3}],
            "precision": "f32",
        }
    )
    game = Trainer(Gaussians(), config, tmp_path, device=CPU)
    for optimizer in game.optimizers.values():
        optimizer.register_step_pre_hook(
            lambda o, *_: seen.append(
                torch.stack([p.grad.norm() for g in o.param_groups for p in g["params"]])
                .norm()
                .item()
            )
        )
    values = game.step(game.config.phases[0], 0.0)
    assert all(norm <= 1e-3 * 1.001 for norm in seen)
    assert values["critic/gradient"] > 1e-3  # what it was before
    assert len(seen) == 2


def test_c5_spectral_norm_brings_every_layer_to_a_largest_singular_value_of_one() -> None:
    torch.manual_seed(0)
    critic = spectrally_normalised(ImageCritic(widths=(16, 12, 8), classes=2))
    x, label = torch.randn(2, 3, 32, 32), torch.tensor([0, 1])
    for _ in range(5):
        critic(x, label)
    critic.eval()
    layers = [m for m in critic.modules() if hasattr(m, "parametrizations")]
    assert len(layers) >= 8
    for layer in layers:
        sigma = torch.linalg.matrix_norm(layer.weight.flatten(1), 2).item()
        assert sigma == pytest.approx(1.0, abs=1e-2)


def test_c5_a_normalised_critic_trains_and_resumes_to_the_bit(tmp_path: Path) -> None:
    class Normed(Gaussians):
        def build(self) -> Nets:
            nets = super().build()
            return Nets(nets.generator, spectrally_normalised(nets.critic))

    def game(run: Path) -> Trainer:
        config = TrainConfig.model_validate(
            {
                "batch": 64,
                "phases": [{"name": "play", "kimg": 1.28, "loss": "hinge", "penalty": "none"}],
                "tick_kimg": 0.64,
                "precision": "f32",
            }
        )
        return Trainer(Normed(), config, run, device=CPU)

    whole = game(tmp_path / "whole")
    whole.run()
    stops = iter([False] * 9)
    game(tmp_path / "parts").run(is_cancelled=lambda: next(stops, True))
    second = game(tmp_path / "parts")
    assert second.resume()
    second.run()
    for name, tensor in whole.critic.state_dict().items():
        assert torch.equal(tensor, second.critic.state_dict()[name]), name


def test_c17_consistency_of_a_linear_critic_is_closed_form() -> None:
    critic = nn.Linear(6, 1, bias=False)
    x = torch.randn(5, 6)
    penalty = consistency_penalty(lambda seen: [critic(seen).squeeze(1)], x, 0.1)
    expected = (0.1 * critic.weight.abs().sum()) ** 2  # the sign attack moves it by eps |w|_1
    torch.testing.assert_close(penalty, expected.expand(5).detach(), atol=1e-6, rtol=1e-4)


def test_c17_a_critic_trained_with_consistency_withstands_an_attack_better(tmp_path: Path) -> None:
    def attacked_accuracy(weight: float) -> float:
        game = play(
            tmp_path / str(weight),
            kind="critic",
            kimg=12.0,
            loss="bce",
            penalty="none",
            consistency=weight,
            radius=0.1,
        )
        batch = game.task.batch(512, 10**6, Streams(3))
        fake = game.task.fake(game.generator, batch).detach()
        right = 0.0
        for x, side in ((batch.real, 1.0), (fake, -1.0)):
            x = x.clone().requires_grad_()
            (gradient,) = torch.autograd.grad(game.critic(x).sum(), x)
            moved = x - side * 0.1 * gradient.sign()
            right += 0.5 * ((game.critic(moved) > 0) == (side > 0)).float().mean().item()
        return right

    assert attacked_accuracy(30.0) > attacked_accuracy(0.0) + 0.02
