"""A studio picture of an asset, drawn on the CPU: key light, sky, soft shadows on clean ground."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from scipy import ndimage

from engine.assets.asset import Asset
from engine.shape.raster import cover, nearest, solid_cells

VIEWS = {  # azimuth to the viewer's right of the front, elevation; degrees
    "three-quarter": (32.0, 20.0),
    "front": (0.0, 12.0),
    "side": (90.0, 12.0),
    "back": (180.0, 12.0),
}
SAMPLES = 2  # a side, in each pixel
FIELD = 20.0  # degrees: a long lens
MARGIN = 0.12  # of the picture, on each side of the body
CELLS = 40  # of the light volume along the longest side of the body

_KEY = np.array([-0.48, 0.82, 0.50])
_KEY_LIGHT = np.array([1.00, 0.96, 0.90]) * 0.96
_SKY_LIGHT = np.array([0.94, 0.98, 1.05]) * 0.57
_GROUND_LIGHT = np.array([1.00, 0.96, 0.92]) * 0.34
_RIM = np.array([0.85, 0.35, -0.40])
_RIM_LIGHT = np.array([0.90, 0.95, 1.05]) * 0.16
SHEEN = 0.006  # of all light, so that black keeps its form
_SHADOW_TINT = 1 / np.array([1.0, 1.03, 1.08])  # what reaches a shadow comes from the sky
_PAPER = np.array([246.0, 244.0, 240.0]) / 255.0
_CORNER = np.array([222.0, 219.0, 214.0]) / 255.0


@dataclass(frozen=True)
class _Camera:
    """A pinhole: `axes` rows are right, up and towards the eye; `scale` is pixels at depth 1."""

    eye: np.ndarray
    axes: np.ndarray
    scale: float
    center: np.ndarray

    def project(self, points: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """(..., 3) points to (..., 2) column and row, and (...) depth."""
        local = (points - self.eye) @ self.axes.T
        depth = -local[..., 2]
        flat = local[..., :2] / depth[..., None] * (self.scale, -self.scale)
        return flat + self.center, depth


def render(asset: Asset, size: int = 384, view: str = "three-quarter") -> np.ndarray:
    """Draw an asset as a thumbnail of a game-asset store would.

    Args:
        size: edge of the picture in pixels. view: a key of `VIEWS`.
    Returns:
        (size, size, 3) uint8 sRGB; the same for the same asset.
    """
    positions = np.concatenate([mesh.positions for mesh in asset.meshes]).astype(np.float64)
    corners = np.concatenate([mesh.positions[mesh.faces] for mesh in asset.meshes])
    corners = corners.astype(np.float64)
    camera = _camera(positions, size * SAMPLES, *VIEWS[view])
    volume = _LightVolume(corners, positions)
    picture = _backdrop(camera, volume, size)
    wide = size * SAMPLES
    flat, depth = camera.project(corners)
    a, b, c = flat.transpose(1, 0, 2)
    facing = (b[:, 0] - a[:, 0]) * (c[:, 1] - a[:, 1]) < (b[:, 1] - a[:, 1]) * (c[:, 0] - a[:, 0])
    shown = np.flatnonzero(facing)
    seen = cover(flat[shown], wide, wide)
    # 1 / depth is affine on the screen
    near = np.einsum("nk,nk->n", seen.weights, (1 / depth[shown])[seen.triangle])
    front = nearest(seen, near, wide * wide)
    drawn = front[front >= 0]
    row, column = np.divmod(seen.pixel[drawn], wide)
    pixel = row // SAMPLES * size + column // SAMPLES
    # Samples of one pixel on one triangle are shaded once.
    key = pixel * len(shown) + seen.triangle[drawn]
    _, first, count = np.unique(key, return_index=True, return_counts=True)
    drawn, pixel = drawn[first], pixel[first]
    triangle = shown[seen.triangle[drawn]]
    weights = seen.weights[drawn] / (depth[triangle] * near[drawn, None])
    place = np.einsum("nkc,nk->nc", corners[triangle], weights)
    flat_normal = _unit(np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0]))
    normal = _normals(asset, triangle, weights, flat_normal[triangle])
    albedo = _albedo(asset, triangle, weights)
    color = (albedo + SHEEN) * _light(volume, place, normal)
    for channel in range(3):
        picture[:, channel] *= 1 - np.bincount(pixel, count, size * size) / SAMPLES**2
        light = color[:, channel] * count
        picture[:, channel] += np.bincount(pixel, light, size * size) / SAMPLES**2
    return _to_srgb(picture).reshape(size, size, 3)


def _camera(positions: np.ndarray, size: int, azimuth: float, elevation: float) -> _Camera:
    """Look at the body from `azimuth` and `elevation`, so that it fills the picture."""
    low, high = positions.min(0), positions.max(0)
    turn, rise = np.radians([azimuth, elevation])
    toward = np.array([np.sin(turn) * np.cos(rise), np.sin(rise), np.cos(turn) * np.cos(rise)])
    right = np.array([np.cos(turn), 0.0, -np.sin(turn)])
    axes = np.stack([right, np.cross(toward, right), toward])
    reach = float(np.linalg.norm(high - low)) / 2
    eye = (low + high) / 2 + toward * reach / np.tan(np.radians(FIELD / 2))
    rough, _ = _Camera(eye, axes, 1.0, np.zeros(2)).project(positions)
    left_top, right_bottom = rough.min(0), rough.max(0)
    scale = size * (1 - 2 * MARGIN) / float((right_bottom - left_top).max())
    center = size / 2 - (left_top + right_bottom) / 2 * scale
    return _Camera(eye, axes, scale, center)


class _LightVolume:
    """Blurred solidity around the body: how much of a soft ball at a point is filled.

    Occlusion and shadows are read from it, smooth without noise. The ground below y = 0 is solid.
    """

    def __init__(self, corners: np.ndarray, positions: np.ndarray) -> None:
        low, high = positions.min(0), positions.max(0)
        self.reach = float((high - low).max())
        self.cell = self.reach / CELLS
        margin = 10
        self.low = low - margin * self.cell
        half = np.ceil((high - low) / self.cell / 2).astype(int) + margin
        wide, tall, deep = (int(2 * n) for n in half)
        solid = solid_cells(corners, self.low, self.cell, (wide, tall, deep)).astype(np.float32)
        self.body = ndimage.gaussian_filter(solid, 1.6, mode="nearest", truncate=2.5)
        solid[:, :margin] = 1.0
        self.small = ndimage.gaussian_filter(solid, 2.0, mode="nearest", truncate=2.5)
        coarse = solid.reshape(half[0], 2, half[1], 2, half[2], 2).mean((1, 3, 5))
        self.large = ndimage.gaussian_filter(coarse, 2.5, mode="nearest", truncate=2.0)

    def _read(self, volume: np.ndarray, points: np.ndarray) -> np.ndarray:
        """(N,) values of a volume that spans the box, whatever its resolution."""
        cell = self.cell * self.body.shape[0] / volume.shape[0]
        place = (points - self.low) / cell - 0.5
        values: np.ndarray = ndimage.map_coordinates(
            volume, place.T, order=1, mode="nearest", prefilter=False
        )
        return values

    def openness(self, points: np.ndarray, normals: np.ndarray) -> np.ndarray:
        """(N,) light from all around: 1 on a free plane, less in corners, a bit more on edges."""
        near = self._read(self.small, points + normals * 2.0 * self.cell) - 0.159
        far = self._read(self.large, points + normals * 5.0 * self.cell) - 0.159
        open_share: np.ndarray = 1.0 - 0.9 * np.maximum(near, -0.05) - 1.1 * np.maximum(far, -0.06)
        return np.clip(open_share, 0.15, 1.12)

    def lit(self, points: np.ndarray, normals: np.ndarray, toward: np.ndarray) -> np.ndarray:
        """(N,) share of a broad light in direction `toward` that reaches the points."""
        start = points + normals * 1.8 * self.cell
        blocked = np.zeros(len(points))
        for step in (2.5, 6.0, 11.5, 19.0):
            blocked += self._read(self.body, start + toward * step * self.cell)
        return np.exp(-1.8 * blocked)


def _light(volume: _LightVolume, place: np.ndarray, normal: np.ndarray) -> np.ndarray:
    """(N, 3) light that falls on points."""
    key, rim = _unit(_KEY), _unit(_RIM)
    lit = np.maximum(normal @ key, 0)
    lit[lit > 0] *= volume.lit(place[lit > 0], normal[lit > 0], key)
    up = (0.5 + 0.5 * normal[:, 1])[:, None]
    around = volume.openness(place, normal)[:, None]
    sky = up * _SKY_LIGHT + (1 - up) * _GROUND_LIGHT
    back = np.maximum(normal @ rim, 0)[:, None] * _RIM_LIGHT
    light: np.ndarray = lit[:, None] * _KEY_LIGHT + around * (sky + back)
    return light


def _albedo(asset: Asset, triangle: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """(N, 3) linear base colour: the nearest texel."""
    color = np.empty((len(triangle), 3))
    start = 0
    for mesh in asset.meshes:
        here = (triangle >= start) & (triangle < start + len(mesh.faces))
        uv = np.einsum("nkc,nk->nc", mesh.uvs[mesh.faces[triangle[here] - start]], weights[here])
        texture = mesh.material.texture
        rows, columns = texture.shape[:2]
        if mesh.material.repeat:
            uv = uv % 1.0
        texel = np.floor(uv * (columns, rows)).astype(np.int64)
        texel = np.clip(texel, 0, (columns - 1, rows - 1))
        color[here] = _LINEAR[texture[texel[:, 1], texel[:, 0], :3]]
        start += len(mesh.faces)
    return color


def _normals(
    asset: Asset, triangle: np.ndarray, weights: np.ndarray, flat: np.ndarray
) -> np.ndarray:
    """(N, 3) unit: the faces' own, or where a mesh has tangents the smooth and mapped ones."""
    normal = flat
    start = 0
    for mesh in asset.meshes:
        here = (triangle >= start) & (triangle < start + len(mesh.faces))
        chart = mesh.material.normal_texture
        if mesh.tangents is not None and chart is not None:
            corner = mesh.faces[triangle[here] - start]
            smooth, tangent, uv = (
                np.einsum("nkc,nk->nc", values[corner], weights[here])
                for values in (mesh.normals, mesh.tangents, mesh.uvs)
            )
            if mesh.material.repeat:
                uv = uv % 1.0
            texel = np.floor(uv * (chart.shape[1], chart.shape[0])).astype(np.int64)
            texel = np.clip(texel, 0, (chart.shape[1] - 1, chart.shape[0] - 1))
            local = chart[texel[:, 1], texel[:, 0]] / 127.5 - 1
            across = np.cross(smooth, tangent[:, :3]) * tangent[:, 3:]
            basis = np.stack([tangent[:, :3], across, smooth], 1)
            normal[here] = _unit(np.einsum("nk,nkc->nc", local, basis))
        start += len(mesh.faces)
    return normal


def _backdrop(camera: _Camera, volume: _LightVolume, size: int) -> np.ndarray:
    """(size², 3) linear: paper that darkens to the corners, with the body's shadow on the ground."""
    coarse = (size + 1) // 2  # light on the ground is smooth: every other pixel is enough
    row, column = np.divmod(np.arange(coarse * coarse), coarse)
    screen = (np.stack([column, row], -1) + 0.5) * (SAMPLES * size / coarse)
    flat = (screen - camera.center) / (camera.scale, -camera.scale)
    ray = flat @ camera.axes[:2] - camera.axes[2]
    hits = ray[:, 1] < -1e-6
    ground = camera.eye + ray * (-camera.eye[1] / np.where(hits, ray[:, 1], -1.0))[:, None]
    shade = np.where(hits, _ground_shade(volume, ground), 1.0).reshape(coarse, coarse)
    fine = ndimage.zoom(shade, size / coarse, order=1, mode="nearest", grid_mode=True)
    return _paper(size) * (1 - (1 - fine.reshape(-1, 1)) * _SHADOW_TINT)


@lru_cache(maxsize=4)
def _paper(size: int) -> np.ndarray:
    """(size², 3) linear: paper that darkens to the corners."""
    line = (np.arange(size) + 0.5) / size
    away = np.minimum(1, 2 * (np.square(line - 0.45)[:, None] + np.square(line - 0.5))).reshape(
        -1, 1
    )
    center, corner = _to_linear(_PAPER), _to_linear(_CORNER)
    paper: np.ndarray = center + (corner - center) * away
    return paper


def _ground_shade(volume: _LightVolume, ground: np.ndarray) -> np.ndarray:
    """(N,) light on the ground at points, from a coarse map that fades out around the body."""
    count = 56
    span = volume.reach * 1.6
    line = (np.arange(count) / (count - 1) * 2 - 1) * span
    x, z = np.meshgrid(line, line, indexing="ij")
    points = np.stack([x.ravel(), np.zeros(x.size), z.ravel()], -1)
    up = np.tile([0.0, 1.0, 0.0], (x.size, 1))
    around = np.minimum(volume.openness(points, up), 1)
    light = 0.62 * around + 0.38 * volume.lit(points, up, _unit(_KEY))
    light /= light.max()
    fade = np.clip(1.3 - np.hypot(x, z) / span * 1.3, 0, 1).ravel()
    shade = 1 - (1 - light) * np.minimum(1, 2 * fade)
    place = (ground[:, [0, 2]] / span + 1) / 2 * (count - 1)
    values: np.ndarray = ndimage.map_coordinates(
        shade.reshape(count, count), place.T, order=1, mode="nearest", prefilter=False
    )
    return values


def _unit(vectors: np.ndarray) -> np.ndarray:
    length = np.linalg.norm(vectors, axis=-1, keepdims=True)
    unit: np.ndarray = vectors / np.maximum(length, 1e-12)
    return unit


def _to_linear(color: np.ndarray) -> np.ndarray:
    return np.where(color <= 0.04045, color / 12.92, ((color + 0.055) / 1.055) ** 2.4)


def _to_srgb(light: np.ndarray) -> np.ndarray:
    """Linear light to uint8 sRGB by a table; what is brighter than the paper rolls off softly."""
    index = np.clip(light * (len(_TONES) / 2.0), 0, len(_TONES) - 1)
    return _TONES[index.astype(np.int64)]


def _tone_table() -> np.ndarray:
    """(8192,) uint8 sRGB for linear light from 0 to 2."""
    light = (np.arange(8192) + 0.5) / 4096.0
    soft = np.where(light > 0.8, 0.8 + 0.2 * np.tanh((light - 0.8) / 0.2), light)
    display = np.where(soft <= 0.0031308, soft * 12.92, 1.055 * soft ** (1 / 2.4) - 0.055)
    return np.rint(display * 255).astype(np.uint8)


_LINEAR = _to_linear(np.arange(256) / 255.0)
_TONES = _tone_table()
