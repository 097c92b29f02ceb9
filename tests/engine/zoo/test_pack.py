"""Weights as they ship: small, and nearly what they were."""

import torch

from engine.zoo.pack import LARGE, pack, unpack


def test_large_layers_take_a_byte_a_value_and_keep_a_half_percent() -> None:
    torch.manual_seed(0)
    layer = torch.randn(64, 32, 4, 4, 4) * torch.logspace(-4, 2, 64).view(-1, 1, 1, 1, 1)
    packed = pack({"layer": layer})
    assert sum(v.numel() * v.element_size() for v in packed.values()) < 1.01 * layer.numel()
    error = (unpack(packed)["layer"] - layer).abs().flatten(1).amax(1)
    assert (error <= 0.5 / 127 * layer.abs().flatten(1).amax(1) * 1.001).all()


def test_small_layers_and_long_vectors_keep_half_precision() -> None:
    small, long = torch.randn(10, 10), torch.randn(LARGE)
    back = unpack(pack({"small": small, "long": long}))
    assert torch.equal(back["small"], small.half().float())
    assert torch.equal(back["long"], long.half().float())


def test_what_half_precision_cannot_hold_stays_whole() -> None:
    statistics = torch.tensor([1e6, 3.0])
    assert torch.equal(unpack(pack({"s": statistics}))["s"], statistics)


def test_a_row_of_zeros_stays_zero() -> None:
    rows = torch.zeros(2, LARGE)
    rows[0] = 1
    assert torch.equal(unpack(pack({"rows": rows}))["rows"], rows)
