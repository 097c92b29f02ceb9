"""Light that makes sense: a spot on every work, and what the ceiling gives."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from engine.light.lamps import solid_angle
from engine.museum.layout import Rect
from engine.museum.schema import AnySlot, Light, ScreenSlot, WallSlot
from engine.museum.solids import axes
from engine.museum.themes import Theme

SPOT_ANGLE = 30.0  # degrees from the vertical: lights a picture without glare or long shadows
LUX = 200.0  # on works, as museums light paintings; a theme's accent multiplies it
_PER_AREA = {"skylight": 900.0, "cove": 350.0, "strip": 250.0, "pendant": 220.0}  # lumens / m²


def spot(slot: AnySlot, height: float, inner: Rect, theme: Theme) -> Light | None:
    """The spot of a slot, on the ceiling in front of it; screens shine themselves."""
    if isinstance(slot, ScreenSlot):
        return None
    _, ahead = axes(slot.yaw)
    x, y, z = slot.position
    middle = y if isinstance(slot, WallSlot) else y + slot.size[1] / 2
    lamp = min(height - 0.15, middle + 4.0)
    out = max(0.5, (lamp - middle) * np.tan(np.radians(SPOT_ANGLE)))
    place = [x + out * ahead[0], z + out * ahead[1]]
    place[0] = float(np.clip(place[0], inner.x0 + 0.2, inner.x1 - 0.2))
    place[1] = float(np.clip(place[1], inner.z0 + 0.2, inner.z1 - 0.2))
    wide = float(np.hypot(slot.size[0], slot.size[1]))
    reach = float(np.hypot(lamp - middle, out))
    cone = float(np.clip(2.2 * np.degrees(np.arctan(wide / 2 / reach)), 20.0, 90.0))
    # A wall is met at a slant: the beam has to be stronger by that, and weaker on what stands.
    slant = np.sin(np.radians(SPOT_ANGLE)) if isinstance(slot, WallSlot) else 0.85
    lumens = LUX * theme.light.accent * reach * reach * solid_angle(cone) / slant
    return Light(
        id=f"spot-{slot.id}",
        room=slot.room,
        kind="spot",
        position=(round(place[0], 3), round(lamp, 3), round(place[1], 3)),
        target=(x, round(middle, 3), z),
        kelvin=theme.light.kelvin,
        lumens=round(lumens, 0),
        cone=round(cone, 1),
        slot=slot.id,
    )


def ceiling_lights(
    room: str, inner: Rect, height: float, theme: Theme, *, first: bool
) -> Iterator[Light]:
    """Skylights, coves, pendants and strips of a room, sized by its floor."""
    (cx, cz), area = inner.center, inner.width * inner.depth
    for kind in theme.light.first if first else theme.light.kinds:
        lumens = _PER_AREA[kind] * area * max(theme.light.ambient, 0.1)
        if kind in ("skylight", "cove"):
            share = 0.5 if kind == "skylight" else 0.86
            places, size = [(cx, cz)], (inner.width * share, inner.depth * share)
        elif kind == "strip":
            wide = inner.width >= inner.depth
            rows = max(1, round(min(inner.width, inner.depth) / 3.5))
            shares = [(i + 0.5) / rows for i in range(rows)]
            places = [
                (cx, inner.z0 + s * inner.depth) if wide else (inner.x0 + s * inner.width, cz)
                for s in shares
            ]
            size = (0.8 * inner.width, 0.08) if wide else (0.08, 0.8 * inner.depth)
        else:
            across, down = (max(1, round(side / 6.0)) for side in (inner.width, inner.depth))
            places = [
                (
                    inner.x0 + (i + 0.5) / across * inner.width,
                    inner.z0 + (j + 0.5) / down * inner.depth,
                )
                for j in range(down)
                for i in range(across)
            ]
            size = (0.6, 0.6)
        drop = max(0.9, 0.3 * height) if kind == "pendant" else 0.02
        for i, (x, z) in enumerate(places):
            yield Light(
                id=f"{room}-{kind}-{i + 1}",
                room=room,
                kind=kind,
                position=(round(x, 3), round(max(height - drop, 2.2), 3), round(z, 3)),
                size=(round(size[0], 3), round(size[1], 3)),
                kelvin=theme.light.daylight if kind == "skylight" else theme.light.kelvin,
                lumens=round(lumens / len(places), 0),
                cone=180.0,
            )
