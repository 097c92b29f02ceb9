"""Pictures of the scenes for the docs: a smaller edition of each is built, and a room of it painted.

    python tools/museum_pictures.py --cache CACHE [--bundles FOLDER] [SCENE ...]
    python tools/museum_pictures.py --cache CACHE --bundles FOLDER --proofs FOLDER

Works come from the models that ship, and are kept in the cache. With `--proofs` every room is painted
in small from all its corners instead, to choose the view in `EDITIONS` from.
"""

from __future__ import annotations

import argparse
import tempfile
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
from PIL import Image

from engine.assets.sheet import contact_sheet
from engine.files import write_beside
from engine.gallery.contact import best_rooms, cameras_of
from engine.gallery.labels import atlases
from engine.gallery.make import build_gallery
from engine.gallery.materials import Palette
from engine.gallery.shell import pieces_of, unfold
from engine.gallery.stage import stage_of
from engine.gallery.view import Camera, Stage
from engine.light.encode import read_lightmap
from engine.museum.schema import Museum
from engine.museum.store import read_museum

ROOT = Path(__file__).resolve().parents[1]
SIZE, PROOF = (1200, 750), (320, 200)


@dataclass(frozen=True)
class Edition:
    """How much of a scene is built, and from where it is painted.

    Attributes:
        view: room and corner, as `--proofs` numbers them from 0; None for the best that is found.
        fov: degrees, of the longer side.
    """

    works: int
    rooms: int
    view: tuple[int, int] | None = None
    fov: float = 72.0


EDITIONS = {
    "white_cube": Edition(works=14, rooms=3, view=(0, 1)),
    "baroque_enfilade": Edition(works=14, rooms=3, view=(1, 1)),
    "brick_warehouse": Edition(works=14, rooms=2, view=(0, 4)),
    "night_cinema": Edition(works=12, rooms=2, view=(1, 0)),
    "sculpture_court": Edition(works=14, rooms=4, view=(3, 0), fov=86.0),
    "small_cabinet": Edition(works=16, rooms=2),
}


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


def built(name: str, folder: Path, cache: Path) -> Museum:
    """The smaller edition of a scene in `folder`, built if it is not there yet."""
    if not (folder / "museum.json").exists():
        edition = EDITIONS[name]
        options = {"variations": 0, "count": edition.works, "rooms": edition.rooms}
        scene = ROOT / f"scenes/{name}.json"
        build_gallery(scene, folder, options=options, cache=cache, contact=False)
    return read_museum(folder)


def chosen(museum: Museum, world: Stage, edition: Edition) -> Camera:
    if edition.view is None:
        return best_rooms(museum, world)[0]
    room, corner = edition.view
    camera = cameras_of(museum, museum.rooms[room])[corner]
    return Camera(camera.eye, camera.target, edition.fov)


def proofs(museum: Museum, world: Stage) -> np.ndarray:
    """Every room from every place, with the numbers that `Edition.view` takes."""
    views, names = [], []
    for number, room in enumerate(museum.rooms):
        for corner, camera in enumerate(cameras_of(museum, room)):
            views.append(world.paint(camera, PROOF, samples=1))
            names.append(f"{number}, {corner}")
    return contact_sheet(views, 4, names)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("scenes", nargs="*", default=list(EDITIONS), metavar="SCENE")
    parser.add_argument("--cache", type=Path, required=True, help="keeps works that were made")
    parser.add_argument("--bundles", type=Path, help="keep the bundles in this folder")
    parser.add_argument("--proofs", type=Path, help="paint all rooms in small into this folder")
    asked = parser.parse_args()
    for name in asked.scenes:
        with tempfile.TemporaryDirectory() as spare:
            folder = (asked.bundles or Path(spare)) / name
            museum = built(name, folder, asked.cache)
            world = stage(museum, folder)
            if asked.proofs:
                path = asked.proofs / f"{name}.png"
                picture = Image.fromarray(proofs(museum, world))
            else:
                path = ROOT / f"docs/pictures/museum-{name}.webp"
                camera = chosen(museum, world, EDITIONS[name])
                picture = Image.fromarray(world.paint(camera, SIZE, samples=2))
            write_beside(path, partial(picture.save, quality=86, method=6))
            print(path)


if __name__ == "__main__":
    main()
