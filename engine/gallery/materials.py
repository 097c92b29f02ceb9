"""Materials of the shell: tiles for large surfaces, and one sheet of bands for all small things.

The sheet repeats along u. Each finish has a band of it, so that frames, skirtings, plinths, benches
and lamps of a room are one draw call.
"""

from __future__ import annotations

import io
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import numpy as np
from PIL import Image

from engine.gallery.charts import Chart
from engine.gallery.gltf import Glb
from engine.gallery.looks import Finish
from engine.gallery.noise import normals
from engine.gallery.pieces import Piece
from engine.gallery.textures import SIZE, Tile, tile
from engine.makers.cores import cores

METALLIC = {"metal": 0.85, "gilt": 0.9}
SHEET = "trims"
SHEET_M = 1.28  # metres along u of the sheet
_PER_M = SIZE / SHEET_M
_GUTTER = 6
_STRETCHED = 1.7  # metres: wider strips, such as ceilings, are smooth and may be stretched
_STRENGTH = 0.22
_JOINTLESS = {"wood": "timber", "parquet": "timber", "ashlar": "stone", "drape": "fabric"}


def linear(colour: str) -> np.ndarray:
    """(3,) linear light of `#rrggbb`."""
    return to_linear(np.array([int(colour[i : i + 2], 16) for i in (1, 3, 5)]) / 255)


def to_linear(code: np.ndarray) -> np.ndarray:
    return np.where(code <= 0.04045, code / 12.92, ((code + 0.055) / 1.055) ** 2.4)


def to_srgb(light: np.ndarray) -> np.ndarray:
    """(…,) uint8 of linear light."""
    light = np.clip(light, 0.0, 1.0)
    code = np.where(light <= 0.0031308, light * 12.92, 1.055 * light ** (1 / 2.4) - 0.055)
    return np.rint(code * 255).astype(np.uint8)


@dataclass(frozen=True)
class Painted:
    """The pictures of one material: uint8, row 0 at v = 0.

    Attributes:
        base: (H, W, 3) sRGB. normal: (H, W, 3). orm: roughness in green, metal in blue. shine:
            (H, W, 3) sRGB of what gives light.
        metres: that one repetition covers.
    """

    base: np.ndarray
    normal: np.ndarray | None
    metres: tuple[float, float]
    metallic: float = 0.0
    roughness: float = 0.8
    orm: np.ndarray | None = None
    shine: np.ndarray | None = None


@dataclass(frozen=True)
class Band:
    """Rows of the sheet that a finish has."""

    top: int
    rows: int


def painted(finish: Finish) -> Painted:
    """A tile in its colour."""
    pattern = tile(finish.kind)
    base = to_srgb(pattern.tone * linear(finish.colour))
    flat = float(np.ptp(pattern.height)) < 1e-6
    normal = None if flat else _halved(normals(pattern.height, _STRENGTH))
    return Painted(base, normal, pattern.metres, METALLIC.get(finish.kind, 0.0), finish.roughness)


class Palette:
    """All materials of a house."""

    def __init__(self, pieces: list[Piece]) -> None:
        self.bands = _bands([p for p in pieces if p.sheet])
        finishes = dict.fromkeys(p.finish for p in pieces if not p.sheet)
        with ThreadPoolExecutor(cores()) as pool:
            self.painted: dict[str, Painted] = dict(
                zip(map(name, finishes), pool.map(painted, finishes), strict=True)
            )
        if self.bands:
            self.painted[SHEET] = _sheet(self.bands)

    def name(self, piece: Piece) -> str:
        """Which material a piece has."""
        return SHEET if piece.sheet else name(piece.finish)

    def uv(self, piece: Piece, chart: Chart) -> np.ndarray:
        """(n, 2) texture coordinates of a chart."""
        if not piece.sheet:
            return chart.uv / self.painted[name(piece.finish)].metres
        band = self.bands[piece.finish]
        down = chart.uv[:, 1] - chart.uv[:, 1].min()
        rows = down * min(_PER_M, band.rows / max(float(down.max()), 1e-9))
        return np.stack([chart.uv[:, 0] / SHEET_M, (band.top + rows) / SIZE], 1)

    def write(self, glb: Glb) -> dict[str, int]:
        """Add all materials to a file; their indices by name."""
        return {key: _write(glb, key, value) for key, value in self.painted.items()}


def name(finish: Finish) -> str:
    return f"{finish.kind}-{finish.colour[1:]}"


def _bands(pieces: list[Piece]) -> dict[Finish, Band]:
    """Rows for each finish, by the widest strip of it; what shines lies at the foot."""
    widest: dict[Finish, float] = {}
    for p in pieces:
        for chart in p.charts:
            span = float(np.ptp(chart.uv[:, 1]))
            span = span if span < _STRETCHED else 0.06
            widest[p.finish] = max(widest.get(p.finish, 0.0), span)
    order = sorted(widest, key=lambda f: (f.glow > 0, f.kind, f.colour, f.roughness))
    want = np.array([10.0 if f.glow else np.clip(_PER_M * widest[f], 14, 400) for f in order])
    fixed = np.array([bool(f.glow) for f in order])
    space = SIZE - 2 * _GUTTER * len(order) - want[fixed].sum()
    share = min(1.0, space / max(want[~fixed].sum(), 1.0))
    bands, top = {}, 0
    for finish, rows, glows in zip(order, want, fixed, strict=True):
        count = max(4, int(rows if glows else rows * share))
        bands[finish] = Band(top + _GUTTER, count)
        top += count + 2 * _GUTTER
    return bands


def _sheet(bands: dict[Finish, Band]) -> Painted:
    base = np.zeros((SIZE, SIZE, 3), np.uint8)
    shine = np.zeros((SIZE, SIZE, 3), np.uint8)
    orm = np.full((SIZE, SIZE, 3), 255, np.uint8)
    height = np.zeros((SIZE, SIZE), np.float32)
    for finish, band in bands.items():
        rows = slice(band.top - _GUTTER, band.top + band.rows + _GUTTER)
        pattern: Tile = tile(_JOINTLESS.get(finish.kind, finish.kind))
        count = rows.stop - rows.start
        tall = -(-count // pattern.tone.shape[0])
        if finish.glow:
            shine[rows] = to_srgb(linear(finish.colour))
        else:
            tone = np.tile(pattern.tone, (tall, SIZE // pattern.tone.shape[1], 1))[:count]
            base[rows] = to_srgb(tone * linear(finish.colour))
            bumps = np.tile(pattern.height, (tall, SIZE // pattern.height.shape[1]))[:count]
            height[rows] = bumps
        orm[rows, :, 1] = round(finish.roughness * 255)
        orm[rows, :, 2] = round(METALLIC.get(finish.kind, 0.0) * 255)
    normal = normals(height, _STRENGTH)
    for band in bands.values():  # no edge where one band meets the next
        for edge in (band.top - _GUTTER, band.top + band.rows + _GUTTER):
            normal[max(edge - 1, 0) : edge + 1] = (128, 128, 255)
    return Painted(
        base,
        _halved(normal),
        (SHEET_M, SHEET_M),
        1.0,
        1.0,
        _halved(orm),
        _halved(shine) if any(f.glow for f in bands) else None,
    )


def _halved(picture: np.ndarray) -> np.ndarray:
    if picture.shape[0] < 16:
        return picture
    size = (picture.shape[1] // 2, picture.shape[0] // 2)
    return np.asarray(Image.fromarray(picture).resize(size, Image.Resampling.BOX))


def _write(glb: Glb, key: str, look: Painted) -> int:
    wrap = "band" if key == SHEET else "repeat"

    def texture(kind: str, picture: np.ndarray, *, exact: bool = False) -> dict[str, int]:
        data = io.BytesIO()
        if exact:
            Image.fromarray(picture).save(data, "PNG", compress_level=6)
        else:
            Image.fromarray(picture).save(data, "JPEG", quality=90, subsampling=0)
        mime = "image/png" if exact else "image/jpeg"
        return {"index": glb.image(f"{key}-{kind}", data.getvalue(), mime, wrap)}

    surface: dict[str, Any] = {
        "baseColorTexture": texture("colour", look.base),
        "metallicFactor": look.metallic,
        "roughnessFactor": look.roughness,
    }
    values: dict[str, Any] = {"pbrMetallicRoughness": surface}
    if look.orm is not None:
        surface["metallicRoughnessTexture"] = texture("roughness", look.orm, exact=True)
    if look.normal is not None:
        values["normalTexture"] = texture("normal", look.normal)
    if look.shine is not None:
        values["emissiveTexture"] = texture("shine", look.shine, exact=True)
        values["emissiveFactor"] = [1.0, 1.0, 1.0]
    return glb.material(key, values)
