"""Pictures of the playground's games: an animation, and a sheet of moments side by side."""

from __future__ import annotations

import io
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from PIL import Image, ImageDraw, ImageFont
from scipy.ndimage import gaussian_filter
from torch import Tensor

if TYPE_CHECKING:
    from engine.playground import Frame, Game

EDGE = 260
GAP = 14
CAPTION = 44
PAPER = (13, 15, 20)
INK = (226, 222, 212)
FAINT = (128, 130, 138)
GOLD = np.array([1.0, 0.74, 0.28])
TEAL = np.array([0.25, 0.86, 0.83])
MOMENTS = (0.0, 0.3, 0.5, 0.72, 1.0)
"""Shares of the frames that a sheet shows."""
SHOWN = 60
"""Frames of an animation."""


def animation(games: Sequence[Game], middles: Tensor) -> bytes:
    """Animated WebP: all games side by side, the last picture held."""
    count = max(len(game.frames) for game in games)
    chosen = np.linspace(0, count - 1, min(SHOWN, count)).round().astype(int)
    pictures = []
    for index in chosen:
        frames = [game.frames[min(int(index), len(game.frames) - 1)] for game in games]
        tiles = [_tile(g.name, f, middles) for g, f in zip(games, frames, strict=True)]
        pictures.append(_beside(tiles))
    times = [70] * (len(pictures) - 1) + [2500]
    stream = io.BytesIO()
    pictures[0].save(
        stream,
        format="WEBP",
        save_all=True,
        append_images=pictures[1:],
        duration=times,
        loop=0,
        quality=72,
        method=4,
    )
    return stream.getvalue()


def poster(games: Sequence[Game], middles: Tensor) -> bytes:
    """PNG: a row for each game, a column for each moment."""
    rows = []
    for game in games:
        moments = [game.frames[round(share * (len(game.frames) - 1))] for share in MOMENTS]
        rows.append(_beside([_tile(game.name, frame, middles) for frame in moments]))
    width = rows[0].width
    sheet = Image.new("RGB", (width, sum(row.height for row in rows)), PAPER)
    top = 0
    for row in rows:
        sheet.paste(row, (0, top))
        top += row.height
    stream = io.BytesIO()
    sheet.quantize(160, method=Image.Quantize.MEDIANCUT, dither=Image.Dither.FLOYDSTEINBERG).save(
        stream, format="PNG", optimize=True
    )
    return stream.getvalue()


def density(points: np.ndarray, reach: float, edge: int, blur: float) -> np.ndarray:
    """(edge, edge) in [0, 1]: how many of (N, 2) points lie where, rows from the top."""
    cell = ((points / reach + 1) / 2 * edge).astype(int)
    inside = ((cell >= 0) & (cell < edge)).all(1)
    grid = np.zeros((edge, edge))
    np.add.at(grid, (edge - 1 - cell[inside, 1], cell[inside, 0]), 1.0)
    soft = gaussian_filter(grid, blur)
    return 1 - np.exp(-soft / max(soft.max(), 1e-9) * 3)


def _tile(name: str, frame: Frame, middles: Tensor) -> Image.Image:
    from engine.models.plane import SPREAD
    from engine.playground import REACH

    rng = np.random.default_rng(0)
    where = middles.numpy()[rng.integers(len(middles), size=6000)]
    real = density(where + rng.normal(0, SPREAD, where.shape), REACH, EDGE, 2.4)
    fake = density(frame.points, REACH, EDGE, 1.3)
    word = np.asarray(
        Image.fromarray((frame.field * 255).astype(np.uint8)).resize(
            (EDGE, EDGE), Image.Resampling.BICUBIC
        ),
        np.float64,
    )
    ground = np.array(PAPER) / 255 + (word / 255)[..., None] ** 2 * np.array([0.09, 0.08, 0.15])
    light = ground + 0.55 * real[..., None] * GOLD + 0.95 * fake[..., None] * TEAL
    tile = Image.new("RGB", (EDGE, EDGE + CAPTION), PAPER)
    tile.paste(Image.fromarray((light.clip(0, 1) * 255).astype(np.uint8)), (0, 0))
    draw = ImageDraw.Draw(tile)
    draw.text((2, EDGE + 7), f"{name}", fill=INK, font=ImageFont.load_default(15))
    told = f"{int(frame.hit.sum())}/{len(frame.hit)} modes"
    font = ImageFont.load_default(13)
    draw.text((EDGE - 2 - font.getlength(told), EDGE + 8), told, fill=INK, font=font)
    told = f"step {frame.step:,} · {frame.seconds:.1f} s"
    draw.text((2, EDGE + 26), told, fill=FAINT, font=ImageFont.load_default(11))
    return tile


def _beside(tiles: Sequence[Image.Image]) -> Image.Image:
    width = GAP + sum(tile.width + GAP for tile in tiles)
    row = Image.new("RGB", (width, GAP + tiles[0].height), PAPER)
    left = GAP
    for tile in tiles:
        row.paste(tile, (left, GAP))
        left += tile.width + GAP
    return row
