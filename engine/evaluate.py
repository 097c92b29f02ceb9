"""`vernissage evaluate`: how good a model's uncurated samples are, beside rows that make it readable."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from rich.console import Console

from engine.data.mesh_dataset import MeshExample, read_mesh_dataset
from engine.data.mesh_item import read_field
from engine.data.shape_classes import ShapeClass
from engine.data.voxels import VoxelGrid
from engine.errors import BadRequest
from engine.evaluate_pictures import evaluate_pictures
from engine.gan.rng import Streams
from engine.metrics.field_report import Known, field_report, print_field_report
from engine.metrics.field_scores import FieldSet, coarsened, collect, match
from engine.metrics.report import shape_report
from engine.models.registry import model_class
from engine.models.voxel_characters import VoxelCharacters
from engine.train import data_folder
from engine.zoo.recipes import read_recipe
from engine.zoo.registry import Loaded, load

PEERS = 3
"""Training examples that are scored as retrieval, for each held-out shape."""
_BATCH = 32


def evaluate(
    name: str,
    *,
    data: Path | None = None,
    baselines: tuple[str, ...] = (),
    samples: int = 512,
    console: Console | None = None,
) -> dict[str, Any]:
    """Score seeds 0 to `samples` - 1, as the network makes them, against held-out real shapes.

    A model with classes is asked for those of the held-out shapes, the same number of each.

    Args:
        name: a model in the zoo or a run folder.
        data: the folder it was trained on; the split is made again from the file names.
        baselines: further run folders to score in the same run, each a row.
        console: where the tables are printed; None prints nothing.
    Returns:
        The report of `engine.metrics.report.shape_report`, or, for textured shapes, of
        `engine.metrics.field_report.field_report`.
    Raises:
        UnknownModel, WeightsMismatch, BadDataset.
        BadRecipe: no `data` for a model whose recipe does not ship.
        BadRequest: a baseline makes other things, or learnt other classes or another split.
    """
    ours, others = load(name), [load(baseline) for baseline in baselines]
    for other in others:
        if other.card.makes != ours.card.makes:
            raise BadRequest(f"{other.card.name} makes {other.card.makes}: no baseline of {name}")
    # Only a recipe that ships can say where its data lie; a run of another recipe needs `data`.
    folder = data or data_folder(read_recipe(ours.card.name, "cpu"), None)
    if ours.card.makes == "shapes":
        return _evaluate_shapes([ours, *others], folder, samples, console)
    if ours.card.makes != "voxels":
        return evaluate_pictures([ours, *others], folder, samples, console)
    reference = model_class(ours.card.model)(ours.card.net | {"pool": 1})
    assert isinstance(reference, VoxelCharacters)
    reference.load(folder, Streams(0))
    return shape_report(
        {model.card.name: raw_samples(model, samples) for model in (ours, *others)},
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


def raw_fields(model: Loaded, label: np.ndarray) -> Iterator[np.ndarray]:
    """Fields of seeds 0 to n - 1, each of the class asked for, before any clean-up."""
    for first in range(0, len(label), _BATCH):
        asked = torch.from_numpy(label[first : first + _BATCH])
        seeds = list(range(first, first + len(asked)))
        with torch.inference_mode():
            made = model.model.synthesise(
                model.generator, model.model.latents(seeds), label=asked
            ).numpy()
        yield from (model.model.decode(sample) for sample in made)


def _evaluate_shapes(
    models: Sequence[Loaded], folder: Path, samples: int, console: Console | None
) -> dict[str, Any]:
    # The classifier gives the same answers again only with one thread.
    torch.set_num_threads(1)
    ours = models[0]
    classes, validation = ours.model.classes(), ours.model.config.validation
    for other in models[1:]:
        theirs = [one.name for one in other.model.classes()]
        if theirs != [one.name for one in classes] or other.model.config.validation != validation:
            raise BadRequest(f"{other.card.name} learnt other classes or another split")
    dataset = read_mesh_dataset(folder, validation)
    train, train_label = _labelled(dataset.of("train"), classes)
    unseen, label = _labelled(dataset.of("validation"), classes)
    reference = collect((read_field(one.item) for one in unseen), label)
    known = Known(
        coarse=np.stack([coarsened(read_field(one.item)) for one in train]),
        label=train_label,
        families=np.array([one.family for one in train]),
        peers=_peers(train, train_label, label, classes),
    )
    asked = np.repeat(label, max(1, samples // len(label)))
    rows = {model.card.name: collect(raw_fields(model, asked), asked) for model in models}
    report = field_report(rows, known=known, reference=reference, classes=classes)
    if console is not None:
        print_field_report(report, console)
    return report


def _labelled(
    examples: Sequence[MeshExample], classes: Sequence[ShapeClass]
) -> tuple[list[MeshExample], np.ndarray]:
    """The examples whose category the model knows, and the class that stands for each."""
    found = [(one, label) for one in examples if (label := label_of(one, classes)) is not None]
    return [one for one, _ in found], np.array([label for _, label in found], np.int64)


def label_of(example: MeshExample, classes: Sequence[ShapeClass]) -> int | None:
    """Its kind; else what its category holds besides; else the largest class of its category."""
    own = [i for i, one in enumerate(classes) if one.category == example.category]
    for name in (example.kind or example.category or "shape", f"other {example.category}"):
        for i in own:
            if classes[i].name == name:
                return i
    return max(own, key=lambda i: classes[i].examples, default=None)


def _peers(
    train: Sequence[MeshExample],
    have: np.ndarray,
    wanted: np.ndarray,
    classes: Sequence[ShapeClass],
) -> FieldSet:
    """Training examples of the classes of the held-out shapes, PEERS for each where there are."""
    names = sorted({one.category for one in classes})
    category = np.array([names.index(one.category) for one in classes])
    found = match(np.repeat(wanted, PEERS), have, category, np.random.default_rng(0))
    chosen = np.sort(found[found >= 0])
    return collect((read_field(train[index].item) for index in chosen), have[chosen])
