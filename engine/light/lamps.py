"""Lamps: how bright a point would be if nothing stood in the way, and where on a lamp to look."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from engine.light.colour import kelvin_to_rgb

LUMENS_PER_UNIT = 683.0 / 3.0
"""Irradiance 1 is some 230 lux, what a museum gives a painting; exposure does the rest."""
_INNER = 0.1  # of the half cone: as bright as the axis up to here
_FAR = 500.0  # metres


@dataclass(frozen=True)
class Spot:
    """A small round lamp with a cone.

    Attributes:
        place: (3,) metres. axis: (3,) unit vector of its beam.
        power: (3,) irradiance on the axis at 1 m, linear RGB.
        inner, outer: cosines; full inside `inner`, nothing outside `outer`, smooth between. Both
            below -1: it shines all round.
        lens: metres, its radius.
    """

    place: np.ndarray
    axis: np.ndarray
    power: np.ndarray
    inner: float
    outer: float
    lens: float = 0.035

    def irradiance(self, points: np.ndarray, normals: np.ndarray) -> np.ndarray:
        """(K,) share of `power` at (K, 3) points with (K, 3) unit normals, unless hidden."""
        way = self.place - points
        squared = np.maximum(np.einsum("ij,ij->i", way, way), 1e-4)
        far = np.sqrt(squared)
        facing = np.einsum("ij,ij->i", way, normals) / far
        cosine = -(way @ self.axis) / far
        return np.maximum(facing, 0.0) * beam(cosine, self.inner, self.outer) / squared

    def samples(self, points: np.ndarray, jitter: np.ndarray) -> np.ndarray:
        """(K, 3) points on its lens for (K, 2) numbers in [0, 1)."""
        return self.place + self.lens * _disc(self.axis, jitter)


@dataclass(frozen=True)
class Panel:
    """A shining rectangle, equally bright from all sides in front of it.

    Attributes:
        middle: (3,) metres. right, up: (3,) from its middle to the middles of two sides; it
            shines along right × up. radiance: (3,) linear RGB.
    """

    middle: np.ndarray
    right: np.ndarray
    up: np.ndarray
    radiance: np.ndarray

    @property
    def normal(self) -> np.ndarray:
        """(3,) unit vector that it shines along."""
        across = np.cross(self.right, self.up)
        return across / np.linalg.norm(across)

    def irradiance(self, points: np.ndarray, normals: np.ndarray) -> np.ndarray:
        """(K,) share of `radiance` at (K, 3) points with (K, 3) unit normals, unless hidden.

        Lambert's formula for a polygon, cut off at the horizon of the receiver: exact at any
        distance, so that no noise is left where nothing is in the way.
        """
        corners = np.stack(
            [
                self.middle + a * self.right + b * self.up
                for a, b in ((-1, -1), (-1, 1), (1, 1), (1, -1))
            ]
        )
        before = (points - self.middle) @ self.normal > 1e-5
        return np.where(before, _polygon(corners, points, normals), 0.0)

    def samples(self, points: np.ndarray, jitter: np.ndarray) -> np.ndarray:
        """(K, 3) points on it for (K, 2) numbers in [0, 1)."""
        signed = 2.0 * jitter - 1.0
        return self.middle + signed[:, :1] * self.right + signed[:, 1:] * self.up


@dataclass(frozen=True)
class Sun:
    """Light from very far away.

    Attributes:
        towards: (3,) unit vector to it. power: (3,) irradiance of what faces it, linear RGB.
        radius: half of the angle that it spans, in radians; haze makes it wider than the real one.
    """

    towards: np.ndarray
    power: np.ndarray
    radius: float = 0.02

    def irradiance(self, points: np.ndarray, normals: np.ndarray) -> np.ndarray:
        """(K,) share of `power` on (K, 3) unit normals, unless hidden."""
        return np.maximum(normals @ self.towards, 0.0)

    def samples(self, points: np.ndarray, jitter: np.ndarray) -> np.ndarray:
        """(K, 3) places beyond every roof for (K, 2) numbers in [0, 1)."""
        return points + _FAR * (self.towards + self.radius * _disc(self.towards, jitter))


Lamp = Spot | Panel | Sun


@dataclass(frozen=True)
class Sky:
    """What rays see that leave the house: (3,) linear radiance at the horizon and overhead."""

    horizon: np.ndarray
    zenith: np.ndarray
    ground: np.ndarray

    def radiance(self, directions: np.ndarray) -> np.ndarray:
        """(K, 3) linear RGB along (K, 3) unit directions; below the horizon, that of the ground."""
        rise = np.sqrt(np.clip(directions[:, 1:2], 0.0, 1.0))
        above = self.horizon + (self.zenith - self.horizon) * rise
        return np.where(directions[:, 1:2] < 0, self.ground, above).astype(np.float32)


NIGHT = Sky(np.zeros(3), np.zeros(3), np.zeros(3))


def spot(place: np.ndarray, target: np.ndarray, kelvin: float, lumens: float, cone: float) -> Spot:
    """A spot that sends `lumens` through a full cone of `cone` degrees towards `target`."""
    axis = np.asarray(target, np.float64) - place
    axis = axis / np.linalg.norm(axis)
    half = np.radians(cone) / 2
    inner, outer = float(np.cos(_INNER * half)), float(np.cos(half))
    power = lumens / LUMENS_PER_UNIT / solid_angle(cone) * kelvin_to_rgb(kelvin)
    return Spot(np.asarray(place, np.float64), axis, power, inner, outer)


def solid_angle(cone: float) -> float:
    """Steradians that a cone of `cone` degrees would have if it were equally bright."""
    half = np.radians(cone) / 2
    inner, outer = np.cos(_INNER * half), np.cos(half)
    # The smooth step's mean over the cosine between the two is one half, by its symmetry.
    return float(2 * np.pi * ((1 - inner) + 0.5 * (inner - outer)))


def panel(
    middle: np.ndarray, right: np.ndarray, up: np.ndarray, kelvin: float, lumens: float
) -> Panel:
    """A panel that sends out `lumens` in all: radiance × π × area, in our unit."""
    right, up = np.asarray(right, np.float64), np.asarray(up, np.float64)
    area = 4 * float(np.linalg.norm(np.cross(right, up)))
    radiance = lumens / LUMENS_PER_UNIT / (np.pi * area) * kelvin_to_rgb(kelvin)
    return Panel(np.asarray(middle, np.float64), right, up, radiance)


def beam(cosine: np.ndarray, inner: float, outer: float) -> np.ndarray:
    """Brightness across a cone, 1 inside `inner` and 0 outside `outer` (cosines)."""
    t = np.clip((cosine - outer) / max(inner - outer, 1e-6), 0.0, 1.0)
    return t * t * (3 - 2 * t)


def _disc(axis: np.ndarray, jitter: np.ndarray) -> np.ndarray:
    """(K, 3) offsets in the unit disc at right angles to `axis`."""
    across = _across(axis)
    up = np.cross(axis, across)
    radius, angle = np.sqrt(jitter[:, :1]), 2 * np.pi * jitter[:, 1:]
    return radius * (np.cos(angle) * across + np.sin(angle) * up)


def _across(axis: np.ndarray) -> np.ndarray:
    """A unit vector at right angles."""
    other = np.eye(3)[int(np.argmin(np.abs(axis)))]
    side = np.cross(axis, other)
    return side / np.linalg.norm(side)


def _polygon(corners: np.ndarray, points: np.ndarray, normals: np.ndarray) -> np.ndarray:
    """(K,) form factor × π of a convex polygon, cut off at each receiver's horizon.

    The contour integral of Lambert (1760): half the sum, over edges, of the angle that the edge
    spans times the cosine between the receiver's normal and that of the edge's plane. Where the
    horizon cuts the polygon one more edge runs along it, from where the contour sinks to where it
    rises.
    """
    rays = corners[None].astype(np.float32) - points[:, None].astype(np.float32)  # (K, n, 3)
    height = np.einsum("knj,kj->kn", rays, normals)
    total = np.zeros(len(points), np.float32)
    sinks = np.zeros((len(points), 3), np.float32)
    rises = np.zeros((len(points), 3), np.float32)
    count = rays.shape[1]
    for i in range(count):
        a, b = rays[:, i], rays[:, (i + 1) % count]
        ha, hb = height[:, i, None], height[:, (i + 1) % count, None]
        gap = ha - hb
        cut = a + (b - a) * np.clip(ha / np.where(np.abs(gap) < 1e-9, 1.0, gap), 0.0, 1.0)
        sinking, rising = (ha > 0) & (hb <= 0), (ha <= 0) & (hb > 0)
        sinks = np.where(sinking, cut, sinks)
        rises = np.where(rising, cut, rises)
        start, end = np.where(rising, cut, a), np.where(sinking, cut, b)
        total += np.where(((ha > 0) | (hb > 0))[:, 0], _edge(start, end, normals), 0.0)
    crossed = (np.abs(sinks).sum(1) > 0) & (np.abs(rises).sum(1) > 0)
    total += np.where(crossed, _edge(sinks, rises, normals), 0.0)
    return np.maximum(total, 0.0) / 2


def _edge(a: np.ndarray, b: np.ndarray, normals: np.ndarray) -> np.ndarray:
    """(K,) angle between rays a and b times the cosine of their plane's normal with `normals`."""
    across = np.cross(a, b)
    sine = np.linalg.norm(across, axis=1)
    angle = np.arctan2(sine, np.einsum("ij,ij->i", a, b))
    return np.einsum("ij,ij->i", across, normals) * angle / np.maximum(sine, 1e-12)
