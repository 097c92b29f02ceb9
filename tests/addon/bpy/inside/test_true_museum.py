"""A museum of the shipped models' own works, from the true engine to the scene: built, rehung, undone."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import bpy
import pytest

from engine.gallery.sources import PREFERRED
from engine.zoo.card import names
from tests.addon.bpy.inside.helpers import ROOT, census, part, settings, view_3d
from tests.addon.bpy.inside.test_works import choose, root, works

THEME, WORKS = "brick_warehouse", 6
"""The smallest museum with a work of every model that ships."""


def undo() -> None:
    with view_3d():
        bpy.ops.ed.undo()


def shown() -> dict[str, tuple[str, int]]:
    """Which model and seed stands where."""
    return {slot: (ob["vernissage_model"], ob["vernissage_seed"]) for slot, ob in works().items()}


def expected() -> set[str]:
    """The model that makes each kind of work that a model makes."""
    known = names()
    first = (next((one for one in models if one in known), None) for models in PREFERRED.values())
    return {model for model in first if model is not None}


def fills(ob: Any) -> None:
    """It is as large as its slot lets it be, stands on it, and has a picture of its own."""
    museum = part("scene.museum.find").plan(root())
    slot = museum.slots[ob["slot"]]
    bpy.context.view_layer.update()
    bodies = [one for one in (ob, *ob.children_recursive) if one.type == "MESH"]
    assert bodies
    corners = [one.matrix_world @ vertex.co for one in bodies for vertex in one.data.vertices]
    extent = max(corner.z for corner in corners) - min(corner.z for corner in corners)
    assert extent <= slot.size[1] * 1.01 + 0.001
    if not slot.flat:
        assert min(corner.z for corner in corners) == pytest.approx(ob.location.z, abs=0.01)
    images = {
        node.image
        for one in bodies
        for material in one.data.materials
        for node in material.node_tree.nodes
        if node.type == "TEX_IMAGE"
    }
    assert images
    assert all(image.packed_file and image.size[0] >= 4 for image in images)


def step(name: str, before: dict[str, tuple[str, int]], changed: set[str], **values: Any) -> None:
    """Run an operator: works of `changed` become others, and one undo brings all of them back."""
    bpy.ops.ed.undo_push(message="before")
    counted = census()
    assert getattr(bpy.ops.vernissage, name)("EXEC_DEFAULT", True, **values) == {"FINISHED"}
    after = shown()
    assert {slot for slot in before if after[slot] != before[slot]} == changed
    for slot in changed:
        fills(works()[slot])
        told = json.loads(works()[slot]["vernissage_provenance"])
        assert (told["model"], told["seed"]) == after[slot]
        assert len(told["weights_sha256"]) == 64
    undo()
    assert census() == counted
    assert shown() == before


def test_a_museum_of_generated_works_is_built_exchanged_and_undone(
    prefs: Any, tmp_path: Path
) -> None:
    code = f"import sys; sys.path.insert(0, {str(ROOT)!r}); from engine.worker import serve; sys.exit(serve())"
    prefs.engine_command = f'"{sys.executable}" -c "{code}"'
    assert bpy.ops.vernissage.check_engine() == {"FINISHED"}
    chosen = settings().museum
    chosen.theme, chosen.works, chosen.versions, chosen.seed = THEME, WORKS, 1, 3
    bpy.ops.ed.undo_push(message="before")
    empty = census()
    assert bpy.ops.vernissage.build_museum("EXEC_DEFAULT", True) == {"FINISHED"}
    made, before = shown(), census()
    assert len(made) == WORKS
    assert set(dict(made.values())) == expected()
    for ob in works().values():
        fills(ob)
    undo()
    assert census() == empty
    with view_3d():
        bpy.ops.ed.redo()
    assert census() == before

    kinds = {model: slot for slot, (model, _) in made.items()}
    for slot in kinds.values():
        choose(slot)
        step("next_variation", made, {slot})
    picture = kinds[next(m for m in PREFERRED["painting"] if m in kinds)]
    guest, prop = kinds["voxel_characters"], kinds["textured_props"]
    choose(picture, guest, kinds["sculptures"])
    step("regenerate", made, {picture, guest, kinds["sculptures"]}, seed=5)
    choose(prop)
    chosen = settings().museum  # an undo has replaced the one before
    chosen.work_model, chosen.work_class, chosen.work_seed = "textured_props", "lamp", 8
    step("replace_work", made, {prop})
    choose(prop)
    slots = part("scene.museum.find").plan(root()).slots
    step("rehang_room", made, {one for one in made if slots[one].room == slots[prop].room}, seed=40)
    prefs.models = ""
