"""Who learns when, on what, with whom: turns, smoothing, noise, ADA, parts, ties."""

from __future__ import annotations

import json
import math
from pathlib import Path

import pytest
import torch
from torch import Tensor, nn
from torch.nn.functional import binary_cross_entropy_with_logits as cross_entropy

from engine.errors import BadRecipe
from engine.gan import checkpoint
from engine.gan.augment import adapted
from engine.gan.config import TrainConfig
from engine.gan.losses import LOSSES, find_loss, style_ambiguity
from engine.gan.task import Batch, Nets
from engine.gan.trainer import Trainer
from engine.nets.mlp import MlpCritic, mlp
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


# ---------------------------------------------------------------- losses


def test_b3_least_squares_is_half_the_squared_distance_to_its_labels() -> None:
    real, fake = torch.tensor([1.0, 3.0]), torch.tensor([0.0, 2.0])
    assert LOSSES["ls"].d(real, fake).item() == pytest.approx(0.5 * (0 + 4) / 2 + 0.5 * 4 / 2)
    assert LOSSES["ls"].g(real, fake).item() == pytest.approx(0.5 * (1 + 1) / 2)


def test_b10_wasserstein_is_the_difference_of_means() -> None:
    real, fake = torch.randn(8), torch.randn(8)
    assert LOSSES["wgan"].d(real, fake).item() == pytest.approx((fake.mean() - real.mean()).item())
    assert LOSSES["wgan"].g(real, fake).item() == pytest.approx(-fake.mean().item())


def test_c2_relativistic_average_compares_with_the_mean_of_the_others() -> None:
    real, fake = torch.randn(16), torch.randn(16)
    one, zero = torch.ones(16), torch.zeros(16)
    expected = cross_entropy(real - fake.mean(), one) + cross_entropy(fake - real.mean(), zero)
    torch.testing.assert_close(LOSSES["ragan"].d(real, fake), expected)
    torch.testing.assert_close(LOSSES["ragan"].g(real, fake), LOSSES["ragan"].d(fake, real))


def test_a9_the_best_two_critics_are_the_ratios_of_the_densities() -> None:
    # Nguyen et al. 2017, proposition 1: D1 = alpha p / q, D2 = beta q / p, here at a point where
    # real data are three times as frequent as fakes.
    alpha = beta = 0.2
    answers = torch.zeros(2, requires_grad=True)
    optimizer = torch.optim.Adam([answers], lr=0.02)
    for _ in range(1500):
        optimizer.zero_grad()
        loss = torch.zeros(())
        for head in range(2):
            rules = LOSSES["d2gan"].of_head(head)
            same = answers[head].expand(4)
            # d is a mean over each side: weigh the sides 3 : 1 by their derivative.
            real = 0.75 * rules.d(same, same.detach()) + 0.25 * rules.d(same.detach(), same)
            loss = loss + real
        loss.backward()
        optimizer.step()
    found = torch.nn.functional.softplus(answers)
    torch.testing.assert_close(
        found.detach(), torch.tensor([alpha * 3, beta / 3]), rtol=0.02, atol=0
    )


def test_a9_two_critics_play_and_pull_the_generator_to_both_divergences(tmp_path: Path) -> None:
    class Two(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.first, self.second = MlpCritic(2, (64, 64)), MlpCritic(2, (64, 64))

        def forward(self, x: Tensor) -> list[Tensor]:
            return [self.first(x), self.second(x)]

    class Dual(Gaussians):
        def build(self) -> Nets:
            return Nets(mlp(2, (64, 64), 2), Two())

        def judge(self, critic: nn.Module, x: Tensor, label: Tensor | None) -> list[Tensor]:
            heads: list[Tensor] = critic(x)
            return heads

    game = trainer(
        tmp_path, Dual(), phase={"loss": "d2gan", "penalty": "none", "kimg": 6.4, "kind": "critic"}
    )
    game.run()
    batch = game.task.batch(256, 10**6, game.streams)
    first, second = game.critic(batch.real)
    first_fake, second_fake = game.critic(game.task.fake(game.generator, batch))
    assert first.mean() > first_fake.mean()  # D1 rewards real samples
    assert second.mean() < second_fake.mean()  # D2 rewards fakes


def test_c19_smoothed_labels_are_the_cross_entropy_to_them() -> None:
    real, fake = torch.randn(16), torch.randn(16)
    expected = cross_entropy(real, torch.full((16,), 0.9)) + cross_entropy(fake, torch.zeros(16))
    torch.testing.assert_close(find_loss("bce", 0.1).d(real, fake), expected)
    ls = 0.5 * ((real - 0.9).square().mean() + fake.square().mean())
    torch.testing.assert_close(find_loss("ls", 0.1).d(real, fake), ls)
    with pytest.raises(BadRecipe, match="labels"):
        find_loss("rpgan", 0.1)


def test_c19_instance_noise_reaches_the_critic_with_its_strength(tmp_path: Path) -> None:
    seen: list[Tensor] = []

    class Watched(Gaussians):
        def batch(self, size, step, streams):  # type: ignore[no-untyped-def]
            return Batch(torch.zeros(size, 2), torch.zeros(size, 2))

        def judge(self, critic: nn.Module, x: Tensor, label: Tensor | None) -> list[Tensor]:
            seen.append(x.detach())
            return [critic(x)]

    game = trainer(tmp_path, Watched(), batch=2048, phase={"instance_noise": 0.3, "kimg": 2.048})
    game.step(game.config.phases[0], 0.0)
    assert seen[0][:2048].std().item() == pytest.approx(0.3, rel=0.05)


def test_c2_an_even_guess_of_the_style_is_the_most_ambiguous() -> None:
    even = style_ambiguity(torch.zeros(4, 10))
    assert even.item() == pytest.approx(math.log(10))
    assert style_ambiguity(torch.randn(4, 10)) > even


# ---------------------------------------------------------------- turns


def test_c6_the_generator_learns_at_every_nth_step(tmp_path: Path) -> None:
    game = trainer(tmp_path, phase={"n_critic": 3, "loss": "wgan", "penalty": "gradient_penalty"})
    moved = []
    for _ in range(6):
        before = weights(game.generator)
        game.step(game.config.phases[0], 0.0)
        moved.append(not torch.equal(before, weights(game.generator)))
    assert moved == [False, False, True] * 2


def test_c6_the_generator_may_learn_first(tmp_path: Path) -> None:
    order: list[str] = []
    game = trainer(tmp_path, phase={"first": "generator"})
    for name, optimizer in game.optimizers.items():
        optimizer.register_step_pre_hook(lambda *_, name=name: order.append(name))
    game.step(game.config.phases[0], 0.0)
    assert order == ["generator", "critic"]


def test_c6_each_player_has_its_own_rate(tmp_path: Path) -> None:
    game = trainer(tmp_path, phase={"lr_g": 1e-4, "lr_d": 4e-4})
    game.step(game.config.phases[0], 0.0)
    rates = {name: o.param_groups[0]["lr"] for name, o in game.optimizers.items()}
    assert rates == {"generator": 1e-4, "critic": 4e-4}


def test_c6_a_critic_that_is_too_good_rests(tmp_path: Path) -> None:
    class Told(Gaussians):
        def judge(self, critic: nn.Module, x: Tensor, label: Tensor | None) -> list[Tensor]:
            sure = torch.ones(len(x))
            sure[len(x) // 2 :] = -1  # right about all of [real, fake]
            return [sure + 0 * critic(x)]

    game = trainer(tmp_path, Told(), phase={"loss": "bce", "critic_gate": 0.8})
    before = weights(game.critic)
    assert "critic/gradient" not in game.step(game.config.phases[0], 0.0)
    assert torch.equal(weights(game.critic), before)


# ---------------------------------------------------------------- augmentation that adapts


def test_c9_ada_raises_p_above_its_target_and_lowers_it_below() -> None:
    assert adapted(0.5, 0.9, 0.6, 0.01) == pytest.approx(0.51)
    assert adapted(0.5, 0.1, 0.6, 0.01) == pytest.approx(0.49)
    assert adapted(0.995, 1.0, 0.6, 0.01) == 1.0
    assert adapted(0.0, -1.0, 0.6, 0.01) == 0.0


def test_c9_ada_answers_a_critic_that_knows_its_data_by_heart_and_survives_a_resume(
    tmp_path: Path,
) -> None:
    phase = {"loss": "bce", "penalty": "none", "ada_target": 0.3, "ada_kimg": 1.0, "lr_d": 1e-2}
    game = trainer(tmp_path, phase=phase | {"lr_g": 1e-9}, augment={"noise": 0.1})
    game.run()
    assert game._p is not None
    assert game._p > 0.3
    again = trainer(tmp_path, phase=phase | {"lr_g": 1e-9}, augment={"noise": 0.1})
    assert again.resume()
    assert again._p == game._p


# ---------------------------------------------------------------- parts and ties


@pytest.mark.parametrize("penalty", ["exact", "finite_difference", "gradient_penalty"])
def test_c15_a_batch_in_parts_is_the_whole_batch(tmp_path: Path, penalty: str) -> None:
    # Plain gradient descent: Adam would turn rounding into steps of full length.
    games = []
    for parts in (1, 4):
        game = trainer(
            tmp_path / str(parts),
            accumulate=parts,
            augment={"noise": 0.1, "mirror": True},
            phase={"penalty": penalty, "augment_p": 0.5, "instance_noise": 0.1},
        )
        game.optimizers = {
            name: torch.optim.SGD(game._modules()[name].parameters(), lr=1e-3)
            for name in ("generator", "critic")
        }
        for _ in range(5):
            game.step(game.config.phases[0], 0.1)
        games.append(game)
    for name in ("generator", "critic"):
        one, parted = (weights(game._modules()[name]) for game in games)
        torch.testing.assert_close(one, parted, atol=1e-6, rtol=0)


def test_c15_a_batch_that_does_not_divide_is_a_bad_recipe(tmp_path: Path) -> None:
    with pytest.raises(BadRecipe, match="divided"):
        trainer(tmp_path, accumulate=3)


def test_c4_shared_weights_are_stored_once_and_are_still_shared_after_a_resume(
    tmp_path: Path,
) -> None:
    class Pair(nn.Module):
        """Two generators with a common middle, as in CoGAN (Liu & Tuzel 2016)."""

        def __init__(self) -> None:
            super().__init__()
            self.left, self.right = mlp(2, (16, 16), 2), mlp(2, (16, 16), 2)
            self.right[2].weight = self.left[2].weight

        def forward(self, z: Tensor) -> Tensor:
            return self.left(z) + 0.5 * self.right(z)

    class Coupled(Gaussians):
        def build(self) -> Nets:
            return Nets(Pair(), MlpCritic(2, (16,)))

    game = trainer(tmp_path, Coupled())
    game.run()
    folder = checkpoint.newest(tmp_path)
    assert folder is not None
    stored = checkpoint._load_nets(folder)
    left, right = (stored[f"generator.{side}.2.weight"] for side in ("left", "right"))
    assert left.data_ptr() == right.data_ptr()
    from safetensors import safe_open

    with safe_open(folder / "nets.safetensors", framework="pt") as file:
        assert "generator.right.2.weight" not in file.keys()  # noqa: SIM118
    again = trainer(tmp_path, Coupled())
    assert again.resume()
    for net in (again.generator, again.ema.module):
        assert net.left[2].weight is net.right[2].weight
    torch.testing.assert_close(again.generator.left[2].weight, game.generator.left[2].weight)


def test_c12_the_chain_of_phases_is_written_down(tmp_path: Path) -> None:
    phases = [
        {"name": "warm up", "kind": "pretrain", "kimg": 0.64},
        {"name": "play", "kimg": 0.64},
        {"name": "finish", "kimg": 0.64},
    ]
    game = trainer(tmp_path, phases=phases)
    game.run()
    folder = checkpoint.newest(tmp_path)
    assert folder is not None
    chain = json.loads((folder / "state.json").read_text())["phases"]
    assert chain == [
        {"phase": "warm up", "images": 0},
        {"phase": "play", "images": 640},
        {"phase": "finish", "images": 1280},
    ]


def test_c11_rates_and_moments_of_a_phase_reach_adam(tmp_path: Path) -> None:
    game = trainer(tmp_path, phase={"lr_g": 2e-4, "lr_d": 1e-4, "beta1": 0.5, "beta2": 0.999})
    game.step(game.config.phases[0], 0.0)
    groups = {name: o.param_groups[0] for name, o in game.optimizers.items()}
    assert (groups["generator"]["lr"], groups["critic"]["lr"]) == (2e-4, 1e-4)
    assert {g["betas"] for g in groups.values()} == {(0.5, 0.999)}
