"""How well photographs are restyled: what comes back, whether light stays light, how near paintings come.

A restyler is scored on photographs that it never saw. What it makes of them is held against paintings
of the manner, beside the untouched photographs (identity) and beside other paintings of the same
manner (the floor), each with as many pictures, so that the three distances are comparable.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np
import torch
from torch import Tensor

from engine.data.picture_dataset import to_pixels
from engine.metrics.percept import Percept
from engine.metrics.picture_scores import frechet, light_correlation, psnr

Translate = Callable[[Tensor], tuple[Tensor, Tensor]]
"""Photographs (N, 3, S, S) → the same in a manner, and what comes back from it."""


def manner_scores(
    translate: Translate,
    photographs: Tensor,
    paintings: Tensor,
    others: Tensor,
    measures: Mapping[str, Percept],
) -> dict[str, float]:
    """Figures of one manner; see the module.

    Args:
        photographs: (N, 3, S, S) in [-1, 1], never learned from.
        paintings, others: (M, 3, S, S) and (K, 3, S, S): two disjoint sets in the manner.
        measures: features by the ending of their figures' names: "" and "_random", say.
    Returns:
        cycle_psnr: mean in dB. light: mean correlation of luminance with the photograph; least: the
        worst one. inverted: photographs where it is negative. frechet: of the restyled photographs;
        identity: of the untouched ones; floor: of other paintings; all to `paintings`.
    """
    made, again = translate(photographs)
    light = light_correlation(photographs, made)
    pairs = zip(*(to_pixels(x.numpy()) for x in (again, photographs)), strict=True)
    scores = {
        "cycle_psnr": float(np.mean([psnr(a, b) for a, b in pairs])),
        "light": float(light.mean()),
        "least": float(light.min()),
        "inverted": float((light < 0).sum()),
    }
    count = min(len(photographs), len(others))
    sets = {"frechet": made, "identity": photographs, "floor": others}
    for ending, percept in measures.items():
        known = percept.of(looks(paintings))
        for name, pictures in sets.items():
            scores[name + ending] = frechet(percept.of(looks(spread(pictures, count))), known)
    return {key: float(f"{value:.4g}") for key, value in scores.items()}


def spread(pictures: Tensor, count: int) -> Tensor:
    """So many of them, at even steps."""
    return pictures[torch.linspace(0, len(pictures) - 1, count).round().long()]


def looks(pictures: Tensor) -> Tensor:
    """(N, 3, S, S) → (5 N, 3, S / 2, S / 2): each as a whole, and its quarters at full detail."""
    half = pictures.shape[-1] // 2
    rows = (pictures[..., :half, :], pictures[..., half:, :])
    quarters = [part for row in rows for part in (row[..., :half], row[..., half:])]
    return torch.cat([torch.nn.functional.avg_pool2d(pictures, 2), *quarters])
