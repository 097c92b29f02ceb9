"""Classes of a data set of shapes: the finer kinds where there are enough, else the category."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import numpy as np
from pydantic import BaseModel, ConfigDict, Field

from engine.data.mesh_dataset import MeshExample


class ShapeClass(BaseModel):
    """One class that a model can make."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str
    category: str = Field(description="Coarser class; asking for it draws from all its classes.")
    examples: int = Field(ge=1, description="Training examples.")
    unit: float = Field(gt=0, description="Metres in a voxel: median of the examples.")


def sort_into_classes(
    examples: Sequence[MeshExample], least: int, scale: float = 1.0
) -> tuple[tuple[ShapeClass, ...], list[int], list[float]]:
    """Classes in alphabetical order of category and name, and a label and weight of each example.

    Kinds of fewer than `least` examples of one category share the class `other <category>`, or
    join the category's largest class where together they are fewer than half of that. The weights
    make a batch fairer: an example counts with the inverse root of the size of its class and of its
    family, so that neither 50 fish nor 9 recoloured boxes crowd out the rest.
    """
    kinds = Counter((e.category, e.kind) for e in examples)
    left = Counter(e.category for e in examples if kinds[e.category, e.kind] < least)
    largest: dict[str, str] = {}
    for (category, kind), _ in sorted(kinds.items(), key=lambda item: item[1]):
        largest[category] = kind

    def class_of(example: MeshExample) -> tuple[str, str]:
        category, kind = example.category, example.kind
        if kinds[category, kind] >= least:
            return category, kind
        if left[category] < least / 2:
            return category, largest[category]
        return category, f"other {category}"

    names = [class_of(example) for example in examples]
    sizes = Counter(names)
    order = sorted(sizes)
    index = {key: i for i, key in enumerate(order)}
    classes = []
    for key in order:
        units = [e.scale for e, name in zip(examples, names, strict=True) if name == key]
        classes.append(
            ShapeClass(
                name=key[1] or key[0] or "shape",
                category=key[0],
                examples=sizes[key],
                unit=float(np.median(units)) * scale,
            )
        )
    families = Counter(e.family for e in examples)
    weights = [
        (sizes[name] * families[e.family]) ** -0.5 for e, name in zip(examples, names, strict=True)
    ]
    return tuple(classes), [index[name] for name in names], weights
