# SPDX-License-Identifier: GPL-3.0-or-later
"""Finding an installed engine without running anything."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

NAME = "vernissage"
VARIABLE = "VERNISSAGE_ENGINE"
"""Environment variable that names the engine's command and wins over everything found."""


def find_engine(environment: Mapping[str, str], home: Path) -> str | None:
    """The command of the first engine that is installed, or None.

    Looked at, in this order: the variable `VERNISSAGE_ENGINE`; the search path; where pip, pipx
    and uv put programs; a checkout or an environment called `vernissage` in the home folder.
    """
    if command := environment.get(VARIABLE, "").strip():
        return command
    if found := shutil.which(NAME, path=environment.get("PATH", "")):
        return found
    for path in _places(environment, home):
        if path.is_file() and os.access(path, os.X_OK):
            return str(path)
    return None


def _places(environment: Mapping[str, str], home: Path) -> Iterator[Path]:
    windows = sys.platform == "win32"
    scripts, program = ("Scripts", f"{NAME}.exe") if windows else ("bin", NAME)
    if active := environment.get("VIRTUAL_ENV"):
        yield Path(active) / scripts / program
    yield home / ".local" / "bin" / program
    yield home / ".local" / "pipx" / "venvs" / NAME / scripts / program
    yield home / ".local" / "share" / "pipx" / "venvs" / NAME / scripts / program
    yield home / ".local" / "share" / "uv" / "tools" / NAME / scripts / program
    for folder in (home / NAME, home / "Documents" / NAME, home / "src" / NAME):
        yield folder / ".venv" / scripts / program
        yield folder / scripts / program
    if sys.platform == "darwin":
        yield Path("/opt/homebrew/bin") / program
        yield Path("/usr/local/bin") / program
