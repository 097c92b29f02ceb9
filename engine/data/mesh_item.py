"""One mesh file → one item of a data set: an `.npz` with the field and the facts about it."""

from __future__ import annotations

import hashlib
import json
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
from scipy.ndimage import zoom

from engine.data.mesh_field import MARGIN, encode_soup, place
from engine.data.mesh_files import check_file, digest
from engine.data.mesh_soup import Up, read_soup
from engine.errors import BadMesh
from engine.files import write_beside

ENCODING = 1
"""Raised when the same file would give another field, so that old items are made anew."""
STOUT = 0.6
"""A shape whose sides are all this share of the longest gains little from a finer grid."""


def build_item(
    source: Path, item: Path, size: int, up: Up = "auto", draft: bool = False
) -> tuple[dict[str, Any], bool]:
    """Write the item of a mesh file, unless it is there already, or a finer one.

    Args:
        draft: compute stout shapes at half the resolution and double it.
    Returns:
        The facts: size in file units (width, depth, height), units per voxel, number of triangles,
        SHA-256 of source and field, repairs in sentences; and whether the item was made now.
    Raises:
        BadMesh: the file cannot be used.
        CannotWrite: the folder cannot be written.
    """
    origin = digest(check_file(source))
    known = read_facts(item)
    recipe = {"encoding": ENCODING, "size": size, "up": up, "source_sha256": origin}
    if known is not None and recipe.items() <= known.items():
        return known, False
    soup = read_soup(source, up)
    extent = np.ptp(soup.corners.reshape(-1, 3), axis=0)
    drafted = draft and bool(extent.min() >= STOUT * extent.max())
    step = 2 if drafted else 1
    placed, unit = place(soup, size // step, MARGIN / step)
    field, notes = encode_soup(placed, size // step)
    if drafted:
        field, unit = _doubled(field), unit / 2
    facts = {
        **recipe,
        "draft": drafted,
        "sha256": hashlib.sha256(field.tobytes()).hexdigest(),
        "size_units": [float(f"{side:.6g}") for side in extent],
        "units_per_voxel": unit,
        "triangles": len(soup.corners),
        "solid_voxels": int((field[0] > 0).sum()),
        "repaired": list(notes),
    }
    text = np.frombuffer(json.dumps(facts).encode(), np.uint8)

    def write(beside: Path) -> None:
        np.savez_compressed(beside, field=field, facts=text)

    write_beside(item, write)
    return facts, True


def _doubled(field: np.ndarray) -> np.ndarray:
    """(4, N, N, N) → (4, 2 N, 2 N, 2 N): distances in the finer voxels, colours repeated."""
    distance = zoom(
        field[:1].astype(np.float32), (1, 2, 2, 2), order=1, mode="nearest", grid_mode=True
    )
    colors = field[1:].repeat(2, 1).repeat(2, 2).repeat(2, 3)
    return np.concatenate([(2 * distance).clip(-1, 1), colors]).astype(np.float16)


def read_facts(item: Path) -> dict[str, Any] | None:
    """The facts of an item, or None where there is none that can be read."""
    try:
        with np.load(item) as stored:
            facts: dict[str, Any] = json.loads(stored["facts"].tobytes())
            return facts
    except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile):
        return None


def read_field(item: Path) -> np.ndarray:
    """The (4, N, N, N) float16 field of an item. Raises `BadMesh` when it is damaged."""
    try:
        with np.load(item) as stored:
            field: np.ndarray = stored["field"]
    except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile) as error:
        raise BadMesh(f"{item.name} is no item of a data set, or damaged") from error
    return field
