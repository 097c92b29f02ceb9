"""`vernissage evaluate`: how good a model's uncurated samples are, beside rows that make it readable."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import torch
from rich.console import Console

from engine.data.voxels import VoxelGrid
from engine.gan.rng import Streams
from engine.metrics.report import shape_report
from engine.models.registry import model_class
from engine.models.voxel_characters import VoxelCharacters
from engine.train import data_folder
from engine.zoo.recipes import read_recipe
from engine.zoo.registry import Loaded, load


def evaluate(
    name: str,
    *,
    data: Path | None = None,
    baselines: tuple[str, ...] = (),
    samples: int = 512,
    console: Console | None = None,
) -> dict[str, Any]:
    """Score seeds 0 to `samples` - 1, as the network makes them, against held-out real figures.

    Args:
        name: a model in the zoo or a run folder.
        data: the folder it was trained on; the split is made again from the file names.
        baselines: further run folders to score in the same run, each a row.
        console: where the table is printed; None prints nothing.
    Returns:
        The report of `engine.metrics.report.shape_report`.
    Raises:
        UnknownModel, WeightsMismatch, BadDataset.
        BadRecipe: no `data` for a model whose recipe does not ship.
    """
    ours = load(name)
    reference = model_class(ours.card.model)(ours.card.net | {"pool": 1})
    assert isinstance(reference, VoxelCharacters)
    # Only a recipe that ships can say where its data lie; a run of another recipe needs `data`.
    folder = data or data_folder(read_recipe(ours.card.name, "cpu"), None)
    reference.load(folder, Streams(0))
    rows = {ours.card.name: raw_samples(ours, samples)}
    for baseline in baselines:
        loaded = load(baseline)
        rows[loaded.card.name] = raw_samples(loaded, samples)
    return shape_report(
        rows,
        train=reference.dataset.grids("train"),
        reference=reference.dataset.grids("validation"),
        console=console,
    )


def raw_samples(model: Loaded, count: int) -> list[VoxelGrid]:
    """Seeds 0 to `count` - 1 before any clean-up."""
    grids: list[VoxelGrid] = []
    with torch.inference_mode():
        for first in range(0, count, 64):
            seeds = list(range(first, min(first + 64, count)))
            fields = model.model.synthesise(model.generator, model.model.latents(seeds)).numpy()
            grids += [model.model.decode(field) for field in fields]
    return grids
