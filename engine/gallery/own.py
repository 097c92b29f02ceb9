"""A folder of the user's as works: every picture, film and GLB in it, with sizes that suit a wall."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from engine.errors import BadAsset, BadMuseum, BadRequest
from engine.gallery.flat import read_picture
from engine.gallery.solid import bounds, read_glb
from engine.museum.parts import MAX_WORKS

PICTURES = (".png", ".jpg", ".jpeg", ".webp", ".bmp", ".tif", ".tiff")
FILMS = (".mp4", ".m4v", ".webm")
LONGEST = 1.2  # metres, of a picture's longest side
SCREEN = (1.92, 1.08)
SMALLEST, LARGEST = 0.1, 2.5  # metres; what is said to be of another size is shown 1 m large


def own_works(folder: Path) -> tuple[list[dict[str, Any]], list[str]]:
    """Works as `MuseumRequest.works` takes them, and a sentence for each file that is left out.

    Files are taken in the order of their names; a GLB keeps its own size where that can be true.

    Raises:
        BadRequest: there is no such folder, nothing in it can be shown, or too much.
    """
    if not folder.is_dir():
        raise BadRequest(f"own: {folder} is no folder")
    works: list[dict[str, Any]] = []
    notes: list[str] = []
    for path in sorted(path for path in folder.iterdir() if path.is_file()):
        kind = path.suffix.lower()
        try:
            if kind in PICTURES:
                works.append(_picture(path))
            elif kind in FILMS:
                works.append({"kind": "video", **_named(path), "size": SCREEN})
            elif kind == ".glb":
                works.append(_solid(path))
        except (BadMuseum, BadAsset) as error:
            notes.append(f"{error}: left out.")
    if not works:
        raise BadRequest(f"own: there is no picture, film or GLB in {folder}")
    if len(works) > MAX_WORKS:
        raise BadRequest(f"own: {len(works)} works are too many: {MAX_WORKS} at most")
    return works, notes


def _named(path: Path) -> dict[str, Any]:
    title = path.stem.replace("_", " ").replace("-", " ").strip()[:160] or "Untitled"
    return {"title": title, "file": path.name}


def _picture(path: Path) -> dict[str, Any]:
    image = read_picture(path, 128)
    longest = max(image.size)
    # A side of a long strip is 8 cm at least: what is narrower cannot be framed.
    size = [round(max(side / longest * LONGEST, 0.08), 3) for side in image.size]
    return {"kind": "painting", **_named(path), "size": size}


def _solid(path: Path) -> dict[str, Any]:
    low, high = bounds(read_glb(path)[0], path.name)
    extent = high - low
    largest = float(extent.max())
    scale = 1.0 if SMALLEST <= largest <= LARGEST else 1.0 / largest
    size = [round(max(float(side) * scale, 0.02), 3) for side in extent]
    return {"kind": "sculpture", **_named(path), "size": size}
