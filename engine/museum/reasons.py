"""Why these works share a room: a title and a sentence that are true of what hangs there."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from engine.museum.hues import hue_name
from engine.museum.words import plain, plural
from engine.museum.works import Exhibit


@dataclass(frozen=True)
class Hung:
    """What a room shows, in the order it is met, and why."""

    exhibits: tuple[Exhibit, ...]
    title: str
    reason: str


def with_reasons(rooms: Sequence[Sequence[Exhibit]]) -> list[Hung]:
    """Give every room its title and reason; no two titles are the same."""
    found = [exhibit for room in rooms for exhibit in room]
    everything = Counter(trait for exhibit in found for trait in traits(exhibit))
    return _told_apart([_explain(list(room), everything, len(found)) for room in rooms])


def traits(exhibit: Exhibit) -> set[str]:
    """Words that it is known by: kind, class, style, hue."""
    hue = {hue_name(exhibit.first.colours)} if exhibit.first.colours else set()
    return exhibit.traits() | hue


def _explain(room: list[Exhibit], everything: Counter[str], total: int) -> Hung:
    """Name what most of the room shares and the rest of the house does not."""
    counts = Counter(trait for e in room for trait in traits(e))
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
    "video": "Screens",
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
