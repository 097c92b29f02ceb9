"""Bake: lamps, sky and what surfaces throw back onto each other, as irradiance in lightmaps."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

import numpy as np
from scipy.sparse import csr_matrix

from engine.light import scatter
from engine.light.lamps import NIGHT, Lamp, Panel, Sky
from engine.light.rays import Hits, Scene, processors
from engine.light.smooth import nearest, smooth, spread
from engine.light.texels import Surface, Texels, texels

OFFSET = 0.004  # metres: rays begin this far in front of their surface
_INSIDE = 0.35  # share of rays that meet backs, beyond which a texel lies within something
_REACH = 2.5  # metres: what is nearer than this closes in on a texel
_FAINT = 2e-3  # of the brightest: light that is not worth a shadow ray


@dataclass(frozen=True)
class Fixture:
    """A lamp, and which surfaces it shines on directly (indices; the rest gets its bounces)."""

    lamp: Lamp
    reach: tuple[int, ...]


@dataclass(frozen=True)
class Quality:
    """How much work goes into a bake.

    Attributes:
        rays: over the hemisphere of each texel. shadow: to a large panel; a small lamp gets a half.
        bounces: how often light is thrown back.
        every: look from every texel, or from every second like the black squares of a chessboard;
            filtering fills in the others.
    """

    rays: int = 16
    shadow: int = 8
    bounces: int = 3
    every: bool = False


FAST = Quality()
FINE = Quality(rays=64, shadow=32, bounces=5, every=True)


@dataclass(frozen=True)
class Baked:
    """Light on one surface.

    Attributes:
        grid: its texels. direct, bounced, sky: (K, 3) irradiance / π of a white surface, that is:
            what such a surface looks like. openness: (K,) 1 in the open, 0 in a tight corner.
    """

    grid: Texels
    size: tuple[int, int]
    direct: np.ndarray
    sky: np.ndarray
    bounced: np.ndarray
    openness: np.ndarray

    def light(self, ambient: np.ndarray | float = 0.0) -> np.ndarray:
        """(K, 3) all light, with `ambient` (3,) that comes from everywhere."""
        return self.direct + self.sky + self.bounced + ambient * self.openness[:, None]

    def picture(self, ambient: np.ndarray | float = 0.0) -> np.ndarray:
        """(H, W, 3) lightmap without gaps."""
        return spread(self.light(ambient), self.grid, self.size)


@dataclass
class _Work:
    """One surface while it is baked.

    Attributes:
        eyes: texels that rays are cast from. known: (K,) those of them that lie in the open.
        nearest: (K,) for each texel a known one. seen: (eyes, all texels) shares of what each sees.
    """

    surface: Surface
    grid: Texels
    origin: np.ndarray
    first: int
    direct: np.ndarray = field(init=False)
    sky: np.ndarray = field(init=False)
    openness: np.ndarray = field(init=False)
    eyes: np.ndarray = field(init=False)
    known: np.ndarray = field(init=False)
    nearest: np.ndarray = field(init=False)
    seen: csr_matrix = field(init=False)


@dataclass(frozen=True)
class Traced:
    """What does not change when lamps are dimmed: who sees whom, and light on its first way."""

    works: tuple[_Work, ...]
    owner: _Owner
    glow: np.ndarray | float


def bake(
    surfaces: Sequence[Surface],
    fixtures: Sequence[Fixture],
    *,
    occluders: np.ndarray | None = None,
    glow: np.ndarray | float = 0.0,
    sky: Sky = NIGHT,
    quality: Quality = FAST,
    seed: int = 0,
) -> list[Baked]:
    """Light surfaces that stand in one world: `trace`, then `settle`."""
    traced = trace(
        surfaces, fixtures, occluders=occluders, glow=glow, sky=sky, quality=quality, seed=seed
    )
    return settle(traced, bounces=quality.bounces)


def trace(
    surfaces: Sequence[Surface],
    fixtures: Sequence[Fixture],
    *,
    occluders: np.ndarray | None = None,
    glow: np.ndarray | float = 0.0,
    sky: Sky = NIGHT,
    quality: Quality = FAST,
    seed: int = 0,
    on_progress: Callable[[int, int], None] = lambda _done, _total: None,
) -> Traced:
    """Cast all rays.

    Args:
        surfaces: usually one for each room. Light passes from one to the other where it can.
        occluders: (N, 3, 3) triangles that stop light but have no lightmap.
        glow: (3,) or number: what occluders throw back, as part of a white surface's look.
        on_progress: told of (done, total) after each step; may raise to stop.
    Raises:
        CannotTrace: the ray caster does not load.
    """
    blockers = np.zeros((0, 3, 3), np.float32) if occluders is None else occluders
    scene = Scene(np.concatenate([*(s.corners for s in surfaces), blockers]).astype(np.float32))
    works: list[_Work] = []
    first = 0
    pool = ThreadPoolExecutor(processors())
    for surface, grid in zip(surfaces, pool.map(texels, surfaces), strict=True):
        works.append(_Work(surface, grid, grid.point + OFFSET * grid.flat, first))
        first += len(grid)
    owner = _Owner(surfaces, works, first)

    def look(index: int) -> None:
        work = works[index]
        _gather(work, scene, owner, sky, quality, seed)
        mine = [fixture.lamp for fixture in fixtures if index in fixture.reach]
        work.direct = _direct(work, scene, mine, quality.shadow, seed)

    try:
        for done, _ in enumerate(pool.map(look, range(len(works))), 1):
            on_progress(done, len(works))
    finally:
        pool.shutdown(cancel_futures=True)
    return Traced(tuple(works), owner, glow)


def settle(
    traced: Traced, *, gains: Sequence[float] | np.ndarray | None = None, bounces: int
) -> list[Baked]:
    """Throw light back and forth: one `Baked` for each surface, the same for the same arguments.

    Args:
        gains: factors for the lamps that shine on each surface; default 1.
    """
    factors = np.ones(len(traced.works)) if gains is None else np.asarray(gains)
    direct = [w.direct * np.float32(f) for w, f in zip(traced.works, factors, strict=True)]
    bounced = _bounces(traced, direct, bounces)
    return [
        Baked(w.grid, w.surface.size, d, w.sky, b, w.openness)
        for w, d, b in zip(traced.works, direct, bounced, strict=True)
    ]


class _Owner:
    """Which texel, over all surfaces, a hit belongs to. After the last come black and `glow`."""

    def __init__(self, surfaces: Sequence[Surface], works: Sequence[_Work], count: int) -> None:
        self.black, self.glow = count, count + 1
        faces = [len(surface.corners) for surface in surfaces]
        self.faces = sum(faces)
        sizes = np.asarray([surface.size for surface in surfaces], np.int32).reshape(-1, 2)
        base = np.concatenate([[0], np.cumsum(sizes.prod(1))])[: len(faces)]
        self.size = np.repeat(sizes, faces, axis=0)
        self.base = np.repeat(base, faces)
        scale = self.size[:, None, ::-1].astype(np.float32)
        corners = np.concatenate([s.uv for s in surfaces] or [np.zeros((0, 3, 2))]) * scale
        self.corner = corners[:, 0].astype(np.float32)
        self.edges = (corners[:, 1:] - corners[:, :1]).astype(np.float32)
        slots = [np.where(w.grid.slot < 0, count, w.grid.slot + w.first) for w in works]
        self.slot = np.concatenate(slots or [np.zeros(0)]).astype(np.int32)

    def texel(self, hits: Hits) -> np.ndarray:
        """(K,) index; what left the scene or was met from behind is black."""
        result = np.full(len(hits.triangle), self.black, np.int32)
        result[hits.triangle >= self.faces] = self.glow
        mine = np.flatnonzero((hits.triangle >= 0) & (hits.triangle < self.faces))
        face, weights = hits.triangle[mine], hits.weights[mine]
        edges = self.edges[face]
        at = self.corner[face] + weights[:, :1] * edges[:, 0] + weights[:, 1:] * edges[:, 1]
        size = self.size[face]
        pixel = np.minimum(np.maximum(at, 0.0).astype(np.int32), size[:, ::-1] - 1)
        result[mine] = self.slot[self.base[face] + pixel[:, 1] * size[:, 1] + pixel[:, 0]]
        result[hits.behind] = self.black
        return result


def _gather(
    work: _Work, scene: Scene, owner: _Owner, sky: Sky, quality: Quality, seed: int
) -> None:
    """Look round from texels: which others are seen, how much sky, how open."""
    grid, width, rays = work.grid, work.surface.size[1], quality.rays
    black = (grid.pixel // width + grid.pixel % width) % 2 == 0
    work.eyes = np.flatnonzero(black | quality.every)
    count, normal = len(work.eyes), grid.normal[work.eyes]
    right, up = scatter.frames(normal)
    fan = np.stack(
        [scatter.cosine_directions(scatter.points(rays, k, seed)) for k in range(16)]
    ).astype(np.float32)[scatter.pattern(grid.pixel[work.eyes], width)]  # (count, rays, 3)
    direction = fan[..., :1] * right[:, None] + fan[..., 1:2] * up[:, None]
    direction += fan[..., 2:] * normal[:, None]
    direction = direction.reshape(-1, 3)
    hits = scene.hits(np.repeat(work.origin[work.eyes], rays, axis=0), direction)
    work.known = np.zeros(len(grid), bool)
    work.known[work.eyes] = hits.behind.reshape(count, rays).mean(1) < _INSIDE
    work.nearest = nearest(work.known, grid)
    starts = np.arange(count + 1, dtype=np.int32) * rays
    share = np.full(count * rays, 1 / rays, np.float32)
    shape = (count, owner.glow + 1)
    work.seen = csr_matrix((share, owner.texel(hits), starts), shape)
    both = np.zeros((len(grid), 4), np.float32)
    left = np.flatnonzero(hits.left)
    for channel, light in enumerate(sky.radiance(direction[left]).T):
        both[work.eyes, channel] = np.bincount(left // rays, light, count) / rays
    near = np.minimum(hits.distance / np.float32(_REACH), 1.0).reshape(count, rays)
    both[work.eyes, 3] = near.mean(1)
    both = smooth(both, grid, work.surface.size, work.known, work.nearest)
    work.sky, work.openness = both[:, :3], both[:, 3]


def _direct(work: _Work, scene: Scene, lamps: Sequence[Lamp], shadow: int, seed: int) -> np.ndarray:
    """(K, 3) light of lamps; shadows are filtered, the exact light without them is not."""
    grid = work.grid
    total = np.zeros((len(grid), 3), np.float32)
    place = scatter.pattern(grid.pixel, work.surface.size[1])
    bright = np.zeros(len(grid), np.float32)
    clear = np.zeros(len(grid), np.float32)
    for number, lamp in enumerate(lamps):
        colour = lamp.radiance if isinstance(lamp, Panel) else lamp.power
        share = lamp.irradiance(grid.point, grid.normal).astype(np.float32) / np.float32(np.pi)
        lit = np.flatnonzero((share > _FAINT * max(float(share.max(initial=0)), 1e-9)) & work.known)
        if not len(lit):
            continue
        rays = shadow if _is_large(lamp) else max(shadow // 2, 4)
        visible = _visible(work, scene, lamp, lit, place[lit], rays, seed + number)
        total += share[:, None] * colour.astype(np.float32)
        bright[lit] += share[lit] * float(colour.mean())
        clear[lit] += share[lit] * float(colour.mean()) * visible
    ratio = np.where(bright > 0, clear / np.maximum(bright, 1e-12), 0.0)[:, None]
    trust = np.where(work.known, np.sqrt(bright) + 1e-6, 0.0)
    return total * smooth(ratio, grid, work.surface.size, trust, work.nearest)


def _is_large(lamp: Lamp) -> bool:
    """Whether its shadows are so soft that more rays are needed."""
    return isinstance(lamp, Panel) and bool(
        max(np.linalg.norm(lamp.right), np.linalg.norm(lamp.up)) > 0.6
    )


def _visible(
    work: _Work, scene: Scene, lamp: Lamp, lit: np.ndarray, place: np.ndarray, rays: int, seed: int
) -> np.ndarray:
    """(len(lit),) share of a lamp's light that reaches texels."""
    points, normals, origin = work.grid.point[lit], work.grid.normal[lit], work.origin[lit]
    jitter = np.stack([scatter.points(rays, k, seed) for k in range(16)])[place].reshape(-1, 2)
    source = np.repeat(origin, rays, axis=0)
    ends = lamp.samples(source, jitter).astype(np.float32)
    free = ~scene.blocked(source, ends).reshape(len(lit), rays)
    if not isinstance(lamp, Panel):
        return free.mean(1)
    # Parts of a panel count by how much they light: near ones more, those below the horizon not.
    way = ends.reshape(len(lit), rays, 3) - points[:, None]
    squared = np.maximum((way * way).sum(2), 1e-4)
    facing = np.maximum(np.einsum("krx,kx->kr", way, normals), 0.0)
    weight = facing * np.maximum(-(way @ lamp.normal.astype(np.float32)), 0.0) / squared**2
    seen = (weight * free).sum(1)
    return np.where(weight.sum(1) > 0, seen / np.maximum(weight.sum(1), 1e-20), free.mean(1))


def _bounces(traced: Traced, direct: Sequence[np.ndarray], count: int) -> list[np.ndarray]:
    """(K, 3) light that comes by way of other surfaces, for each work."""
    works, owner = traced.works, traced.owner
    albedo = [w.surface.albedo[w.grid.face].astype(np.float32) for w in works]
    back = np.zeros((owner.glow + 1, 3), np.float32)
    back[owner.glow] = traced.glow
    bounced = [np.zeros((len(w.grid), 3), np.float32) for w in works]
    for _ in range(count):
        for work, own, lamps, extra in zip(works, albedo, direct, bounced, strict=True):
            here = slice(work.first, work.first + len(work.grid))
            back[here] = own * (lamps + work.sky + extra)
        for work, extra in zip(works, bounced, strict=True):
            extra[work.eyes] = work.seen @ back
            extra[:] = extra[work.nearest]
    return [
        smooth(values, w.grid, w.surface.size, w.known, w.nearest)
        for w, values in zip(works, bounced, strict=True)
    ]
