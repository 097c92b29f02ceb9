"""Named random streams from one seed: stateless, so resuming needs no generator state."""

from __future__ import annotations

import hashlib

import numpy as np
import torch


def stream_seed(seed: int, name: str, index: int) -> int:
    """A 63-bit seed that depends on all three arguments and on nothing else."""
    digest = hashlib.sha256(f"{seed}/{name}/{index}".encode()).digest()
    return int.from_bytes(digest[:8], "big") >> 1


class Streams:
    """Random generators addressed by (name, index): `streams.torch("noise", step)`.

    The same address always yields the same numbers, whatever was drawn before, on every machine
    (generators live on the CPU; move the draw to the device afterwards).
    """

    def __init__(self, seed: int) -> None:
        self.seed = seed

    def torch(self, name: str, index: int) -> torch.Generator:
        return torch.Generator().manual_seed(stream_seed(self.seed, name, index))

    def numpy(self, name: str, index: int) -> np.random.Generator:
        return np.random.default_rng(stream_seed(self.seed, name, index))
