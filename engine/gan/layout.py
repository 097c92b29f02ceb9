"""Memory layout of tensors and modules: channels last."""

from __future__ import annotations

import torch
from torch import Tensor, nn


def dense(x: Tensor) -> Tensor:
    """Channels last: up to ten times faster convolutions on CPUs with matrix units."""
    formats = {4: torch.channels_last, 5: torch.channels_last_3d}
    return x.to(memory_format=formats[x.ndim]) if x.ndim in formats else x


def dense_layout(module: nn.Module) -> nn.Module:
    """Lay out the parameters of a module likewise, in place; returns it."""
    for parameter in module.parameters():
        parameter.data = dense(parameter.data)
    return module
