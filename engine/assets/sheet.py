"""Contact sheets: many previews on one page, with generous margins and quiet captions."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from PIL import Image, ImageDraw, ImageFont

_PAGE = (250, 249, 247)
_INK = (112, 108, 102)
_RULE = (226, 223, 218)
_Face = ImageFont.ImageFont | ImageFont.FreeTypeFont


def contact_sheet(
    images: Sequence[np.ndarray],
    columns: int,
    labels: Sequence[str],
    letters: Callable[[int], _Face] = ImageFont.load_default,
) -> np.ndarray:
    """Hang pictures of one size in rows, each with its caption below.

    Args:
        images: (H, W, 3) uint8 sRGB, all of one shape. columns: pictures in a row.
        labels: captions, one for each picture. letters: their face at a height in pixels.
    Returns:
        (rows, width, 3) uint8 sRGB.
    Raises:
        ValueError: no image, different shapes, or as many labels as images are not there.
    """
    if not images or columns < 1 or len(labels) != len(images):
        raise ValueError(f"{len(images)} images, {len(labels)} labels and {columns} columns")
    shape = images[0].shape
    if any(image.shape != shape for image in images):
        raise ValueError("all images of a sheet must have one shape")
    high, wide = shape[:2]
    gap, caption = max(4, wide // 20), max(12, wide // 9)
    margin = 2 * gap
    columns = min(columns, len(images))
    rows = -(-len(images) // columns)
    page = Image.new(
        "RGB",
        (
            2 * margin + columns * wide + (columns - 1) * gap,
            2 * margin + rows * (high + caption) + (rows - 1) * gap,
        ),
        _PAGE,
    )
    draw = ImageDraw.Draw(page)
    font = letters(max(9, wide // 17))
    for index, (image, label) in enumerate(zip(images, labels, strict=True)):
        row, column = divmod(index, columns)
        left = margin + column * (wide + gap)
        top = margin + row * (high + caption + gap)
        page.paste(Image.fromarray(image), (left, top))
        draw.rectangle((left - 1, top - 1, left + wide, top + high), outline=_RULE)
        middle = (left + wide / 2, top + high + caption / 2)
        draw.text(middle, label, fill=_INK, font=font, anchor="mm")
    return np.asarray(page)
