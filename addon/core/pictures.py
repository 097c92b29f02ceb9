# SPDX-License-Identifier: GPL-3.0-or-later
"""What kind of picture some bytes are, and how large it is, without decoding it."""

from __future__ import annotations

import struct

SUFFIXES = (".png", ".jpg", ".jpeg", ".webp")
MOVIES = (".mp4", ".webm", ".mov", ".mkv", ".avi")


def suffix(data: bytes) -> str:
    """How a file of these bytes would be called: png, jpg or webp; png for anything else."""
    if data[:2] == b"\xff\xd8":
        return "jpg"
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        return "webp"
    return "png"


def size(data: bytes) -> tuple[int, int] | None:
    """Width and height in pixels; None for what is no PNG, JPEG or WebP."""
    try:
        if data[:8] == b"\x89PNG\r\n\x1a\n":
            width, height = struct.unpack_from(">II", data, 16)
        elif suffix(data) == "jpg":
            width, height = _jpeg(data)
        elif suffix(data) == "webp":
            width, height = _webp(data)
        else:
            return None
    except (struct.error, IndexError):
        return None
    return (width, height) if width and height else None


def _jpeg(data: bytes) -> tuple[int, int]:
    at = 2
    while data[at] == 0xFF:
        kind = data[at + 1]
        if 0xC0 <= kind <= 0xCF and kind not in (0xC4, 0xC8, 0xCC):
            height, width = struct.unpack_from(">HH", data, at + 5)
            return width, height
        at += 2 + struct.unpack_from(">H", data, at + 2)[0]
    return 0, 0


def _webp(data: bytes) -> tuple[int, int]:
    kind = data[12:16]
    if kind == b"VP8X":
        width = int.from_bytes(data[24:27], "little") + 1
        return width, int.from_bytes(data[27:30], "little") + 1
    if kind == b"VP8L":
        bits = int.from_bytes(data[21:25], "little")
        return (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1
    width, height = struct.unpack_from("<HH", data, 26)
    return width & 0x3FFF, height & 0x3FFF


def crop(
    picture: tuple[int, int], width: float, height: float
) -> tuple[float, float, float, float]:
    """The middle of a picture that fills a place of `width` by `height`: u0, v0, u1, v1.

    Up to 2 % of stretch is not seen and not cropped.
    """
    wider = (picture[0] / picture[1]) / (width / height)
    if abs(wider - 1.0) <= 0.02:
        return (0.0, 0.0, 1.0, 1.0)
    if wider > 1.0:
        rest = (1.0 - 1.0 / wider) / 2
        return (rest, 0.0, 1.0 - rest, 1.0)
    rest = (1.0 - wider) / 2
    return (0.0, rest, 1.0, 1.0 - rest)
