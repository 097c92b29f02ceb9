"""`vernissage evaluate` for models of pictures and for tools that change pictures."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import torch
from PIL import Image
from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table
from torch import Tensor, nn

from engine.data.picture_crops import middles
from engine.data.picture_dataset import Picture, classes_of, to_pixels, to_unit
from engine.errors import BadRequest, WeightsMismatch
from engine.gan.rng import Streams
from engine.metrics.manner_report import manner_scores, spread
from engine.metrics.percept import Percept
from engine.metrics.picture_report import PictureSet, picture_report, print_picture_report
from engine.metrics.picture_scores import psnr, ssim
from engine.models.code_game import CodeGame
from engine.models.restyle import Restyle, manner_of
from engine.models.tiles import upscale_pixels
from engine.models.tool import PictureTool
from engine.models.upscale import Upscale
from engine.nets.picture_coder import FACTOR, PictureCoder
from engine.nets.restyler import Restyler
from engine.nets.upscaler import Upscaler
from engine.zoo.novelty import nearest
from engine.zoo.registry import Loaded, load

MOST = 48
"""Held-out pictures of each data set that a tool is measured on."""
SQUARE = 128
"""Edge in pixels of the middles of pictures that a restyler is measured on."""
SAID = {
    "psnr": "PSNR, dB ↑",
    "psnr_bicubic": "PSNR of bicubic, dB",
    "psnr_given": "PSNR of what was given, dB",
    "ssim": "SSIM ↑",
    "ssim_bicubic": "SSIM of bicubic",
    "ssim_given": "SSIM of what was given",
    "cycle_psnr": "PSNR there and back, dB ↑",
    "light": "correlation of light, mean ↑",
    "least": "correlation of light, least ↑",
    "inverted": "negatives ↓",
    "frechet": "Fréchet to paintings: restyled ↓",
    "identity": "Fréchet to paintings: untouched",
    "floor": "Fréchet to paintings: paintings",
    "frechet_random": "random features: restyled ↓",
    "identity_random": "random features: untouched",
    "floor_random": "random features: paintings",
    "paintings": "paintings compared with",
    "unseen": "of them never learned from",
}
LEAST_PAINTINGS = 8
"""Paintings in half of a manner, below which its distances say nothing."""


def evaluate_pictures(
    models: Sequence[Loaded], folder: Path, samples: int, console: Console | None
) -> dict[str, Any]:
    """The report of a model of pictures, or of a tool.

    Raises:
        BadDataset: too little to compare with. BadRequest: a tool that has no measure.
    """
    torch.set_num_threads(1)
    ours = models[0].model
    if isinstance(ours, Restyle):
        return _restyle(models, folder, console)
    if isinstance(ours, PictureTool):
        return _tool(models[0], folder, console)
    if not isinstance(ours, CodeGame):
        raise BadRequest(f"{models[0].card.name} has no measure here; its card says what is known")
    pictures = ours.all_pictures(folder)
    classes, labels = classes_of(pictures, ours.config.least)
    names = [(one.category, one.name) for one in ours.classes()]
    kept = [
        (picture, names.index(key))
        for picture, label in zip(pictures, labels, strict=True)
        if (key := (classes[label].category, classes[label].name)) in names
    ]
    real = PictureSet(
        ours.views_of([picture for picture, _ in kept]), torch.tensor([own for _, own in kept])
    )
    count = max(64, min(samples, len(kept)))
    asked = real.label[torch.randperm(len(kept), generator=torch.Generator().manual_seed(1))]
    rows = {model.card.name: made(model, asked[:count]) for model in models}
    report = picture_report(rows, real=real, percept=Percept(_coder()))
    if console is not None:
        print_picture_report(report, console)
    return report


def made(model: Loaded, asked: torch.Tensor) -> PictureSet:
    """Uncurated pictures of seeds 0 to n - 1, each of the class asked for."""
    assert isinstance(model.model, CodeGame)
    parts = []
    for first in range(0, len(asked), 32):
        label = asked[first : first + 32]
        z = model.model.latents(list(range(first, first + len(label))))
        with torch.inference_mode():
            parts.append(model.model.synthesise(model.generator, z, label=label).float())
    pictures = torch.cat(parts).clone()
    names = list(model.card.examples)
    ratios = [
        nearest(seen, model.prints, names, model.print_scale).ratio
        for seen in model.model.seen(pictures)
    ]
    return PictureSet(pictures, asked, torch.tensor(ratios))


def _coder() -> PictureCoder:
    """The coder that ships, whose features are the measure."""
    from engine.zoo.card import names

    if "percept" in names():
        generator = load("percept").generator
        assert isinstance(generator, PictureCoder)
        return generator
    raise WeightsMismatch("the features to compare by are missing", name="percept")


def _tool(model: Loaded, folder: Path, console: Console | None) -> dict[str, Any]:
    tool = model.model
    assert isinstance(tool, PictureTool)
    tool.load(folder, Streams(0))
    report: dict[str, Any] = {"held_out": {}}
    for name, dataset in tool.sets.items():
        unseen = [p for p in dataset.pictures if p.split == "validation"][:MOST]
        if not unseen:
            continue
        if isinstance(model.generator, Upscaler):
            scores = [_upscaled(tool, model.generator, picture) for picture in unseen]
        elif isinstance(model.generator, PictureCoder):
            scores = [_coded(model.generator, picture) for picture in unseen]
        else:
            raise BadRequest(f"{model.card.name} has no measure of its own")
        report["held_out"][name] = {
            key: round(float(np.mean([score[key] for score in scores])), 3) for key in scores[0]
        } | {"pictures": len(unseen)}
    if console is not None:
        _print(report, console)
    return report


def _restyle(models: Sequence[Loaded], folder: Path, console: Console | None) -> dict[str, Any]:
    """Each manner's row, by networks alone: no brush strokes are laid by rule.

    Half of a manner's paintings are what it is held against, those never learned from first; the
    other half is the floor. Manners that differ between models are scored for those that have them.
    """
    ours = models[0].model
    assert isinstance(ours, Restyle)
    ours.load(folder, Streams(0))
    coder = _coder()
    measures = {"": Percept(coder), "_random": Percept.twin(coder)}
    photographs = spread(middles(ours.sets["photos"].of("validation"), SQUARE), MOST)
    report: dict[str, Any] = {"held_out": {}}
    for model in models:
        assert isinstance(model.model, Restyle)
        manners = model.model.config.manners
        for label, name in enumerate(manners):
            own = [p for p in ours.sets["paintings"].pictures if manner_of(p, manners) == name]
            own.sort(key=lambda p: p.split == "train")
            if len(own) < 2 * LEAST_PAINTINGS:
                continue
            paintings, others = middles(own, SQUARE).split((len(own) + 1) // 2)
            translate = partial(_there_and_back, model.generator, label)
            row = name if len(models) == 1 else f"{model.card.name}: {name}"
            report["held_out"][row] = manner_scores(
                translate, photographs, paintings, others, measures
            ) | {
                "pictures": min(len(photographs), len(others)),
                "paintings": len(paintings),
                "unseen": sum(p.split == "validation" for p in own[: len(paintings)]),
            }
    if console is not None:
        _print(report, console)
    return report


@torch.inference_mode()
def _there_and_back(net: nn.Module, label: int, given: Tensor) -> tuple[Tensor, Tensor]:
    """Photographs in a manner, and photographs again."""
    assert isinstance(net, Restyler)
    parts = []
    for x in given.split(8):
        to, since = (net.mix(torch.full((len(x),), m)) for m in (label, net.manners - 1))
        made = net(x, to, since).clamp(-1, 1)
        parts.append((made, net(made, since, to).clamp(-1, 1)))
    there, back = (torch.cat(side).float() for side in zip(*parts, strict=True))
    return there, back


def _upscaled(tool: PictureTool, net: Upscaler, picture: Picture) -> dict[str, float]:
    """A picture halved by bicubic resampling, or harmed, and made good by the network.

    Beside it what the network began with: resampled to its size, or as it was harmed.
    """
    block = 8 if net.scale == 1 else net.scale
    height, width = (n // block * block for n in picture.pixels.shape[:2])
    true = picture.pixels[:height, :width]
    if net.scale == 1:
        assert isinstance(tool, Upscale)
        chance = Streams(0).torch(picture.name, 0)
        whole = torch.from_numpy(to_unit(true))[None]
        small = plain = to_pixels(tool.spoilt(whole, chance)[0].numpy())
    else:
        size = (width // net.scale, height // net.scale)
        reduced = Image.fromarray(true).resize(size, Image.Resampling.BICUBIC)
        small = np.asarray(reduced)
        plain = np.asarray(reduced.resize((width, height), Image.Resampling.BICUBIC))
    ours, before = upscale_pixels(net, small), "given" if net.scale == 1 else "bicubic"
    found = {"psnr": psnr(ours, true, 4), f"psnr_{before}": psnr(plain, true, 4)}
    return found | {"ssim": ssim(ours, true), f"ssim_{before}": ssim(plain, true)}


def _coded(net: PictureCoder, picture: Picture) -> dict[str, float]:
    height, width = (n // FACTOR * FACTOR for n in picture.pixels.shape[:2])
    true = picture.pixels[:height, :width]
    with torch.inference_mode():
        again = to_pixels(net(torch.from_numpy(to_unit(true))[None])[0].float().numpy())
    return {"psnr": psnr(again, true), "ssim": ssim(again, true)}


def _print(report: dict[str, Any], console: Console) -> None:
    """A row for each figure, a column for each set of held-out pictures."""
    table = Table(box=SIMPLE_HEAD, pad_edge=False)
    table.add_column("held-out pictures", no_wrap=True)
    columns = report["held_out"]
    for name in columns:
        table.add_column(name, justify="right")
    for key in next(iter(columns.values()), {}):
        cells = (f"{scores[key]:g}" for scores in columns.values())
        table.add_row(SAID.get(key, key), *cells)
    console.print(table)
