"""What a run writes down: TensorBoard scalars, sheets, and doctor.json with what the monitors say."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image
from torch.utils.tensorboard import SummaryWriter

from engine.files import write_beside, write_json
from engine.gan.monitors import Finding

DOCTOR = "doctor.json"


class Logbook:
    """Log of one run folder, from `images` on: what an earlier run wrote beyond that is dropped."""

    def __init__(self, run: Path, images: int, writes: bool = True) -> None:
        """
        Args:
            writes: False for all but one of several processes: they keep no log.
        """
        self.run, self.writes = run, writes
        self._doctor = run / DOCTOR
        self._findings = [f for f in read_findings(run) if f["images"] <= images]
        if not writes:
            return
        if self._doctor.exists():
            write_json(self._doctor, self._findings)
        self._board = SummaryWriter(str(run / "tensorboard"), purge_step=images + 1)

    def scalars(self, values: dict[str, float], images: int) -> None:
        for name, value in values.items() if self.writes else ():
            self._board.add_scalar(name, value, images)

    def picture(self, image: np.ndarray, images: int) -> None:
        """Keep (H, W, 3) uint8 as run/sheets/<images>.png and in TensorBoard."""
        path = self.run / "sheets" / f"{images:010d}.png"
        write_beside(path, lambda beside: Image.fromarray(image).save(beside))
        self._board.add_image("samples", image, images, dataformats="HWC")

    def finding(self, finding: Finding, images: int) -> None:
        """Record a monitor's sentence; `doctor.json` holds them all, newest last."""
        self._findings.append({"images": images, **vars(finding)})
        if self.writes:
            write_json(self._doctor, self._findings)

    def close(self) -> None:
        if self.writes:
            self._board.close()


def read_findings(run: Path) -> list[dict[str, Any]]:
    """What the monitors said in a run folder, oldest first; nothing where no such file is readable.

    Each has `images`, `name`, `sentence` and `remedy`.
    """
    try:
        text = (run / DOCTOR).read_text(encoding="utf-8")
        findings: list[dict[str, Any]] = json.loads(text)
        return [f for f in findings if isinstance(f["images"], int)]
    except (OSError, ValueError, TypeError, KeyError):
        return []
