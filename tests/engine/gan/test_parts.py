"""Small parts of the core: streams, schedules, averages, monitors, the precision probe."""

from __future__ import annotations

import pytest
import torch
from pydantic import ValidationError
from torch import nn

from engine.gan.config import Phase
from engine.gan.ema import Ema
from engine.gan.monitors import diversity, watch_gradients, watch_overfit
from engine.gan.precision import probe_bf16
from engine.gan.rng import Streams
from engine.gan.schedule import Schedule


def test_a_stream_depends_on_its_address_alone() -> None:
    def draw(seed: int, name: str, index: int) -> torch.Tensor:
        return torch.randn(4, generator=Streams(seed).torch(name, index))

    first = draw(0, "batch", 5)
    draw(0, "noise", 1)
    assert torch.equal(draw(0, "batch", 5), first)
    for other in (draw(1, "batch", 5), draw(0, "noise", 5), draw(0, "batch", 6)):
        assert not torch.equal(other, first)


def test_a_schedule_rests_outside_its_stretch() -> None:
    rate = Schedule(start=4.0, end=1.0, begin=0.25, until=0.75)
    assert [rate.at(t) for t in (0.0, 0.25, 0.75, 1.0)] == [4.0, 4.0, 1.0, 1.0]
    assert rate.at(0.5) == pytest.approx(2.5)


def test_an_unknown_key_is_an_error() -> None:
    with pytest.raises(ValidationError):
        Phase.model_validate({"name": "play", "kimg": 1, "learning_rate": 1})


def test_ema_halves_the_distance_in_one_half_life() -> None:
    module = nn.Linear(1, 1)
    ema = Ema(module, half_life=64, ramp=1.0)
    start = ema.module.weight.item()
    with torch.no_grad():
        module.weight += 1.0
    ema.update(module, batch=64, images=10_000)
    assert ema.module.weight.item() == pytest.approx(start + 0.5)


def test_diversity_of_two_points_is_their_distance() -> None:
    assert diversity(torch.tensor([[0.0, 0.0], [3.0, 4.0]])) == pytest.approx(5 / 2**0.5)


def test_c9_over_fitting_is_seen_where_held_out_data_score_like_fakes() -> None:
    train, fake = torch.full((8,), 2.0), torch.full((8,), -2.0)
    assert watch_overfit(train, fake + 0.1, fake)[1] is not None
    assert watch_overfit(train, train - 0.1, fake)[1] is None
    assert watch_overfit(train, train + 0.1, train + 0.05)[1] is None


def test_c8_a_vanished_gradient_is_seen() -> None:
    assert watch_gradients(1e-7, 1.0)[1] is not None
    assert watch_gradients(0.5, 1.0)[1] is None


def test_c22_the_probe_times_both_formats_and_compares_them() -> None:
    probe = probe_bf16(torch.device("cpu"), repeats=1)
    assert probe.f32_ms > 0
    assert probe.bf16_ms > 0
    assert 0 < probe.relative_error < 0.05
