# SPDX-License-Identifier: GPL-3.0-or-later
"""What was made: a list in one JSON file, newest first, and the job folders it refers to."""

from __future__ import annotations

import json
import shutil
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from . import problems
from .jobs import MadeItem

VERSION = 1
KEEP = 50
"""Entries kept; the files of older ones are removed."""


@dataclass(frozen=True)
class Entry:
    """One finished job: enough to fill the panel again, or to insert its files once more."""

    id: str
    when: str
    engine: str
    title: str
    seconds: float
    request: dict[str, Any]
    items: tuple[MadeItem, ...]

    @property
    def label(self) -> str:
        """A line for the list; the seeds come first, for a narrow panel cuts its end off."""
        if self.museum is not None:
            return f"Museum, seed {self.items[0].seed}: {self.title}"
        seeds = [item.seed for item in self.items]
        said = f"Seed {seeds[0]}" if len(seeds) == 1 else f"Seeds {min(seeds)} to {max(seeds)}"
        return f"{said}, {self.title}"

    @property
    def museum(self) -> Path | None:
        """The folder of the museum that it is, if it is one."""
        file = self.items[0].files.get("museum")
        return Path(file).parent if file is not None else None


class History:
    """The entries under one folder: `history.json` and `jobs/<id>/`."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.entries: list[Entry] = []
        self._foreign = False
        self._load()

    @property
    def jobs(self) -> Path:
        """Where the job folders lie."""
        return self.folder / "jobs"

    def add(self, entry: Entry) -> None:
        """Put a job on top and save.

        Raises:
            Problem: E_WRITE.
        """
        self.entries = [entry, *(old for old in self.entries if old.id != entry.id)][:KEEP]
        self._save()

    def remove(self, entry_id: str) -> None:
        """Forget one entry and its files. Raises Problem: E_WRITE."""
        self.entries = [entry for entry in self.entries if entry.id != entry_id]
        self._save()
        self.sweep()

    def sweep(self) -> None:
        """Remove the folders of jobs that are not in the list: cancelled, failed, forgotten."""
        if self._foreign or not self.jobs.is_dir():
            return
        known = {entry.id for entry in self.entries}
        for folder in self.jobs.iterdir():
            if folder.name not in known and folder.is_dir() and not folder.is_symlink():
                shutil.rmtree(folder, ignore_errors=True)

    @property
    def _file(self) -> Path:
        return self.folder / "history.json"

    def _load(self) -> None:
        try:
            stored = json.loads(self._file.read_text("utf-8"))
            if stored["version"] > VERSION:
                # Written by a newer add-on: neither read it nor write over it.
                self._foreign = True
                return
            self.entries = [_entry(value) for value in stored["entries"]]
        except (FileNotFoundError, NotADirectoryError):
            return
        except OSError:
            self._foreign = True
        except (ValueError, KeyError, TypeError, RecursionError):
            self._file.replace(self._file.with_suffix(".damaged.json"))

    def _save(self) -> None:
        if self._foreign:
            return
        stored = {"version": VERSION, "entries": [asdict(entry) for entry in self.entries]}
        beside = self._file.with_suffix(".tmp")
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            beside.write_text(json.dumps(stored, indent=1), "utf-8")
            beside.replace(self._file)
        except OSError as error:
            sentence = f"The history {self._file} could not be written: {error.strerror}."
            raise problems.cannot_write(sentence) from error


def _entry(value: dict[str, Any]) -> Entry:
    items = tuple(
        MadeItem(
            str(item["name"]),
            int(item["seed"]),
            {str(k): str(v) for k, v in files.items()},
            str(item.get("kind", "")),
        )
        for item in value["items"]
        if isinstance(files := item["files"], dict)
    )
    request = value["request"]
    if not isinstance(request, dict) or not items:
        raise TypeError("an entry has a request and at least one item")
    return Entry(
        str(value["id"]),
        str(value["when"]),
        str(value["engine"]),
        str(value["title"]),
        float(value["seconds"]),
        request,
        items,
    )
