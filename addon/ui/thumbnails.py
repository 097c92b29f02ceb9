# SPDX-License-Identifier: GPL-3.0-or-later
"""Small pictures of results, as icons."""

from pathlib import Path

import bpy.utils.previews

_pictures = None


def picture(entry) -> int:
    """The icon of a result: its contact sheet, or its only preview; 0 without either."""
    global _pictures
    first = entry.items[0].files.get("preview")
    path = first if len(entry.items) == 1 else entry.sheet or first
    if path is None or not Path(path).is_file():
        return 0
    if _pictures is None:
        _pictures = bpy.utils.previews.new()
    if entry.id not in _pictures:
        _pictures.load(entry.id, path, "IMAGE")
    return _pictures[entry.id].icon_id


def clear() -> None:
    """Give the pictures back to Blender."""
    global _pictures
    if _pictures is not None:
        bpy.utils.previews.remove(_pictures)
        _pictures = None
