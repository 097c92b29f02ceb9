"""Baked light at places in a room, for works, which have no lightmap of their own."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from scipy.spatial import cKDTree

from engine.gallery.charts import upright
from engine.gallery.furniture import picture_offset
from engine.gallery.lighting import surface_of
from engine.gallery.shell import RoomMesh
from engine.light.lamps import Spot
from engine.light.texels import texels
from engine.museum.schema import FloorSlot, PlinthSlot, ScreenSlot, WallSlot

_APART = 10.0  # metres that a normal turned by a right angle counts as
_CELLS = 24  # along the longer side of a picture, at most


class Probe:
    """Light of one room, wherever its surfaces are."""

    def __init__(self, mesh: RoomMesh, lightmap: np.ndarray) -> None:
        """Index the texels of an (H, W, 3) lightmap by their places and normals."""
        grid = texels(surface_of(mesh))
        self._light = lightmap.reshape(-1, 3)[grid.pixel]
        self._tree = cKDTree(np.concatenate([grid.point, _APART * grid.flat], axis=1))

    def at(self, points: np.ndarray, facing: np.ndarray) -> np.ndarray:
        """(K, 3) light on the surfaces nearest to (K, 3) points that look along (3,) `facing`."""
        wanted = np.concatenate([points, np.broadcast_to(_APART * facing, points.shape)], axis=1)
        return np.asarray(self._light[self._tree.query(wanted, k=3)[1]].mean(1), np.float32)

    def on_picture(self, slot: WallSlot | ScreenSlot) -> np.ndarray:
        """(h, w, 3) light on a picture, a few texels to each side: that of its backing."""
        plane = upright(slot.position, slot.yaw)
        steps = np.asarray(slot.size) * _CELLS / max(slot.size)
        wide, high = (max(2, round(float(step))) for step in steps)
        x = ((np.arange(wide) + 0.5) / wide - 0.5) * slot.size[0]
        y = (0.5 - (np.arange(high) + 0.5) / high) * slot.size[1]
        points = np.stack(np.meshgrid(x, y), axis=2).reshape(-1, 2)
        light = self.at(plane.place(points, picture_offset(slot)), plane.out)
        return light.reshape(high, wide, 3)

    def dimmed(self, lamp: Spot, slot: PlinthSlot | FloorSlot, ambient: np.ndarray) -> Spot:
        """The spot on a work that stands, as bright as it is baked on what the work stands on."""
        reach = 0.45 * min(slot.size[0], slot.size[2]) + (0.35 if slot.kind == "floor" else 0.0)
        if isinstance(slot, PlinthSlot):
            reach = 0.45 * min(slot.plinth.size[0], slot.plinth.size[2])
        around = np.asarray([(1, 0, 1), (1, 0, -1), (-1, 0, 1), (-1, 0, -1)], float)
        points = np.asarray(slot.position) + reach * around
        up = np.asarray([0.0, 1.0, 0.0])
        found = self.at(points, up)
        share = lamp.irradiance(points, np.broadcast_to(up, points.shape)).mean() / np.pi
        power = np.maximum(found.mean(0) - ambient, 0.0) / max(float(share), 1e-4)
        return replace(lamp, power=np.minimum(power, 2 * power.mean() + 1e-6))
