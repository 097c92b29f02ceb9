"""Random numbers for plans: named streams of one seed, without torch."""

from __future__ import annotations

import hashlib

import numpy as np


def stream(seed: int, *names: object) -> np.random.Generator:
    """A generator that depends on the seed and the names, and on nothing drawn before."""
    address = "/".join(str(part) for part in (seed, *names))
    return np.random.default_rng(int.from_bytes(hashlib.sha256(address.encode()).digest()[:8]))
