"""Labels and panels: typeset into a few atlases, one quad each."""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from PIL import Image, ImageDraw

from engine.gallery.charts import Plane, upright
from engine.gallery.lettering import Face, face, legible
from engine.museum.schema import Label, Museum

EDGE = 1024  # of an atlas: those of a few rooms, so that little is in memory that is not seen
_SHARP = 2048  # edge of the square that all labels of a house fill, while they are readable
_PIXELS = 900.0  # a metre, at most
_FULL = 0.86  # share of a sheet that labels can fill
_PAPER, _INK, _GREY = 250, 24, 92
Box = tuple[int, int, int, int]


@dataclass(frozen=True)
class Sheet:
    """One atlas: PNG bytes, and for each label on it (u0, v0, u1, v1)."""

    png: bytes
    places: dict[str, tuple[float, float, float, float]]


def atlases(museum: Museum) -> list[Sheet]:
    """Typeset all labels, room by room, so that few sheets are seen from one place."""
    order = {room.id: i for i, room in enumerate(museum.rooms)}
    todo = sorted(museum.labels, key=lambda label: order[label.room])
    density = _density(todo)
    sheets: list[Sheet] = []
    while todo:
        filled = np.cumsum([label.size[0] * label.size[1] for label in todo]) * density**2
        count = max(1, int(np.searchsorted(filled, _FULL * EDGE * EDGE)))
        if count < len(todo):  # the last room begins the next sheet, unless it began this one
            whole = [i for i in range(1, count + 1) if todo[i].room != todo[i - 1].room]
            count = whole[-1] if whole else count
        placed = _shelves(todo[:count], density)
        sheets.append(_typeset(todo, placed, density))
        todo = [label for label in todo if label.id not in placed]
    return sheets


def _density(labels: Sequence[Label]) -> float:
    """Pixels a metre: the fewer labels, the sharper."""
    area = sum(label.size[0] * label.size[1] for label in labels) or 1.0
    return float(np.clip(np.sqrt(_FULL * _SHARP * _SHARP / area), 560.0, _PIXELS))


def _shelves(labels: Sequence[Label], density: float) -> dict[str, Box]:
    """Rectangles in pixels of as many labels as one atlas holds."""
    placed: dict[str, Box] = {}
    x = y = high = 0
    for label in sorted(labels, key=lambda label: -label.size[1]):
        wide, tall = (int(side * density) for side in label.size)
        if x + wide > EDGE:
            x, y, high = 0, y + high + 4, 0
        if y + tall > EDGE:
            break
        placed[label.id] = (x, y, x + wide, y + tall)
        x, high = x + wide + 4, max(high, tall)
    return placed


def _typeset(labels: Sequence[Label], placed: dict[str, Box], density: float) -> Sheet:
    bottom = max(box[3] for box in placed.values())
    height = next(size for size in (128, 256, 512, EDGE) if size >= bottom)
    image = Image.new("L", (EDGE, height), _PAPER)
    draw = ImageDraw.Draw(image)
    for label in labels:
        if label.id in placed:
            write(draw, label, placed[label.id], density)
    data = io.BytesIO()
    image.save(data, "PNG", compress_level=4)
    places = {
        name: (a / EDGE, b / height, c / EDGE, d / height) for name, (a, b, c, d) in placed.items()
    }
    return Sheet(data.getvalue(), places)


def write(draw: ImageDraw.ImageDraw, label: Label, box: Box, density: float) -> None:
    """Set one label: title, a hairline, and the small print; larger type where there is space."""
    left, top, right, bottom = box
    pad = int((0.018 if label.kind == "work" else 0.03) * density)
    wide, tall = right - left - 2 * pad, bottom - top - 2 * pad
    title, text = legible(label.title), legible(label.text)
    for title_mm, text_mm in _SCALES[label.kind]:
        large = face(round(title_mm * density / 1000), "Semibold")
        small = face(max(6, round(text_mm * density / 1000)))
        heads, lines = wrap(draw, title, large, wide), wrap(draw, text, small, wide)
        head, body = 1.12 * title_mm * density / 1000, 1.3 * text_mm * density / 1000
        gap = 0.9 * body
        if len(heads) * head + gap + len(lines) * body <= tall:
            break
    y = float(top + pad) - 0.1 * head
    for line in heads:
        draw.text((left + pad, y), line, fill=_INK, font=large)
        y += head
    y += 0.35 * gap
    draw.line([(left + pad, y), (left + pad + wide * 0.18, y)], fill=_GREY, width=max(1, pad // 10))
    y += 0.4 * gap
    for line in lines:
        if y + body > bottom - pad * 0.3:
            break
        draw.text((left + pad, y), line, fill=_GREY, font=small)
        y += body


_SCALES = {
    "work": ((30, 19), (26, 17), (23, 15), (20, 13), (16, 11)),
    "room": ((52, 28), (44, 25), (36, 21), (30, 18), (25, 15), (20, 12)),
    "show": ((60, 29), (50, 25), (40, 21), (32, 18), (25, 15), (20, 12)),
}
"""Heights of title and text in millimetres, largest first."""


def wrap(
    draw: ImageDraw.ImageDraw,
    text: str,
    letters: Face,
    wide: float,
) -> list[str]:
    """Lines no wider than `wide` pixels, broken at spaces and where the text breaks itself."""
    lines = []
    for paragraph in text.split("\n"):
        line = ""
        for word in paragraph.split():
            longer = f"{line} {word}".strip()
            if line and draw.textlength(longer, font=letters) > wide:
                lines.append(line)
                line = word
            else:
                line = longer
        if line:
            lines.append(line)
    return lines


def quad(label: Label, place: tuple[float, float, float, float]) -> dict[str, np.ndarray]:
    """POSITION, NORMAL and TEXCOORD_0 of one label, corners counter-clockwise from bottom left."""
    plane = upright(label.position, label.yaw)
    if label.lying:
        angle = np.radians(label.yaw)
        back = np.array([-np.sin(angle), 0.0, -np.cos(angle)])
        plane = Plane(np.asarray(label.position), plane.right, back)
    w, h = label.size[0] / 2, label.size[1] / 2
    corners = np.array([(-w, -h), (w, -h), (w, h), (-w, h)])
    u0, v0, u1, v1 = place
    return {
        "POSITION": plane.place(corners),
        "NORMAL": np.tile(plane.out, (4, 1)),
        "TEXCOORD_0": np.array([(u0, v1), (u1, v1), (u1, v0), (u0, v0)]),
    }
