"""Which file an address of the site means: the page at the root, the museum below `museum/`."""

from __future__ import annotations

from pathlib import Path, PurePosixPath
from urllib.parse import unquote, urlsplit

MUSEUM = "museum"
NAME = "index.html"

# By our own table: systems disagree about these, and a headset refuses what is named wrongly.
TYPES = {
    ".html": "text/html; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".json": "application/json; charset=utf-8",
    ".svg": "image/svg+xml; charset=utf-8",
    ".txt": "text/plain; charset=utf-8",
    ".vtt": "text/vtt; charset=utf-8",
    ".glb": "model/gltf-binary",
    ".bin": "application/octet-stream",
    ".png": "image/png",
    ".jpg": "image/jpeg",
    ".jpeg": "image/jpeg",
    ".webp": "image/webp",
    ".avif": "image/avif",
    ".ktx2": "image/ktx2",
    ".woff2": "font/woff2",
    ".wasm": "application/wasm",
    ".mp4": "video/mp4",
    ".m4v": "video/mp4",
    ".webm": "video/webm",
    ".mp3": "audio/mpeg",
    ".ogg": "audio/ogg",
    ".wav": "audio/wav",
    ".m4a": "audio/mp4",
    ".mid": "audio/midi",
}


def file_of_address(address: str, page: Path, museum: Path) -> Path | None:
    """The file that a request means, or None: nothing outside the two folders is ever served.

    Args:
        address: path of the request as it came, escapes and query included.
        page: folder of the built page. museum: folder of the bundle. Both absolute and resolved.
    """
    path = unquote(urlsplit(address).path)
    if "\\" in path or "\0" in path or any(ord(letter) < 32 for letter in path):
        return None
    parts = PurePosixPath(path.lstrip("/")).parts
    if any(part == ".." or part.startswith(".") for part in parts):
        return None
    home, rest = (museum, parts[1:]) if parts[:1] == (MUSEUM,) else (page, parts or (NAME,))
    try:
        file = home.joinpath(*rest).resolve()
        inside = file.is_relative_to(home) and file.is_file()
    except OSError:  # a name that the system cannot hold
        return None
    return file if inside and file.suffix.lower() in TYPES else None


def media_type(file: Path) -> str:
    """What a file is, as browsers want to hear it."""
    return TYPES[file.suffix.lower()]
