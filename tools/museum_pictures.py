"""Pictures of the scenes for the docs: each is built, and its best room painted.

python tools/museum_pictures.py --cache CACHE [--works N] [SCENE ...]
"""

from __future__ import annotations

import argparse
import tempfile
from pathlib import Path

from PIL import Image

from engine.files import write_beside
from engine.gallery.contact import best_rooms
from engine.gallery.labels import atlases
from engine.gallery.make import build_gallery
from engine.gallery.materials import Palette
from engine.gallery.shell import pieces_of, unfold
from engine.gallery.stage import stage_of
from engine.gallery.view import Stage
from engine.light.encode import read_lightmap
from engine.museum.schema import Museum
from engine.museum.store import read_museum

ROOT = Path(__file__).resolve().parents[1]
SIZE = (1200, 750)


def stage(museum: Museum, folder: Path) -> Stage:
    """A bundle ready to be painted."""
    assert museum.bundle is not None
    pieces = list(pieces_of(museum))
    light = {
        one.room: read_lightmap((folder / one.file).read_bytes(), one.scale)
        for one in museum.bundle.lightmaps
    }
    rooms, palette = unfold(museum, pieces), Palette(pieces)
    return stage_of(museum, pieces, rooms, palette, atlases(museum), light, folder)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "scenes", nargs="*", default=sorted(p.stem for p in ROOT.glob("scenes/*.json"))
    )
    parser.add_argument("--cache", type=Path, required=True)
    parser.add_argument("--works", type=int)
    parser.add_argument("--rooms", type=int)
    parser.add_argument("--bundles", type=Path, help="keep the bundles in this folder")
    asked = parser.parse_args()
    for name in asked.scenes:
        with tempfile.TemporaryDirectory() as spare:
            folder = (asked.bundles or Path(spare)) / name
            options = {"variations": 0, "count": asked.works, "rooms": asked.rooms}
            options = {key: value for key, value in options.items() if value is not None}
            build_gallery(ROOT / f"scenes/{name}.json", folder, options=options, cache=asked.cache)
            museum = read_museum(folder)
            world = stage(museum, folder)
            camera = best_rooms(museum, world)[0]
            picture = Image.fromarray(world.paint(camera, SIZE, samples=2))
            path = ROOT / f"docs/pictures/museum-{name}.webp"
            write_beside(path, lambda beside, p=picture: p.save(beside, quality=84, method=6))
            print(path)


if __name__ == "__main__":
    main()
