"""Letters of labels: Source Sans, and what to do about characters that it lacks."""

from __future__ import annotations

import unicodedata
from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path

from PIL import ImageFont

Face = ImageFont.FreeTypeFont
_INSTEAD = "\u00b7"


@lru_cache(maxsize=128)
def face(size: int, weight: str = "Regular") -> Face:
    """A face of that height in pixels; weight is Light, Regular, Semibold or Bold."""
    return ImageFont.truetype(str(_folder() / f"SourceSansPro-{weight}.ttf"), size)


@lru_cache(maxsize=1)
def _folder() -> Path:
    spec = find_spec("font_source_sans_pro")
    assert spec is not None
    assert spec.origin is not None
    return Path(spec.origin).parent / "files"


def legible(text: str) -> str:
    """The text in characters that the face has: accents fall, what is foreign becomes a dot."""
    return "".join(c if c == "\n" or has(c) else _plain(c) for c in text)


def _plain(char: str) -> str:
    base = "".join(c for c in unicodedata.normalize("NFKD", char) if has(c))
    return base or _INSTEAD


@lru_cache(maxsize=4096)
def has(char: str) -> bool:
    """Whether the face draws a character as anything but the box of unknown ones."""
    return char == " " or bytes(face(24).getmask(char)) != bytes(face(24).getmask("\uffff"))
