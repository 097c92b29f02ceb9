"""Which works share a room, and in which order rooms and works are met."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.cluster import hierarchy

from engine.museum.hues import hue_name, mean_lab
from engine.museum.parts import Made
from engine.museum.spec import Visitor
from engine.museum.words import plain, plural
from engine.museum.works import Exhibit

_EXACT_ORDER = 400  # works up to which the leaves are put in the best order, at cubic cost


@dataclass(frozen=True)
class Hung:
    """What a room shows, in the order it is met, and why."""

    exhibits: tuple[Exhibit, ...]
    title: str
    reason: str


def curate(
    found: Sequence[Exhibit],
    shares: Sequence[float],
    visitor: Visitor | None = None,
    *,
    solid_room: int | None = None,
) -> list[Hung]:
    """Divide exhibits among rooms so that neighbours are alike.

    Works are put in one line by likeness (Ward clustering, leaves in the best order), and the line
    is cut into rooms where the works change most: the cut has the least sum of squared distances
    to the rooms' means of all cuts with the wished sizes.

    Args:
        shares: relative size of each room, in the order of the route.
        solid_room: the room, such as a court, that should have the sculptures and props.
    """
    features = _features(found)
    line = _line(features)
    likes = [_liking(found[i], visitor) for i in line]
    solid = [0.0 if found[i].flat else 1.0 for i in line]
    best: tuple[float, list[list[int]]] | None = None
    for turned in _turns(features[line]):
        order = [line[i] for i in turned]
        bounds, cost = _cut(features[order], shares)
        blocks = [order[a:b] for a, b in zip(bounds[:-1], bounds[1:], strict=True)]
        early = np.linspace(1.0, -1.0, len(order))
        cost -= 3.0 * float(early @ np.asarray([likes[i] for i in turned]))
        if solid_room is not None:
            cost -= 3.0 * sum(solid[i] for i in turned[bounds[solid_room] : bounds[solid_room + 1]])
        if best is None or cost < best[0] - 1e-9:
            best = cost, blocks
    assert best is not None
    everything = Counter(trait for e in found for trait in _traits(e))
    rooms = [
        _explain([found[i] for i in _liked_first(b, found, visitor)], everything, len(found))
        for b in best[1]
    ]
    return _told_apart(rooms)


def likeness(found: Sequence[Exhibit]) -> float:
    """Mean cosine between neighbours in this order; 1 where all are alike."""
    f = _features(found)
    f = f / np.maximum(np.linalg.norm(f, axis=1, keepdims=True), 1e-9)
    return float((f[:-1] * f[1:]).sum(1).mean()) if len(f) > 1 else 1.0


def _features(found: Sequence[Exhibit]) -> np.ndarray:
    """(n, d) float64: kind, class, style one-hot, and the mean colour where it was measured."""
    words = [_tagged(e) for e in found]
    columns = {word: i for i, word in enumerate(sorted({w for tags in words for w in tags}))}
    weights = {"kind": 0.6, "class": 1.0, "style": 1.0}
    out = np.zeros((len(found), len(columns) + 3))
    for row, (exhibit, tags) in enumerate(zip(found, words, strict=True)):
        for tag in tags:
            out[row, columns[tag]] = weights[tag[0]]
        if exhibit.first.colours:
            out[row, -3:] = mean_lab(exhibit.first.colours) / 100.0 * 2.5
    return np.round(out, 9)


def _tagged(exhibit: Exhibit) -> list[tuple[str, str]]:
    work = exhibit.first
    tags = [("kind", work.kind)]
    if isinstance(work.origin, Made) and work.origin.class_name:
        tags.append(("class", work.origin.class_name))
    if work.style:
        tags.append(("style", work.style))
    return tags


def _line(features: np.ndarray) -> list[int]:
    if len(features) < 3:
        return list(range(len(features)))
    tree = hierarchy.linkage(features, "ward", optimal_ordering=len(features) <= _EXACT_ORDER)
    return [int(i) for i in hierarchy.leaves_list(tree)]


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


def _liking(exhibit: Exhibit, visitor: Visitor | None) -> float:
    return float(bool(_traits(exhibit) & _likes(visitor)))


def _likes(visitor: Visitor | None) -> set[str]:
    return {like.lower() for like in visitor.likes} if visitor else set()


def _liked_first(block: list[int], found: Sequence[Exhibit], visitor: Visitor | None) -> list[int]:
    return sorted(block, key=lambda i: -_liking(found[i], visitor))


def _traits(exhibit: Exhibit) -> set[str]:
    hue = {hue_name(exhibit.first.colours)} if exhibit.first.colours else set()
    return exhibit.traits() | hue


def _explain(room: list[Exhibit], everything: Counter[str], total: int) -> Hung:
    """Name what most of the room shares and the rest of the house does not."""
    counts = Counter(trait for e in room for trait in _traits(e))
    names = {trait: _named(trait, room) for trait in counts}

    def lift(trait: str) -> float:
        here = counts[trait] / len(room)
        return here * float(np.log((here + 0.05) / (everything[trait] / total + 0.05)))

    ranked = sorted(counts, key=lambda t: (-round(lift(t), 6), t in _KINDS, t))
    shared = next((t for t in ranked if counts[t] >= 0.65 * len(room) and t not in _KINDS), None)
    if shared:
        return Hung(tuple(room), names[shared], f", {_share(counts[shared], len(room))} {shared}")
    pairs = [t for t in sorted(counts, key=lambda t: (-counts[t], t)) if t not in _KINDS][:2]
    if len(pairs) == 2 and sum(counts[t] for t in pairs) >= 0.65 * len(room):
        title = f"{names[pairs[0]]} and {_lower(names[pairs[1]])}"
        return Hung(tuple(room), title, f", joined by {plain(pairs[0])} and {plain(pairs[1])}")
    kind = max(_KINDS, key=lambda k: counts[k])
    return Hung(tuple(room), _KINDS[kind], ", hung side by side because they resemble each other")


_KINDS = {
    "painting": "Pictures",
    "sculpture": "Sculptures",
    "prop": "Things",
    "character": "Guests",
    "video": "Moving pictures",
}


def _share(part: int, whole: int) -> str:
    return "all of them" if part == whole else f"{part} of {whole}"


def _named(trait: str, room: list[Exhibit]) -> str:
    """A trait as a title: genres stay as they are, things are many."""
    if trait in _KINDS:
        return _KINDS[trait]
    word = plain(trait)
    solid = any(trait in e.traits() and not e.flat for e in room)
    word = plural(word) if solid else word
    return f"{word[:1].upper()}{word[1:]}"


def _lower(title: str) -> str:
    return f"{title[:1].lower()}{title[1:]}"


def _told_apart(rooms: list[Hung]) -> list[Hung]:
    """Rooms of one title are numbered: `Portrait I`, `Portrait II`."""
    totals, seen = Counter(room.title for room in rooms), Counter[str]()
    out = []
    for room in rooms:
        seen[room.title] += 1
        many = totals[room.title] > 1
        title = f"{room.title} {_roman(seen[room.title])}" if many else room.title
        out.append(Hung(room.exhibits, title, room.reason))
    return out


def _roman(n: int) -> str:
    signs = [(100, "C"), (90, "XC"), (50, "L"), (40, "XL"), (10, "X"), (9, "IX"), (5, "V")]
    text = ""
    for value, sign in [*signs, (4, "IV"), (1, "I")]:
        text += sign * (n // value)
        n %= value
    return text
