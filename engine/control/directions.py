"""Directions in code space that change most, in closed form, named after what they are seen to do.

SeFa (Shen & Zhou 2021): the directions that a network's first layers amplify most are the
eigenvectors of the products of their weights; nothing is trained. SeFa takes all directions of code
space for equally likely. Codes are not so: the model's own draws vary a lot in some and hardly in
others, so the weights are first multiplied with the root of the draws' covariance, and a step is a
standard deviation of what the model draws. What each direction does is then measured: shapes are
moved along it and their traits regressed on how far they went.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
import torch
from torch import Tensor, nn

from engine.control.codes import Space
from engine.control.traits import COLOR, SHAPE, WORDS, traits
from engine.nets.field import FieldGenerator

Kind = Literal["shape", "color"]
STEPS = (-1.0, 0.0, 1.0)
"""Standard deviations by which shapes are moved to see what a direction does."""
CLEAR = 0.2
"""Change of a trait, in its standard deviations for one of the direction, that gives a name."""
AGREE = 0.7
"""Share of the shapes that must change the same way."""


@dataclass(frozen=True)
class Direction:
    """A way to go from any code.

    Attributes:
        name: what going forward does, such as `taller`; `shape 3` where nothing clear was seen.
        back: what going backward does.
        vector: (W,) one standard deviation of the model's draws; zero in the other part of the code.
        effects: change of each trait for one step, in standard deviations of the trait.
    """

    name: str
    back: str
    kind: Kind
    vector: Tensor
    effects: dict[str, float]


def sefa(
    generator: FieldGenerator, kind: Kind, root: Tensor | None = None
) -> tuple[Tensor, Tensor]:
    """Orthonormal directions (D, D), strongest first, and their strengths (D,).

    Each layer that a code meets first has the same say, whatever its number of rows.

    Args:
        root: (D, D) what stretches the space that the directions are in to that of the codes.
    """
    weights = [layer.weight for layer in _first_layers(generator, kind)]
    scaled = [weight.detach().double() / weight.detach().double().norm() for weight in weights]
    if root is not None:
        scaled = [weight @ root.double() for weight in scaled]
    strengths, vectors = torch.linalg.eigh(sum(weight.T @ weight for weight in scaled))
    vectors = vectors.flip(1).T
    # An eigenvector has no sign: its largest entry is made positive, to be the same everywhere.
    largest = vectors.gather(1, vectors.abs().argmax(1, keepdim=True))
    return (vectors * largest.sign()).float(), strengths.flip(0).float()


def _first_layers(generator: FieldGenerator, kind: Kind) -> list[nn.Linear]:
    """For the shape: start, styles, proportions. For the colours: palette and the paint's style."""
    found = []
    for name, layer in generator.decoder.named_modules():
        path = name.split(".")
        if isinstance(layer, nn.Linear):
            painting = path[0] in ("palette", "paint", "choice")
            first = path[-1] in ("start", "affine") or name in ("palette.0", "squeeze.0")
            if first and painting == (kind == "color"):
                found.append(layer)
    return found


def move(generator: FieldGenerator, code: Tensor, direction: Direction, by: float) -> Tensor:
    """Codes (B, W) moved along a direction by so many of its standard deviations; 0 moves nothing."""
    if by == 0:
        return code
    return generator.on_spheres(code + by * direction.vector)


def root_covariance(codes: Tensor) -> Tensor:
    """(D, D) symmetric square root of the covariance of codes (n, D)."""
    values, vectors = torch.linalg.eigh(codes.double().T.cov())
    return ((vectors * values.clamp(min=0).sqrt()) @ vectors.T).float()


def find_directions(
    space: Space,
    codes: Tensor,
    crowd: Tensor,
    shapes: int = 8,
    colors: int = 4,
    on_done: Callable[[int, int], None] | None = None,
) -> tuple[Direction, ...]:
    """The strongest directions of shape and of colour, measured on shapes of the model.

    Args:
        codes: (n, W) of shapes that the model draws, n > 1: on these the effects are measured.
        crowd: (m, W) many more of them: these say how the model's codes vary.
        on_done: called with how many directions are measured, of how many.
    """
    generator = space.generator
    base = [traits(sample) for sample in space.samples(codes)]
    spread = {name: float(np.std([one[name] for one in base])) for name in WORDS}
    parts: tuple[tuple[Kind, slice, int], ...] = (
        ("shape", slice(None, generator.geometry), shapes),
        ("color", slice(generator.geometry, None), colors),
    )
    found: list[Direction] = []
    for kind, part, count in parts:
        root = root_covariance(crowd[:, part])
        vectors, _ = sefa(generator, kind, root)
        for vector in vectors[:count]:
            whole = torch.zeros(codes.shape[1])
            whole[part] = root @ vector
            plain = Direction("", "", kind, whole, {})
            found.append(_measured(space, codes, plain, base, spread))
            if on_done:
                on_done(len(found), shapes + colors)
    return _with_names_apart(found)


def _measured(
    space: Space,
    codes: Tensor,
    direction: Direction,
    base: list[dict[str, float]],
    spread: dict[str, float],
) -> Direction:
    """The direction with its effects, turned so that its name says more of something."""
    names = SHAPE if direction.kind == "shape" else COLOR
    seen = []
    for by in STEPS:
        made = base
        if by:
            made = [
                traits(one) for one in space.samples(move(space.generator, codes, direction, by))
            ]
        seen.append([[one[name] for name in names] for one in made])
    steps = np.array(STEPS)  # they add up to 0, which makes least squares this short
    slopes = np.tensordot(steps, np.array(seen), 1) / (steps @ steps)
    scale = np.array([spread[name] for name in names])
    slopes = np.where(scale > 1e-6, slopes / np.maximum(scale, 1e-6), 0)
    mean = slopes.mean(0)
    agree = (np.sign(slopes) == np.sign(mean)).mean(0)
    clear = np.where((np.abs(mean) >= CLEAR) & (agree >= AGREE), np.abs(mean), 0)
    best = int(clear.argmax())
    turn = -1.0 if clear[best] and mean[best] < 0 else 1.0
    effects = {name: round(turn * float(value), 4) for name, value in zip(names, mean, strict=True)}
    name, back = WORDS[names[best]] if clear[best] else ("", "")
    return Direction(name, back, direction.kind, turn * direction.vector, effects)


def _with_names_apart(found: list[Direction]) -> tuple[Direction, ...]:
    """Of several that do the same the strongest keeps the name, the others are numbered."""
    groups: dict[str, list[Direction]] = {}
    for one in found:
        groups.setdefault(one.name or one.kind, []).append(one)
    places: dict[int, int] = {}
    for group in groups.values():
        group.sort(key=lambda one: -max(map(abs, one.effects.values())))
        places |= {id(one): number for number, one in enumerate(group, 1)}
    named = []
    for one in found:
        number = places[id(one)]
        tail = "" if one.name and number == 1 else f" {number}"
        name = f"{one.name or one.kind}{tail}"
        named.append(
            replace(one, name=name, back=f"{one.back}{tail}" if one.back else f"{name} back")
        )
    return tuple(named)
