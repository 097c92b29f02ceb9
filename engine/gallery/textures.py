"""What each material looks like: a repeating tile of tone and height, drawn by rule.

A tone multiplies the material's colour in linear light; its mean is brought to 1 afterwards.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from engine.gallery.noise import cells, cloud, grid, seed_of, step

SIZE = 512


@dataclass(frozen=True)
class Tile:
    """One tile.

    Attributes:
        tone: (H, W, 3) factor of the colour. height: (H, W), in pixels.
        metres: (width, height) that it covers.
    """

    tone: np.ndarray
    height: np.ndarray
    metres: tuple[float, float]


def _grey(tone: np.ndarray) -> np.ndarray:
    return np.repeat(tone[..., None], 3, axis=2)


def _shifted(tone: np.ndarray, hue: np.ndarray, amount: tuple[float, float, float]) -> np.ndarray:
    """Tone with channels that move with `hue`."""
    return _grey(tone) * (1.0 + hue[..., None] * np.asarray(amount))


def _plaster() -> Tile:
    rng = seed_of("plaster")
    soft, fine = cloud(rng, SIZE, slope=2.0, high=12), cloud(rng, SIZE, slope=0.6, low=20)
    return Tile(_grey(1 + 0.012 * soft + 0.01 * fine), 0.25 * soft + 0.35 * fine, (2.0, 2.0))


def _timber() -> Tile:
    """Wood without joints; the grain runs along u."""
    rng = seed_of("timber")
    long = cloud(rng, SIZE, slope=1.1, stretch=14.0, low=2)
    rings = np.sin(10 * cloud(rng, SIZE, slope=2.4, stretch=6.0, high=20))
    pores = step(cloud(rng, SIZE, slope=0.3, stretch=22.0, low=24), 1.2, 2.2)
    tone = 1 + 0.09 * long + 0.05 * rings - 0.25 * pores
    return Tile(_shifted(tone, long, (-0.01, 0.0, 0.02)), -0.8 * pores + 0.1 * long, (1.28, 1.28))


def _boards(
    across: int, along: int, length: float, name: str, *, shade: float = 0.1
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Tone and joints of boards along u: `across` rows, each of `along` boards, shifted."""
    rng = seed_of(name)
    u, v = grid(SIZE)
    row = np.floor(v * across).astype(int)
    shift = rng.permutation(across) / across
    at = (u * along + shift[row] * along) % along
    which = row * along + np.floor(at).astype(int)
    tones = 1 + shade * rng.standard_normal(across * along)
    grain = cloud(rng, SIZE, slope=1.0, stretch=16.0, low=3)
    offset = rng.integers(0, SIZE, across * along)
    rows, columns = np.indices((SIZE, SIZE))
    mixed = grain[(rows + offset[which]) % SIZE, (columns + 7 * offset[which]) % SIZE]
    edge = np.minimum((v * across) % 1, 1 - (v * across) % 1) / across
    end = np.minimum(at % 1, 1 - at % 1) / along * length
    gap = 1 - step(np.minimum(edge, end), 0.0005, 0.0022)
    return tones[which] * (1 + 0.08 * mixed) * (1 - 0.45 * gap), -2.0 * gap + 0.15 * mixed, which


def _wood() -> Tile:
    tone, height, which = _boards(14, 1, 1.0, "boards")
    warm = np.sin(which * 2.4)
    return Tile(_shifted(tone, warm, (0.015, 0.0, -0.03)), height, (2.1, 2.1))


def _parquet() -> Tile:
    """Herringbone, blocks of one by five."""
    rng = seed_of("parquet")
    n, repeats = 5, 2
    period = 2 * n
    u, v = grid(SIZE)
    x, y = u * period * repeats, v * period * repeats
    i, j = np.floor(x).astype(int), np.floor(y).astype(int)
    d = (i - j) % period
    level = d < n
    along = np.where(level, d + x % 1, 2 * n - 1 - d + y % 1)
    aside = np.where(level, y % 1, x % 1)
    total = period * repeats
    first = np.where(
        level, ((i - d) % total) * total + j, i * total + (j - (2 * n - 1 - d)) % total
    )
    key = (first * 2 + level) % (2 * total * total)
    tones = 1 + 0.13 * rng.standard_normal(2 * total * total)
    grain = cloud(rng, SIZE, slope=0.9, stretch=14.0, low=4)
    offset = rng.integers(0, SIZE, 2 * total * total)[key]
    rows, columns = np.indices((SIZE, SIZE))
    r, c = np.where(level, rows, columns), np.where(level, columns, rows)
    mixed = grain[(r + offset) % SIZE, (c + 5 * offset) % SIZE]
    edge = np.minimum(np.minimum(aside, 1 - aside), np.minimum(along, n - along))
    gap = 1 - step(edge, 0.012, 0.05)
    tone = tones[key] * (1 + 0.08 * mixed) * (1 - 0.5 * gap) * np.where(level, 1.03, 0.97)
    warm = np.sin(key * 1.7)
    return Tile(_shifted(tone, warm, (0.02, 0.0, -0.04)), -1.5 * gap, (1.6, 1.6))


def _concrete() -> Tile:
    rng = seed_of("concrete")
    soft, mid = cloud(rng, SIZE, slope=1.8, high=16), cloud(rng, SIZE, slope=0.9, low=6)
    pits = step(cloud(rng, SIZE, slope=0.4, low=40, high=90), 2.4, 3.0)
    tone = 1 + 0.06 * soft + 0.035 * mid - 0.3 * pits
    return Tile(_grey(tone), 0.3 * mid - 2.0 * pits, (3.0, 3.0))


def _brick() -> Tile:
    rng = seed_of("brick")
    across, down = 8, 24
    u, v = grid(SIZE)
    row = np.floor(v * down).astype(int)
    at = (u * across + 0.5 * (row % 2)) % across
    which = row * across + np.floor(at).astype(int)
    wide, tall = 1.76, 1.8
    rough = 0.0022 * cloud(rng, SIZE, slope=0.8, low=12)
    edge = np.minimum(at % 1, 1 - at % 1) / across * wide
    side = np.minimum((v * down) % 1, 1 - (v * down) % 1) / down * tall
    inside = step(np.minimum(edge, side) + rough, 0.004, 0.0085)
    shade = 1 + 0.2 * rng.standard_normal(across * down)[which]
    burnt = np.where(rng.random(across * down) < 0.09, 0.55, 1.0)[which]
    grain = 1 + 0.1 * cloud(rng, SIZE, slope=0.7, low=8)
    hue = rng.standard_normal(across * down)[which]
    face = _shifted(np.clip(shade, 0.55, 1.5) * burnt * grain, hue, (0.05, 0.0, 0.02))
    mortar = np.asarray([1.45, 2.6, 3.2]) * (1 + 0.05 * grain[..., None])
    tone = inside[..., None] * face + (1 - inside[..., None]) * mortar
    return Tile(tone, 5.0 * inside + 0.8 * grain, (wide, tall))


def _marble() -> Tile:
    rng = seed_of("marble")
    bend = cloud(rng, SIZE, slope=2.0, high=24)
    fine = cloud(rng, SIZE, slope=1.5)
    u, v = grid(SIZE)
    veins = np.abs(np.sin(np.pi * (2 * u + 3 * v) + 1.5 * bend))
    thin = np.abs(np.sin(np.pi * (3 * u - 2 * v) + 2.1 * fine))
    dark = 0.34 * (1 - step(veins, 0.0, 0.3)) * (0.6 + 0.3 * fine) + 0.14 * (
        1 - step(thin, 0, 0.12)
    )
    tone = 1 + 0.03 * bend - np.clip(dark, 0, 0.6)
    return Tile(_shifted(tone, dark, (-0.02, 0.0, 0.06)), 0.0 * bend, (1.6, 1.6))


def _stone() -> Tile:
    rng = seed_of("stone")
    beds = cloud(rng, SIZE, slope=1.4, stretch=5.0)
    speck = cloud(rng, SIZE, slope=0.4, low=30)
    tone = 1 + 0.05 * beds + 0.035 * speck
    return Tile(_shifted(tone, beds, (0.01, 0.0, -0.02)), 0.4 * speck + 0.4 * beds, (1.4, 1.4))


def _ashlar() -> Tile:
    """Courses of cut stone, for outer walls."""
    base = _stone()
    rng = seed_of("ashlar")
    across, down = 3, 6
    u, v = grid(SIZE)
    row = np.floor(v * down).astype(int)
    at = (u * across + 0.5 * (row % 2)) % across
    which = row * across + np.floor(at).astype(int)
    side = np.minimum((v * down) % 1, 1 - (v * down) % 1) / down * 2.1
    edge = np.minimum(np.minimum(at % 1, 1 - at % 1) / across * 2.4, side)
    joint = 1 - step(edge, 0.003, 0.012)
    shade = (1 + 0.05 * rng.standard_normal(across * down))[which] * (1 - 0.35 * joint)
    return Tile(base.tone * shade[..., None], base.height - 4.0 * joint, (2.4, 2.1))


def _roof() -> Tile:
    """Rows of flat tiles."""
    rng = seed_of("roof")
    across, down = 10, 10
    u, v = grid(SIZE)
    row = np.floor(v * down).astype(int)
    at = (u * across + 0.5 * (row % 2)) % across
    which = row * across + np.floor(at).astype(int)
    fall = (v * down) % 1
    edge = step(np.minimum(at % 1, 1 - at % 1), 0.0, 0.06)
    shade = (1 + 0.13 * rng.standard_normal(across * down))[which]
    return Tile(_grey(shade * (0.75 + 0.35 * fall) * (0.7 + 0.3 * edge)), 6 * fall, (2.0, 2.0))


def _terrazzo() -> Tile:
    rng = seed_of("terrazzo")
    count = 900
    which, near, far = cells(rng, SIZE, count)
    chip = step(far - near, 0.004, 0.009) * (rng.random(count) < 0.8)[which]
    tints = 1 + rng.normal(0, 0.2, (count, 1)) + rng.normal(0, 0.05, (count, 3))
    tints = np.where(rng.random((count, 1)) < 0.14, 0.4 * tints, tints)
    ground = (
        np.asarray([1.0, 1.0, 1.0]) * (1 + 0.02 * cloud(rng, SIZE, slope=0.8, low=9))[..., None]
    )
    tone = chip[..., None] * np.clip(tints, 0.25, 1.5)[which] + (1 - chip[..., None]) * ground
    return Tile(tone, 0.1 * chip, (1.1, 1.1))


def _carpet() -> Tile:
    rng = seed_of("carpet")
    pile = cloud(rng, SIZE, slope=0.1, low=60)
    soft = cloud(rng, SIZE, slope=1.8, high=10)
    return Tile(_grey(1 + 0.16 * pile + 0.06 * soft), 1.2 * pile, (0.9, 0.9))


def _weave(count: int = 96) -> tuple[np.ndarray, np.ndarray]:
    u, v = grid(SIZE)
    warp = np.sin(np.pi * count * u) ** 2
    weft = np.sin(np.pi * count * v) ** 2
    over = (np.floor(u * count) + np.floor(v * count)) % 2
    height = np.where(over == 0, warp * (0.5 + 0.5 * weft), weft * (0.5 + 0.5 * warp))
    return height, over


def _fabric() -> Tile:
    rng = seed_of("fabric")
    height, over = _weave()
    slub = cloud(rng, SIZE, slope=0.8, stretch=20.0, low=4)
    tone = 0.84 + 0.26 * height + 0.03 * over + 0.04 * slub
    return Tile(_grey(tone), 1.4 * height, (0.4, 0.4))


def _damask() -> Tile:
    """A silk hanging: an ogee lattice with palmettes, matt on satin, mirrored left and right."""
    rng = seed_of("damask")
    u, v = grid(SIZE)
    ornament = np.zeros((SIZE, SIZE))
    for du, dv in ((0.0, 0.0), (0.5, 0.5)):
        x = np.abs((u + du) % 1 - 0.5) * 2
        y = ((v + dv) % 1 - 0.5) * 2
        ornament = np.maximum(ornament, _palmette(x, y))
    lattice = _ogee(u, v)
    pattern = np.maximum(ornament, lattice)
    thread = np.sin(np.pi * 170 * v) ** 2
    silk = cloud(rng, SIZE, slope=0.7, stretch=16.0, low=6)
    tone = 0.86 + 0.42 * pattern + 0.05 * thread * (1 - pattern) + 0.025 * silk
    return Tile(_grey(tone), 1.2 * pattern + 0.3 * thread, (0.62, 0.93))


def _ogee(u: np.ndarray, v: np.ndarray) -> np.ndarray:
    """Two wavy bands that touch: the frame of the palmettes."""
    wave = 0.25 * np.cos(2 * np.pi * v) * (1 - 0.18 * np.cos(4 * np.pi * v))
    left = np.abs((u - 0.25 - wave * 0.86) % 1.0)
    right = np.abs((u + 0.25 + wave * 0.86) % 1.0)
    away = np.minimum(np.minimum(left, 1 - left), np.minimum(right, 1 - right))
    band = step(away, 0.012, 0.018) * (1 - step(away, 0.034, 0.04))
    return band * 0.8 + (1 - step(away, 0.0, 0.006)) * 0.7


def _palmette(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Leaves in a fan with a stem below, for x >= 0 mirrored; y runs down from -1 to 1."""
    out = np.zeros_like(x)
    foot = 0.3
    for angle, length, width in (
        (0.0, 0.62, 0.1), (0.42, 0.56, 0.085), (0.86, 0.46, 0.075), (1.36, 0.36, 0.065),
        (1.9, 0.27, 0.055),
    ):  # fmt: skip
        a, b = np.sin(angle), np.cos(angle)
        along = x * 0.62 * a + (foot - y) * b
        aside = x * 0.62 * b - (foot - y) * a
        t = along / length
        curve = aside + 0.05 * np.sin(np.pi * np.clip(t, 0, 1)) * (1 if angle else 0)
        body = width * np.sqrt(np.clip(t * (1 - t) * 4, 0, None)) * (0.55 + 0.6 * t)
        leaf = step(body - np.abs(curve), 0.0, 0.012) * ((t > 0.02) & (t < 1))
        vein = 1 - 0.75 * step(0.010 - np.abs(curve), 0.0, 0.006) * (t > 0.12) * (t < 0.86)
        out = np.maximum(out, leaf * vein)
    stem = step(0.022 - np.abs(x * 0.62), 0.0, 0.008) * ((y > foot) & (y < 0.72))
    bud = step(0.075 - np.hypot(x * 0.62, (y - 0.38) * 0.9), 0.0, 0.01)
    scroll = np.abs(np.hypot(x * 0.62 - 0.13, y - 0.5) - 0.1)
    curl = step(0.018 - scroll, 0.0, 0.008) * (y > 0.38)
    return np.maximum.reduce([out, stem, bud, curl])


def _stripe() -> Tile:
    """Wallpaper in two tones with fine lines between, and a sprig on the broad stripe."""
    rng = seed_of("stripe")
    u, v = grid(SIZE)
    broad = step(np.cos(2 * np.pi * 2 * u), -0.02, 0.02)
    away = np.abs(np.abs((2 * u) % 1 - 0.5) - 0.25)
    line = 1 - step(np.abs(away - 0.035), 0.006, 0.012)
    x, y = ((2 * u + 0.5) % 1 - 0.5), ((4 * v) % 1 - 0.5)
    angle, r = np.arctan2(y, x * 1.6), np.hypot(x * 1.6, y)
    sprig = step(0.15 * (0.7 + 0.3 * np.cos(6 * angle)) - r, 0.0, 0.02)
    linen = cloud(rng, SIZE, slope=0.5, low=40)
    tone = 0.88 + 0.16 * broad + 0.24 * line + 0.26 * sprig * broad + 0.02 * linen
    return Tile(_grey(tone), 0.5 * linen, (0.48, 0.48))


def _drape() -> Tile:
    """Heavy cloth in upright folds."""
    rng = seed_of("drape")
    u, _ = grid(SIZE)
    sway = 0.012 * cloud(rng, SIZE, slope=2.4, high=5)
    at = u + sway
    fold = 0.5 + 0.32 * np.sin(2 * np.pi * 9 * at) + 0.18 * np.sin(2 * np.pi * 4 * at + 1.0)
    pile = cloud(rng, SIZE, slope=0.2, low=60)
    tone = 0.45 + 0.9 * fold + 0.05 * pile
    return Tile(_grey(np.clip(tone, 0.2, None)), 26 * fold + 0.6 * pile, (1.5, 1.5))


def _metal() -> Tile:
    rng = seed_of("metal")
    brushed = cloud(rng, SIZE, slope=0.3, stretch=40.0, low=8)
    soft = cloud(rng, SIZE, slope=2.0, high=10)
    return Tile(_grey(1 + 0.03 * brushed + 0.03 * soft), 0.2 * brushed, (1.0, 1.0))


def _gilt() -> Tile:
    """Leaf over red bole, rubbed through here and there."""
    rng = seed_of("gilt")
    soft, fine = cloud(rng, SIZE, slope=1.6, high=30), cloud(rng, SIZE, slope=0.9, low=10)
    worn = step(fine + 0.5 * soft, 1.7, 2.6)
    tone = _grey(1 + 0.08 * soft + 0.06 * fine)
    bole = np.asarray([0.75, 0.42, 0.4])
    return Tile(tone * (1 - worn[..., None] * (1 - bole)), 0.5 * fine + 0.5 * soft, (0.7, 0.7))


def _grass() -> Tile:
    rng = seed_of("grass")
    blades, soft = cloud(rng, SIZE, slope=0.2, low=40), cloud(rng, SIZE, slope=1.6, high=30)
    tone = np.clip(1 + 0.28 * blades + 0.16 * soft, 0.2, None)
    return Tile(_shifted(tone, soft, (0.1, 0.0, -0.05)), 2.0 * blades, (3.0, 3.0))


def _gravel() -> Tile:
    rng = seed_of("gravel")
    count = 3200
    which, near, far = cells(rng, SIZE, count)
    rim = step(far - near, 0.0, 0.008)
    tints = 1 + rng.normal(0, 0.16, (count, 1)) + rng.normal(0, 0.03, (count, 3))
    round_ = np.clip(1 - near / 0.014, 0, 1)
    tone = np.clip(tints, 0.4, 1.5)[which] * (0.5 + 0.5 * rim[..., None])
    return Tile(tone * (0.85 + 0.2 * round_[..., None]), 5.0 * np.sqrt(round_), (1.5, 1.5))


def _plain() -> Tile:
    return Tile(np.ones((8, 8, 3)), np.zeros((8, 8)), (1.0, 1.0))


_TILES: dict[str, Callable[[], Tile]] = {
    "plaster": _plaster,
    "wood": _wood,
    "timber": _timber,
    "parquet": _parquet,
    "concrete": _concrete,
    "brick": _brick,
    "marble": _marble,
    "stone": _stone,
    "ashlar": _ashlar,
    "roof": _roof,
    "terrazzo": _terrazzo,
    "carpet": _carpet,
    "fabric": _fabric,
    "damask": _damask,
    "stripe": _stripe,
    "drape": _drape,
    "metal": _metal,
    "gilt": _gilt,
    "grass": _grass,
    "gravel": _gravel,
}
PLAIN = ("glow", "glass")


@lru_cache(maxsize=32)
def tile(kind: str) -> Tile:
    """The tile of a material; mean tone 1 in each channel."""
    made = _TILES.get(kind, _plain)()
    tone = np.maximum(made.tone, 0.0)
    tone = tone / tone.mean((0, 1), keepdims=True).mean()
    return Tile(tone.astype(np.float32), made.height.astype(np.float32), made.metres)
