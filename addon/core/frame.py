# SPDX-License-Identifier: GPL-3.0-or-later
"""Places and turns: of nodes in a file, and from glTF's frame (Y up, facing +Z) to Blender's."""

from __future__ import annotations

from array import array
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

Vector = tuple[float, float, float]
Quaternion = tuple[float, float, float, float]
"""w, x, y, z, as Blender orders them."""

Rows = tuple[tuple[float, ...], ...]
"""The four rows of a 4 by 4 matrix."""

IDENTITY: Quaternion = (1.0, 0.0, 0.0, 0.0)


@dataclass(frozen=True)
class Place:
    """A move, turn and even scale in glTF's frame."""

    move: Vector = (0.0, 0.0, 0.0)
    turn: Quaternion = IDENTITY
    scale: float = 1.0

    @classmethod
    def of(cls, node: dict[str, Any]) -> Place:
        """The place of a node in its parent. Raises ValueError where it is another kind."""
        x, y, z = node.get("translation", (0.0, 0.0, 0.0))
        sx, sy, sz = node.get("scale", (1.0, 1.0, 1.0))
        if "matrix" in node or not sx == sy == sz:
            raise ValueError("only moves, turns and even scales are understood")
        turn = wxyz(node.get("rotation", (0.0, 0.0, 0.0, 1.0)))
        return cls((float(x), float(y), float(z)), turn, float(sx))

    def then(self, inner: Place) -> Place:
        """The place of what stands at `inner` inside of this one."""
        x, y, z = rotate(self.turn, inner.move)
        s = self.scale
        move = (self.move[0] + s * x, self.move[1] + s * y, self.move[2] + s * z)
        return Place(move, multiply(self.turn, inner.turn), s * inner.scale)

    def points(self, values: array[float]) -> array[float]:
        """Points, three numbers each, brought from inside this place to where it stands."""
        if self == Place():
            return values
        if self.turn == IDENTITY:
            moved = array("f", values)
            for axis, move in enumerate(self.move):
                moved[axis::3] = array("f", [self.scale * part + move for part in values[axis::3]])
            return moved
        out = array("f")
        for i in range(0, len(values), 3):
            point = (values[i], values[i + 1], values[i + 2])
            out.extend(self.then(Place(point)).move)
        return out

    def turned(self, values: array[float]) -> array[float]:
        """Directions, three numbers each, turned with this place."""
        return Place(turn=self.turn).points(values)


@dataclass(frozen=True)
class Affine:
    """A place of any other kind: what foreign files have."""

    rows: Rows

    @property
    def mirrors(self) -> bool:
        """It turns what is inside out, so that faces must be turned too."""
        a, b, c = (row[:3] for row in self.rows[:3])
        return _dot(a, _cross(b, c)) < 0.0

    def points(self, values: array[float]) -> array[float]:
        """As of `Place`."""
        out = array("f")
        for i in range(0, len(values), 3):
            x, y, z = values[i : i + 3]
            out.extend(row[0] * x + row[1] * y + row[2] * z + row[3] for row in self.rows[:3])
        return out

    def turned(self, values: array[float]) -> array[float]:
        """Normals, as of `Place`: they stay upright on stretched surfaces."""
        a, b, c = (row[:3] for row in self.rows[:3])
        sign = -1.0 if self.mirrors else 1.0
        rows = [_cross(b, c), _cross(c, a), _cross(a, b)]
        out = array("f")
        for i in range(0, len(values), 3):
            normal = [sign * _dot(row, values[i : i + 3]) for row in rows]
            length = _dot(normal, normal) ** 0.5 or 1.0
            out.extend(part / length for part in normal)
        return out


def _dot(a: Sequence[float], b: Sequence[float]) -> float:
    return a[0] * b[0] + a[1] * b[1] + a[2] * b[2]


def _cross(a: Sequence[float], b: Sequence[float]) -> Vector:
    return (a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0])


def multiply(a: Quaternion, b: Quaternion) -> Quaternion:
    """The turn `b`, then the turn `a`."""
    aw, ax, ay, az = a
    bw, bx, by, bz = b
    return (
        aw * bw - ax * bx - ay * by - az * bz,
        aw * bx + ax * bw + ay * bz - az * by,
        aw * by - ax * bz + ay * bw + az * bx,
        aw * bz + ax * by - ay * bx + az * bw,
    )


def rotate(turn: Quaternion, v: Vector) -> Vector:
    """The vector `v` turned."""
    w, x, y, z = turn
    _, *out = multiply(multiply(turn, (0.0, *v)), (w, -x, -y, -z))
    return (out[0], out[1], out[2])


def wxyz(xyzw: Any) -> Quaternion:
    """A turn as glTF orders it to one as Blender does."""
    x, y, z, w = xyzw
    return (float(w), float(x), float(y), float(z))


def up(v: Vector) -> Vector:
    """From Y up, facing +Z, to Z up, facing -Y."""
    return (v[0], -v[2], v[1])


def up_turn(q: Quaternion) -> Quaternion:
    """The same for a turn."""
    return (q[0], q[1], -q[3], q[2])


def z_up(values: array[float]) -> array[float]:
    """The same for many vectors, three numbers each."""
    out = array("f", values)
    out[1::3] = array("f", [-z for z in values[2::3]])
    out[2::3] = values[1::3]
    return out


def matrix(node: dict[str, Any]) -> Rows:
    """The place of a node in its parent, of any kind, in glTF's frame."""
    if "matrix" in node:
        m = [float(value) for value in node["matrix"]]
        return tuple(tuple(m[row::4]) for row in range(4))
    turn = wxyz(node.get("rotation", (0.0, 0.0, 0.0, 1.0)))
    scale = node.get("scale", (1.0, 1.0, 1.0))
    units: tuple[Vector, ...] = ((1.0, 0.0, 0.0), (0.0, 1.0, 0.0), (0.0, 0.0, 1.0))
    columns = [
        [float(size) * part for part in rotate(turn, unit)]
        for unit, size in zip(units, scale, strict=True)
    ]
    columns.append([float(part) for part in node.get("translation", (0.0, 0.0, 0.0))])
    rows = tuple(tuple(column[row] for column in columns) for row in range(3))
    return (*rows, (0.0, 0.0, 0.0, 1.0))


def times(a: Rows, b: Rows) -> Rows:
    """The product of two matrices."""
    return tuple(
        tuple(sum(a[row][k] * b[k][column] for k in range(4)) for column in range(4))
        for row in range(4)
    )


def up_matrix(m: Rows) -> Rows:
    """A matrix of glTF's frame in Blender's."""
    to_blender: Rows = ((1, 0, 0, 0), (0, 0, -1, 0), (0, 1, 0, 0), (0, 0, 0, 1))
    back: Rows = ((1, 0, 0, 0), (0, 0, 1, 0), (0, -1, 0, 0), (0, 0, 0, 1))
    return times(times(to_blender, m), back)
