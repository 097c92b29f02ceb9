"""Training speed on this machine: `vernissage bench train`.

One step of `voxel_characters` beside one step of the 3D-GAN plan (Wu et al. 2016) at the same
resolution, batch and number of channels: as it was published (float32, contiguous layout, its own
widths), and as ported onto this engine's trainer. The runs alternate, so that a machine whose
speed drifts does not favour either.
"""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import torch
from torch import Tensor

from engine.bench import Figure
from engine.data.vox import write_vox
from engine.data.voxels import VoxelGrid
from engine.gan.losses import LOSSES
from engine.gan.precision import best_device, wait
from engine.gan.rng import Streams
from engine.gan.trainer import Trainer
from engine.models.registry import model_class
from engine.nets.dc import DCCritic, DCGenerator
from engine.zoo.recipes import read_recipe

STEPS = 6
"""Steps behind one run of a figure; every second one of ours carries the penalties."""

PUBLISHED = (512, 256)
"""Widths of 3D-GAN's stages at 4³ and 8³."""


def run(runs: int = 5) -> tuple[Figure, ...]:
    """Milliseconds a step, and the ratio pair by pair.

    Args:
        runs: alternating repetitions behind each median.
    """
    torch.set_num_threads(1)
    with tempfile.TemporaryDirectory(prefix="vernissage-bench-") as folder:
        data = Path(folder) / "figures"
        _draw_figures(data)
        ours, batch, channels, size = _our_step(data, "voxel_characters", Path(folder) / "ours")
        ported, *_ = _our_step(data, "wu2016", Path(folder) / "ported")
        published = _published_step(batch, channels, size)
        times: dict[str, list[float]] = {"ours": [], "ported": [], "published": []}
        for _ in range(runs + 1):
            for name, step in (("ours", ours), ("ported", ported), ("published", published)):
                times[name].append(_time(step))
    # The first round warms caches and is not counted.
    mine, port, paper = (tuple(times[name][1:]) for name in ("ours", "ported", "published"))
    ratios = tuple(b / a for a, b in zip(mine, paper, strict=True))
    port_ratios = tuple(b / a for a, b in zip(mine, port, strict=True))
    return (
        Figure("voxel_characters, one step", "ms", mine),
        Figure("3D-GAN as published, one step", "ms", paper),
        Figure("3D-GAN ported to this trainer, one step", "ms", port),
        Figure("published 3D-GAN step / ours", "×", ratios, 2.0, "higher"),
        Figure("ported 3D-GAN step / ours", "×", port_ratios),
    )


def _time(step: Callable[[], None]) -> float:
    wait(best_device())
    begin = time.perf_counter()
    for _ in range(STEPS):
        step()
    wait(best_device())
    return (time.perf_counter() - begin) / STEPS * 1e3


def _our_step(data: Path, name: str, run_folder: Path) -> tuple[Callable[[], None], int, int, int]:
    recipe = read_recipe(name, "cpu")
    model = model_class(recipe.file.model)(recipe.net | {"pool": 64, "include": ["*"]})
    model.load(data, Streams(0))
    trainer = Trainer(model, recipe.train, run_folder, device=best_device())
    real = model.batch(2, 0, Streams(0)).real
    phase = recipe.train.phases[-1]

    def step() -> None:
        trainer.step(phase, 0.5)

    return step, recipe.train.batch, real.shape[1], real.shape[2]


def _published_step(batch: int, channels: int, size: int) -> Callable[[], None]:
    """3D-GAN's own loop in plain torch: critic on real, critic on fake, generator."""
    device = best_device()
    generator = DCGenerator(ndim=3, channels=channels, widths=PUBLISHED, z_dim=200).to(device)
    critic = DCCritic(ndim=3, channels=channels, widths=PUBLISHED[::-1]).to(device)
    of_generator = torch.optim.Adam(generator.parameters(), lr=2.5e-3, betas=(0.5, 0.999))
    of_critic = torch.optim.Adam(critic.parameters(), lr=1e-5, betas=(0.5, 0.999))
    loss = LOSSES["bce"]
    real = torch.rand(batch, channels, size, size, size, device=device) * 2 - 1

    def apply(optimizer: torch.optim.Optimizer, value: Tensor) -> None:
        optimizer.zero_grad()
        value.backward()
        optimizer.step()

    def step() -> None:
        z = torch.randn(batch, 200, device=device)
        apply(of_critic, loss.d(critic(real), critic(generator(z).detach())))
        fake = critic(generator(z))
        apply(of_generator, loss.g(fake, fake))

    return step


def _draw_figures(folder: Path) -> None:
    """Random towers: the time of a step does not depend on what it learns."""
    for index in range(12):
        rng = Streams(0).numpy("figures", index)
        solid = rng.random((12, 5, 8)) < 0.8
        solid[:3, 1:4, 1:7] = True
        colors = rng.integers(0, 4, (12, 5, 8, 3)) * 60
        colors[~solid] = 0
        write_vox(folder / f"f{index}x{index}.vox", VoxelGrid(solid, colors.astype("uint8")))
