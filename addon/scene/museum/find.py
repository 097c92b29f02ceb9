# SPDX-License-Identifier: GPL-3.0-or-later
"""Which museum, which work: what the scene says of itself, without reading any file."""

from functools import lru_cache
from pathlib import Path

from ...core import problems


def museums(scene) -> list:
    """The museums of a scene, the newest last."""
    return [one for one in scene.collection.children_recursive if one.get("role") == "museum"]


def museum_of(context):
    """The museum that is meant: that of the active object, else the newest; None without any."""
    found = museums(context.scene)
    active = getattr(context, "active_object", None)
    if active is not None:
        for one in found:
            if active in one.all_objects.values():
                return one
    return found[-1] if found else None


def plan(root):
    """The museum's own file, as a `core.museum.Museum`, as it was when it was placed.

    Raises:
        Problem: E_MUSEUM where the scene has lost it.
    """
    text, folder = root.get("vernissage_text"), root.get("vernissage_folder")
    if text is None or folder is None:
        raise problems.not_a_museum(f"{root.name} has lost its museum.json.")
    return _parsed(text.as_string(), str(folder))


@lru_cache(maxsize=2)
def _parsed(text: str, folder: str):
    # Imported here, so that a start of Blender does not pay for it.
    from ...core.museum import parse

    return parse(text, Path(folder))


def work_of(ob):
    """The work that an object is or belongs to, or None."""
    while ob is not None:
        if ob.get("role") == "work":
            return ob
        ob = ob.parent
    return None


def works(root) -> list:
    """All works of a museum."""
    return [ob for ob in root.all_objects if ob.get("role") == "work"]


def works_of_room(root, room: str) -> list:
    """The works of one room."""
    home = room_of(root, room)
    return [] if home is None else [ob for ob in home.all_objects if ob.get("role") == "work"]


def room_of(root, room: str):
    """The collection of a room, or None."""
    return next((child for child in root.children if child.get("id") == room), None)


def selected_works(context) -> list:
    """The works that are selected, the active one first; each once."""
    active = getattr(context, "active_object", None)
    chosen = list(getattr(context, "selected_objects", ()))
    if active in chosen:
        chosen.sort(key=lambda ob: ob != active)
    found = []
    for ob in chosen:
        work = work_of(ob)
        if work is not None and work not in found:
            found.append(work)
    return found
