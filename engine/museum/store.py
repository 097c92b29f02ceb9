"""Reading and writing `museum.json`: limits, versions, typed errors, files that stay inside."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from engine.errors import BadMuseum, NewerMuseum
from engine.files import write_bytes
from engine.museum.schema import VERSION, Museum
from engine.request import first_fault

MAX_BYTES = 32_000_000
NAME = "museum.json"

Migration = Callable[[dict[str, Any]], dict[str, Any]]

MIGRATIONS: dict[int, Migration] = {}
"""From a version to the next: `MIGRATIONS[1]` will turn a file of version 1 into version 2."""


def read_museum(path: Path) -> Museum:
    """Read a museum, bringing older versions up to date.

    Args:
        path: the file, or the folder that holds it as `museum.json`.
    Raises:
        BadMuseum: missing, too large, not JSON, or not a museum; says the first fault.
        NewerMuseum: made by a later release.
    """
    file = path / NAME if path.is_dir() else path
    try:
        if file.stat().st_size > MAX_BYTES:
            raise BadMuseum(f"{file} is larger than {MAX_BYTES // 1_000_000} MB")
        text = file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is no UTF-8 text"
        raise BadMuseum(f"{file} could not be read: {reason}") from error
    try:
        values = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise BadMuseum(f"{file} is not JSON: {error}") from error
    return parse_museum(values, file.name)


def parse_museum(values: Any, source: str = NAME) -> Museum:
    """Build a museum from untrusted JSON values. Raises `BadMuseum` and `NewerMuseum`."""
    if not isinstance(values, dict) or values.get("format") != "vernissage-museum":
        raise BadMuseum(f"{source} describes no museum: format is not vernissage-museum")
    version = values.get("version")
    if type(version) is not int or version < 1:
        raise BadMuseum(f"{source} has no version")
    if version > VERSION:
        raise NewerMuseum(f"{source} has version {version}; this release reads up to {VERSION}")
    while version < VERSION:
        values = {**MIGRATIONS[version](values), "version": version + 1}
        version += 1
    try:
        return Museum.model_validate(values)
    except ValidationError as error:
        raise BadMuseum(f"{source}: {first_fault(error, 'museum')}") from error


def museum_bytes(museum: Museum) -> bytes:
    """The file's bytes: the same museum gives the same bytes."""
    values = museum.model_dump(mode="json", exclude_none=True)
    return (json.dumps(values, ensure_ascii=False, indent=1) + "\n").encode()


def write_museum(museum: Museum, folder: Path) -> Path:
    """Write `museum.json` into a folder, all or nothing. Raises `CannotWrite`."""
    path = folder / NAME
    write_bytes(path, museum_bytes(museum))
    return path


def file_of(folder: Path, path: str) -> Path:
    """The absolute place of a file that the museum names.

    Raises:
        BadMuseum: it is missing, or a link leads out of the folder.
    """
    home = folder.resolve()
    file = (home / path).resolve()
    if not file.is_relative_to(home):
        raise BadMuseum(f"{path} leads out of the folder of the museum")
    if not file.is_file():
        raise BadMuseum(f"{path} is missing from the folder of the museum")
    return file


def json_schema() -> dict[str, Any]:
    """JSON Schema (2020-12) of the file, as docs/museum.schema.json publishes it."""
    schema = Museum.model_json_schema(mode="validation")
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **schema}
