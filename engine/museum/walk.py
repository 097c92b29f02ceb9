"""Where visitors can stand and what they see from there: a map of the floor in small cells.

The map is drawn from the museum's file alone, so it is true of what was written, not of what was
meant. Everything is conservative: a cell counts as free only when the whole visitor fits.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from scipy import ndimage, sparse
from scipy.sparse import csgraph

from engine.museum.parts import Ground
from engine.museum.schema import AnySlot, Museum, ScreenSlot, WallSlot
from engine.museum.solids import axes, door_corners, outer_size, solids

CELL = 0.1  # metres
RADIUS = 0.4575  # half of the clear width of 0.915 m that a wheelchair needs
NEAREST, FARTHEST = 1.05, 4.5
_SIDEWAYS = (0.0, 15.0, -15.0, 30.0, -30.0, 42.0, -42.0)
_LEAST_COSINE = np.cos(np.radians(45.0))
_ASIDE = (0.6, -0.6, 1.0, -1.0, 1.5, -1.5, 2.2, -2.2)
_NEARBY = 50  # cells around start and goal in which a way is looked for first
_CELLS = 16_000_000


class Walk:
    """The floor of a museum.

    Attributes:
        origin: (x, z) of the corner of cell (0, 0).
        floor: (nz, nx) bool: inside a room or a passage.
        top: (nz, nx) float32: height up to which a cell blocks the view; infinite in walls.
        clear: (nz, nx) bool: a visitor of `RADIUS` can stand here.
        region: (nz, nx) int32: number of the connected part of `clear`, 0 outside.
        room: (nz, nx) int16: place of the room in the file, -1 outside of all.
    """

    def __init__(self, museum: Museum) -> None:
        points = np.asarray([p for room in museum.rooms for p in room.outline])
        self.origin = points.min(0) - 0.5
        size = np.ceil((points.max(0) + 0.5 - self.origin) / CELL).astype(int)
        if size[0] * size[1] > _CELLS:
            raise ValueError("the house is too large for a map")
        self.floor = np.zeros((int(size[1]), int(size[0])), bool)
        self.room = np.full(self.floor.shape, -1, np.int16)
        for i, room in enumerate(museum.rooms):
            self._draw(np.asarray(room.outline), self.floor, True)
            self._draw(np.asarray(room.outline), self.room, i)
        for door in museum.doors:
            if door.rooms[1] is not None:
                self._draw(door_corners(door), self.floor, True)
        self.top = np.where(self.floor, 0.0, np.inf).astype(np.float32)
        blocked = ~self.floor
        for solid in solids(museum):
            self._draw(solid.corners(), blocked, True)
            self._draw(solid.corners(), self.top, solid.top)
        away = ndimage.distance_transform_edt(~blocked)
        # Distances are between the middles of cells; half a cell more is certainly free.
        self.clear = (away - 0.5) * CELL >= RADIUS
        self.region, self.regions = ndimage.label(self.clear, np.ones((3, 3)))

    def _draw(self, corners: np.ndarray, image: np.ndarray, value: float) -> None:
        """Fill a polygon: the cells whose middle is inside, by crossings."""
        low = np.floor((corners.min(0) - self.origin) / CELL).astype(int)
        high = np.ceil((corners.max(0) - self.origin) / CELL).astype(int)
        low, high = np.maximum(low, 0), np.minimum(high, image.shape[::-1])
        if (low >= high).any():
            return
        x = self.origin[0] + (np.arange(low[0], high[0]) + 0.5) * CELL
        z = self.origin[1] + (np.arange(low[1], high[1]) + 0.5) * CELL
        inside = np.zeros((len(z), len(x)), bool)
        for (ax, az), (bx, bz) in zip(corners, np.roll(corners, -1, 0), strict=True):
            if az != bz:
                crosses = (az > z) != (bz > z)
                at = ax + (z - az) / (bz - az) * (bx - ax)
                inside ^= crosses[:, None] & (x[None, :] < at[:, None])
        image[low[1] : high[1], low[0] : high[0]][inside] = value

    def cell(self, point: Ground | np.ndarray) -> tuple[int, int]:
        """(row, column) of the cell that holds a point, moved to the border if it is outside."""
        at = np.floor((np.asarray(point) - self.origin) / CELL).astype(int)
        rows, columns = self.clear.shape
        return int(np.clip(at[1], 0, rows - 1)), int(np.clip(at[0], 0, columns - 1))

    def point(self, cell: tuple[int, int]) -> Ground:
        """Middle of a cell, to the millimetre."""
        x, z = self.origin + (np.asarray(cell[::-1]) + 0.5) * CELL
        return round(float(x), 3), round(float(z), 3)

    def region_at(self, point: Ground) -> int:
        """Number of the connected part that a visitor at this point is in, 0 if none fits here."""
        return int(self.region[self.cell(point)])

    def line_is_clear(self, a: Ground, b: Ground) -> bool:
        """Whether one can walk straight from a to b."""
        steps = max(2, int(np.hypot(b[0] - a[0], b[1] - a[1]) / (CELL / 2)) + 1)
        points = np.linspace(a, b, steps)
        cells = np.floor((points - self.origin) / CELL).astype(int)
        inside = (cells >= 0).all(1) & (cells < self.clear.shape[::-1]).all(1)
        return bool(inside.all() and self.clear[cells[:, 1], cells[:, 0]].all())

    def sees(self, eye: tuple[float, float, float], target: np.ndarray, near: float) -> bool:
        """Whether nothing stands between an eye and a point; the last `near` metres do not count."""
        start = np.asarray(eye)
        span = float(np.linalg.norm(target - start))
        if span <= near:
            return True
        t = np.linspace(0.0, 1.0 - near / span, max(2, int(span / (CELL / 2))))
        points = start + t[:, None] * (target - start)
        cells = np.floor((points[:, [0, 2]] - self.origin) / CELL).astype(int)
        cells = np.clip(cells, 0, np.asarray(self.clear.shape[::-1]) - 1)
        return bool((self.top[cells[:, 1], cells[:, 0]] <= points[:, 1]).all())

    def views(self, slot: AnySlot, stand: Ground, eye: float) -> bool:
        """Whether all five test points of a work, middle and corners, are seen from a stand."""
        targets, near = sight_points(slot, stand)
        return all(self.sees((stand[0], eye, stand[1]), target, near) for target in targets)

    def find_stand(self, slot: AnySlot, eye: float, region: int, room: int) -> Ground | None:
        """A point to see a work from: at 1.5 times its diagonal, else a little aside or nearer.

        Args:
            region: the connected part that can be reached from the spawn.
            room: place of the slot's room among the rooms of the museum.
        """
        middle = np.asarray([slot.position[0], slot.position[2]])
        best, least = viewing_distances(slot)
        for distance in _distances(best, least):
            for angle in _SIDEWAYS:
                turned = axes(slot.yaw + angle)[1]
                at = self.point(self.cell(middle + distance * turned))
                here = self.region_at(at) == region and self.room[self.cell(at)] == room
                # A place is the middle of a cell, which may lie further aside than was asked for.
                to = np.asarray(at) - middle
                front = axes(slot.yaw)[1] @ to >= _LEAST_COSINE * np.linalg.norm(to)
                if here and front and self.views(slot, at, eye):
                    return at
        return None

    def way(self, start: Ground, goal: Ground) -> tuple[Ground, ...] | None:
        """The corners of a short walk from start to goal, without start; None if there is none."""
        if self.line_is_clear(start, goal):
            return (goal,)
        if (corner := self._around(start, goal)) is not None:
            return (corner, goal)
        cells = self._cells_between(self.cell(start), self.cell(goal))
        if cells is None:
            return None
        points = [start, *(self.point(c) for c in cells[1:-1]), goal]
        out, here = [], 0
        while here < len(points) - 1:
            ahead = len(points) - 1
            while ahead > here + 1 and not self.line_is_clear(points[here], points[ahead]):
                ahead = here + max(1, (ahead - here) // 2)
            out.append(points[ahead])
            here = ahead
        return tuple(out)

    def _around(self, start: Ground, goal: Ground) -> Ground | None:
        """One corner beside the straight line that leads past what is in the way, if there is one."""
        a, b = np.asarray(start), np.asarray(goal)
        aside = np.asarray([b[1] - a[1], a[0] - b[0]]) / max(float(np.linalg.norm(b - a)), 1e-9)
        for out in _ASIDE:
            for share in (0.5, 0.3, 0.7):
                corner = self.point(self.cell(a + share * (b - a) + out * aside))
                if self.line_is_clear(start, corner) and self.line_is_clear(corner, goal):
                    return corner
        return None

    def _cells_between(
        self, start: tuple[int, int], goal: tuple[int, int]
    ) -> list[tuple[int, int]] | None:
        """Shortest way over clear cells: nearby if there is one, else through the whole house."""
        if not self.region[start] or self.region[start] != self.region[goal]:
            return None
        ends = np.asarray([start, goal])
        for margin in (_NEARBY, max(self.clear.shape)):
            low = np.maximum(ends.min(0) - margin, 0)
            high = np.minimum(ends.max(0) + margin + 1, self.clear.shape)
            clear = self.clear[low[0] : high[0], low[1] : high[1]]
            graph, number = _steps(clear)
            first, last = (int(number[tuple(end - low)]) for end in ends)
            _, before = csgraph.dijkstra(graph, indices=first, return_predecessors=True)
            if last == first or before[last] >= 0:
                break
        path = [last]
        while path[-1] != first:
            path.append(int(before[path[-1]]))
        cells = np.argwhere(clear)[path[::-1]] + low
        return [(int(r), int(c)) for r, c in cells]


def _steps(clear: np.ndarray) -> tuple[sparse.csr_array, np.ndarray]:
    """Lengths of the steps between neighbouring clear cells, and each cell's number or -1."""
    number = np.full(clear.shape, -1, np.int32)
    number[clear] = np.arange(np.count_nonzero(clear), dtype=np.int32)
    rows, columns = number.shape
    pairs, lengths = [], []
    for a, b in ((0, 1), (1, 0), (1, 1), (1, -1)):
        here = number[: rows - a, max(0, -b) : columns - max(0, b)]
        there = number[a:, max(0, b) : columns - max(0, -b)]
        both = (here >= 0) & (there >= 0)
        if a and b:  # never between two blocked cells, nor along the corner of one
            both &= number[: rows - 1, max(0, b) : columns - max(0, -b)] >= 0
            both &= number[1:, max(0, -b) : columns - max(0, b)] >= 0
        pairs.append(np.stack([here[both], there[both]]))
        lengths.append(np.full(pairs[-1].shape[1], np.hypot(a, b)))
    one, two = np.concatenate(pairs, 1)
    both_ways = (np.concatenate([one, two]), np.concatenate([two, one]))
    count = int(number.max()) + 1
    return sparse.csr_array(
        (np.tile(np.concatenate(lengths), 2), both_ways), (count, count)
    ), number


def sight_points(slot: AnySlot, stand: Ground) -> tuple[list[np.ndarray], float]:
    """Test points of a work, (5, 3), and how near to them the view may end."""
    x, y, z = slot.position
    if isinstance(slot, WallSlot | ScreenSlot):
        side, ahead = axes(slot.yaw)
        wide, high = (0.45 * s for s in outer_size(slot))
        spread = [(0.0, 0.0), (-wide, -high), (wide, -high), (-wide, high), (wide, high)]
        out = 0.03 * ahead
        return [
            np.asarray([x + a * side[0] + out[0], y + b, z + a * side[1] + out[1]])
            for a, b in spread
        ], 2 * CELL
    width, height, depth = slot.size
    to = np.asarray([stand[0] - x, stand[1] - z])
    to = to / max(float(np.linalg.norm(to)), 1e-9)
    across = np.asarray([to[1], -to[0]]) * 0.4 * width
    points = [np.asarray([x, y + share * height, z]) for share in (0.1, 0.5, 0.9)]
    points += [
        np.asarray([x + s * across[0], y + 0.5 * height, z + s * across[1]]) for s in (-1, 1)
    ]
    base = slot.plinth.size if slot.kind == "plinth" else slot.size
    return points, float(np.hypot(max(width, base[0]), max(depth, base[2]))) / 2 + 2 * CELL


def viewing_distances(slot: AnySlot) -> tuple[float, float]:
    """(wished, least) distance in metres between a visitor and the middle of a work."""
    if isinstance(slot, WallSlot | ScreenSlot):
        diagonal = float(np.hypot(*slot.size))
        return float(np.clip(1.5 * diagonal, 1.2, FARTHEST)), NEAREST
    foot = float(np.hypot(slot.size[0], slot.size[2])) / 2
    return float(np.clip(1.2 * slot.size[1] + foot, 1.3, FARTHEST)), max(
        foot + RADIUS + 0.3, NEAREST
    )


def _distances(best: float, least: float) -> Sequence[float]:
    nearer = [best * share for share in (1.0, 0.85, 0.7, 0.55) if best * share >= least]
    farther = [best * share for share in (1.2, 1.4) if best * share <= FARTHEST]
    return [*nearer, *farther, least]
