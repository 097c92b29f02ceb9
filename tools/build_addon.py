"""Build the Blender extension: dist/vernissage-addon-<version>.zip, the same bytes every time."""

from __future__ import annotations

import argparse
import sys
import tomllib
import zipfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
MOST_BYTES = 2**20
SUFFIXES = {".py", ".toml", ".md"}
WHEN = (2026, 1, 1, 0, 0, 0)


def build(addon: Path, out: Path) -> Path:
    """Zip the folder `addon` into `out`; returns the archive.

    Raises:
        SystemExit: the archive would be larger than a mebibyte.
    """
    version = tomllib.loads((addon / "blender_manifest.toml").read_text("utf-8"))["version"]
    out.mkdir(parents=True, exist_ok=True)
    archive = out / f"vernissage-addon-{version}.zip"
    beside = archive.with_suffix(".tmp")
    with zipfile.ZipFile(beside, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as bundle:
        for path in sorted(addon.rglob("*")):
            inside = path.relative_to(addon)
            hidden = any(part.startswith((".", "__pycache__")) for part in inside.parts)
            ships = path.suffix in SUFFIXES or path.name == "LICENSE"
            if path.is_file() and ships and not hidden:
                entry = zipfile.ZipInfo(inside.as_posix(), WHEN)
                entry.external_attr = 0o644 << 16
                entry.compress_type = zipfile.ZIP_DEFLATED
                bundle.writestr(entry, path.read_bytes())
    if beside.stat().st_size > MOST_BYTES:
        beside.unlink()
        raise SystemExit(f"The extension is larger than {MOST_BYTES} bytes: leave something out.")
    return beside.replace(archive)


def main() -> int:
    """Build it and print where it is."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, default=ROOT / "dist", help="folder for the archive")
    print(build(ROOT / "addon", parser.parse_args().out))
    return 0


if __name__ == "__main__":
    sys.exit(main())
