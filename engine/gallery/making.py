"""Works that models make: on all cores, each kept under the hash of what was asked for."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from engine.errors import Cancelled, EmptyShape, VernissageError
from engine.files import write_json
from engine.request import GenerateRequest, IsCancelled
from engine.zoo.card import Card, card
from engine.zoo.offer import applying, formats, settle

if TYPE_CHECKING:
    from engine.request import Item

_BEYOND = 1_000_003
"""A seed that gives nothing is followed by the one so much further on."""
_TRIES = 4
_WISHES = {"triangles": 3000, "texture": 512, "lods": 1, "collider": "none"}
"""What works of a museum are like, where the model has a say in it."""


@dataclass(frozen=True)
class Order:
    """One thing to be made."""

    model: str
    seed: int
    class_name: str | None = None
    truncation: float = 1.0


@dataclass(frozen=True)
class Kept:
    """A thing in the cache: its file, its report, and the seed that gave it at last."""

    file: Path
    report: dict[str, Any]
    seed: int
    weights_sha256: str


def make_works(
    orders: Iterable[Order],
    cache: Path,
    *,
    on_made: Callable[[int, int], None] = lambda _done, _total: None,
    is_cancelled: IsCancelled = lambda: False,
) -> dict[Order, Kept]:
    """Make what the cache does not hold. Interrupted at any time, it goes on where it was.

    Args:
        on_made: told of (done, total) after each.
    Raises:
        UnknownModel, UnknownClass, WeightsMismatch, CannotWrite. Cancelled: what is made stays.
        EmptyShape: one gave nothing, nor did the seeds after it.
    """
    wanted = list(dict.fromkeys(orders))
    found: dict[Order, Kept] = {}
    for order in wanted:
        if kept := _lookup(order, cache):
            found[order] = kept
    done = len(found)
    on_made(done, len(wanted))
    todo = {order: order for order in wanted if order not in found}
    for _ in range(_TRIES):
        barren: dict[Order, Order] = {}
        for group in _groups(todo):
            by_seed = {order.seed: order for order in group}
            for seed, item in _outcomes(group, cache, is_cancelled):
                if is_cancelled():
                    raise Cancelled(f"Stopped after {done} of {len(wanted)} works")
                order = by_seed[seed]
                if item is None:
                    further = replace(order, seed=(seed + _BEYOND) % 2**31)
                    barren[further] = todo[order]
                    continue
                found[todo[order]] = _keep(order, item, cache, asked=todo[order])
                done += 1
                on_made(done, len(wanted))
            if is_cancelled():
                raise Cancelled(f"Stopped after {done} of {len(wanted)} works")
        todo = barren
    if todo:
        first = next(iter(todo.values()))
        raise EmptyShape(f"{first.model} gave nothing for seed {first.seed} and those after it")
    return found


def _groups(orders: Iterable[Order]) -> list[list[Order]]:
    """Orders that differ in their seed alone; a seed only once in each."""
    groups: dict[tuple[Any, ...], list[Order]] = {}
    for order in orders:
        key, turn = (order.model, order.class_name, order.truncation), 0
        while any(o.seed == order.seed for o in groups.get((*key, turn), [])):
            turn += 1
        groups.setdefault((*key, turn), []).append(order)
    return list(groups.values())


def _request(order: Order, about: Card, out: Path) -> GenerateRequest:
    wishes = {name: value for name, value in _WISHES.items() if name in applying(about)}
    values = {
        "model": order.model,
        "seed": order.seed,
        "class_name": order.class_name,
        "truncation": order.truncation,
        "formats": formats(about)[:1],
        "previews": False,
        "out": out,
    }
    return settle(GenerateRequest.parse({**values, **wishes}), about)


def _outcomes(
    group: Sequence[Order], cache: Path, is_cancelled: IsCancelled
) -> Iterable[tuple[int, Item | None]]:
    """Seeds and what came of them, in no particular order; None for a seed that gives nothing."""
    from engine.makers.crew import outcomes
    from engine.makers.item import BARREN, load
    from engine.request import Item

    request = _request(group[0], card(group[0].model), cache / "new")
    left = [order.seed for order in group]
    try:
        for outcome in outcomes(request, load(request.model), is_cancelled, seeds=left):
            yield outcome.seed, outcome if isinstance(outcome, Item) else None
    except BARREN as error:
        if is_cancelled() or not isinstance(error, VernissageError):
            raise


def _key(order: Order, about: Card) -> str:
    values = _request(order, about, Path()).model_dump(mode="json", exclude={"out"})
    canonical = json.dumps({**values, "weights": about.sha256}, sort_keys=True)
    return hashlib.sha256(canonical.encode()).hexdigest()[:40]


def _lookup(order: Order, cache: Path) -> Kept | None:
    about = card(order.model)
    note = cache / f"{_key(order, about)}.json"
    try:
        values = json.loads(note.read_text(encoding="utf-8"))
        file = cache / str(values["file"])
        if file.parent == cache and file.is_file():
            return Kept(file, values["report"], values["seed"], about.sha256)
    except (OSError, ValueError, KeyError, TypeError):
        pass
    return None


def _keep(order: Order, item: Item, cache: Path, *, asked: Order) -> Kept:
    """Move a thing to its place; the note comes last, so that what it names is there."""
    about = card(order.model)
    made = next(iter(item.files.values()))
    file = cache / f"{_key(order, about)}{made.suffix}"
    made.replace(file)
    values = {"file": file.name, "report": item.report, "seed": order.seed}
    for one in dict.fromkeys((order, asked)):
        write_json(cache / f"{_key(one, about)}.json", values)
    return Kept(file, item.report, order.seed, about.sha256)
