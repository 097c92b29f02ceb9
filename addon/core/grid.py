# SPDX-License-Identifier: GPL-3.0-or-later
"""Where several characters stand: tidy rows that face the viewer."""

from __future__ import annotations

import math

ROW = 6
"""Up to so many stand in one row."""


def places(count: int, spacing: float) -> list[tuple[float, float]]:
    """Offsets (x, y) in metres for `count` characters that face -Y, the first row in front.

    Rows are centred on x = 0, the first on y = 0, later ones behind it (+Y). One stands at (0, 0).
    """
    columns = count if count <= ROW else max(ROW, math.ceil(math.sqrt(count * 1.5)))
    offsets = []
    for index in range(count):
        row, column = divmod(index, columns)
        in_row = min(columns, count - row * columns)
        offsets.append(((column - (in_row - 1) / 2) * spacing, row * spacing))
    return offsets
