"""How much adaptation is worth to `vernissage dataset sort`: Fashion-MNIST, and the same made to look different.

    python tools/sort_gain.py FASHION --photos PHOTOS

Learns from the pictures as they are (grey on black) and sorts changed ones, whose classes it never
sees, three ways: taught by the known set alone; each set normalised by itself; and with the heads for
the two sets besides, as the command does it. Prints the mean and the range of accuracies on changed
pictures that were not learned from, over `--seeds`.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

import numpy as np
import torch

from engine.data.picture_dataset import resized, to_unit
from engine.data.picture_files import Found, find_pictures
from engine.models.sorter import EDGE, OTHERS, Labelled, fit

EACH, TESTED = 6000, 2000
WAYS: dict[str, dict[str, Any]] = {
    "known alone": {"adapt": False},
    "norms": {"reversal": 0.0},
    "norms and heads": {},
}


def crops(photos: Path, count: int, rng: np.random.Generator) -> np.ndarray:
    """(count, 32, 32, 3) in [0, 1], each from a photograph 160 pixels wide and high."""
    found = [one for one in find_pictures(photos) if isinstance(one, Found)]
    small = [resized(one.pixels, 160, 160) for one in found]
    at = rng.integers(160 - EDGE, size=(count, 2))
    which = rng.integers(len(small), size=count)
    cut = [small[i][y : y + EDGE, x : x + EDGE] for i, (y, x) in zip(which, at, strict=True)]
    return np.stack(cut) / 255


def changed(x: np.ndarray, manner: str, photos: Path, rng: np.random.Generator) -> np.ndarray:
    """(N, 32, 32, 3) in [0, 1] → the same, in another manner."""
    if manner == "coloured":
        dark, light = (rng.uniform(a, b, (len(x), 1, 1, 3)) for a, b in ((0, 0.63), (0.39, 1)))
        return x * light + (1 - x) * dark
    if manner == "inverted":
        return 1 - x
    photo = crops(photos, len(x), rng)
    if manner == "mixed":
        return (x + photo) / 2
    return np.abs(photo - x)  # as MNIST-M is made


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("fashion", type=Path)
    parser.add_argument("--photos", type=Path, required=True)
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--epochs", type=int, default=40)
    words = parser.parse_args()
    torch.set_num_threads(1)
    found = [one for one in find_pictures(words.fashion) if isinstance(one, Found)]
    rng = np.random.default_rng(0)
    some = rng.permutation(len(found))[: 2 * EACH + TESTED]
    x = np.stack([resized(found[i].pixels, EDGE, EDGE) for i in some]) / 255
    names = sorted({found[i].label for i in some})
    label = torch.tensor([names.index(found[i].label) for i in some])
    known = Labelled(_tensor(x[:EACH]), label[:EACH], torch.arange(EACH) >= EACH * 4 // 5)
    for manner in ("coloured", "mixed", "difference", "inverted"):
        y = _tensor(changed(x[EACH:], manner, words.photos, np.random.default_rng(1)))
        cells = []
        for way in WAYS.values():
            scores = []
            for seed in range(words.seeds):
                done = fit(known, y[:EACH], seed=seed, epochs=words.epochs, **way)
                chances = done.sorter.chances(y[EACH:], OTHERS)
                scores.append(100 * float((chances.argmax(1) == label[2 * EACH :]).float().mean()))
            cells.append(f"{np.mean(scores):.1f} ({min(scores):.1f}-{max(scores):.1f})")
        print("|", " | ".join([manner, *cells, f"{100 * done.accuracy:.1f}"]), "|", flush=True)


def _tensor(x: np.ndarray) -> torch.Tensor:
    return torch.from_numpy(to_unit((255 * x).astype(np.uint8)))


if __name__ == "__main__":
    main()
