"""Pictures of a built museum in the page, for the docs: real Chromium, mouse, finger and headset.

python tools/page_pictures.py BUNDLE [--work ID] [--body ID] [--at X Z DEGREES]
"""

from __future__ import annotations

import argparse
import shutil
import subprocess
import tempfile
import threading
from functools import partial
from pathlib import Path

from PIL import Image

from engine.files import write_beside
from engine.viewer.page import HOME, built_page
from engine.viewer.server import Site, open_server

ROOT = Path(__file__).resolve().parents[1]
SCRIPT = ROOT / "tests/viewer/pictures.mjs"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("bundle", type=Path)
    parser.add_argument("--work", help="a picture; default: the first of the tour")
    parser.add_argument("--body", help="what stands; default: the first of the tour")
    parser.add_argument("--at", nargs=3, default=(), help="from where a room is seen")
    parser.add_argument("--out", type=Path, default=ROOT / "docs/pictures")
    asked = parser.parse_args()
    chromium = shutil.which("chromium") or shutil.which("google-chrome")
    assert chromium, "there is no Chromium on this machine"
    site = Site(built_page(HOME).resolve(), asked.bundle.resolve())
    server = open_server(site, host="127.0.0.1", port=0)
    threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
    address = f"http://localhost:{server.server_address[1]}/"
    chosen = [asked.work or "", asked.body or "", *asked.at]
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run(["node", str(SCRIPT), chromium, address, folder, *chosen], check=True)
        for path in sorted(Path(folder).glob("*.png")):
            picture = Image.open(path).convert("RGB")
            file = asked.out / f"{path.stem}.webp"
            write_beside(file, partial(picture.save, format="WEBP", quality=86, method=6))
            print(file)


if __name__ == "__main__":
    main()
