"""Starting from another model: what fits of its weights, and its classes by their names (C13)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from engine.data.shape_classes import ShapeClass
from engine.errors import BadRecipe


@dataclass(frozen=True)
class Start:
    """What a run begins with.

    Attributes:
        generator: tensors of the other model's generator by name.
        critic: the same of its critic; empty where it did not come along.
        tables: names of tensors with a row for each class.
        kept: names of tensors that come from the data of this run, whatever the other's are.
        rows: (classes here, classes there), each row a mean over classes there; see `class_rows`.
    """

    generator: Mapping[str, Tensor]
    critic: Mapping[str, Tensor]
    tables: frozenset[str]
    rows: Tensor
    kept: frozenset[str] = frozenset()


def adopt(net: nn.Module, weights: Mapping[str, Tensor], start: Start) -> int:
    """Copy into `net` every tensor whose name and shape fit; returns how many did.

    Tables of classes are made of the rows that `start` names, whatever their shapes.

    Raises:
        BadRecipe: nothing fits.
    """
    taken = 0
    with torch.no_grad():
        for name, mine in net.state_dict().items():
            theirs = None if name in start.kept else weights.get(name)
            if theirs is not None and name in start.tables and start.rows.numel():
                theirs = start.rows @ theirs.float()
            if theirs is not None and theirs.shape == mine.shape:
                mine.copy_(theirs)
                taken += 1
    if not taken:
        raise BadRecipe("none of the weights named by --init fit the nets of this recipe")
    return taken


def class_rows(mine: Sequence[ShapeClass], theirs: Sequence[ShapeClass]) -> Tensor:
    """(len(mine), len(theirs)): where each class begins, as a mean over the other model's classes.

    A class of the same name is taken as it is, with preference for one of the same category;
    without one the mean of the category, and without that the mean of all, by their examples.
    """
    examples = torch.tensor([float(c.examples) for c in theirs])
    rows = torch.zeros(len(mine), len(theirs))
    for row, here in zip(rows, mine, strict=True):
        name = torch.tensor([c.name == here.name for c in theirs])
        category = torch.tensor([c.category == here.category for c in theirs])
        chosen = next(c for c in (name & category, name, category, examples > 0) if c.any())
        row += examples * chosen / (examples * chosen).sum()
    return rows
