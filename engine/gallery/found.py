"""Files that the user brings: read with suspicion, re-encoded or refused with a sentence."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
from PIL import Image

from engine.errors import BadAsset, BadMuseum
from engine.files import write_beside, write_bytes
from engine.gallery.flat import read_picture, write_picture
from engine.gallery.solid import read_glb, standing
from engine.museum.parts import Box
from engine.museum.schema import Sound, Work
from engine.museum.store import file_of

MAX_MEDIA = 1_000_000_000
_FILMS = {".mp4": b"ftyp", ".m4v": b"ftyp", ".webm": b"\x1aE\xdf\xa3"}
_SOUNDS = {".mp3": (b"ID3", b"\xff"), ".ogg": (b"OggS",), ".wav": (b"RIFF",)}
_READABLE = ("KHR_materials_", "KHR_texture_transform", "KHR_mesh_quantization", "KHR_lights_",
             "EXT_texture_webp", "KHR_xmp_json_ld")  # fmt: skip


def bring(work: Work, files: Path, folder: Path) -> tuple[str, Box]:
    """Put the file of a user's work into the bundle.

    Returns:
        The path that the museum names it by, and the size that the work takes.
    Raises:
        BadMuseum, BadAsset: the file is missing, outside the folder, too large, or not what it
            should be. CannotWrite.
    """
    if work.file is None:
        raise BadMuseum(f"{work.title} names no file, and no model made it")
    source = file_of(files, work.file)
    if work.kind == "painting":
        name = f"works/{work.id}.webp"
        write_picture(read_picture(source), work.size[:2], folder / name, mat=True)
        return name, work.size
    if work.kind == "video":
        name = f"media/{work.id}{source.suffix.lower()}"
        _media(source, folder / name, _is_film(source), "film: .mp4, .m4v or .webm")
        return name, work.size
    name = f"works/{work.id}.glb"
    data, size = standing(_glb(source), source.name, work.size)
    write_bytes(folder / name, data)
    return name, size


def bring_sound(sound: Sound, files: Path, folder: Path) -> str:
    """Put a sound into the bundle; the path that the museum names it by. Raises as `bring`."""
    source = file_of(files, sound.file)
    begins = _SOUNDS.get(source.suffix.lower(), ())
    name = f"media/{sound.id}{source.suffix.lower()}"
    fits = any(_head(source).startswith(begin) for begin in begins)
    _media(source, folder / name, fits, "sound: .mp3, .ogg or .wav")
    return name


def main_colours(image: Image.Image, most: int = 5) -> tuple[str, ...]:
    """Main colours of a picture as `#rrggbb`, largest first."""
    small = image.copy()
    small.thumbnail((96, 96))
    few = small.quantize(most, Image.Quantize.MEDIANCUT)
    palette = np.asarray(few.getpalette() or [], np.uint8).reshape(-1, 3)
    counts = np.bincount(np.asarray(few).ravel(), minlength=len(palette))
    order = np.argsort(-counts, kind="stable")
    return tuple("#" + bytes(palette[i]).hex() for i in order if counts[i])


def _glb(source: Path) -> bytes:
    """The bytes of a GLB that stands by itself and needs nothing rare to be read."""
    if source.suffix.lower() != ".glb":
        raise BadAsset(f"{source.name} is no .glb file")
    scene, _ = read_glb(source)
    for part in (*scene.get("buffers", []), *scene.get("images", [])):
        if isinstance(part, dict) and part.get("uri") is not None:
            raise BadAsset(f"{source.name} keeps data in other files")
    rare = [str(e) for e in scene.get("extensionsRequired", []) if not str(e).startswith(_READABLE)]
    if rare:
        raise BadAsset(f"{source.name} needs {rare[0]}, which is not read here")
    return source.read_bytes()


def _is_film(source: Path) -> bool:
    mark = _FILMS.get(source.suffix.lower())
    return mark is not None and mark in _head(source)


def _head(source: Path) -> bytes:
    try:
        with source.open("rb") as file:
            return file.read(12)
    except OSError as error:
        raise BadMuseum(f"{source.name} could not be read: {error.strerror}") from error


def _media(source: Path, target: Path, fits: bool, what: str) -> None:
    if not fits:
        raise BadMuseum(f"{source.name} is no {what}")
    if source.stat().st_size > MAX_MEDIA:
        raise BadMuseum(f"{source.name} is larger than {MAX_MEDIA // 1_000_000} MB")
    if target.resolve() != source:

        def copy(beside: Path) -> None:
            shutil.copyfile(source, beside)

        write_beside(target, copy)
