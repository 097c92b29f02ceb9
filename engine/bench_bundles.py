"""Bundles of stand-ins: the true house around copies of one picture and one body, in a second or two.

What is checked and counted of a bundle does not depend on what works show, nor on how light it is.
"""

from __future__ import annotations

import io
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
from PIL import Image

from engine.bench import Figure
from engine.files import write_bytes
from engine.gallery.budget import BUDGETS, worst_view
from engine.gallery.charts import ground, turned
from engine.gallery.check import check_bundle
from engine.gallery.far import far_glb, far_name
from engine.gallery.gltf import Glb, Surface
from engine.gallery.labels import atlases
from engine.gallery.materials import Palette
from engine.gallery.shell import pieces_of, shell_glb, unfold
from engine.gallery.solid import standing
from engine.gallery.sources import settled
from engine.gallery.works import spaces
from engine.museum.chance import stream
from engine.museum.check import check
from engine.museum.parts import Made
from engine.museum.plan import plan
from engine.museum.schema import Bundle, Lightmap, Museum, Work
from engine.museum.spec import MuseumRequest
from engine.museum.store import write_museum
from engine.museum.themes import theme_names
from engine.zoo.card import names

GROWTH = (10, 30, 100, 300, 1_000)
"""Works of the houses whose worst views are counted."""


def thing(rng: np.random.Generator) -> bytes:
    """A turned body of 3,000 triangles or so with a texture of 512 pixels."""
    heights = np.linspace(0.0, 1.0, 24)
    radii = 0.15 + 0.2 * rng.random(24)
    radii[-1] = 0.0
    chart = turned(ground(), np.stack([radii, heights], 1), 64)
    data = io.BytesIO()
    colours = rng.integers(0, 255, (16, 16, 3)).astype(np.uint8)
    Image.fromarray(colours).resize((512, 512)).save(data, "PNG")
    glb = Glb("thing")
    texture = glb.image("thing", data.getvalue(), "image/png")
    look = {"baseColorTexture": {"index": texture}, "metallicFactor": 0.0}
    material = glb.material("thing", {"pbrMetallicRoughness": look})
    attributes = {"POSITION": chart.positions, "NORMAL": chart.normals, "TEXCOORD_0": chart.uv}
    glb.node("thing", {}, [Surface(attributes, chart.faces, material)])
    return glb.data()


@dataclass(frozen=True)
class StandIns:
    """What hangs and stands everywhere: made once."""

    @cached_property
    def body(self) -> bytes:
        return thing(stream(0, "stand-in"))

    @cached_property
    def far(self) -> bytes:
        return far_glb(self.body, "stand-in")

    @cached_property
    def pictures(self) -> tuple[bytes, bytes]:
        """Large and small, grey."""
        return _grey("WEBP", 1024, 1024), _grey("WEBP", 256, 256)

    def bundle(self, museum: Museum, folder: Path) -> Museum:
        """Write a bundle of a planned museum without its own works and light."""
        room_for = spaces(museum)
        works = tuple(self._put(work, *room_for[work.id], folder) for work in museum.works)
        museum = museum.model_copy(update={"works": works})
        pieces = list(pieces_of(museum))
        rooms = unfold(museum, pieces)
        shell = shell_glb(museum, pieces, rooms, Palette(pieces), atlases(museum))
        write_bytes(folder / "shell.glb", shell)
        lightmaps = []
        for mesh in rooms:
            file = f"lightmaps/{mesh.room}.png"
            write_bytes(folder / file, _grey("PNG", *mesh.size))
            lightmaps.append(Lightmap(room=mesh.room, file=file, scale=1.0))
        museum = museum.model_copy(update={"bundle": Bundle(lightmaps=tuple(lightmaps))})
        write_museum(museum, folder)
        return museum

    def _put(self, work: Work, hangs: bool, room: tuple[float, float, float], folder: Path) -> Work:
        origin = work.origin
        if isinstance(origin, Made):
            origin = origin.model_copy(update={"weights_sha256": "0" * 64})
        update = {"origin": origin, "variations": ()}
        if hangs:
            file = f"works/{work.id}.webp"
            for name, data in zip((file, f"works/{work.id}.256.webp"), self.pictures, strict=True):
                write_bytes(folder / name, data)
            return work.model_copy(update={**update, "file": file})
        file = f"works/{work.id}.glb"
        data, size = standing(self.body, work.id, room)
        write_bytes(folder / file, data)
        write_bytes(folder / far_name(file), standing(self.far, work.id, room)[0])
        return work.model_copy(update={**update, "file": file, "size": size})


def _grey(kind: str, width: int, height: int) -> bytes:
    data = io.BytesIO()
    Image.new("RGB", (width, height), (188, 188, 188)).save(data, kind)
    return data.getvalue()


def planned(theme: str, count: int, seed: int) -> Museum:
    """A plan of works that can be made."""
    return plan(settled(MuseumRequest(theme=theme, count=count, seed=seed), names())[0])


def check_bundles(seeds: int, most: int) -> Iterator[Figure]:
    """Faults of written bundles, of the plan and of the files: nothing is the bar.

    Args:
        seeds: bundles of each theme. most: works in each, at most.
    """
    stock = StandIns()
    for theme in theme_names():
        faults = 0
        for seed in range(seeds):
            count = int(stream(seed, "bench", theme).integers(1, most + 1))
            with tempfile.TemporaryDirectory() as folder:
                museum = stock.bundle(planned(theme, count, seed), Path(folder))
                faults += len(check(museum)) + len(check_bundle(museum, Path(folder)))
        yield Figure(f"{theme}: faults in {seeds} bundles", "", (float(faults),), bar=0.0)


def growth(theme: str, counts: tuple[int, ...] = GROWTH) -> Iterator[Figure]:
    """What the worst view costs in houses of more and more works, against a Quest 3's budget."""
    stock = StandIns()
    draws, triangles, memory = BUDGETS["quest3"]
    for count in counts:
        with tempfile.TemporaryDirectory() as folder:
            museum = stock.bundle(planned(theme, count, 1), Path(folder))
            worst = worst_view(museum, Path(folder))
        name = f"{theme}: {count} works in {len(museum.rooms)} rooms"
        yield Figure(f"{name}: draw calls", "", (float(worst.draws),), bar=draws)
        yield Figure(f"{name}: triangles", "", (float(worst.triangles),), bar=triangles)
        yield Figure(f"{name}: textures", "MiB", (worst.texture_mib,), bar=memory)
