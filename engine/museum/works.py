"""From wishes to works: what is to be made and what the user brings, with sizes and titles."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from engine.museum.chance import stream
from engine.museum.parts import Box, Found, Made, WorkKind
from engine.museum.schema import Variation, Work
from engine.museum.spec import Fixed, MuseumRequest, OwnWork, Source
from engine.museum.words import made_alt, made_title

MODELS: dict[WorkKind, str] = {
    "painting": "paintings",
    "sculpture": "sculptures",
    "prop": "textured_props",
    "character": "voxel_characters",
    "video": "clips",
}
"""The model that makes a kind of work unless a source names another."""

FLAT_DEPTH = 0.03
_LONGEST: dict[WorkKind, tuple[float, float]] = {
    "painting": (0.5, 1.6),
    "sculpture": (0.5, 1.8),
    "prop": (0.3, 0.9),
    "character": (1.6, 1.8),
    "video": (1.6, 2.8),
}
_FORMATS = ((1.0, 0.75), (0.75, 1.0), (1.0, 0.667), (0.667, 1.0), (1.0, 1.0), (0.8, 1.0))


@dataclass(frozen=True)
class Exhibit:
    """What one slot shows: a work, or the clips that share a screen.

    `size` is (width, height, depth) in metres, of the largest of them.
    """

    works: tuple[Work, ...]
    size: Box
    fixed: Fixed | None = None

    @property
    def first(self) -> Work:
        """The work that stands for the exhibit."""
        return self.works[0]

    @property
    def kind(self) -> WorkKind:
        return self.first.kind

    @property
    def flat(self) -> bool:
        """Whether it hangs on a wall."""
        return self.kind in ("painting", "video")

    def traits(self) -> set[str]:
        """Words that curators and visitors know it by, in lower case."""
        work = self.first
        class_name = work.origin.class_name if isinstance(work.origin, Made) else None
        return {word.lower() for word in (work.kind, class_name, work.style) if word}


@dataclass(frozen=True)
class Measured:
    """What is known of a work once it is made: how wide, high and deep, and its main colours."""

    box: Box
    colours: tuple[str, ...] = ()


def exhibits(
    request: MuseumRequest,
    sources: Sequence[Source],
    playlist: int,
    measured: Mapping[str, Measured] | None = None,
) -> list[Exhibit]:
    """Everything that will be shown, in the order it was asked for.

    Args:
        sources: models to ask, of the request or the theme.
        playlist: how many clips share a screen.
        measured: by id, those works that are made already: they keep their own proportions.
    """
    single = [
        Exhibit((work,), work.size, wish.fixed)
        for i, wish in enumerate(request.works)
        for work in [_own(i, wish)]
    ]
    clips: list[Work] = []
    for work in (_as_made(w, (measured or {}).get(w.id)) for w in _wished(request, sources)):
        if work.kind == "video" and playlist > 1:
            clips.append(work)
        else:
            single.append(Exhibit((work,), work.size))
    clips.sort(key=lambda clip: (clip.origin.origin == "made" and clip.origin.class_name) or "")
    for i in range(0, len(clips), playlist):
        shared = tuple(clips[i : i + playlist])
        single.append(Exhibit(shared, shared[0].size))
    return single


def _as_made(work: Work, measured: Measured | None) -> Work:
    """A work with the proportions that it has; its longest side stays."""
    if measured is None:
        return work
    if work.kind == "video":  # a screen keeps its own: what it shows is cropped
        return work.model_copy(update={"colours": measured.colours})
    flat = work.kind == "painting"
    known = measured.box[:2] if flat else measured.box
    longest = max(work.size) / max(known)
    sides = [max(0.02, round(side * longest, 2)) for side in known]
    size = (sides[0], sides[1], FLAT_DEPTH if flat else sides[2])
    return work.model_copy(update={"size": size, "colours": measured.colours})


def _own(index: int, wish: OwnWork) -> Work:
    sides = [float(side) for side in wish.size]
    width, height, depth = [*sides, FLAT_DEPTH][:3]
    return Work(
        id=f"own-{index + 1:03d}",
        kind=wish.kind,
        title=wish.title,
        alt=wish.alt or f"{wish.title}, a {wish.kind}",
        size=(width, height, depth),
        file=wish.file,
        style=wish.style or wish.class_name,
        colours=wish.colours,
        origin=Found(author=wish.author, licence=wish.licence),
    )


def _wished(request: MuseumRequest, sources: Sequence[Source]) -> list[Work]:
    likes = {like.lower() for like in request.visitor.likes} if request.visitor else set()
    shares = [s.share * (2.0 if likes & _words(s) else 1.0) for s in sources]
    numbers = _apportion(request.count, shares)
    works: list[Work] = []
    for source, number in zip(sources, numbers, strict=True):
        model = source.model or MODELS[source.kind]
        # Who likes chairs finds two of them for each other class.
        classes = [c for c in source.classes for _ in range(2 if c.lower() in likes else 1)]
        rng = stream(request.seed, "sizes", source.kind, model)
        for i in range(number):
            index = len(works)
            seed = (request.seed * 10_007 + index) % 2**31
            class_name = classes[i % len(classes)] if classes else None
            origin = Made(model=model, seed=seed, class_name=class_name)
            works.append(
                Work(
                    id=f"work-{index + 1:04d}",
                    kind=source.kind,
                    title=made_title(origin),
                    alt=made_alt(source.kind, origin),
                    size=_size(source, rng),
                    origin=origin,
                    variations=_variations(request, index, origin),
                )
            )
    return works


def _variations(request: MuseumRequest, index: int, origin: Made) -> tuple[Variation, ...]:
    """Other seeds of the same class; none is another work's, so that switching shows new things."""
    first = request.seed * 10_007 + request.count + index * request.variations
    seeds = [(first + v) % 2**31 for v in range(request.variations)]
    made = [origin.model_copy(update={"seed": seed}) for seed in seeds]
    return tuple(
        Variation(id=f"work-{index + 1:04d}-v{v + 1}", title=made_title(o), origin=o)
        for v, o in enumerate(made)
    )


def _words(source: Source) -> set[str]:
    return {source.kind, (source.model or MODELS[source.kind]).lower()}


def _apportion(total: int, shares: Sequence[float]) -> list[int]:
    """Whole numbers in proportion to the shares, by largest remainder; their sum is `total`."""
    exact = np.asarray(shares) / sum(shares) * total
    whole = np.floor(exact).astype(int)
    for i in np.argsort(-(exact - whole), kind="stable")[: total - int(whole.sum())]:
        whole[i] += 1
    return [int(n) for n in whole]


def _size(source: Source, rng: np.random.Generator) -> Box:
    low, high = source.size or _LONGEST[source.kind]
    longest = float(rng.uniform(low, max(low, high)))
    if source.kind == "painting":
        wide, high = _FORMATS[int(rng.integers(len(_FORMATS)))]
        box = (longest * wide, longest * high, FLAT_DEPTH)
    elif source.kind == "video":
        box = (longest, longest * 9 / 16, FLAT_DEPTH)
    elif source.kind == "character":
        box = (longest * 0.5, longest, longest * 0.35)
    else:
        width, depth = rng.uniform(0.45, 0.8, 2)
        box = (longest * float(width), longest, longest * float(depth))
    return round(box[0], 2), round(box[1], 2), max(round(box[2], 2), 0.02)
