"""Paint a room of a built museum as its visitors see it: the pictures of README and docs.

    python tools/paint_museum.py BUNDLE --room room-02 --out docs/pictures/museum-court.jpg

Without --room the first room is painted. `--eye X Y Z --target X Y Z` choose the place.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from PIL import Image

from engine.gallery.contact import room_camera
from engine.gallery.labels import atlases
from engine.gallery.materials import Palette
from engine.gallery.shell import pieces_of, unfold
from engine.gallery.stage import stage_of
from engine.gallery.view import Camera, Stage
from engine.light.encode import read_lightmap
from engine.museum.schema import Museum
from engine.museum.store import read_museum


def staged(museum: Museum, folder: Path) -> Stage:
    """A written bundle, ready to be looked at."""
    pieces = list(pieces_of(museum))
    baked = museum.bundle.lightmaps if museum.bundle else ()
    lightmaps = {
        one.room: read_lightmap((folder / one.file).read_bytes(), one.scale) for one in baked
    }
    rooms, palette = unfold(museum, pieces), Palette(pieces)
    return stage_of(museum, pieces, rooms, palette, atlases(museum), lightmaps, folder)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("bundle", type=Path)
    parser.add_argument("--room")
    parser.add_argument("--eye", type=float, nargs=3)
    parser.add_argument("--target", type=float, nargs=3)
    parser.add_argument("--fov", type=float, default=75.0)
    parser.add_argument("--size", type=int, nargs=2, default=(1280, 720))
    parser.add_argument("--samples", type=int, default=2)
    parser.add_argument("--out", type=Path, required=True)
    given = parser.parse_args()
    museum = read_museum(given.bundle)
    stage = staged(museum, given.bundle)
    room = next(r for r in museum.rooms if given.room in (None, r.id))
    camera = room_camera(museum, room, stage)
    eye, target = given.eye or camera.eye, given.target or camera.target
    view = stage.paint(
        Camera(tuple(eye), tuple(target), given.fov), tuple(given.size), samples=given.samples
    )
    given.out.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(view).save(given.out, quality=88)


if __name__ == "__main__":
    main()
