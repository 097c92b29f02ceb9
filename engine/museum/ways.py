"""Rooms as a graph: what doors join, and where a closed door would cut the house in two."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from typing import TypeVar

Node = TypeVar("Node", bound=Hashable)


def reach(start: Node, pairs: Sequence[tuple[Node, Node]]) -> set[Node]:
    """All rooms that one can walk to."""
    ways: dict[Node, list[Node]] = {}
    for a, b in pairs:
        ways.setdefault(a, []).append(b)
        ways.setdefault(b, []).append(a)
    seen, todo = {start}, [start]
    while todo:
        for there in ways.get(todo.pop(), ()):
            if there not in seen:
                seen.add(there)
                todo.append(there)
    return seen


def bridges(pairs: Sequence[tuple[Node, Node]]) -> list[tuple[Node, Node]]:
    """Pairs whose one door is all that joins two parts of the house (Tarjan's low points).

    A pair that is given twice has two doors, and is no bridge.
    """
    ways: dict[Node, list[tuple[Node, int]]] = {}
    for i, (a, b) in enumerate(pairs):
        ways.setdefault(a, []).append((b, i))
        ways.setdefault(b, []).append((a, i))
    order: dict[Node, int] = {}
    low: dict[Node, int] = {}
    found = []
    for root in ways:
        if root in order:
            continue
        order[root] = low[root] = len(order)
        stack = [(root, -1, iter(ways[root]))]
        while stack:
            here, came, rest = stack[-1]
            for there, door in rest:
                if there not in order:
                    order[there] = low[there] = len(order)
                    stack.append((there, door, iter(ways[there])))
                    break
                if door != came:
                    low[here] = min(low[here], order[there])
            else:
                stack.pop()
                if stack:
                    before = stack[-1][0]
                    low[before] = min(low[before], low[here])
                    if low[here] > order[before]:
                        found.append((before, here))
    return found
