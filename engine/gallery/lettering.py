"""Letters of labels: Source Sans (Latin, Greek, Cyrillic), and other scripts in Latin letters."""

from __future__ import annotations

import unicodedata
from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path

from anyascii import anyascii
from PIL import ImageFont

Face = ImageFont.FreeTypeFont
_LAST_ACCENT = "\u036f"


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
    """The text in characters that the face has.

    What it lacks falls back to its plain form (an ornate A to A), else is written in Latin letters:
    a wall has one face, and a reader who knows the script still hears the title. The page and the
    catalogue show texts as they are.
    """
    return "".join(c if c == "\n" or has(c) else _plain(c) for c in text)


def _plain(char: str) -> str:
    """What stands for a character; for marks that are only drawn with others, nothing."""
    base = "".join(c for c in unicodedata.normalize("NFKD", char) if has(c))
    return base or "".join(c for c in anyascii(char) if has(c))


@lru_cache(maxsize=4096)
def has(char: str) -> bool:
    """Whether the face draws a character as anything but the box of unknown ones."""
    if char == " ":
        return True
    if unicodedata.category(char).startswith("M") and char > _LAST_ACCENT:
        # Alone, a vowel sign of another script is drawn as nothing, which is no box either.
        return False
    return bytes(face(24).getmask(char)) != bytes(face(24).getmask("\uffff"))
