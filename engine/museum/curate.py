"""Which works share a room, and in which order rooms and works are met."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from scipy import optimize
from scipy.cluster import hierarchy

from engine.museum.hues import mean_lab
from engine.museum.parts import Made, WorkKind
from engine.museum.reasons import Hung, traits, with_reasons
from engine.museum.spec import Visitor
from engine.museum.works import Exhibit

_EXACT_ORDER = 400  # works up to which the leaves are put in the best order, at cubic cost


_KINDS: tuple[WorkKind, ...] = ("painting", "sculpture", "prop", "character", "video")
_SOLID_SHARE = 3.0  # times its part of the sculptures and props that a court or hall gets


def curate(
    found: Sequence[Exhibit],
    shares: Sequence[float],
    visitor: Visitor | None = None,
    *,
    solid_room: int | None = None,
) -> list[Hung]:
    """Divide exhibits among rooms so that neighbours are alike and every room is a place.

    What hangs and what stands is put in line by likeness (Ward clustering, leaves in the best
    order), each for itself, and the lines are cut into rooms where the works change most: the cut
    has the least sum of squared distances to the rooms' means of all cuts with the wished sizes.
    What stands goes to the rooms where it resembles what hangs; guests are everywhere.

    Args:
        shares: relative size of each room, in the order of the route.
        solid_room: the room, such as a court, that should have most of the sculptures and props.
    """
    features = _features(found)
    liked = np.asarray([float(bool(traits(e) & _likes(visitor))) for e in found])
    flat = [i for i, e in enumerate(found) if e.flat]
    solid = [i for i, e in enumerate(found) if not e.flat and e.kind != "character"]
    guests = [i for i, e in enumerate(found) if e.kind == "character"]
    rooms = _divide(flat, features, liked, shares)
    weights = [s * (_SOLID_SHARE if i == solid_room else 1.0) for i, s in enumerate(shares)]
    blocks = _divide(solid, features, liked, weights)
    for place, block in zip(_matched(rooms, blocks, features, solid_room), blocks, strict=True):
        rooms[place] += block
    for place, guest in zip(_spaced(len(guests), len(rooms)), guests, strict=True):
        rooms[place].append(guest)
    while any(not room for room in rooms):
        fullest = max(rooms, key=len)
        next(room for room in rooms if not room).append(fullest.pop())
    ordered = [sorted(room, key=lambda i: -liked[i]) for room in rooms]
    return with_reasons([[found[i] for i in room] for room in ordered])


def _features(found: Sequence[Exhibit]) -> np.ndarray:
    """(n, 5 + d + 3) float64: kind, class and style one-hot, and the mean colour if measured."""
    tags = [_tags(e) for e in found]
    columns = {tag: len(_KINDS) + i for i, tag in enumerate(sorted({t for ts in tags for t in ts}))}
    out = np.zeros((len(found), len(_KINDS) + len(columns) + 3))
    for row, exhibit in enumerate(found):
        out[row, _KINDS.index(exhibit.kind)] = 0.6
        for tag in tags[row]:
            out[row, columns[tag]] = 1.0
        if exhibit.first.colours:
            out[row, -3:] = mean_lab(exhibit.first.colours) / 100.0 * 2.5
    return np.round(out, 9)


def _tags(exhibit: Exhibit) -> set[tuple[str, str]]:
    work = exhibit.first
    made = work.origin if isinstance(work.origin, Made) else None
    tags = {("class", made.class_name)} if made and made.class_name else set()
    return tags | ({("style", work.style)} if work.style else set())


def _line(features: np.ndarray) -> list[int]:
    if len(features) < 3:
        return list(range(len(features)))
    tree = hierarchy.linkage(features, "ward", optimal_ordering=len(features) <= _EXACT_ORDER)
    return [int(i) for i in hierarchy.leaves_list(tree)]


def _divide(
    chosen: list[int], features: np.ndarray, liked: np.ndarray, shares: Sequence[float]
) -> list[list[int]]:
    """Cut a line of the chosen exhibits into one block for each room; what is liked comes early."""
    if len(chosen) < len(shares):
        few: list[list[int]] = [[] for _ in shares]
        for place, i in zip(_spaced(len(chosen), len(shares)), chosen, strict=True):
            few[place].append(i)
        return few
    order = [chosen[i] for i in _line(features[chosen])]
    best: tuple[float, list[list[int]]] | None = None
    early = np.linspace(1.0, -1.0, len(order))
    for turn in _turns(features[order]):
        turned = [order[i] for i in turn]
        bounds, cost = _cut(features[turned], shares)
        cost -= 3.0 * float(early @ liked[turned])
        if best is None or cost < best[0] - 1e-9:
            blocks = [turned[a:b] for a, b in zip(bounds[:-1], bounds[1:], strict=True)]
            best = cost, blocks
    assert best is not None
    return best[1]


def _spaced(count: int, rooms: int) -> list[int]:
    """Rooms for some single works, spread over the house."""
    return [int((i + 0.5) * rooms / count) for i in range(count)]


def _matched(
    rooms: list[list[int]], blocks: list[list[int]], features: np.ndarray, kept: int | None
) -> list[int]:
    """For each block the room whose works resemble it most; that of the room `kept` stays."""
    free = [i for i in range(len(rooms)) if i != kept]
    shared = features[:, len(_KINDS) :]
    cost = np.zeros((len(free), len(free)))
    for row, block in enumerate(free):
        for column, room in enumerate(free):
            if blocks[block] and rooms[room]:
                apart = shared[blocks[block]].mean(0) - shared[rooms[room]].mean(0)
                cost[row, column] = float((apart**2).sum())
            cost[row, column] += 1e-3 * abs(row - column)
    _, places = optimize.linear_sum_assignment(cost)
    out = list(range(len(rooms)))
    for block, place in zip(free, places, strict=True):
        out[block] = free[int(place)]
    return out


def _turns(line: np.ndarray) -> list[list[int]]:
    """Ways to walk along the line: begin at one of its largest breaks, in both directions."""
    count = len(line)
    breaks = np.linalg.norm(np.diff(line, axis=0), axis=1) if count > 1 else np.zeros(0)
    starts = [
        0,
        *(int(i) + 1 for i in np.argsort(-breaks, kind="stable")[: 7 if count < 500 else 2]),
    ]
    forward = [[(s + i) % count for i in range(count)] for s in starts]
    return forward + [turn[::-1] for turn in forward]


def _cut(line: np.ndarray, shares: Sequence[float]) -> tuple[list[int], float]:
    """Bounds of the rooms' blocks, and the sum of squared distances to their means."""
    count, rooms = len(line), len(shares)
    sums = np.vstack([np.zeros(line.shape[1]), np.cumsum(line, axis=0)])
    squares = np.concatenate([[0.0], np.cumsum((line**2).sum(1))])
    target = np.asarray(shares) / sum(shares) * count
    best = np.full(count + 1, np.inf)
    best[0] = 0.0
    origins = np.zeros((rooms, count + 1), int)
    for room in range(rooms):
        low, high = max(1, int(0.6 * target[room])), int(np.ceil(1.4 * target[room])) + 1
        after = np.full(count + 1, np.inf)
        for size in range(low, min(high, count) + 1):
            end = np.arange(size, count + 1)
            inside = sums[end] - sums[end - size]
            spread = squares[end] - squares[end - size] - (inside**2).sum(1) / size
            # A mild pull to the wished size, so that equal works are divided evenly.
            cost = best[end - size] + spread + 0.02 * (size - target[room]) ** 2 / target[room]
            better = cost < after[end] - 1e-12
            after[end[better]] = cost[better]
            origins[room, end[better]] = size
        best = after
    if not np.isfinite(best[count]):
        even = np.round(np.linspace(0, count, rooms + 1)).astype(int)
        return [int(b) for b in even], 1e9
    bounds = [count]
    for room in reversed(range(rooms)):
        bounds.append(bounds[-1] - int(origins[room, bounds[-1]]))
    return bounds[::-1], float(best[count])


def _likes(visitor: Visitor | None) -> set[str]:
    return {like.lower() for like in visitor.likes} if visitor else set()
