"""`vernissage upscale` and `vernissage restyle`: a user's picture in, another picture out."""

from __future__ import annotations

import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from PIL import Image

from engine.assets.provenance import picture_record
from engine.data.picture_files import SUFFIXES, read_picture
from engine.errors import BadPicture, BadRequest
from engine.makers.finish import enlarge, upscaler
from engine.makers.item import load
from engine.makers.pictures import restyled
from engine.makers.png import write_png
from engine.makers.strokes import paint
from engine.models.tiles import TILE, Edges, upscale_pixels
from engine.nets.restyler import Restyler
from engine.nets.upscaler import Upscaler
from engine.zoo.offer import labels_called

MOST_SIDE = 4096
"""Pixels along a side of a restyled picture, which is not cut into tiles."""


@dataclass(frozen=True)
class Outcome:
    """The file written and its report (JSON values)."""

    path: Path
    report: dict[str, Any]


def upscale(
    file: Path,
    *,
    out: Path | None = None,
    scale: int = 2,
    seamless: bool = False,
    tile: int = TILE,
    model: str | None = None,
) -> Outcome:
    """Make a picture two or four times as large, or mend it at its size; the input is never written to.

    Args:
        out: a .png, .jpg or .webp file. Default: FILE-x2.png.
        scale: 2 or 4; 1 to mend, with `enhance` or a run of its recipe.
        seamless: the picture repeats: beyond an edge lies the opposite one, so no seam appears.
        tile: edge of the tiles in pixels; the result does not depend on it.
        model: a name or a run folder. Default: `upscale`, or `enhance` for scale 1.
    Raises:
        BadRequest: a scale that is not offered, an output that is the input.
        BadPicture: the file is no picture. UnknownModel, WeightsMismatch, CannotWrite.
    """
    model = model or ("enhance" if scale == 1 else "upscale")
    net = upscaler(model).generator
    mends = isinstance(net, Upscaler) and net.scale == 1
    if scale not in ((1,) if mends else (2, 4)):
        raise BadRequest(f"--scale {scale}: choose {'1' if mends else '2 or 4'} with {model}")
    if tile < 16:
        raise BadRequest(f"--tile {tile}: tiles have at least 16 pixels a side")
    path = out or file.with_name(f"{file.stem}-x{scale}.png")
    pixels = opened(file, path)
    begin = time.perf_counter()
    torch.set_num_threads(1)
    edges: Edges = "circular" if seamless else "reflect"
    if mends:
        made = upscale_pixels(net, pixels, edges=edges, tile=tile)
    else:
        made = enlarge(pixels, scale, edges=edges, tile=tile, model=model)
    written(path, made, model, {"verb": "upscale", "scale": scale, "seamless": seamless})
    report = {
        "from": list(pixels.shape[1::-1]),
        "to": list(made.shape[1::-1]),
        "seconds": round(time.perf_counter() - begin, 3),
    }
    return Outcome(path.resolve(), report)


def opened(file: Path, path: Path) -> np.ndarray:
    """(H, W, 3) uint8 of a user's file, once it is sure that `path` is another one.

    Raises:
        BadRequest, BadPicture.
    """
    if path.suffix.lower() not in (".png", ".jpg", ".jpeg", ".webp"):
        raise BadRequest(f"{path.name}: write one of .png, .jpg, .webp")
    if path.resolve() == file.resolve():
        raise BadRequest(f"{path.name} is the input, which is never overwritten")
    if not file.is_file():
        raise BadRequest(f"{file} is no file")
    if file.suffix.lower() not in SUFFIXES:
        raise BadPicture(f"{file.name} is no picture that can be read")
    try:
        return read_picture(file.read_bytes())
    except (OSError, ValueError) as error:
        raise BadPicture(f"{file.name} cannot be read: {error}") from error


def written(path: Path, pixels: np.ndarray, model: str, edit: dict[str, Any]) -> None:
    """Write a picture, with its provenance in it where the format is PNG. Raises `CannotWrite`."""
    card = load(model).card
    record = picture_record(card.name, card.sha256, [s.model_dump() for s in card.sources], edit)
    write_picture(path, pixels, record)


def write_picture(path: Path, pixels: np.ndarray, record: dict[str, Any]) -> None:
    """(H, W, 3) uint8 as the suffix says. Raises `CannotWrite`."""
    if path.suffix.lower() == ".png":
        write_png(path, pixels, record)
    else:
        from engine.files import write_beside

        write_beside(path, lambda beside: Image.fromarray(pixels).save(beside, quality=92))


def restyle(
    file: Path,
    *,
    style: str,
    out: Path | None = None,
    strength: float = 1.0,
    strokes: float = 5.0,
    scale: int = 1,
    model: str = "restyle",
) -> Outcome:
    """Turn a photograph into a painting in one of the model's manners.

    Args:
        strength: 0 leaves it as it is, 1 is the full manner.
        strokes: width of brush strokes in pixels of the result, laid by rule; 0 for none.
        scale: 1, 2 or 4 times as many pixels a side.
    Raises:
        BadRequest, BadPicture, UnknownClass, UnknownModel, WeightsMismatch, CannotWrite.
    """
    if scale not in (1, 2, 4):
        raise BadRequest(f"--scale {scale}: choose 1, 2 or 4")
    if not 0 <= strength <= 1.5 or not 0 <= strokes <= 40:
        raise BadRequest("--strength goes from 0 to 1.5, --strokes from 0 to 40")
    path = out or file.with_name(f"{file.stem}-{style}.png")
    pixels = opened(file, path)
    if max(pixels.shape[:2]) * scale > MOST_SIDE:
        raise BadRequest(f"{file.name}: at most {MOST_SIDE} pixels a side; reduce it first")
    begin = time.perf_counter()
    torch.set_num_threads(1)
    loaded = load(model)
    net = loaded.generator
    assert isinstance(net, Restyler)
    label = labels_called(style, loaded.model.classes())[0]
    mix = torch.zeros(1, net.manners)
    mix[0, label] = strength
    mix[0, -1] += 1 - strength
    painted = restyled(net, pixels, mix)
    if strength < 1:  # what the network changes where nothing is asked of it fades out with it
        home = torch.zeros(1, net.manners)
        home[0, -1] = 1
        still = restyled(net, pixels, home).astype(np.float32)
        faded = painted - (1 - strength) * (still - pixels)
        painted = faded.round().clip(0, 255).astype(np.uint8)
    made = enlarge(painted, scale)
    if strokes:
        made = paint(made, strokes)
    edit = {"verb": "restyle", "style": style, "strength": strength, "strokes": strokes}
    written(path, made, model, edit | {"scale": scale})
    report = {
        "from": list(pixels.shape[1::-1]),
        "to": list(made.shape[1::-1]),
        "style": style,
        "seconds": round(time.perf_counter() - begin, 3),
    }
    return Outcome(path.resolve(), report)
