"""Gather what `sculptures` is trained on: museum scans, and props that can be cast as sculptures.

    python tools/sculpture_set.py SCULPTURE PROPS OUT
    vernissage dataset build OUT --out DATA --size 64 --draft
    vernissage train sculptures --init textured_props --data DATA --tier cpu

SCULPTURE and PROPS are folders of meshes with an `index.json`. OUT gets links to the files, a folder
for each kind, and an index that keeps authors and licences.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

SCANS = {
    "figure": ("danish_", "angel_statue", "nefertiti_bust", "demosthenes_bust"),
    "animal": ("koala_", "scorpion_", "fish_", "penguin_"),
    "vessel": ("bird_bath", "black_vase", "plastic_vase", "sea_vase"),
}
"""Kinds of scans, by how their names begin: a hammer is no sculpture, and the goblet's licence has no version."""
PROPS = {
    "figure": ("humanoid_posed", "statue"),
    "animal": ("quadruped", "dinosaur", "fish"),
    "monster": ("monster", "creature", "mech", "robot"),
    "vessel": ("vase", "fountain"),
}
"""Kinds of props, by class."""


def entries(folder: Path) -> list[dict[str, Any]]:
    """What the index of a folder says about each of its files."""
    found: list[dict[str, Any]] = json.loads((folder / "index.json").read_text("utf-8"))
    return found


def gather(scans: Path, props: Path, out: Path) -> int:
    """Link the chosen files below `out`; how many there are."""
    chosen = []
    for kind, starts in SCANS.items():
        chosen += [(kind, scans, e) for e in entries(scans) if e["file"].startswith(starts)]
    for kind, classes in PROPS.items():
        chosen += [(kind, props, e) for e in entries(props) if e.get("cls") in classes]
    index = []
    for kind, folder, entry in chosen:
        name = Path(entry["file"]).name
        link = out / kind / name
        link.parent.mkdir(parents=True, exist_ok=True)
        if not link.is_symlink():
            link.symlink_to((folder / entry["file"]).resolve())
        index.append({**entry, "file": f"{kind}/{name}", "category": kind, "cls": kind})
    (out / "index.json").write_text(json.dumps(index, indent=1), "utf-8")
    return len(index)


def main() -> None:
    """Gather, and say how many."""
    parser = argparse.ArgumentParser(description=__doc__)
    for name in ("scans", "props", "out"):
        parser.add_argument(name, type=Path)
    arguments = parser.parse_args()
    count = gather(arguments.scans, arguments.props, arguments.out)
    print(f"{count} files are linked in {arguments.out}")


if __name__ == "__main__":
    main()
