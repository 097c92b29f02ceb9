"""A small museum for the page's tests: pictures, bodies, films and a sound, made here in seconds."""

from __future__ import annotations

import io
import shutil
import wave
from pathlib import Path

import numpy as np
import trimesh
from PIL import Image

from engine.gallery.build import build
from engine.museum.plan import plan
from engine.museum.schema import Museum, Sound, Variation
from engine.museum.spec import MuseumRequest

FILM = Path(__file__).with_name("film.mp4")


def picture(number: int, size: tuple[int, int] = (480, 600)) -> Image.Image:
    """Waves of colour; each number its own."""
    draw = np.random.default_rng(number)
    y, x = np.mgrid[0 : size[1], 0 : size[0]] / max(size)
    value = np.stack(
        [np.sin(draw.uniform(2, 14) * x + draw.uniform(2, 14) * y + i) for i in range(3)], -1
    )
    return Image.fromarray((127 + 110 * value).astype(np.uint8))


def write_works(folder: Path) -> None:
    """Files of the visitor's own: own/*.png, *.glb, *.mp4, *.wav."""
    own = folder / "own"
    own.mkdir(parents=True)
    for i in range(16):
        picture(i).save(own / f"picture-{i}.png")
    for i in range(3):
        body = trimesh.creation.icosphere(subdivisions=3, radius=0.3)
        body.vertices *= 1 + 0.25 * np.sin(7 * body.vertices[:, [1, 2, 0]] + i)
        body.visual = trimesh.visual.ColorVisuals(body, vertex_colors=[180, 150 - 30 * i, 120, 255])
        (own / f"body-{i}.glb").write_bytes(body.export(file_type="glb"))
    for i in range(2):
        shutil.copy(FILM, own / f"film-{i}.mp4")
    tone = (3000 * np.sin(np.arange(8000) * 2 * np.pi * 220 / 8000)).astype("<i2")
    data = io.BytesIO()
    with wave.open(data, "wb") as out:
        out.setparams((1, 2, 8000, 0, "NONE", ""))
        out.writeframes(tone.tobytes())
    (folder / "media").mkdir()
    (folder / "media" / "tone.wav").write_bytes(data.getvalue())


def exhibition(folder: Path, *, theme: str = "white_cube", rooms: int = 3) -> Museum:
    """Build the bundle into `folder`: 16 pictures, 3 bodies, 2 films, a sound in the first room."""
    write_works(folder)
    works = [
        {
            "kind": "painting",
            "title": f"Waves {i}",
            "file": f"own/picture-{i}.png",
            "size": (0.8, 1.0),
            "alt": f"Waves of colour, number {i}.",
            "author": "A test",
        }
        for i in range(16)
    ]
    works += [
        {
            "kind": "sculpture",
            "title": f"Body {i}",
            "file": f"own/body-{i}.glb",
            "size": (0.6, 0.7, 0.6),
        }
        for i in range(3)
    ]
    works += [
        {
            "kind": "video",
            "title": f"Film {i}",
            "file": f"own/film-{i}.mp4",
            "size": (1.6, 0.9),
            "alt": "Colours drift.",
        }
        for i in range(2)
    ]
    request = MuseumRequest.parse(
        {"theme": theme, "rooms": rooms, "count": 0, "works": works, "seed": 4}
    )
    museum = plan(request)
    sound = Sound(
        id="sound-1", room=museum.rooms[0].id, file="media/tone.wav", caption="A low tone."
    )
    museum = museum.model_copy(update={"sounds": (sound,)})
    return with_versions(build(museum, folder, files=folder).museum, folder)


def with_versions(museum: Museum, folder: Path) -> Museum:
    """Give the first painting a version to switch to."""
    from engine.museum.store import write_museum

    first, other = [work for work in museum.works if work.kind == "painting"][:2]
    version = Variation(
        id=f"{first.id}-v1", title="Waves anew", file=other.file, origin=first.origin
    )
    works = tuple(
        work.model_copy(update={"variations": (version,)}) if work.id == first.id else work
        for work in museum.works
    )
    museum = museum.model_copy(update={"works": works})
    write_museum(museum, folder)
    return museum
