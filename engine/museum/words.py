"""What titles, labels and room panels say: templates that are filled with facts."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby

from engine.museum.parts import Made, WorkKind
from engine.museum.schema import Work

_NUMBERS = [
    "no",
    "one",
    "two",
    "three",
    "four",
    "five",
    "six",
    "seven",
    "eight",
    "nine",
    "ten",
    "eleven",
    "twelve",
]
_PLURALS: dict[WorkKind, str] = {
    "painting": "paintings",
    "sculpture": "sculptures",
    "prop": "objects",
    "character": "guests",
    "video": "screens",
}


def plain(name: str) -> str:
    """A class name as people write it: `abstract_modern` is `abstract modern`."""
    return name.replace("_", " ").strip()


def plural(word: str) -> str:
    """The plural of an English count noun, by rule."""
    if word.endswith(("s", "x", "sh", "ch")):
        return word if word.endswith("s") else f"{word}es"
    if word.endswith("y") and word[-2:-1] not in "aeiou":
        return f"{word[:-1]}ies"
    return f"{word}s"


def number(count: int) -> str:
    """A count in words up to twelve."""
    return _NUMBERS[count] if count < len(_NUMBERS) else str(count)


def kinds(name: WorkKind, count: int) -> str:
    """`two paintings`, `one screen`."""
    return f"{number(count)} {_PLURALS[name] if count != 1 else _PLURALS[name][:-1]}"


def made_title(origin: Made) -> str:
    """`Chair 17`: class, or else model, and seed."""
    name = plain(origin.class_name or origin.model.removesuffix("s"))
    return f"{name[:1].upper()}{name[1:]} {origin.seed}"


def made_alt(kind: WorkKind, origin: Made) -> str:
    """Alternative text of a work that nobody has seen yet: true, if not vivid."""
    about = f" of the class {plain(origin.class_name)}" if origin.class_name else ""
    what = "work for a screen" if kind == "video" else kind
    return f"A {what}{about}, made by the model {origin.model} from seed {origin.seed}."


def label_text(works: Sequence[Work]) -> str:
    """The small print of a label: who made it, from what; one line for each fact."""
    work = works[0]
    width, height, depth = (round(100 * side) for side in work.size)
    size = f"{width} × {height} cm"
    if work.kind not in ("painting", "video"):
        size = f"{width} × {height} × {depth} cm"
    if isinstance(work.origin, Made):
        facts = [f"Made by the model {work.origin.model}", f"seed {work.origin.seed}"]
        if work.origin.class_name:
            facts.append(f"class {plain(work.origin.class_name)}")
    else:
        facts = [part for part in (work.origin.author, work.origin.licence) if part]
    lines = [" · ".join(facts), size if len(works) == 1 else f"{len(works)} in turn"]
    return "\n".join(line for line in lines if line)


def room_text(works: Sequence[Work], reason: str) -> str:
    """The panel of a room: what hangs here, why together, and who made it."""
    ordered = sorted(works, key=lambda work: list(_PLURALS).index(work.kind))
    counts = [kinds(kind, len(list(group))) for kind, group in groupby(ordered, lambda w: w.kind)]
    listed = counts[0] if len(counts) == 1 else f"{', '.join(counts[:-1])} and {counts[-1]}"
    sentences = [f"{listed[:1].upper()}{listed[1:]}{reason}."]
    makers = sorted({work.origin.model for work in works if isinstance(work.origin, Made)})
    if makers:
        verb = "was" if len(works) == 1 else "were"
        sentences.append(f"What a model made {verb} drawn by {' and '.join(makers)}; no one chose.")
    return " ".join(sentences)
