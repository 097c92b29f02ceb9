"""How a run is: the critic's word as a probability, the distance from an equilibrium, fears and looks."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import torch
from torch import Tensor, nn

from engine.gan.appraise import attribution, fit_calibration
from engine.gan.config import TrainConfig
from engine.gan.duality import duality_gap
from engine.gan.losses import accuracy
from engine.gan.monitors import watch_convergence, watch_data
from engine.gan.task import Batch, Nets
from engine.gan.trainer import Trainer
from engine.nets.mlp import MlpCritic
from tests.engine.gan.toy import Gaussians

CPU = torch.device("cpu")


def trainer(run: Path, task: Gaussians | None = None, **changes: object) -> Trainer:
    phase = {"name": "play", "kimg": 1.28, "lr_g": 1e-3, "lr_d": 1e-3, "gamma": 0.05}
    phase |= changes.pop("phase", {})  # type: ignore[arg-type]
    values = {"batch": 64, "phases": [phase], "tick_kimg": 1000.0, "precision": "f32"}
    return Trainer(
        task or Gaussians(), TrainConfig.model_validate(values | changes), run, device=CPU
    )


def weights(module: nn.Module) -> Tensor:
    return torch.cat([v.flatten().float() for v in module.state_dict().values()]).clone()


# ---------------------------------------------------------------- what the critic's word is worth


def test_a11_a_calibrated_probability_is_the_share_of_real_samples_at_a_logit() -> None:
    # Two normal distributions one apart: P(real | x) = sigmoid(x - 1/2), whatever the critic's scale.
    torch.manual_seed(0)
    real, fake = torch.randn(40_000) + 1, torch.randn(40_000)
    found = fit_calibration(7 * real + 3, 7 * fake + 3)
    x = torch.linspace(-1, 2, 7)
    torch.testing.assert_close(
        found.probability(7 * x + 3), torch.sigmoid(x - 0.5), atol=0.02, rtol=0
    )


def test_a11_a_critic_that_knows_nothing_says_one_half() -> None:
    same = torch.randn(500)
    found = fit_calibration(same, same)
    torch.testing.assert_close(found.probability(same), torch.full((500,), 0.5), atol=1e-4, rtol=0)
    sure = fit_calibration(torch.ones(20), -torch.ones(20)).probability(torch.tensor([1.0, -1.0]))
    assert 0.9 < sure[0] < 1
    assert 0 < sure[1] < 0.1


def test_a11_the_calibration_is_kept_with_the_checkpoint(tmp_path: Path) -> None:
    game = trainer(tmp_path, phase={"kimg": 6.4})
    game.run()
    again = trainer(tmp_path, phase={"kimg": 6.4})
    assert again.resume()
    assert again.calibration == game.calibration
    assert again.calibration.scale > 0


# ---------------------------------------------------------------- convergence


def test_a6_accuracy_is_one_half_where_the_critic_cannot_tell() -> None:
    x = torch.randn(10_000)
    assert accuracy(x, x, relativistic=False).item() == pytest.approx(0.5, abs=1e-3)
    assert accuracy(x + 3, x, relativistic=True).item() == 1.0


def test_a6_the_duality_gap_is_small_at_an_equilibrium_and_large_away_from_it(
    tmp_path: Path,
) -> None:
    class Given(Gaussians):
        """A generator that has the data, or that has them a step to the side."""

        def __init__(self, away: float) -> None:
            super().__init__()
            self.away = away

        def build(self) -> Nets:
            generator = nn.Linear(2, 2)
            nn.init.eye_(generator.weight)
            nn.init.constant_(generator.bias, self.away)
            critic = MlpCritic(2, (32, 32))
            nn.init.zeros_(critic.layers[-1].weight)
            nn.init.zeros_(critic.layers[-1].bias)
            return Nets(generator, critic)

        def batch(self, size, step, streams):  # type: ignore[no-untyped-def]
            rng = streams.torch("batch", step)
            return Batch(torch.randn(size, 2, generator=rng), torch.randn(size, 2, generator=rng))

        def auxiliary(self, *args: object) -> dict[str, Tensor]:
            return {}

    def gap(away: float) -> float:
        game = trainer(tmp_path / str(away), Given(away), phase={"loss": "bce", "penalty": "none"})
        before = weights(game.critic), weights(game.generator)
        found = duality_gap(game._play, game.config.phases[0], steps=40, size=512, seed=0)
        assert torch.equal(before[0], weights(game.critic))
        assert torch.equal(before[1], weights(game.generator))
        return found

    assert gap(0.0) < 0.05
    assert gap(2.0) > 0.3


def test_a6_convergence_and_defeat_are_said() -> None:
    assert watch_convergence(0.52, -1.38, 0.001)[1].name == "converged"  # type: ignore[union-attr]
    assert watch_convergence(0.999, -0.01, None)[1].name == "critic won"  # type: ignore[union-attr]
    assert watch_convergence(0.7, -1.0, 0.2)[1] is None


def test_a6_the_monitor_logs_accuracy_value_and_gap(tmp_path: Path) -> None:
    from engine.gan.watch import watch

    game = trainer(tmp_path, duality_steps=3)
    numbers, _ = watch(game._play, game.ema.module, game.config, game.config.phases[0], {})
    assert {"watch/accuracy", "watch/value", "watch/duality_gap"} <= set(numbers)
    assert numbers["watch/duality_gap"] >= 0


# ---------------------------------------------------------------- where it looks, what data let fear


def test_c24_the_attribution_of_a_linear_critic_is_its_weights() -> None:
    weight = torch.randn(3, 4, 5)
    x = torch.randn(2, 3, 4, 5)
    found = attribution(lambda seen: [(seen * weight).sum((1, 2, 3))], x)
    expected = weight.abs().sum(0) / weight.abs().sum(0).max()
    torch.testing.assert_close(found, expected.expand(2, 4, 5))


def test_c25_too_few_data_and_uneven_classes_are_told_with_a_remedy() -> None:
    assert [f.name for f in watch_data(40, [], 300)] == ["few data"]
    assert [f.name for f in watch_data(500, [450, 40], 300)] == ["imbalance"]
    assert watch_data(500, [300, 200], 300) == []


def test_c25_a_run_writes_down_what_its_data_let_fear(tmp_path: Path) -> None:
    class Poor(Gaussians):
        def concerns(self):  # type: ignore[no-untyped-def]
            return watch_data(12, [], 300)

    trainer(tmp_path, Poor(), phase={"kimg": 0.128}).run()
    said = json.loads((tmp_path / "doctor.json").read_text())
    assert said[0]["name"] == "few data"
    assert said[0]["images"] == 0
    assert "--init" in said[0]["remedy"]
