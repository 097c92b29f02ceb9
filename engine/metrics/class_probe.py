"""Does a shape look like what was asked for? A small classifier, trained on the real ones, says."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn.functional import avg_pool3d, cross_entropy

from engine.nets.style import activate

EPOCHS, BATCH, RATE = 20, 32, 2e-3
LIGHT = 0.3
"""Largest change of brightness in training: a chair is a chair in any colour."""
WIDTHS = (32, 64, 96)
_SEED = 0


@dataclass(frozen=True)
class Probe:
    """A trained classifier of textured fields."""

    net: nn.Module
    classes: int

    def predict(self, fields: np.ndarray) -> np.ndarray:
        """(n,) int64: the class of each of (n, 4, N, N, N) fields."""
        self.net.eval()
        found = []
        with torch.inference_mode():
            for start in range(0, len(fields), 128):
                some = torch.from_numpy(np.nan_to_num(fields[start : start + 128]))
                found.append(self.net(some.float()).argmax(1))
        return torch.cat(found).numpy()


def train_probe(fields: np.ndarray, labels: Sequence[int], classes: int) -> Probe:
    """Train on (n, 4, N, N, N) fields with labels; half a minute for 1,400 of 32³ on one core.

    It learns from mirrored copies, too, brighter and darker. The same data give the same classifier
    on the same machine.
    """
    rng = torch.Generator().manual_seed(_SEED)
    data, answer = torch.from_numpy(fields), torch.tensor(list(labels))
    weight = answer.bincount(minlength=classes).clamp(min=1).float().pow(-0.5)[answer]
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(_SEED)
        net = _Net(classes, fields.shape[-1])
    optimizer = torch.optim.AdamW(net.parameters(), lr=RATE, weight_decay=0.05)
    steps = EPOCHS * max(1, len(data) // BATCH)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, max_lr=RATE, total_steps=steps)
    net.train()
    for _ in range(steps):
        index = torch.multinomial(weight, min(BATCH, len(data)), replacement=True, generator=rng)
        seen = data[index].float()
        seen = torch.where(_coin(len(seen), rng), seen.flip(-1), seen)
        light = LIGHT * (2 * torch.rand(len(seen), 1, 1, 1, 1, generator=rng) - 1)
        seen = torch.cat([seen[:, :1], seen[:, 1:] + light], 1)
        loss = cross_entropy(net(seen), answer[index], label_smoothing=0.1)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        schedule.step()
    return Probe(net, classes)


def agreement(asked: np.ndarray, found: np.ndarray) -> tuple[float, float]:
    """Share of samples that are found to be what was asked for, and what chance would give.

    Chance is the share when the same answers are dealt out at random.
    """
    values = max(int(asked.max()), int(found.max())) + 1
    chance = np.bincount(asked, minlength=values) @ np.bincount(found, minlength=values)
    return float((asked == found).mean()), float(chance) / len(asked) ** 2


def _coin(count: int, rng: torch.Generator) -> Tensor:
    return torch.rand(count, 1, 1, 1, 1, generator=rng) < 0.5


class _Net(nn.Module):
    """Three strided convolutions on the field at half resolution: seconds matter, not the last per cent."""

    def __init__(self, classes: int, size: int) -> None:
        super().__init__()
        channels = (5, *WIDTHS)
        self.convs = nn.ModuleList(
            [nn.Conv3d(a, b, 3, 2, 1) for a, b in zip(channels[:-1], channels[1:], strict=True)]
        )
        self.norms = nn.ModuleList([nn.GroupNorm(8, width) for width in WIDTHS])
        edge = -(-size // 2 // 2 ** len(WIDTHS))
        self.leave = nn.Linear(WIDTHS[-1] * edge**3, classes)

    def forward(self, field: Tensor) -> Tensor:
        distance, color = field[:, :1], field[:, 1:]
        # How full each cell is says more, at half the resolution, than the mean distance alone.
        full = (0.5 + 2 * distance).clamp(0, 1)
        faded = color * (1 - distance.abs()).clamp(0, 1)
        x = avg_pool3d(torch.cat([distance, full, faded], 1), 2)
        for conv, norm in zip(self.convs, self.norms, strict=True):
            x = activate(norm(conv(x)))
        logits: Tensor = self.leave(x.flatten(1))
        return logits
