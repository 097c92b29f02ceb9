"""One built page, one small museum and one visit to it, for all tests of the page."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from engine.viewer.page import HOME, built_page, npm
from engine.viewer.server import Site, open_server
from tests.viewer.exhibition import exhibition

ROOT = Path(__file__).resolve().parents[2]
DRIVER = ROOT / "tests/node/node_modules/playwright-core/package.json"
CHROMIUM = ("chromium", "chromium-browser", "google-chrome-stable", "google-chrome")
CATALOGUE = "<!doctype html><title>Catalogue</title><p>All works.</p>"


@pytest.fixture(scope="session")
def node() -> str:
    found = shutil.which("node")
    if found is None:
        pytest.skip("there is no node on this machine")
    return found


@pytest.fixture(scope="session")
def page(node: str) -> Path:
    """The built page; its build needs npm and, the first time, the registry."""
    if npm() is None:
        pytest.skip("there is no npm on this machine")
    return built_page(HOME)


@pytest.fixture(scope="session")
def bundle(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("museum")
    exhibition(folder)
    if not (folder / "catalogue.html").exists():
        (folder / "catalogue.html").write_text(CATALOGUE)
    return folder


@pytest.fixture(scope="session")
def address(page: Path, bundle: Path) -> Iterator[str]:
    """Where the small museum is served."""
    server = open_server(Site(page.resolve(), bundle.resolve()), host="127.0.0.1", port=0)
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    yield f"http://localhost:{server.server_address[1]}/"
    server.shutdown()
    server.server_close()


@pytest.fixture(scope="session")
def driven(node: str, address: str) -> Callable[[str], dict[str, Any]]:
    """Plays a script of this folder in real Chromium; returns what it found."""
    chromium = next(filter(None, map(shutil.which, CHROMIUM)), None)
    if chromium is None:
        pytest.skip("there is no Chromium on this machine")
    if not DRIVER.is_file():
        pytest.skip("playwright-core is not installed: npm ci --prefix tests/node")

    def play(script: str) -> dict[str, Any]:
        load = os.getloadavg()[0] / (os.cpu_count() or 1)
        done = subprocess.run(
            [node, str(Path(__file__).with_name(script)), chromium, address],
            capture_output=True,
            text=True,
            timeout=1800,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        return {**json.loads(done.stdout), "load": load}

    return play


@pytest.fixture(scope="session")
def visit(driven: Callable[[str], dict[str, Any]]) -> dict[str, Any]:
    """What one visit by mouse, keyboard and headset found."""
    return driven("visit.mjs")
