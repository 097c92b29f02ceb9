"""What is made is measured before the house is planned, so that places fit it."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

from PIL import Image

from engine.gallery.flat import read_picture
from engine.gallery.found import main_colours
from engine.gallery.solid import bounds, read_glb
from engine.museum.works import Measured


def measure(file: Path) -> Measured:
    """Proportions and main colours of a GLB or of a picture. Raises `BadAsset`, `BadMuseum`."""
    if file.suffix != ".glb":
        image = read_picture(file)
        return Measured((float(image.width), float(image.height), 1.0), main_colours(image))
    scene, binary = read_glb(file)
    low, high = bounds(scene, file.name)
    width, height, depth = (max(float(side), 1e-6) for side in high - low)
    return Measured((width, height, depth), _colours(scene, binary))


def _colours(scene: dict[str, Any], binary: bytes) -> tuple[str, ...]:
    """Main colours of the first base colour picture; none if there is no such thing."""
    for material in scene.get("materials", []):
        texture = material.get("pbrMetallicRoughness", {}).get("baseColorTexture")
        if texture is None:
            continue
        try:
            source = scene["textures"][texture["index"]]["source"]
            view = scene["bufferViews"][scene["images"][source]["bufferView"]]
            start = view.get("byteOffset", 0)
            with Image.open(io.BytesIO(binary[start : start + view["byteLength"]])) as image:
                return main_colours(image.convert("RGB"))
        except (KeyError, IndexError, OSError):
            continue
    return ()
