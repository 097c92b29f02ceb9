"""Writing that never leaves half a file: write beside, then rename."""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

from engine.errors import CannotWrite


def write_beside(path: Path, write: Callable[[Path], None]) -> None:
    """Call `write` with a temporary path in the same folder, then rename it to `path`.

    The temporary name keeps the suffix, so writers that go by the suffix work.

    Raises:
        CannotWrite: the folder is not writable or the disk is full; nothing stays behind.
    """
    beside = path.with_name(f".{uuid.uuid4().hex[:8]}.{path.name}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        write(beside)
        beside.replace(path)
    except OSError as error:
        with suppress(OSError):  # a parent that is a file makes the clean-up fail as well
            beside.unlink()
        raise CannotWrite(f"{path} could not be written: {error.strerror or error}") from error
    except BaseException:
        beside.unlink(missing_ok=True)
        raise


def write_bytes(path: Path, data: bytes) -> None:
    """Write `data` to `path`, all or nothing. Raises `CannotWrite`."""

    def write(beside: Path) -> None:
        beside.write_bytes(data)

    write_beside(path, write)


def write_json(path: Path, value: Any) -> None:
    """Write `value` as indented UTF-8 JSON, all or nothing. Raises `CannotWrite`."""
    write_bytes(path, (json.dumps(value, indent=2, ensure_ascii=False) + "\n").encode())
