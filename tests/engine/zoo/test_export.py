"""What ships is half as large, and never less true where a half-precision number cannot hold it."""

from __future__ import annotations

import torch

from engine.zoo.export import _compact


def test_what_half_precision_cannot_hold_is_kept_as_it_is() -> None:
    large = torch.tensor([1.0, 7e9])  # the running variance of an encoder's codes
    assert _compact(torch.tensor([0.5, -3.0])).dtype == torch.float16
    assert torch.equal(_compact(large), large)
