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


def read_picture(path: Path) -> Image.Image:
    """An image as RGB, turned as its camera says. Raises `BadMuseum` for what is none."""
    try:
        if path.stat().st_size > MAX_BYTES:
            raise BadMuseum(f"{path.name} is larger than {MAX_BYTES // 1_000_000} MB")
        with Image.open(path) as image:
            if image.width * image.height > MAX_PIXELS:
                raise BadMuseum(f"{path.name} has more than {MAX_PIXELS // 1_000_000} megapixels")
            image.draft("RGB", (LARGEST, LARGEST))
            upright = ImageOps.exif_transpose(image)
            if upright.has_transparency_data:
                paper = Image.new("RGBA", upright.size, "white")
                upright = Image.alpha_composite(paper, upright.convert("RGBA"))
            return upright.convert("RGB")
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError) as error:
        raise BadMuseum(f"{path.name} is no image that can be read") from error


def write_picture(image: Image.Image, size: tuple[float, float], path: Path) -> None:
    """Write `path` and the small version beside it, cropped to the proportions of `size`."""
    ratio = size[0] / size[1]
    wide = min(LARGEST, image.width, round(image.height * ratio))
    wide = max(8, wide if ratio >= 1 else round(min(LARGEST, wide / ratio) * ratio))
    whole = (wide, max(8, round(wide / ratio)))
    fitted = ImageOps.fit(image, whole, Image.Resampling.LANCZOS)
    write_bytes(path, _webp(fitted))
    small = fitted.copy()
    small.thumbnail((SMALL, SMALL), Image.Resampling.LANCZOS)
    write_bytes(path.with_suffix(".256.webp"), _webp(small))


def _webp(image: Image.Image) -> bytes:
    data = io.BytesIO()
    image.save(data, "WEBP", quality=_QUALITY, method=4)
    return data.getvalue()
