"""Views painted by casting rays: no display, no driver. Baked light, textures, soft reflections."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np
from scipy.ndimage import gaussian_filter

from engine.gallery.bodies import Body, Skin
from engine.gallery.materials import to_srgb
from engine.light.lamps import Panel
from engine.light.rays import Hits, Scene
from engine.light.scatter import cosine_directions, frames, points

_BIAS = 2e-3
_BODY = 0.12  # metres before a lamp where its own case may be
_FEELERS = 6  # rays that feel how open a place is, each up to `_CREASE` metres
_CREASE = 0.6
_MIRROR = 0.04  # of light that a polished surface throws back head on


@dataclass(frozen=True)
class Camera:
    """Where one looks from and to; `fov` is the horizontal angle in degrees."""

    eye: tuple[float, float, float]
    target: tuple[float, float, float]
    fov: float = 72.0


class Stage:
    """Bodies ready to be looked at."""

    def __init__(self, bodies: Sequence[Body], sky: tuple[np.ndarray, np.ndarray]) -> None:
        """Build the tree of all triangles. Raises `CannotTrace`.

        Args:
            sky: (3,) linear colours of the horizon and of the zenith.
        """
        self.bodies = [body for body in bodies if len(body.corners)]
        counts = [len(body.corners) for body in self.bodies]
        self.first = np.concatenate([[0], np.cumsum(counts)])
        self.owner = np.repeat(np.arange(len(counts)), counts)
        self.scene = Scene(np.concatenate([body.corners for body in self.bodies]))
        self.sky = sky
        self.density = np.concatenate([_density(body) for body in self.bodies])

    def paint(
        self,
        camera: Camera,
        size: tuple[int, int],
        *,
        samples: int = 1,
        exposure: float | None = None,
    ) -> np.ndarray:
        """(H, W, 3) uint8 of what one sees.

        Args:
            size: (width, height). samples: rays along each side of a pixel.
            exposure: factor of light; None lets the eye adapt.
        """
        width, height = size[0] * samples, size[1] * samples
        directions, pixel = _rays(camera, width, height)
        origin = np.broadcast_to(np.asarray(camera.eye, np.float32), directions.shape)
        light = self._look(origin, directions, pixel, mirrors=1)
        light = light.reshape(size[1], samples, size[0], samples, 3)
        # Each sample is toned before the mean, so that lamps do not leave ragged edges.
        factor = _adapted(light) if exposure is None else exposure
        halo = _halo(light.mean((1, 3)) * factor)
        return to_srgb(_toned(light * factor + halo[:, None, :, None]).mean((1, 3)))

    def _look(self, origin: np.ndarray, way: np.ndarray, pixel: float, mirrors: int) -> np.ndarray:
        hits = self.scene.hits(origin, way)
        seen = np.empty((len(way), 3), np.float32)
        left = hits.left
        seen[left] = self._beyond(way[left])
        found = np.flatnonzero(~left)
        owners = self.owner[hits.triangle[found]]
        order = np.argsort(owners, kind="stable")
        for part in np.split(order, np.flatnonzero(np.diff(owners[order])) + 1):
            if len(part):
                rays = found[part]
                body = self.bodies[owners[part[0]]]
                seen[rays] = self._shade(
                    body, owners[part[0]], hits, rays, origin, way, pixel, mirrors
                )
        return seen

    def _beyond(self, way: np.ndarray) -> np.ndarray:
        rise = np.sqrt(np.clip(way[:, 1:2], 0.0, 1.0))
        return np.asarray(self.sky[0] + (self.sky[1] - self.sky[0]) * rise, np.float32)

    def _shade(
        self,
        body: Body,
        index: int,
        hits: Hits,
        rays: np.ndarray,
        origin: np.ndarray,
        way: np.ndarray,
        pixel: float,
        mirrors: int,
    ) -> np.ndarray:
        triangle = hits.triangle[rays] - self.first[index]
        w = hits.weights[rays]
        share = np.stack([1 - w[:, 0] - w[:, 1], w[:, 0], w[:, 1]], 1).astype(np.float32)
        point = origin[rays] + hits.distance[rays, None] * way[rays]
        normal = _unit(_mix(body.normals[triangle], share))
        ahead = way[rays]
        facing = -_dot(normal, ahead)
        normal = np.where(facing[:, None] < 0, -normal, normal)
        uv = _mix(body.uv[triangle], share)
        spread = hits.distance[rays] * pixel / np.maximum(np.abs(facing), 0.15)
        texels = spread * self.density[hits.triangle[rays]]
        colour = _sampled(body.skin, uv, texels)
        if body.tint is not None:
            colour = colour * _mix(body.tint[triangle], share)
        bumpy = normal
        if body.skin.normal is not None and body.tangents is not None:
            bumpy = _bumped(body, triangle, share, uv, normal, texels)
        light = self._light(body, triangle, share, point, normal, bumpy)
        seen = colour * light
        gloss = body.skin.gloss
        if mirrors and gloss > 0.12:
            grazing = (1 - np.clip(np.abs(_dot(bumpy, ahead)), 0, 1)) ** 5
            strength = gloss * (_MIRROR + (1 - _MIRROR) * grazing * 0.7)[:, None]
            tint = 1 - body.skin.metallic + body.skin.metallic * colour
            strength = strength + body.skin.metallic * gloss * 0.5 * (1 - strength)
            soft = _unit(0.5 * bumpy + 0.5 * normal)
            mirrored = ahead - 2 * _dot(ahead, soft)[:, None] * soft
            seen2 = self._look(point + _BIAS * normal, mirrored, pixel * 6, mirrors - 1)
            seen = seen * (1 - strength) + strength * tint * np.minimum(seen2, 4.0)
        if body.skin.shine is not None:
            seen = seen + 1.6 * _bilinear(body.skin.shine, uv, body.skin.wrap)
        return seen

    def _light(
        self,
        body: Body,
        triangle: np.ndarray,
        share: np.ndarray,
        point: np.ndarray,
        normal: np.ndarray,
        bumpy: np.ndarray,
    ) -> np.ndarray:
        """(K, 3) light: baked, or ambient and lamps."""
        if body.light is not None and body.uv2 is not None:
            baked = _bilinear(body.light, _mix(body.uv2[triangle], share), wrap=False)
            if bumpy is not normal:
                # A lightmap has no direction: bumps catch light from above and from the side.
                lean = (bumpy - normal) @ np.asarray([0.35, 0.85, 0.3], np.float32)
                baked = baked * np.clip(1 + 0.7 * lean, 0.3, 1.7)[:, None]
            return baked
        start = point + _BIAS * normal
        light = body.ambient * (0.72 + 0.28 * bumpy[:, 1:2]) * self._open(start, normal)[:, None]
        spread = _spread()
        for number, lamp in enumerate(body.lamps):
            power = lamp.radiance if isinstance(lamp, Panel) else lamp.power
            around = np.asarray(lamp.irradiance(point, bumpy))[:, None] / np.pi
            jitter = spread[(np.arange(len(start)) + number) % 16]
            ends = lamp.samples(start, jitter)
            around = around * ~self.scene.blocked(start, ends, short=_BODY)[:, None]
            light = light + around * power
        return np.asarray(light, np.float32)

    def _open(self, start: np.ndarray, normal: np.ndarray) -> np.ndarray:
        """(K,) 1 in the open, less in creases and where a thing stands on another."""
        place = np.arange(len(start)) % 16
        fan = _fan()[place]
        right, up = frames(normal)
        way = fan[..., :1] * right[:, None] + fan[..., 1:2] * up[:, None]
        way = (way + fan[..., 2:] * normal[:, None]).reshape(-1, 3)
        hits = self.scene.hits(np.repeat(start, _FEELERS, axis=0), way)
        near = np.minimum(hits.distance / _CREASE, 1.0).reshape(-1, _FEELERS)
        return np.asarray(0.15 + 0.85 * near.mean(1), np.float32)


@cache
def _spread() -> np.ndarray:
    """(16, 2) places on a lamp, one for every sixteenth pixel."""
    return np.concatenate([points(1, k, 0) for k in range(16)])


@cache
def _fan() -> np.ndarray:
    """(16, _FEELERS, 3) directions, for every sixteenth pixel."""
    fans = [cosine_directions(points(_FEELERS, k, 1)) for k in range(16)]
    return np.stack(fans).astype(np.float32)


def _rays(camera: Camera, width: int, height: int) -> tuple[np.ndarray, float]:
    """(H * W, 3) unit directions, and the angle of a pixel."""
    eye, target = np.asarray(camera.eye, float), np.asarray(camera.target, float)
    ahead = (target - eye) / np.linalg.norm(target - eye)
    right = np.cross(ahead, (0.0, 1.0, 0.0))
    right /= np.linalg.norm(right)
    up = np.cross(right, ahead)
    half = np.tan(np.radians(camera.fov) / 2)
    x = ((np.arange(width) + 0.5) / width * 2 - 1) * half
    y = (1 - (np.arange(height) + 0.5) / height * 2) * half * height / width
    directions = ahead + x[None, :, None] * right + y[:, None, None] * up
    directions /= np.linalg.norm(directions, axis=2, keepdims=True)
    return directions.reshape(-1, 3).astype(np.float32), float(2 * half / width)


def _density(body: Body) -> np.ndarray:
    """(M,) texels a metre."""
    a, b, c = body.corners.transpose(1, 0, 2)
    area = np.linalg.norm(np.cross(b - a, c - a), axis=1)
    p, q, r = body.uv.transpose(1, 0, 2)
    flat = np.abs((q - p)[:, 0] * (r - p)[:, 1] - (q - p)[:, 1] * (r - p)[:, 0])
    height, width = body.skin.mips[0].shape[:2]
    density: np.ndarray = np.sqrt(flat * height * width / np.maximum(area, 1e-12))
    return density


def _mix(values: np.ndarray, share: np.ndarray) -> np.ndarray:
    mixed = share[:, :1] * values[:, 0]
    mixed += share[:, 1:2] * values[:, 1]
    mixed += share[:, 2:] * values[:, 2]
    return np.asarray(mixed, np.float32)


def _unit(vectors: np.ndarray) -> np.ndarray:
    length = np.sqrt(_dot(vectors, vectors))
    return np.asarray(vectors / np.maximum(length, 1e-9)[:, None])


def _dot(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """(K,) of (K, 3) vectors; summing along three is what NumPy is slowest at."""
    return np.asarray(a[:, 0] * b[:, 0] + a[:, 1] * b[:, 1] + a[:, 2] * b[:, 2])


def _sampled(skin: Skin, uv: np.ndarray, texels: np.ndarray) -> np.ndarray:
    """Colour, from the level whose texels are about as large as a pixel."""
    level = np.clip(np.log2(np.maximum(texels, 1e-6)) + 0.35, 0, len(skin.mips) - 1).astype(int)
    out = np.empty((len(uv), 3), np.float32)
    for number in np.unique(level):
        here = level == number
        out[here] = _bilinear(skin.mips[number], uv[here], skin.wrap)
    return out


def _bilinear(picture: np.ndarray, uv: np.ndarray, wrap: bool) -> np.ndarray:
    """(K, 3) values between texels; v runs down."""
    height, width = picture.shape[:2]
    at = uv.astype(np.float32) * np.asarray([width, height], np.float32) - np.float32(0.5)
    floor = np.floor(at)
    part, low = at - floor, floor.astype(np.int32)
    high = low + 1
    if wrap:
        low, high = low % (width, height), high % (width, height)
    else:
        top = (width - 1, height - 1)
        low, high = np.clip(low, 0, top), np.clip(high, 0, top)
    texels = picture.reshape(-1, picture.shape[2])
    x, y = part[:, :1], part[:, 1:]

    def row(index: np.ndarray) -> np.ndarray:
        left = texels.take(index * width + low[:, 0], axis=0)
        return np.asarray(left + (texels.take(index * width + high[:, 0], axis=0) - left) * x)

    upper = row(low[:, 1])
    return np.asarray(upper + (row(high[:, 1]) - upper) * y, np.float32)


def _bumped(
    body: Body,
    triangle: np.ndarray,
    share: np.ndarray,
    uv: np.ndarray,
    normal: np.ndarray,
    texels: np.ndarray,
) -> np.ndarray:
    """Normals turned by the map, which fades where its texels are smaller than pixels."""
    assert body.tangents is not None
    assert body.skin.normal is not None
    mixed = _mix(body.tangents[triangle], share)
    tangent = _unit(mixed[:, :3])
    across = np.cross(normal, tangent) * np.sign(mixed[:, 3:])
    local = _bilinear(body.skin.normal, uv, body.skin.wrap)
    fade = 1 / np.maximum(texels[:, None] / 2, 1.0)
    return _unit(
        fade * local[:, :1] * tangent + fade * local[:, 1:2] * across + local[:, 2:] * normal
    )


def _adapted(light: np.ndarray) -> float:
    """The factor by which an eye gets used to a view: lamps do not dazzle it, the dark stays dark."""
    luminance = light.reshape(-1, 3) @ np.asarray([0.2126, 0.7152, 0.0722], np.float32)
    lit = luminance[luminance < 1.2]
    middle = float(np.median(lit)) if len(lit) else 1.0
    return float(np.clip(0.45 / max(middle, 1e-4), 1.0, 1.6))


def _halo(light: np.ndarray) -> np.ndarray:
    """(H, W, 3) what lamps and bright glass scatter in a lens."""
    over = np.clip(light - 1.0, 0.0, 3.0)
    sigma = light.shape[1] / 90
    return 0.12 * np.asarray(gaussian_filter(over, (sigma, sigma, 0.0)), np.float32)


def _toned(light: np.ndarray) -> np.ndarray:
    """Linear up to 0.7, then ever slower towards 1; colours bleach a little as they get bright."""
    peak = light.max(-1, keepdims=True)
    rolled = np.where(peak > 0.7, 0.7 + 0.3 * np.tanh((peak - 0.7) / 0.55), peak)
    toned = light * (rolled / np.maximum(peak, 1e-9))
    bleach = np.clip((peak - 1.0) / 6.0, 0.0, 0.7)
    return np.asarray(toned + (rolled - toned) * bleach)
