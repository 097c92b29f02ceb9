"""The scene graph of a `.vox` file: transforms, groups and shapes, flattened to a list."""

from __future__ import annotations

import struct
from dataclasses import dataclass, field

import numpy as np

from engine.errors import BadVox

MAX_SHAPES = 4096
MAX_VISITS = 65_536
MAX_DEPTH = 256
MAX_OFFSET = 2**31


@dataclass(frozen=True)
class Node:
    """One node of the graph: a transform has one child, a group many, a shape has models."""

    children: tuple[int, ...] = ()
    models: tuple[int, ...] = ()
    rotation: np.ndarray = field(default_factory=lambda: np.eye(3, dtype=int))
    translation: tuple[int, int, int] = (0, 0, 0)
    name: str = ""
    hidden: bool = False
    layer: int = -1


@dataclass(frozen=True)
class Shape:
    """A model and where it goes. Axes x right, y depth, z up, in voxels.

    Attributes:
        model: index into the file's models.
        rotation: (3, 3) int, a signed permutation.
        translation: where the model's pivot lands.
    """

    model: int
    rotation: np.ndarray
    translation: tuple[int, int, int]
    name: str = ""
    hidden: bool = False


def read_node(kind: bytes, body: bytes, nodes: dict[int, Node], hidden_layers: set[int]) -> None:
    """Add the node of one nTRN, nGRP, nSHP or LAYR chunk to `nodes` or `hidden_layers`.

    Raises:
        BadVox: the chunk is cut short or a value makes no sense.
    """
    cursor = _Cursor(body)
    ident = cursor.integer()
    attributes = cursor.attributes()
    hidden = attributes.get("_hidden") == "1"
    if kind == b"LAYR":
        if hidden:
            hidden_layers.add(ident)
    elif kind == b"nTRN":
        child = cursor.integer()
        cursor.integer()  # reserved
        layer = cursor.integer()
        frame = cursor.attributes() if cursor.count() else {}
        nodes[ident] = Node(
            children=(child,),
            rotation=_rotation(frame.get("_r", "4")),
            translation=_translation(frame.get("_t", "0 0 0")),
            name=attributes.get("_name", ""),
            hidden=hidden,
            layer=layer,
        )
    elif kind == b"nGRP":
        children = tuple(cursor.integer() for _ in range(cursor.count()))
        nodes[ident] = Node(children=children, hidden=hidden)
    else:
        models = []
        for _ in range(cursor.count()):
            models.append(cursor.integer())
            cursor.attributes()
        # Several models are the frames of an animation; the first one stands for them.
        nodes[ident] = Node(models=tuple(models[:1]), hidden=hidden)


def walk(nodes: dict[int, Node], hidden_layers: set[int], *, models: int) -> list[Shape]:
    """Flatten the graph from its root, node 0, depth first in file order.

    Raises:
        BadVox: a node or model is missing, or the graph loops, is too deep or too large.
    """
    shapes: list[Shape] = []
    visits = 0

    def visit(ident: int, place: Shape, depth: int) -> None:
        nonlocal visits
        visits += 1
        if visits > MAX_VISITS or depth > MAX_DEPTH or len(shapes) > MAX_SHAPES:
            raise BadVox("the scene graph loops or is too large")
        node = nodes.get(ident)
        if node is None:
            raise BadVox(f"the scene graph has no node {ident}")
        move = place.rotation @ np.array(node.translation)
        here = Shape(
            model=-1,
            rotation=place.rotation @ node.rotation,
            translation=_sum(place.translation, move),
            name=node.name or place.name,
            hidden=place.hidden or node.hidden or node.layer in hidden_layers,
        )
        for model in node.models:
            if not 0 <= model < models:
                raise BadVox(f"the scene shows model {model}, but the file holds {models}")
            shapes.append(Shape(model, here.rotation, here.translation, here.name, here.hidden))
        for child in node.children:
            visit(child, here, depth + 1)

    visit(0, Shape(-1, np.eye(3, dtype=int), (0, 0, 0)), 0)
    return shapes


def _sum(start: tuple[int, int, int], move: np.ndarray) -> tuple[int, int, int]:
    x, y, z = (a + int(b) for a, b in zip(start, move, strict=True))
    return x, y, z


def _rotation(text: str) -> np.ndarray:
    """Decode the packed byte: two column indices and three signs, row by row."""
    code = _number(text)
    first, second = code & 3, code >> 2 & 3
    if not 0 <= code < 128 or first == second or 3 in (first, second):
        raise BadVox(f"{text!r:.40} is not a rotation")
    rotation = np.zeros((3, 3), dtype=int)
    for row, column in enumerate((first, second, 3 - first - second)):
        rotation[row, column] = -1 if code >> (4 + row) & 1 else 1
    return rotation


def _translation(text: str) -> tuple[int, int, int]:
    parts = [_number(part) for part in text.split()]
    if len(parts) != 3 or any(abs(part) > MAX_OFFSET for part in parts):
        raise BadVox(f"{text!r:.40} is not a translation")
    return parts[0], parts[1], parts[2]


def _number(text: str) -> int:
    # int() would take underscores and digits of other scripts, and hours for a megabyte of them.
    digits = text[1:] if text[:1] == "-" else text
    if not (digits.isascii() and digits.isdigit() and len(digits) <= 12):
        raise BadVox(f"{text!r:.40} is not a whole number")
    return int(text)


class _Cursor:
    """Reads integers, strings and dictionaries from the content of one chunk."""

    def __init__(self, body: bytes) -> None:
        self.body, self.at = body, 0

    def integer(self) -> int:
        return int(struct.unpack("<i", self._take(4))[0])

    def count(self) -> int:
        """A number of things that follow; each takes at least four bytes."""
        count = self.integer()
        if not 0 <= count <= (len(self.body) - self.at) // 4:
            raise BadVox(f"a scene chunk of {len(self.body)} bytes announces {count} entries")
        return count

    def attributes(self) -> dict[str, str]:
        return {self._string(): self._string() for _ in range(self.count())}

    def _string(self) -> str:
        return self._take(self.integer()).decode("utf-8", errors="replace")

    def _take(self, size: int) -> bytes:
        if not 0 <= size <= len(self.body) - self.at:
            raise BadVox("a chunk of the scene graph is cut short")
        self.at += size
        return self.body[self.at - size : self.at]
