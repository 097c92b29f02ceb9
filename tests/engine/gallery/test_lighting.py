"""A house is lit as museums are: walls beside works well lit, nothing burnt out, rooms alike."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import numpy as np
import pytest

from engine.errors import Cancelled, CannotTrace
from engine.gallery.fittings import fittings, sun
from engine.gallery.lighting import LEVEL, bake_rooms, light_rooms, surface_of
from engine.gallery.probe import Probe
from engine.gallery.shell import pieces_of, unfold
from engine.light.colour import luminance
from engine.light.encode import read_lightmap
from engine.light.lamps import Panel, Spot, Sun, spot
from engine.light.rays import ready
from engine.light.texels import texels
from engine.museum.plan import plan
from engine.museum.schema import Museum, Plinth, PlinthSlot, WallSlot
from engine.museum.spec import MuseumRequest, Source

NOWHERE = Path("nowhere")


@pytest.fixture(autouse=True)
def _rays() -> None:
    try:
        ready()
    except CannotTrace as error:
        pytest.skip(str(error))


@cache
def house(theme: str) -> Museum:
    """A few paintings in three rooms, without files: nothing that stands is in the way."""
    sources = (Source(kind="painting", share=1),)
    return plan(MuseumRequest(theme=theme, rooms=3, count=6, seed=1, sources=sources))


@cache
def lit(theme: str) -> dict[str, np.ndarray]:
    pieces = list(pieces_of(house(theme)))
    return dict(bake_rooms(house(theme), pieces, unfold(house(theme), pieces), NOWHERE))


def beside_works(theme: str) -> np.ndarray:
    """Luminance on walls 0.25 m beside frames."""
    museum = house(theme)
    pieces = list(pieces_of(museum))
    found = []
    for mesh in unfold(museum, pieces):
        grid = texels(surface_of(mesh))
        light = luminance(lit(theme)[mesh.room].reshape(-1, 3)[grid.pixel])
        for slot in museum.slots:
            if slot.room == mesh.room and isinstance(slot, WallSlot):
                angle = np.radians(slot.yaw)
                across = np.asarray([np.cos(angle), 0.0, -np.sin(angle)])
                ahead = np.asarray([np.sin(angle), 0.0, np.cos(angle)])
                for sign in (-1, 1):
                    out = sign * (slot.size[0] / 2 + slot.frame.width + 0.25)
                    far = np.linalg.norm(grid.point - slot.position - out * across, axis=1)
                    found.append(light[np.where(grid.flat @ ahead > 0.9, far, 9.0).argmin()])
    return np.asarray(found)


@pytest.mark.parametrize("theme", ["white_cube", "baroque_enfilade", "small_cabinet"])
def test_walls_beside_works_are_well_lit_and_hardly_anything_is_burnt_out(theme: str) -> None:
    beside = beside_works(theme)
    assert 0.35 < np.median(beside) < 0.8
    assert np.percentile(beside, 10) > 0.12
    for picture in lit(theme).values():
        assert np.isfinite(picture).all()
        assert (0.9 * picture.max(2) > 1.0).mean() < 0.05  # as white plaster shows it


def test_screening_rooms_are_darker_than_galleries() -> None:
    dark = house("night_cinema")
    rooms = {room.id for room in dark.rooms if room.kind == "dark"}
    assert max(np.median(luminance(lit("night_cinema")[name])) for name in rooms) < 0.6 * LEVEL


def test_lightmaps_are_written_as_the_museum_says_and_come_back(tmp_path: Path) -> None:
    museum = house("white_cube")
    pieces = list(pieces_of(museum))
    written = light_rooms(museum, pieces, unfold(museum, pieces), tmp_path)
    assert [entry.room for entry in written] == [room.id for room in museum.rooms]
    for entry in written:
        read = read_lightmap((tmp_path / entry.file).read_bytes(), entry.scale)
        want = np.minimum(lit("white_cube")[entry.room], entry.scale)
        assert read == pytest.approx(want, abs=0.012 * entry.scale)


def test_a_bake_can_be_stopped(tmp_path: Path) -> None:
    def stop(_done: int, _total: int) -> None:
        raise Cancelled("Stopped")

    museum = house("white_cube")
    pieces = list(pieces_of(museum))
    with pytest.raises(Cancelled):
        light_rooms(museum, pieces, unfold(museum, pieces), tmp_path, on_progress=stop)
    assert not list(tmp_path.iterdir())


def test_works_take_the_light_that_is_baked_where_they_are() -> None:
    museum = house("white_cube")
    mesh = unfold(museum, list(pieces_of(museum)))[0]
    even = np.full((*mesh.size[::-1], 3), 0.5, np.float32)
    probe = Probe(mesh, even)
    slot = next(s for s in museum.slots if isinstance(s, WallSlot) and s.room == mesh.room)
    assert probe.on_picture(slot) == pytest.approx(np.full_like(probe.on_picture(slot), 0.5))
    stand = PlinthSlot(
        id="p", room=mesh.room, works=slot.works, yaw=0, stand=slot.stand,
        position=(*slot.position[:1], 1.0, slot.position[2]), size=(0.4, 0.4, 0.4),
        plinth=Plinth(shape="box", size=(0.5, 1, 0.5), material=slot.frame.material),
    )  # fmt: skip
    lamp = spot(np.asarray(stand.position) + (0, 2, 0), np.asarray(stand.position), 3000, 500, 60)
    dimmed = probe.dimmed(lamp, stand, np.full(3, 0.2))
    share = lamp.irradiance(np.asarray([stand.position]), np.asarray([[0.0, 1.0, 0.0]]))[0]
    assert 0.25 < dimmed.power[0] * share / np.pi < 0.5  # the rest is ambient


def test_every_fixture_shines_where_its_glass_is() -> None:
    museum = house("baroque_enfilade")
    lamps = list(fittings(museum))
    spots = [f.lamp for f in lamps if isinstance(f.lamp, Spot) and f.lamp.outer > -1]
    assert len(spots) == sum(light.kind == "spot" for light in museum.lights)
    for panel in (f.lamp for f in lamps if isinstance(f.lamp, Panel)):
        assert panel.normal[1] < 0.99  # nothing hangs that shines upwards only


def test_the_sun_shines_on_courts_by_day_alone() -> None:
    court, cinema = house("sculpture_court"), house("night_cinema")
    suns = [fixture for fixture in fittings(court) if isinstance(fixture.lamp, Sun)]
    open_rooms = {i for i, room in enumerate(court.rooms) if room.open_to_sky}
    assert open_rooms <= set(suns[0].reach)
    assert sun(cinema) is None
