"""A piece of the house: charts with one finish, which belong to a room and have a role."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from engine.gallery.charts import Chart
from engine.gallery.looks import Finish

Role = Literal["architecture", "furniture", "fixtures", "labels", "outside"]
OUTSIDE = "outside"


@dataclass(frozen=True)
class Piece:
    """Charts that share room, role and finish.

    Attributes:
        room: id, or `OUTSIDE`.
        sheet: whether the finish comes from the sheet of trims that all small things share.
    """

    room: str
    role: Role
    finish: Finish
    charts: tuple[Chart, ...]
    sheet: bool = True


def piece(
    room: str, role: Role, finish: Finish, charts: Iterable[Chart], *, sheet: bool = True
) -> Piece:
    return Piece(room, role, finish, tuple(charts), sheet)
