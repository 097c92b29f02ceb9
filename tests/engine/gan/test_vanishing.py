"""Where the critic has won: which loss still teaches the generator, and who says so (A5, C8)."""

from __future__ import annotations

import json
from pathlib import Path

import torch

from engine.gan.config import TrainConfig
from engine.gan.losses import LOSSES
from engine.gan.task import Nets
from engine.gan.trainer import Trainer
from engine.nets.mlp import MlpCritic, mlp
from tests.engine.gan.toy import Gaussians


class FarAway(Gaussians):
    """A generator whose points lie beside all data."""

    def build(self) -> Nets:
        generator = mlp(2, (32,), 2)
        torch.nn.init.constant_(generator[-1].bias, 6.0)
        return Nets(generator, MlpCritic(2, (64, 64)))


def won(run: Path, loss: str) -> Trainer:
    """A game in which the critic learns alone for a while, the generator as good as nothing then."""
    critic = {"name": "critic", "kind": "critic", "kimg": 12.8}
    game = {"name": "game", "kimg": 0.64, "lr_g": 1e-9}
    common = {"loss": loss, "penalty": "none", "lr_d": 3e-3}
    config = {"batch": 64, "tick_kimg": 0.64, "precision": "f32"}
    phases = [critic | common, game | common]
    trainer = Trainer(
        FarAway(),
        TrainConfig.model_validate(config | {"phases": phases}),
        run,
        device=torch.device("cpu"),
    )
    trainer.run()
    return trainer


def test_a5_a_generator_far_away_gets_a_hundred_times_more_from_the_practical_loss(
    tmp_path: Path,
) -> None:
    game = won(tmp_path, "minimax")
    norms = {}
    for name in ("minimax", "nonsaturating"):
        game.generator.zero_grad()
        game.generator.requires_grad_(True)
        fake = game.critic(game.generator(torch.randn(256, 2)))
        LOSSES[name].g(torch.zeros_like(fake), fake).backward()
        norms[name] = torch.stack([p.grad.norm() for p in game.generator.parameters()]).norm()
    assert norms["nonsaturating"] > 100 * norms["minimax"]


def test_c8_a_game_that_the_critic_has_won_is_told_with_a_remedy(tmp_path: Path) -> None:
    won(tmp_path, "minimax")
    said = json.loads((tmp_path / "doctor.json").read_text())
    told = {finding["name"]: finding["remedy"] for finding in said if finding["images"] > 12_800}
    assert {"vanishing", "critic won"} & set(told)
    assert all(told.values())
