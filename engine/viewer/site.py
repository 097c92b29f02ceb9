"""Exporting a museum as a folder of files that any web server hosts, also without a network."""

from __future__ import annotations

import shutil
from pathlib import Path

from engine.errors import BadMuseum, BadRequest, CannotWrite
from engine.museum.schema import Museum
from engine.museum.store import NAME, file_of, read_museum
from engine.viewer.files import MUSEUM, TYPES

# What a visitor may read besides; the single file for game engines stays at home.
_PAPERS = ("shell.glb", "catalogue.html", "contact.png", "plan.svg")


class NotBuilt(BadMuseum):
    """A museum that is planned, but has no house to walk through."""

    fix = "Build it: vernissage museum build {folder} --out {folder}"


def must_be_built(museum: Museum, folder: Path) -> None:
    """Raises `NotBuilt` where there is only a plan."""
    shell = museum.bundle.shell if museum.bundle else "shell.glb"
    if not (folder / shell).is_file():
        raise NotBuilt(f"{museum.title} is planned but not built: no {shell}", folder=folder)


def bundle_files(museum: Museum, folder: Path) -> list[Path]:
    """Files of the bundle that the page may ask for, relative to its folder, in order.

    What else lies in the folder is left where it is: notes, caches, files of other programs.

    Raises:
        BadMuseum: a file that the museum names is missing, or a link leads out of the folder.
    """
    named = {sound.file for sound in museum.sounds}
    for work in museum.works:
        files = (work.file, *(variation.file for variation in work.variations))
        named.update(file for file in files if file)
    found = {
        NAME,
        *(file_of(folder, name).relative_to(folder.resolve()).as_posix() for name in named),
    }
    if museum.bundle:
        found.add(museum.bundle.shell)
        found.update(lightmap.file for lightmap in museum.bundle.lightmaps)
    for below in ("works", "media", "lightmaps", "views"):
        found.update(_within(folder, below))
    found.update(name for name in _PAPERS if (folder / name).is_file())
    return [Path(name) for name in sorted(found)]


def _within(folder: Path, below: str) -> list[str]:
    home = folder.resolve()
    return [
        path.relative_to(folder).as_posix()
        for path in sorted((folder / below).rglob("*"))
        if path.suffix.lower() in TYPES and path.is_file() and path.resolve().is_relative_to(home)
    ]


def export(folder: Path, page: Path, out: Path) -> list[Path]:
    """Write the site: the page, and the museum below `museum/`.

    Args:
        folder: the bundle. page: the built page. out: a new or empty folder, or an export to renew.
    Returns:
        The files written, relative to `out`.
    Raises:
        BadMuseum, NewerMuseum: the bundle cannot be read, or lacks a file.
        BadRequest: `out` holds something else. CannotWrite: the disk is full, or not writable.
    """
    museum = read_museum(folder)
    if folder.is_file():
        folder = folder.parent
    must_be_built(museum, folder)
    files = bundle_files(museum, folder)
    if out.resolve() == folder.resolve() or folder.resolve().is_relative_to(out.resolve()):
        raise BadRequest(f"{out} holds the museum itself; export to a folder of its own")
    if out.exists() and any(out.iterdir()) and not (out / MUSEUM / NAME).is_file():
        raise BadRequest(f"{out} is not empty and no earlier export; name another folder")
    written = []
    try:
        shutil.rmtree(out / "assets", ignore_errors=True)
        shutil.rmtree(out / MUSEUM, ignore_errors=True)
        for source in sorted(page.rglob("*")):
            if source.is_file() and source.suffix in TYPES:
                written.append(_copy(source, out, source.relative_to(page)))
        for name in files:
            written.append(_copy(folder / name, out, Path(MUSEUM) / name))
    except OSError as error:
        raise CannotWrite(f"{out} could not be written: {error.strerror or error}") from error
    return written


def _copy(source: Path, out: Path, name: Path) -> Path:
    target = out / name
    target.parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(source, target)
    return name
