"""Several processes that train one model, started by `torchrun`; and parts of a batch in one process.

Every process draws the same batch from the same streams and keeps its own rows, so that two
processes do what one does with the same batch. Gradients are averaged by PyTorch's
DistributedDataParallel; nothing here does that by hand.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass, replace

import torch
from torch import Tensor, distributed, nn
from torch.nn.parallel import DistributedDataParallel

from engine.gan.task import Batch


@dataclass(frozen=True)
class Rows:
    """Consecutive samples of a batch of `total`: what this process, at this moment, computes."""

    first: int
    count: int
    total: int

    def of(self, x: Tensor) -> Tensor:
        """The rows of a tensor that was drawn for the whole batch."""
        return x[self.first : self.first + self.count]

    def of_batch(self, batch: Batch) -> Batch:
        parts = {k: self.of(v) for k, v in vars(batch).items() if isinstance(v, Tensor)}
        return replace(batch, **parts)


@dataclass(frozen=True)
class World:
    """The processes of a training: which one this is, of how many."""

    rank: int = 0
    size: int = 1

    @property
    def leads(self) -> bool:
        """This process writes checkpoints, logs and sheets."""
        return self.rank == 0

    def rows(self, total: int, parts: int) -> list[Rows]:
        """This process's share of a batch of `total`, in `parts`.

        Raises:
            ValueError: it does not divide evenly.
        """
        count, rest = divmod(total, self.size * parts)
        if rest or not count:
            raise ValueError(
                f"a batch of {total} cannot be divided among {self.size} x {parts} alike"
            )
        first = self.rank * count * parts
        return [Rows(first + part * count, count, total) for part in range(parts)]

    def wrap(self, module: nn.Module) -> nn.Module:
        """The module as DistributedDataParallel, where there are several processes."""
        if self.size == 1:
            return module
        return DistributedDataParallel(
            module,
            broadcast_buffers=False,  # running statistics are each process's own
            find_unused_parameters=True,  # a phase may hold layers
        )

    def mean(self, values: dict[str, Tensor]) -> dict[str, float]:
        """Values averaged over all processes; all must hold the same names."""
        if self.size == 1 or not values:
            return {name: float(value) for name, value in values.items()}
        names = sorted(values)
        stacked = torch.stack([values[name].detach().float() for name in names])
        distributed.all_reduce(stacked)
        return dict(zip(names, (stacked / self.size).tolist(), strict=True))

    def any(self, flag: bool) -> bool:
        """Whether any process says so: all stop together."""
        if self.size == 1:
            return flag
        said = torch.tensor(float(flag), device=_device())
        distributed.all_reduce(said, op=distributed.ReduceOp.MAX)
        return bool(said.item())


ALONE = World()


def without_sync(module: nn.Module) -> AbstractContextManager[None]:
    """Add up gradients in this process only: for all parts of a batch but the last."""
    if isinstance(module, DistributedDataParallel):
        return module.no_sync()
    return nullcontext()


@contextmanager
def join_world() -> Iterator[World]:
    """The processes that `torchrun` started together; alone without it."""
    if int(os.environ.get("WORLD_SIZE", "1")) == 1:
        yield ALONE
        return
    if torch.cuda.is_available():
        torch.cuda.set_device(int(os.environ["LOCAL_RANK"]))
    distributed.init_process_group("nccl" if torch.cuda.is_available() else "gloo")
    try:
        yield World(distributed.get_rank(), distributed.get_world_size())
    finally:
        distributed.destroy_process_group()


def _device() -> str:
    return "cuda" if distributed.get_backend() == "nccl" else "cpu"
