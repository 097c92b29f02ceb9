"""`vernissage bench pictures`: what making, learning and enlarging pictures costs on this machine.

One thread. Ours stand beside the DCGAN of the articles and a plan of StyleGAN2's size (24 million
weights at 64 pixels), each on the same trainer with the same pictures of noise: time does not depend
on what a picture shows. The runs alternate, so that a machine whose speed drifts favours nobody.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from engine.bench import Figure, peak_memory_gb
from engine.bench_train import alternate, over
from engine.data.picture_dataset import Picture, PictureDataset
from engine.gan.precision import best_device
from engine.gan.trainer import Trainer
from engine.makers.finish import enlarge, upscaler
from engine.models.image_gan import ImageGan
from engine.models.registry import model_class
from engine.models.tiles import upscaled
from engine.nets.upscaler import Upscaler
from engine.zoo.card import card, names
from engine.zoo.recipes import read_recipe
from engine.zoo.registry import load

BATCH = 4
LARGE: dict[str, Any] = {"widths": (512, 512, 512, 512), "z_dim": 512, "w_dim": 512, "depth": 1}
"""StyleGAN2's channels up to 64 pixels, as a configuration of `stylegan`."""
SHIPPED = ("paintings", "materials")
SIDES = ((512, 512), (3840, 2160))
"""Pictures that are enlarged for the memory figure: a small one, and one whose result is 8k."""


def run(runs: int = 3, sides: tuple[tuple[int, int], ...] = SIDES) -> tuple[Figure, ...]:
    """Milliseconds a picture, milliseconds a training step, exactness of tiles, memory.

    Args:
        runs: alternating repetitions behind each median.
        sides: widths and heights of pictures to enlarge for the memory figure.
    """
    torch.set_num_threads(1)
    with tempfile.TemporaryDirectory(prefix="vernissage-bench-") as name:
        trainers = {
            "dcgan": _trainer("dcgan", Path(name) / "dcgan"),
            "ours": _trainer("stylegan", Path(name) / "ours"),
            "large": _trainer("stylegan", Path(name) / "large", LARGE),
        }
        learned = alternate(
            {key: _step(trainer) for key, trainer in trainers.items()}, runs, warm=0
        )
        made = alternate(
            {key: _sample(trainer) for key, trainer in trainers.items()}
            | {key: _shipped(key) for key in SHIPPED if key in names()},
            runs,
        )
    each = {key: tuple(value / BATCH for value in values) for key, values in made.items()}
    weights = sum(p.numel() for p in trainers["large"].generator.parameters()) / 1e6
    large = f"StyleGAN2's size ({weights:.0f} M weights)"
    return (
        Figure("stylegan, a picture of 64 pixels", "ms", each["ours"]),
        *(
            Figure(f"{key}, a picture of {card(key).net['size']} pixels", "ms", each[key])
            for key in SHIPPED
            if key in each
        ),
        Figure("DCGAN of the articles, a picture", "ms", each["dcgan"]),
        Figure(f"{large}, a picture", "ms", each["large"]),
        Figure(f"{large} / stylegan, a picture", "×", over(made, "large"), 2.0, "higher"),
        Figure(f"stylegan, a step of {BATCH}", "ms", learned["ours"]),
        Figure(f"DCGAN of the articles, a step of {BATCH}", "ms", learned["dcgan"]),
        Figure(f"{large}, a step of {BATCH}", "ms", learned["large"]),
        Figure(f"{large} / stylegan, a step", "×", over(learned, "large"), 2.0, "higher"),
        Figure("128 to 512 pixels, tiled - whole", "", (tile_error(),), 1e-5),
        *(
            Figure(
                f"{2 * wide} x {2 * high} pixels: memory beyond both pictures",
                "GB",
                (enlarging_memory(wide, high),),
                0.5,
            )
            for wide, high in sides
        ),
    )


def tile_error(tile: int = 48) -> float:
    """The largest difference, in values of [-1, 1], of 128 pixels made 512 whole and in tiles."""
    net = upscaler().generator
    assert isinstance(net, Upscaler)
    picture = np.random.default_rng(0).integers(0, 256, (128, 128, 3), dtype=np.uint8)
    worst = 0.0
    for _ in range(2):
        around = np.pad(picture, [(net.reach, net.reach)] * 2 + [(0, 0)], mode="reflect")
        whole = upscaled(net, around)
        for top in range(0, len(picture), tile):
            for left in range(0, len(picture), tile):
                down, right = (min(at + tile, len(picture)) for at in (top, left))
                part = upscaled(
                    net, around[top : down + 2 * net.reach, left : right + 2 * net.reach]
                )
                true = whole[:, 2 * top : 2 * down, 2 * left : 2 * right]
                worst = max(worst, float(np.abs(part - true).max()))
        picture = enlarge(picture, 2, tile=tile)
    return worst


def enlarging_memory(wide: int, high: int) -> float:
    """GB that a fresh process needed to double a picture, beyond itself, the picture and the result."""
    code = "import sys; from engine.bench_pictures import enlarge_in_this_process as run; run(*map(int, sys.argv[1:]))"
    done = subprocess.run(
        [sys.executable, "-c", code, str(wide), str(high)],
        capture_output=True,
        text=True,
        check=True,
        env=os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)},
    )
    return float(done.stdout)


def enlarge_in_this_process(wide: int, high: int) -> None:
    """Write to stdout the peak of memory of doubling a picture, less what was held before and both pictures."""
    torch.set_num_threads(1)
    enlarge(np.zeros((32, 32, 3), np.uint8), 2)
    before = peak_memory_gb(os.getpid())
    picture = np.full((high, wide, 3), 127, np.uint8)  # touched: it counts as held
    made = enlarge(picture, 2)
    beyond = peak_memory_gb(os.getpid()) - before - (picture.nbytes + made.nbytes) / 1e9
    sys.stdout.write(f"{beyond}\n")


def _trainer(recipe_name: str, folder: Path, net: Mapping[str, Any] | None = None) -> Trainer:
    """A recipe of `image_gan` on noise."""
    recipe = read_recipe(recipe_name, "cpu")
    model = model_class("image_gan")(recipe.net | dict(net or {}))
    assert isinstance(model, ImageGan)
    rng, size = np.random.default_rng(0), model.config.size
    pictures = tuple(
        Picture(f"{i}.png", "noise", "noise", f"{i}", "train", pixels)
        for i, pixels in enumerate(rng.integers(0, 256, (BATCH, size, size, 3), dtype=np.uint8))
    )
    model.use(PictureDataset(pictures, {}))
    config = recipe.train.model_copy(update={"batch": BATCH})
    return Trainer(model, config, folder, device=best_device())


def _step(trainer: Trainer) -> Any:
    return lambda: trainer.step(trainer.config.phases[-1], 0.5)


def _sample(trainer: Trainer) -> Any:
    generator, task = trainer.ema.module, trainer.task
    assert isinstance(task, ImageGan)
    z = torch.randn(BATCH, task.config.z_dim, device=trainer.device)
    return lambda: _forward(generator, z)


def _shipped(name: str) -> Any:
    """Sampling a model of the zoo, its first class."""
    loaded = load(name)
    z, label = loaded.model.latents(list(range(BATCH))), torch.zeros(BATCH, dtype=torch.long)

    def sample() -> None:
        with torch.inference_mode():
            loaded.model.synthesise(loaded.generator, z, label=label)

    return sample


@torch.inference_mode()
def _forward(generator: nn.Module, z: Tensor) -> None:
    generator(z)
