"""PNG files that say where they come from."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from engine.files import write_beside


def write_png(path: Path, image: np.ndarray, record: Mapping[str, Any] | None = None) -> None:
    """(H, W, 3) uint8 to a PNG, all or nothing; provenance goes into it as text. Raises `CannotWrite`."""
    about = PngInfo()
    if record is not None:
        about.add_itxt("Vernissage", json.dumps(record, ensure_ascii=False, sort_keys=True))
    write_beside(path, lambda beside: Image.fromarray(image).save(beside, pnginfo=about))
