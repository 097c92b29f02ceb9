"""Pictures from files: folders, zip archives, npz, idx (MNIST) and CIFAR binary, each as RGB.

Whatever is broken is told of by name and reason, and the rest is read.
"""

from __future__ import annotations

import gzip
import io
import struct
import warnings
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

import numpy as np
from PIL import Image, ImageOps, UnidentifiedImageError

SUFFIXES = frozenset({".jpg", ".jpeg", ".png", ".webp", ".bmp", ".tif", ".tiff", ".gif", ".ppm"})
MOST_PIXELS = 64_000_000
"""A picture with more is refused: it is a decompression bomb or no training example."""
MOST_BYTES = 256_000_000
_CIFAR_ROW = 3072


@dataclass(frozen=True)
class Found:
    """One picture: its name, the label its place gives it, its (H, W, 3) uint8 sRGB pixels."""

    name: str
    label: str
    pixels: np.ndarray


@dataclass(frozen=True)
class Refused:
    """A file that could not be used, and why."""

    name: str
    reason: str


def find_pictures(source: Path) -> Iterator[Found | Refused]:
    """Everything that can be read from a folder, an archive or an array file, in name order.

    A folder may hold pictures, folders named after classes, archives and array files. The label is
    the path of the folder without the last step where it is called `details`, or the class number of
    an array file.
    """
    if source.is_dir():
        for path in sorted(p for p in source.rglob("*") if p.is_file()):
            name = path.relative_to(source).as_posix()
            if any(part.startswith(".") for part in PurePosixPath(name).parts):
                continue
            yield from _one(path, name)
    elif source.is_file():
        yield from _one(source, source.name)


def rgb(picture: Image.Image) -> np.ndarray:
    """(H, W, 3) uint8 of any picture: upright, over white, 16 bits reduced; of a film the first frame.

    Raises:
        OSError, ValueError: it is broken.
    """
    if picture.width * picture.height > MOST_PIXELS:
        raise ValueError(f"it has {picture.width} x {picture.height} pixels, more than 64 million")
    picture.seek(0)
    turned = ImageOps.exif_transpose(picture) or picture
    if turned.mode in ("I", "I;16", "I;16B", "I;16L", "F"):
        values = np.asarray(turned, np.float64)
        # Deep greyscale: sixteen bits unless the values themselves fit in eight.
        top = 255.0 if values.max(initial=0) <= 255 else 65535.0
        grey = (values / top * 255).round().clip(0, 255).astype(np.uint8)
        return np.repeat(grey[..., None], 3, 2)
    if "A" in turned.getbands() or "transparency" in turned.info:
        colored = turned.convert("RGBA")
        white = Image.new("RGBA", colored.size, (255, 255, 255, 255))
        turned = Image.alpha_composite(white, colored)
    return np.asarray(turned.convert("RGB"))


def read_picture(data: bytes) -> np.ndarray:
    """(H, W, 3) uint8 from the bytes of a picture file. Raises `OSError` or `ValueError`."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # Pillow's about damaged metadata and large pictures
        try:
            with Image.open(io.BytesIO(data)) as picture:
                return rgb(picture)
        except UnidentifiedImageError as error:
            raise ValueError("it is no picture") from error  # Pillow's words hold an address
        except (SyntaxError, EOFError, struct.error, Image.DecompressionBombError) as error:
            raise ValueError(str(error)) from error


def _one(path: Path, name: str) -> Iterator[Found | Refused]:
    try:
        if path.stat().st_size > MOST_BYTES:
            yield Refused(name, f"it is larger than {MOST_BYTES // 1_000_000} MB")
            return
        suffix = path.suffix.lower()
        if suffix in SUFFIXES:
            yield _decoded(name, path.read_bytes())
        elif suffix == ".zip":
            yield from _zip(path, name)
        elif suffix == ".npz":
            yield from _npz(path, name)
        elif "-idx3-" in path.name or path.name.endswith((".idx3", ".idx3.gz")):
            yield from _idx(path, name)
        elif suffix == ".bin":
            yield from _cifar(path, name)
    except (OSError, ValueError, zipfile.BadZipFile, EOFError, KeyError) as error:
        yield Refused(name, str(error) or type(error).__name__)


def _decoded(name: str, data: bytes) -> Found | Refused:
    try:
        return Found(name, label_of(name), read_picture(data))
    except (OSError, ValueError) as error:
        return Refused(name, str(error) or "it is no picture")


def label_of(name: str) -> str:
    """The folder that a file lies in; empty at the top. `details/portrait/a.jpg` is a portrait."""
    parts = [part for part in PurePosixPath(name).parts[:-1] if part != "details"]
    return parts[-1] if parts else ""


def _zip(path: Path, name: str) -> Iterator[Found | Refused]:
    with zipfile.ZipFile(path) as archive:
        for entry in sorted(archive.namelist()):
            if PurePosixPath(entry).suffix.lower() not in SUFFIXES or "__MACOSX" in entry:
                continue
            inside = f"{name}/{entry}"
            if archive.getinfo(entry).file_size > MOST_BYTES:
                yield Refused(inside, f"it is larger than {MOST_BYTES // 1_000_000} MB")
                continue
            found = _decoded(inside, archive.read(entry))
            yield (
                Found(inside, label_of(entry), found.pixels) if isinstance(found, Found) else found
            )


def _npz(path: Path, name: str) -> Iterator[Found | Refused]:
    """The first array of pictures in the file, with the first array of as many labels."""
    with np.load(path, allow_pickle=False) as arrays:
        kept = {key: arrays[key] for key in arrays.files}
    pictures = next((a for a in kept.values() if a.ndim in (3, 4) and len(a)), None)
    if pictures is None:
        raise ValueError("it holds no array of pictures (N, H, W) or (N, H, W, C)")
    labels = next(
        (a for a in kept.values() if a.shape == (len(pictures),) and a.dtype.kind in "iuU"), None
    )
    if pictures.ndim == 4 and pictures.shape[1] in (1, 3) and pictures.shape[3] not in (1, 3, 4):
        pictures = pictures.transpose(0, 2, 3, 1)
    if pictures.dtype.kind == "f":
        low = float(pictures.min())
        pictures = (pictures - min(low, 0)) / (1 if low >= 0 else 2) * 255
    elif pictures.dtype == np.uint16:
        pictures = pictures >> 8
    yield from _rows(name, pictures.clip(0, 255).astype(np.uint8), labels)


def _idx(path: Path, name: str) -> Iterator[Found | Refused]:
    data = _unzipped(path)
    magic, count, height, width = struct.unpack(">IIII", data[:16])
    if magic != 0x803 or len(data) != 16 + count * height * width:
        raise ValueError("it is no idx file of pictures, or it is cut short")
    pictures = np.frombuffer(data, np.uint8, offset=16).reshape(count, height, width)
    beside = path.with_name(path.name.replace("images-idx3", "labels-idx1"))
    labels = None
    if beside != path and beside.is_file():
        values = np.frombuffer(_unzipped(beside), np.uint8, offset=8)
        labels = values if len(values) == count else None
    yield from _rows(name, pictures, labels)


def _cifar(path: Path, name: str) -> Iterator[Found | Refused]:
    """CIFAR-10 (one label byte) or CIFAR-100 (two, the finer last), planes of red, green, blue."""
    data = np.frombuffer(path.read_bytes(), np.uint8)
    for heads in (1, 2):
        if len(data) and len(data) % (_CIFAR_ROW + heads) == 0:
            table = data.reshape(-1, _CIFAR_ROW + heads)
            pictures = table[:, heads:].reshape(-1, 3, 32, 32).transpose(0, 2, 3, 1)
            yield from _rows(name, pictures, table[:, heads - 1])
            return
    raise ValueError("its length is not that of a CIFAR binary file")


def _rows(name: str, pictures: np.ndarray, labels: np.ndarray | None) -> Iterator[Found]:
    for index, picture in enumerate(pictures):
        flat = picture if picture.ndim == 3 else picture[..., None]
        pixels = np.repeat(flat, 3, 2) if flat.shape[2] == 1 else flat[..., :3]
        label = "" if labels is None else str(labels[index])
        yield Found(f"{name}/{index:06d}", label, np.ascontiguousarray(pixels))


def _unzipped(path: Path) -> bytes:
    return gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()
