# SPDX-License-Identifier: GPL-3.0-or-later
"""Small pictures of results, as icons."""

from pathlib import Path

import bpy.utils.previews

_pictures = None


def picture(entry, item) -> int:
    """The icon of one character of a result; 0 without a preview."""
    global _pictures
    path = item.files.get("preview")
    if path is None or not Path(path).is_file():
        return 0
    if _pictures is None:
        _pictures = bpy.utils.previews.new()
    name = f"{entry.id}/{item.name}"
    if name not in _pictures:
        _pictures.load(name, path, "IMAGE")
    return _pictures[name].icon_id


def clear() -> None:
    """Give the pictures back to Blender."""
    global _pictures
    if _pictures is not None:
        bpy.utils.previews.remove(_pictures)
        _pictures = None
