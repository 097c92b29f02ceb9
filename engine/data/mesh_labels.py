"""What an `index.json` beside or above a file says about it: class, family, author, licence."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from engine.data.voxel_dataset import family

INDEX = "index.json"
FIELDS = ("category", "class", "family", "source", "author", "licence")
_ALSO = {"cls": "class", "license": "licence"}


class Labels:
    """Labels of the files of a folder, read from every index on the way up from a file.

    An index is a JSON list of objects; `file` is relative to the index. Its other keys that are
    read: category, class (or cls), family, source, author, licence (or license).
    """

    def __init__(self, root: Path) -> None:
        self._root = root.absolute()
        self._read: dict[Path, Mapping[str, dict[str, str]]] = {}

    def of(self, path: Path) -> dict[str, str]:
        """Labels of a file below the root; all of FIELDS, empty where nobody says.

        Without an index, the first folder below the root is the category, or the root for files
        right in it, and files whose names differ by a number or a last letter are one family.
        """
        path = path.absolute()  # not resolved: a link is where it is, not where it leads
        folder = path.parent
        inside = path.relative_to(self._root).parts
        labels = dict.fromkeys(FIELDS, "")
        while folder == self._root or self._root in folder.parents or folder == self._root.parent:
            entry = self._index(folder).get(path.relative_to(folder).as_posix())
            if entry is not None:
                labels.update(entry)
                break
            if folder == folder.parent:
                break
            folder = folder.parent
        labels["category"] = labels["category"] or (
            inside[0] if len(inside) > 1 else self._root.name
        )
        labels["class"] = labels["class"] or labels["category"]
        labels["family"] = labels["family"] or family(path.stem)
        return labels

    def _index(self, folder: Path) -> Mapping[str, dict[str, str]]:
        if folder not in self._read:
            self._read[folder] = _read_index(folder / INDEX)
        return self._read[folder]


def _read_index(path: Path) -> dict[str, dict[str, str]]:
    """Entries by file; an index that is missing or something else says nothing."""
    try:
        entries: Any = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError):
        return {}
    if not isinstance(entries, list):
        return {}
    return {
        entry["file"]: _known(entry)
        for entry in entries
        if isinstance(entry, dict) and isinstance(entry.get("file"), str)
    }


def _known(entry: dict[str, Any]) -> dict[str, str]:
    """The labels among the keys of an entry, under our names."""
    named = {_ALSO.get(key, key): value for key, value in entry.items()}
    return {key: named[key] for key in FIELDS if isinstance(named.get(key), str)}
