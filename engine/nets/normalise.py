"""Spectral normalisation (Miyato et al. 2018): no layer stretches anything by more than one."""

from __future__ import annotations

from torch import nn
from torch.nn.utils.parametrizations import spectral_norm

SETTLE = 100
"""Power iterations at the start."""


def spectrally_normalised(net: nn.Module) -> nn.Module:
    """Divide the matrix of every layer of a net by its largest singular value, in place; returns it.

    The value is followed by one power iteration whenever the net runs in training mode; at the
    start it takes many, since in random layers the largest two values lie close together. Embeddings
    count as layers too: a projection critic's class term is bounded by them.
    """
    for layer in list(net.modules()):
        weight = getattr(layer, "weight", None)
        if isinstance(weight, nn.Parameter) and weight.ndim > 1:
            spectral_norm(layer)
            for _ in range(SETTLE):
                _ = layer.weight  # each look takes an iteration
    return net
