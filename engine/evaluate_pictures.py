"""`vernissage evaluate` for models of pictures and for tools that change pictures."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from PIL import Image
from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table

from engine.data.picture_dataset import Picture, classes_of, to_pixels, to_unit
from engine.errors import BadRequest, WeightsMismatch
from engine.gan.rng import Streams
from engine.metrics.percept import Percept
from engine.metrics.picture_report import PictureSet, picture_report, print_picture_report
from engine.metrics.picture_scores import psnr, ssim
from engine.models.code_game import CodeGame
from engine.models.registry import model_class
from engine.models.tiles import upscale_pixels
from engine.models.tool import PictureTool
from engine.nets.picture_coder import FACTOR, PictureCoder
from engine.nets.upscaler import Upscaler
from engine.zoo.novelty import nearest
from engine.zoo.registry import Loaded, load

MOST = 48
"""Held-out pictures of each data set that a tool is measured on."""


def evaluate_pictures(
    models: Sequence[Loaded], folder: Path, samples: int, console: Console | None
) -> dict[str, Any]:
    """The report of a model of pictures, or of a tool.

    Raises:
        BadDataset: too little to compare with. BadRequest: a tool that has no measure.
    """
    torch.set_num_threads(1)
    if models[0].card.makes == "tool":
        return _tool(models[0], folder, console)
    ours = models[0].model
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
    tool = model_class(model.card.model)(model.card.net)
    assert isinstance(tool, PictureTool)
    tool.load(folder, Streams(0))
    report: dict[str, Any] = {"held_out": {}}
    for name, dataset in tool.sets.items():
        unseen = [p for p in dataset.pictures if p.split == "validation"][:MOST]
        if not unseen:
            continue
        if isinstance(model.generator, Upscaler):
            scores = [_upscaled(model.generator, picture) for picture in unseen]
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


def _upscaled(net: Upscaler, picture: Picture) -> dict[str, float]:
    """A picture halved by bicubic resampling and enlarged again, by the network and by resampling."""
    height, width = (n // net.scale * net.scale for n in picture.pixels.shape[:2])
    true = picture.pixels[:height, :width]
    small = Image.fromarray(true).resize(
        (width // net.scale, height // net.scale), Image.Resampling.BICUBIC
    )
    plain = np.asarray(small.resize((width, height), Image.Resampling.BICUBIC))
    ours = upscale_pixels(net, np.asarray(small))
    found = {"psnr": psnr(ours, true, 4), "psnr_bicubic": psnr(plain, true, 4)}
    return found | {"ssim": ssim(ours, true), "ssim_bicubic": ssim(plain, true)}


def _coded(net: PictureCoder, picture: Picture) -> dict[str, float]:
    height, width = (n // FACTOR * FACTOR for n in picture.pixels.shape[:2])
    true = picture.pixels[:height, :width]
    with torch.inference_mode():
        again = to_pixels(net(torch.from_numpy(to_unit(true))[None])[0].float().numpy())
    return {"psnr": psnr(again, true), "ssim": ssim(again, true)}


def _print(report: dict[str, Any], console: Console) -> None:
    table = Table(box=SIMPLE_HEAD, pad_edge=False)
    table.add_column("held-out pictures")
    heads = list(next(iter(report["held_out"].values()), {}))
    for head in heads:
        table.add_column(head, justify="right")
    for name, scores in report["held_out"].items():
        table.add_row(name, *(f"{scores[head]:g}" for head in heads))
    console.print(table)
