"""What every model has: a checked configuration, a task to be trained, a sampler to be used."""

from __future__ import annotations

from abc import abstractmethod
from typing import Any, ClassVar, Literal

import numpy as np
from pydantic import BaseModel, ValidationError
from torch import Tensor, nn

from engine.data.paint import Paint
from engine.data.shape_classes import ShapeClass
from engine.errors import BadRecipe
from engine.gan.task import Task
from engine.models.latents import seeded_latents
from engine.request import IsCancelled, OnProgress, first_fault


class Model(Task):
    """A task with a configuration (`Config`, built from a recipe's or card's [net] and [data])."""

    Config: ClassVar[type[BaseModel]]
    class_tables: ClassVar[frozenset[str]] = frozenset()
    """Names of tensors, of either player, that have a row for each of `classes()`."""
    from_data: ClassVar[frozenset[str]] = frozenset()
    """Names of tensors that `load` fits to the data: no other model's weights replace them."""
    makes: ClassVar[Literal["voxels", "shapes", "pictures", "materials", "tool"]] = "voxels"

    def __init__(self, values: dict[str, Any]) -> None:
        """
        Raises:
            BadRecipe: `values` has an unknown key or a value out of range.
        """
        try:
            self.config: Any = self.Config.model_validate(values)
        except ValidationError as error:
            raise BadRecipe(first_fault(error, "net")) from error

    @abstractmethod
    def manifest(self) -> dict[str, Any]:
        """JSON: which files were used for what, and which were refused and why."""

    @abstractmethod
    def examples(self) -> tuple[list[str], Tensor]:
        """Names and (N, C, *space) fields of the training examples, without augmentation."""

    def finish(
        self,
        generator: nn.Module,
        *,
        whole: bool = False,
        on_progress: OnProgress | None = None,
        is_cancelled: IsCancelled | None = None,
    ) -> None:
        """What is left to do with a trained generator before it ships; needs the data.

        Args:
            whole: the plan was played to its end, so that what takes minutes is worth them.
        """

    def latents(self, seeds: list[int]) -> Tensor:
        """(len(seeds), z_dim) of N(0, 1); a seed's row never depends on the others."""
        return seeded_latents(seeds, self.config.z_dim)

    def classes(self) -> tuple[ShapeClass, ...]:
        """What can be asked for by name, in the order of the labels; empty for a model without."""
        return ()

    def comparable(self, fields: Tensor) -> Tensor:
        """(B, C, *space) fields as novelty compares them: what does not show is blanked."""
        return fields

    @abstractmethod
    def synthesise(
        self,
        generator: nn.Module,
        z: Tensor,
        truncation: float = 1.0,
        label: Tensor | None = None,
    ) -> Tensor:
        """(B, C, *space) from latents (B, z_dim) and labels (B,), on the generator's device.

        Args:
            label: int64 indices into `classes()`; needed where there are any.
        """

    def paint(
        self, generator: nn.Module, z: Tensor, truncation: float, label: Tensor
    ) -> Paint | None:
        """The colours of one sample finer than `decode` gives them, if the model knows them so.

        Args: as for `synthesise`, with a batch of one.
        """
        return None

    @abstractmethod
    def decode(self, sample: np.ndarray) -> Any:
        """The field of one sample in its public form, e.g. a `VoxelGrid`."""
