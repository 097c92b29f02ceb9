"""Flat works: pictures re-encoded as WebP, at two sizes, cropped to what hangs on the wall."""

from __future__ import annotations

import io
from pathlib import Path

from PIL import Image, ImageOps

from engine.errors import BadMuseum
from engine.files import write_bytes

LARGEST, SMALL = 2048, 256
MAX_BYTES = 100_000_000
MAX_PIXELS = 120_000_000
_QUALITY = 88
_CROP = 0.08  # share of a side that may be cut off before a mat is better
_MAT = (242, 239, 230)


def read_picture(path: Path, most: int = LARGEST) -> Image.Image:
    """An image as RGB, turned as its camera says. Raises `BadMuseum` for what is none.

    Args:
        most: pixels a side that are enough, so that large photographs are read faster.
    """
    try:
        if path.stat().st_size > MAX_BYTES:
            raise BadMuseum(f"{path.name} is larger than {MAX_BYTES // 1_000_000} MB")
        with Image.open(path) as image:
            if image.width * image.height > MAX_PIXELS:
                raise BadMuseum(f"{path.name} has more than {MAX_PIXELS // 1_000_000} megapixels")
            image.draft("RGB", (most, most))
            upright = ImageOps.exif_transpose(image)
            if upright.has_transparency_data:
                paper = Image.new("RGBA", upright.size, "white")
                upright = Image.alpha_composite(paper, upright.convert("RGBA"))
            return upright.convert("RGB")
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError) as error:
        raise BadMuseum(f"{path.name} is no image that can be read") from error


def write_picture(
    image: Image.Image,
    size: tuple[float, float],
    path: Path,
    *,
    mat: bool = False,
    xmp: bytes = b"",
) -> None:
    """Write `path` and the small version beside it, in the proportions of `size`.

    Args:
        mat: put a picture of other proportions on a mat instead of cropping it.
    """
    ratio = size[0] / size[1]
    wide = min(LARGEST, image.width, round(image.height * ratio))
    wide = max(8, wide if ratio >= 1 else round(min(LARGEST, wide / ratio) * ratio))
    whole = (wide, max(8, round(wide / ratio)))
    if mat and abs(image.width / image.height / ratio - 1) > _CROP:
        sheet = (max(8, min(LARGEST, image.width)), max(8, min(LARGEST, image.height)))
        wide = min(LARGEST, max(sheet[0], round(sheet[1] * ratio)), round(LARGEST * ratio))
        whole = (max(8, wide), max(8, round(wide / ratio)))
        fitted = ImageOps.pad(image, whole, Image.Resampling.LANCZOS, color=_MAT)
    elif min(image.width - whole[0], image.height - whole[1]) < 2:  # nothing but edges to take off
        left, top = (image.width - whole[0]) // 2, (image.height - whole[1]) // 2
        fitted = image.crop((left, top, left + whole[0], top + whole[1]))
    else:
        fitted = ImageOps.fit(image, whole, Image.Resampling.LANCZOS)
    write_bytes(path, _webp(fitted, xmp))
    small = fitted.copy()
    small.thumbnail((SMALL, SMALL), Image.Resampling.LANCZOS)
    write_bytes(path.with_suffix(".256.webp"), _webp(small, xmp))


def _webp(image: Image.Image, xmp: bytes) -> bytes:
    data = io.BytesIO()
    image.save(data, "WEBP", quality=_QUALITY, method=2, xmp=xmp)
    return data.getvalue()
