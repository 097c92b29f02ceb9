"""Weights as they ship: eight bits a value in large layers, half precision in the others.

Each row of a large layer (an output channel) is stored as whole numbers of -127..127 and one scale
(symmetric quantisation by channel, as in Jacob et al. 2018). The error is at most 0.4 % of the
row's largest weight; half the size is what lets a model with its encoders ship.
"""

from __future__ import annotations

import torch
from torch import Tensor

LARGE = 100_000
"""Values from which a layer is stored in eight bits."""
SCALE = "#scale"
"""Ending of the name under which the scales of a layer are stored."""


def pack(tensors: dict[str, Tensor]) -> dict[str, Tensor]:
    """Compact copies of float tensors, to be read by `unpack`."""
    packed: dict[str, Tensor] = {}
    for name, tensor in tensors.items():
        value = tensor.detach().cpu().float().contiguous()
        if value.numel() >= LARGE and value.ndim > 1:
            rows = value.flatten(1)
            scale = (rows.abs().amax(1, keepdim=True) / 127).clamp(min=1e-12)
            packed[name] = (rows / scale).round().to(torch.int8).view(value.shape)
            packed[name + SCALE] = scale.squeeze(1)
        else:
            half = value.half()
            # Statistics of layers can be too large for it.
            packed[name] = value if half.isinf().any() else half
    return packed


def unpack(packed: dict[str, Tensor]) -> dict[str, Tensor]:
    """Float32 tensors from what `pack` gave."""
    tensors: dict[str, Tensor] = {}
    for name, value in packed.items():
        if name.endswith(SCALE):
            continue
        scale = packed.get(name + SCALE)
        tensor = value.float()
        tensors[name] = (
            tensor if scale is None else (tensor.flatten(1) * scale[:, None]).view_as(tensor)
        )
    return tensors
