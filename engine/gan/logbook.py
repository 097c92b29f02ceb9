"""What a run writes down: TensorBoard scalars, sheets, and doctor.json with what the monitors say."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from PIL import Image
from torch.utils.tensorboard import SummaryWriter

from engine.files import write_beside, write_json
from engine.gan.monitors import Finding


class Logbook:
    """Log of one run folder. `findings` holds every monitor sentence with the image count."""

    def __init__(self, run: Path) -> None:
        self.run = run
        self.findings: list[dict[str, object]] = []
        self._board = SummaryWriter(str(run / "tensorboard"))

    def scalars(self, values: dict[str, float], images: int) -> None:
        for name, value in values.items():
            self._board.add_scalar(name, value, images)

    def picture(self, image: np.ndarray, images: int) -> None:
        """Keep (H, W, 3) uint8 as run/sheets/<images>.png and in TensorBoard."""
        path = self.run / "sheets" / f"{images:010d}.png"
        write_beside(path, lambda beside: Image.fromarray(image).save(beside))
        self._board.add_image("samples", image, images, dataformats="HWC")

    def finding(self, finding: Finding, images: int) -> None:
        """Record a monitor's sentence; `doctor.json` holds them all, newest last."""
        self.findings.append({"images": images, **vars(finding)})
        write_json(self.run / "doctor.json", self.findings)

    def close(self) -> None:
        self._board.close()
