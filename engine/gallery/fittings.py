"""What shines in a museum, as lamps that can be traced: fixtures, screens, sky and sun."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from engine.gallery.ceilings import SHAFT, TRAY
from engine.light.bake import Fixture
from engine.light.colour import hex_to_linear, kelvin_to_rgb, luminance
from engine.light.lamps import LUMENS_PER_UNIT, Lamp, Panel, Sky, Spot, Sun, panel, spot
from engine.museum.schema import Light, Museum, ScreenSlot
from engine.museum.solids import axes

CHANDELIER = 4.5  # metres: rooms this high have one where lower ones have a shade
_SCREEN = 1.3  # radiance of a white screen, where a white wall in good light has about 0.6
_UPWARDS = 0.15  # of a pendant's light that its shade lets through to the ceiling
_SKY = 0.9
_SUN = 1.1  # look of a white ground in the sun alone
_DAY = 0.05  # luminance of the zenith, below which it is night
_GROUND = np.asarray([0.24, 0.22, 0.18])


def fittings(museum: Museum) -> Iterator[Fixture]:
    """Every lamp of the house, for the room that it hangs in; the sun for courts and beside them.

    Rooms are numbered as in the file.
    """
    number = {room.id: i for i, room in enumerate(museum.rooms)}
    heights = {room.id: room.height for room in museum.rooms}
    for light in museum.lights:
        for lamp in lamps_of(light, heights[light.room]):
            yield Fixture(lamp, (number[light.room],))
    colours = {work.id: work.colours for work in museum.works}
    for slot in museum.slots:
        if isinstance(slot, ScreenSlot):
            yield Fixture(_screen(slot, colours[slot.works[0]]), (number[slot.room],))
    lit = _under_the_sky(museum)
    if lit and (star := sun(museum)):
        yield Fixture(star, tuple(sorted(number[name] for name in lit)))


def lamps_of(light: Light, height: float) -> list[Lamp]:
    """One fixture of the file as lamps that lie where the builder puts its glass.

    Args:
        height: of the room.
    """
    place = np.asarray(light.position)
    if light.kind == "spot":
        target = np.asarray(light.target if light.target else place - (0, 1, 0))
        return [spot(place, target, light.kelvin, light.lumens, light.cone)]
    width, depth = light.size or (0.5, 0.5)
    x, z = np.asarray([width / 2, 0, 0]), np.asarray([0, 0, depth / 2])
    if light.kind == "skylight":
        place = np.asarray([place[0], height + SHAFT - 0.01, place[2]])
        return [panel(place, x, z, light.kelvin, light.lumens)]
    if light.kind == "cove":
        return list(_cove(light, place, height + TRAY, width, depth))
    if light.kind == "pendant" and height > CHANDELIER:
        power = light.lumens / (4 * np.pi * LUMENS_PER_UNIT) * kelvin_to_rgb(light.kelvin)
        middle = place + (0.0, 0.2, 0.0)
        return [Spot(middle, np.asarray([0.0, -1.0, 0.0]), power, -2.0, -3.0, 0.45 * width)]
    if light.kind == "pendant":
        up = panel(place + (0, 0.32, 0), z, x, light.kelvin, _UPWARDS * light.lumens)
        down = panel(place - (0, 0.02, 0), x, z, light.kelvin, (1 - _UPWARDS) * light.lumens)
        return [down, up]
    return [panel(place - (0, 0.004, 0), x, z, light.kelvin, light.lumens)]


def _cove(
    light: Light, place: np.ndarray, top: float, width: float, depth: float
) -> Iterator[Panel]:
    """Tubes along the four sides of a tray in the ceiling: down into the room and in to the tray."""
    around = 2 * (width + depth)
    for axis, long, far in ((0, width, depth), (2, depth, width)):
        along = np.zeros(3)
        along[axis] = long / 2 - 0.05
        for side in (-1.0, 1.0):
            inward = np.zeros(3)
            inward[2 - axis] = -side
            middle = np.asarray([place[0], top - 0.052, place[2]]) - inward * (far / 2 - 0.055)
            share = light.lumens * long / around
            for shine, across, part in (
                (np.asarray([0.0, -1.0, 0.0]), inward * 0.035, 0.6),
                (inward, np.asarray([0.0, 0.025, 0.0]), 0.4),
            ):
                start = middle + (inward * 0.037 + (0, 0.025, 0) if shine[1] == 0 else 0)
                turned = np.cross(along, across) @ shine
                one, other = (along, across) if turned > 0 else (across, along)
                yield panel(start, one, other, light.kelvin, share * part)


def _screen(slot: ScreenSlot, colours: tuple[str, ...]) -> Panel:
    """What a screen sheds on its room: the mean colour of its first clip, never quite dark."""
    across, ahead = axes(slot.yaw)
    shown = [hex_to_linear(colour) for colour in colours] or [np.asarray([0.24, 0.3, 0.4])]
    mean = np.mean(shown, axis=0) + 0.08
    right = np.asarray([across[0], 0.0, across[1]]) * slot.size[0] / 2
    up = np.asarray([0.0, slot.size[1] / 2, 0.0])
    out = np.asarray([ahead[0], 0.0, ahead[1]])
    middle = np.asarray(slot.position) + (slot.depth + 0.005) * out
    one, other = (right, up) if np.cross(right, up) @ out > 0 else (up, right)
    return Panel(middle, one, other, (_SCREEN * mean).astype(np.float32))


def sky(museum: Museum) -> Sky:
    """The sky of the theme."""
    horizon, zenith = (hex_to_linear(colour) * _SKY for colour in museum.style.sky)
    return Sky(horizon, zenith, _GROUND * luminance(horizon))


def sun(museum: Museum) -> Sun | None:
    """The sun of a day with a bright sky: from the south-west or south-east, by the seed."""
    if luminance(hex_to_linear(museum.style.sky[1])) < _DAY:
        return None
    turn = np.radians(35.0 + 20.0 * (museum.seed % 3)) * (-1 if museum.seed % 2 else 1)
    rise = np.radians(48.0)
    towards = np.asarray([np.cos(rise) * np.sin(turn), np.sin(rise), np.cos(rise) * np.cos(turn)])
    power = np.pi * _SUN / np.sin(rise) * kelvin_to_rgb(5000)
    return Sun(towards, power)


def _under_the_sky(museum: Museum) -> set[str]:
    """Rooms without a ceiling, and those with a door to one or to the outside."""
    open_rooms = {room.id for room in museum.rooms if room.open_to_sky}
    lit = set(open_rooms)
    for door in museum.doors:
        one, other = door.rooms
        if other is None or other in open_rooms:
            lit.add(one)
        if one in open_rooms and other is not None:
            lit.add(other)
    return lit
