"""The true worker with one model, whose shapes are known in closed form: `python tiny_engine.py`."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[4]))

from engine import worker
from engine.makers import item
from tests.engine.makers.balls import balls

if __name__ == "__main__":
    worker.names = lambda: ["balls"]
    worker.card = lambda _: balls().card
    item.load_from_zoo = lambda _: balls()
    sys.exit(worker.serve())
