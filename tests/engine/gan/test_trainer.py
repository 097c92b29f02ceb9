"""The trainer: it learns, it keeps the players apart, it resumes to the bit, it notices trouble."""

from __future__ import annotations

import json
import time
from pathlib import Path

import pytest
import torch
from torch import Tensor, nn

from engine.errors import BadCheckpoint, BadRecipe, CannotWrite, TrainingDiverged
from engine.gan import checkpoint
from engine.gan.config import TrainConfig
from engine.gan.logbook import Logbook
from engine.gan.losses import LOSSES
from engine.gan.monitors import watch_collapse
from engine.gan.play import Moment
from engine.gan.task import Batch, Nets
from engine.gan.trainer import Trainer
from tests.engine.gan.toy import Gaussians, modes_hit

CPU = torch.device("cpu")


def config(**changes: object) -> TrainConfig:
    phase = {
        "name": "play",
        "kimg": 2.0,
        "lr_g": 1e-3,
        "lr_d": 1e-3,
        "gamma": 0.05,
        "beta2": {"start": 0.9, "end": 0.99},
    }
    phase |= changes.pop("phase", {})  # type: ignore[arg-type]
    values = {"batch": 64, "phases": [phase], "ema_kimg": 5, "tick_kimg": 1.0, "precision": "f32"}
    return TrainConfig.model_validate(values | changes)


def trainer(run: Path, **changes: object) -> Trainer:
    return Trainer(Gaussians(), config(**changes), run, device=CPU, identity="toy")


def weights(module: nn.Module) -> Tensor:
    return torch.cat([v.flatten().float() for v in module.state_dict().values()]).clone()


def test_a1_twenty_of_25_gaussians_within_15_cpu_seconds(tmp_path: Path) -> None:
    torch.set_num_threads(1)
    game = trainer(tmp_path, batch=128, phase={"kimg": 400.0}, ema_kimg=20, tick_kimg=1000.0)
    begin = time.process_time()
    game.run(is_cancelled=lambda: time.process_time() - begin > 13)
    points = game.ema.module(torch.randn(2000, 2, generator=torch.Generator().manual_seed(1)))
    assert modes_hit(points) >= 20


@pytest.mark.parametrize("loss", sorted(LOSSES))
@pytest.mark.parametrize("penalty", ["exact", "finite_difference", "none"])
@pytest.mark.parametrize("optimizer", ["adam", "rmsprop"])
def test_a2_every_combination_builds_and_steps(
    tmp_path: Path, loss: str, penalty: str, optimizer: str
) -> None:
    game = trainer(
        tmp_path, phase={"kimg": 0.192, "loss": loss, "penalty": penalty}, optimizer=optimizer
    )
    before = weights(game.generator)
    assert game.run()
    assert not torch.equal(weights(game.generator), before)


def test_a3_each_player_learns_only_in_its_own_step(tmp_path: Path) -> None:
    game = trainer(tmp_path)
    phase = game.config.phases[0]
    batch = game.task.batch(64, 0, game.streams)
    generator, critic = weights(game.generator), weights(game.critic)
    game._set_rates(phase, 0.0)
    moments = [Moment(phase, 0.0, 0, 0.0, rows) for rows in game.world.rows(64, 1)]
    game._learn("critic", batch, moments)
    assert torch.equal(weights(game.generator), generator)
    assert all(p.grad is None for p in game.generator.parameters())
    moved = weights(game.critic)
    assert not torch.equal(moved, critic)
    game._learn("generator", batch, moments)
    assert torch.equal(weights(game.critic), moved)
    assert not torch.equal(weights(game.generator), generator)


def test_c21_resume_is_exact_to_the_bit(tmp_path: Path) -> None:
    whole = trainer(tmp_path / "whole")
    whole.run()
    stops = iter([False] * 14)
    first = trainer(tmp_path / "parts")
    assert not first.run(is_cancelled=lambda: next(stops, True))
    second = trainer(tmp_path / "parts")
    assert second.resume()
    assert second.run()
    for name, module in whole._modules().items():
        assert torch.equal(weights(module), weights(second._modules()[name])), name


def test_c21_strikes_rates_and_number_format_survive_a_resume(tmp_path: Path) -> None:
    game = trainer(tmp_path, precision="auto")
    skipped, book = {"critic/skipped": 1.0}, Logbook(tmp_path, 0)
    game._count_strikes(skipped, book)
    game._count_strikes(skipped, book)
    game._play.bf16 = True
    game.save()
    again = trainer(tmp_path, precision="auto")
    again._play.bf16 = False
    assert again.resume()
    assert again._play.bf16
    assert again.rate_scale == 0.25
    with pytest.raises(TrainingDiverged):
        again._count_strikes(skipped, book)


def test_a_fresh_run_in_an_old_folder_is_what_a_resume_goes_on_from(tmp_path: Path) -> None:
    old = trainer(tmp_path)
    for images in (6400, 12800):
        old.images = images
        old.save()
    fresh = trainer(tmp_path)
    fresh.images = 64
    fresh.save()
    again = trainer(tmp_path)
    assert again.resume()
    assert again.images == 64


def test_time_is_up_means_a_checkpoint_and_false(tmp_path: Path) -> None:
    game = trainer(tmp_path, phase={"kimg": 10_000.0})
    assert not game.run(max_minutes=0.02)
    assert checkpoint.newest(tmp_path) is not None


def test_c12_a_pretrain_phase_leaves_the_critic_alone_and_lowers_its_loss(tmp_path: Path) -> None:
    phases = [
        {"name": "warm up", "kind": "pretrain", "kimg": 2.0, "lr_g": 1e-2},
        {"name": "play", "kimg": 0.5},
    ]
    game = trainer(tmp_path, phases=phases)
    critic = weights(game.critic)
    losses: list[float] = []

    def on_step(report) -> None:  # type: ignore[no-untyped-def]
        if report.phase == "warm up":
            losses.append(report.values["generator/spread"])
            assert torch.equal(weights(game.critic), critic)

    game.run(on_step=on_step)
    assert losses[-1] < losses[0]
    assert not torch.equal(weights(game.critic), critic)


def test_pretrain_without_losses_of_its_own_is_a_bad_recipe(tmp_path: Path) -> None:
    class Mute(Gaussians):
        def auxiliary(
            self, generator: nn.Module, batch: Batch, fake: Tensor, rng: torch.Generator
        ) -> dict[str, Tensor]:
            return {}

    phases = config(phases=[{"name": "warm up", "kind": "pretrain", "kimg": 1.0}])
    with pytest.raises(BadRecipe):
        Trainer(Mute(), phases, tmp_path, device=CPU).run()


def test_unknown_loss_is_a_bad_recipe(tmp_path: Path) -> None:
    with pytest.raises(BadRecipe, match="unknown loss"):
        trainer(tmp_path, phase={"loss": "magic"})


def test_nan_is_skipped_twice_with_half_the_rate_and_then_given_up(tmp_path: Path) -> None:
    class Broken(Gaussians):
        def judge(self, critic: nn.Module, x: Tensor, label: Tensor | None) -> list[Tensor]:
            return [critic(x) * float("nan")]

    game = Trainer(Broken(), config(), tmp_path, device=CPU)
    before = weights(game.critic)
    with pytest.raises(TrainingDiverged) as caught:
        game.run()
    assert game.rate_scale == 0.125
    assert torch.equal(weights(game.critic), before)
    assert "gamma" in caught.value.fix


def test_nan_in_the_critic_alone_ends_the_run_as_well(tmp_path: Path) -> None:
    class Poisoned(Gaussians):
        def judge(self, critic: nn.Module, x: Tensor, label: Tensor | None) -> list[Tensor]:
            training = next(critic.parameters()).requires_grad
            return [critic(x) * (float("nan") if training else 1.0)]

    game = Trainer(Poisoned(), config(), tmp_path, device=CPU)
    with pytest.raises(TrainingDiverged, match="critic"):
        game.run()
    assert game.images == 3 * 64
    assert game.rate_scale == 0.125
    findings = json.loads((tmp_path / "doctor.json").read_text())
    assert [(f["name"], f["images"]) for f in findings] == [("nan", 64), ("nan", 128), ("nan", 192)]


def test_c7_the_collapse_monitor_speaks_when_all_samples_are_alike(tmp_path: Path) -> None:
    class Stuck(Gaussians):
        def fake(self, generator: nn.Module, batch: Batch) -> Tensor:
            points: Tensor = generator(batch.z * 0)
            return points

    Trainer(Stuck(), config(phase={"kimg": 1.0}), tmp_path, device=CPU).run()
    findings = json.loads((tmp_path / "doctor.json").read_text())
    assert "collapse" in {finding["name"] for finding in findings}
    assert all(finding["remedy"] for finding in findings)


def test_the_doctor_remembers_over_a_resume_what_happened_before_it(tmp_path: Path) -> None:
    collapse = watch_collapse(torch.zeros(4, 2), torch.randn(4, 2))[1]
    assert collapse is not None
    first = Logbook(tmp_path, 0)
    for images in (100, 200, 300):
        first.finding(collapse, images)
    Logbook(tmp_path, 200).finding(collapse, 250)
    said = json.loads((tmp_path / "doctor.json").read_text())
    assert [finding["images"] for finding in said] == [100, 200, 250]
    Logbook(tmp_path, 0)
    assert json.loads((tmp_path / "doctor.json").read_text()) == []


def test_a_tick_leaves_no_trace_in_the_players(tmp_path: Path) -> None:
    class Normalised(Gaussians):
        def build(self) -> Nets:
            nets = super().build()
            return Nets(nets.generator, nn.Sequential(nn.BatchNorm1d(2), nets.critic))

    game = Trainer(Normalised(), config(), tmp_path, device=CPU)
    game.step(game.config.phases[0], 0.0)
    before = weights(game.critic)
    game._tick(Logbook(tmp_path, 0), game.config.phases[0], {})
    assert torch.equal(weights(game.critic), before)
    assert all(module.training for module in game.critic.modules())


def test_what_a_killed_run_left_of_a_checkpoint_goes_with_the_next_one(tmp_path: Path) -> None:
    half = tmp_path / "checkpoints" / ".0000000064.part"
    half.mkdir(parents=True)
    (half / "nets.safetensors").write_bytes(b"half")
    kept = trainer(tmp_path).save()
    assert list(kept.parent.iterdir()) == [kept]


def test_a_damaged_checkpoint_is_refused(tmp_path: Path) -> None:
    game = trainer(tmp_path)
    game.save()
    folder = checkpoint.newest(tmp_path)
    assert folder is not None
    (folder / "nets.safetensors").write_bytes(b"not tensors")
    with pytest.raises(BadCheckpoint):
        trainer(tmp_path).resume()


@pytest.mark.parametrize("text", ["[]", "{}", '{"identity": "toy"}', "what"])
def test_a_checkpoint_with_a_damaged_header_is_refused(tmp_path: Path, text: str) -> None:
    (trainer(tmp_path).save() / "state.json").write_text(text)
    with pytest.raises(BadCheckpoint):
        trainer(tmp_path).resume()


def test_a_checkpoint_of_another_recipe_is_refused(tmp_path: Path) -> None:
    trainer(tmp_path).save()
    other = Trainer(Gaussians(hidden=16), config(), tmp_path, device=CPU, identity="other")
    with pytest.raises(BadCheckpoint, match="another recipe"):
        other.resume()


def test_a_full_disk_leaves_the_older_checkpoint(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    game = trainer(tmp_path)
    game.save()
    kept = checkpoint.newest(tmp_path)

    def full(*arguments: object, **named: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(checkpoint, "save_file", full)
    game.images += 64
    with pytest.raises(CannotWrite):
        game.save()
    assert checkpoint.newest(tmp_path) == kept
    assert [p.name for p in (tmp_path / "checkpoints").iterdir()] == [kept.name]


def test_an_early_stop_ends_the_run_and_leaves_the_schedules_their_length(tmp_path: Path) -> None:
    early = trainer(tmp_path / "early", stop_kimg=1.0)
    assert early.run()
    assert early.images == 1024
    stops = iter([False] * 15)
    whole = trainer(tmp_path / "whole")
    whole.run(is_cancelled=lambda: next(stops, True))
    assert whole.images == early.images
    assert torch.equal(weights(whole.generator), weights(early.generator))
