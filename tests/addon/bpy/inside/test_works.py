"""Works of a placed museum replaced, switched, made anew and visited, each as one undo step."""

from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

import bpy
import pytest
from mathutils import Vector
from PIL import Image

from tests.addon.bpy.inside.helpers import census, part, settings, view_3d


@pytest.fixture
def placed(bundle: Path) -> Any:
    bpy.ops.vernissage.place_museum(folder=str(bundle))
    (root,) = part("scene.museum.find").museums(bpy.context.scene)
    return root


def root() -> Any:
    return part("scene.museum.find").museums(bpy.context.scene)[0]


def works() -> dict[str, Any]:
    return {ob["slot"]: ob for ob in part("scene.museum.find").works(root())}


def choose(*slots: str) -> None:
    """Select the works of these slots, the first one active."""
    shown = works()
    for ob in bpy.context.view_layer.objects:
        ob.select_set(False)
    for slot in slots:
        shown[slot].select_set(True)
    bpy.context.view_layer.objects.active = shown[slots[0]]


def flat_and_solid() -> tuple[str, str]:
    shown = works()
    flat = next(slot for slot, ob in shown.items() if ob["kind"] == "painting")
    solid = next(slot for slot, ob in shown.items() if ob["kind"] == "sculpture")
    return flat, solid


def picture(path: Path, width: int, height: int) -> Path:
    data = io.BytesIO()
    Image.new("RGB", (width, height), (10, 200, 30)).save(data, "JPEG")
    path.write_bytes(data.getvalue())
    return path


def test_one_work_is_replaced_from_a_file_and_one_undo_brings_it_back(
    placed: Any, tmp_path: Path
) -> None:
    flat, _ = flat_and_solid()
    choose(flat)
    before, others = works()[flat], {k: ob.name for k, ob in works().items() if k != flat}
    name, place, size = before.name, before.location.copy(), before.dimensions.copy()
    bpy.ops.ed.undo_push(message="before")
    counted = census()
    own = picture(tmp_path / "Own meadow.jpg", 400, 100)
    bpy.ops.vernissage.replace_from_file("EXEC_DEFAULT", True, filepath=str(own))
    after = works()[flat]
    assert (after.name, after["title"], after["kind"]) == ("Own meadow", "Own meadow", "painting")
    assert (after.location - place).length < 1e-6
    bpy.context.view_layer.update()
    assert (after.dimensions - size).length < 1e-5
    assert "vernissage_model" not in after
    assert bpy.context.selected_objects == [after]
    assert {k: ob.name for k, ob in works().items() if k != flat} == others
    assert len(bpy.data.objects) == len(counted["objects"]), "nothing of the old one stays"
    assert len(bpy.data.images) == len(counted["images"])
    with view_3d():
        bpy.ops.ed.undo()
    assert census() == counted
    assert works()[flat].name == name
    with view_3d():
        bpy.ops.ed.redo()
    assert works()[flat].name == "Own meadow"


def test_a_picture_of_other_proportions_is_cropped_not_stretched(
    placed: Any, tmp_path: Path
) -> None:
    flat, _ = flat_and_solid()
    choose(flat)
    own = picture(tmp_path / "wide.jpg", 1000, 100)
    bpy.ops.vernissage.replace_from_file(filepath=str(own))
    ob = works()[flat]
    front = next(p for p in ob.data.polygons if p.normal.y < -0.9)
    uv = ob.data.uv_layers[0].uv
    us = [uv[loop].vector.x for loop in front.loop_indices]
    vs = [uv[loop].vector.y for loop in front.loop_indices]
    seen = ((max(us) - min(us)) * 1000) / ((max(vs) - min(vs)) * 100)
    assert seen == pytest.approx(ob.dimensions.x / ob.dimensions.z, rel=1e-3)
    assert min(us) + max(us) == pytest.approx(1.0)


def test_a_glb_of_ones_own_is_fitted_to_its_slot(placed: Any, stool: Path) -> None:
    _, solid = flat_and_solid()
    choose(solid)
    bpy.ops.vernissage.replace_from_file(filepath=str(stool))
    ob, museum = works()[solid], part("scene.museum.find").plan(root())
    bpy.context.view_layer.update()
    slot = museum.slots[solid]
    corners = [ob.matrix_world @ Vector(corner) for corner in ob.bound_box]
    assert min(c.z for c in corners) == pytest.approx(slot.position[2], abs=1e-4)
    width, height, depth = slot.size
    assert ob.dimensions.z <= height + 1e-4
    assert max(ob.dimensions.x / width, ob.dimensions.z / height, ob.dimensions.y / depth) == (
        pytest.approx(1.0, abs=1e-3)
    )
    assert ob.type == "MESH"
    assert not ob.children, "one object, without levels and collider"


def test_what_does_not_belong_there_is_a_sentence(placed: Any, stool: Path, tmp_path: Path) -> None:
    flat, solid = flat_and_solid()
    before = census()
    choose(flat)
    with pytest.raises(RuntimeError, match="cannot be shown here"):
        bpy.ops.vernissage.replace_from_file(filepath=str(stool))
    choose(solid)
    with pytest.raises(RuntimeError, match="cannot be shown here"):
        bpy.ops.vernissage.replace_from_file(filepath=str(picture(tmp_path / "a.jpg", 9, 9)))
    (tmp_path / "b.glb").write_bytes(b"nothing")
    with pytest.raises(RuntimeError, match="not a GLB file"):
        bpy.ops.vernissage.replace_from_file(filepath=str(tmp_path / "b.glb"))
    assert census() == before


def test_variations_go_round_both_ways(placed: Any) -> None:
    flat, solid = flat_and_solid()
    for slot in (flat, solid):
        choose(slot)
        first = works()[slot]["id"]
        plan = part("scene.museum.find").plan(root())
        ids = [
            version.id for name in plan.slots[slot].works for version in plan.works[name].versions
        ]
        assert ids[0] == first
        seen = []
        for _ in ids:
            assert bpy.ops.vernissage.next_variation() == {"FINISHED"}
            seen.append(works()[slot]["id"])
        assert seen == [*ids[1:], first]
        bpy.ops.vernissage.previous_variation()
        assert works()[slot]["id"] == ids[-1]


def test_a_work_moved_by_hand_is_replaced_where_it_is(placed: Any) -> None:
    flat, _ = flat_and_solid()
    choose(flat)
    works()[flat].location.z += 0.25
    moved = works()[flat].location.copy()
    bpy.ops.vernissage.next_variation()
    assert (works()[flat].location - moved).length < 1e-6


def test_regenerate_asks_for_the_same_class_with_another_seed(
    placed: Any, museum_engine: None
) -> None:
    flat, solid = flat_and_solid()
    choose(flat, solid)
    before = {slot: works()[slot] for slot in (flat, solid)}
    wanted = {
        slot: (ob["vernissage_model"], ob.get("vernissage_class")) for slot, ob in before.items()
    }
    assert bpy.ops.vernissage.regenerate(seed=500) == {"FINISHED"}
    for slot in (flat, solid):
        ob = works()[slot]
        assert (ob["vernissage_model"], ob.get("vernissage_class")) == wanted[slot]
        assert ob["vernissage_seed"] in (500, 501)
        assert ob.name.startswith("Made 50")
    assert set(bpy.context.selected_objects) == {works()[flat], works()[solid]}


def test_rehang_room_fills_the_same_slots_of_one_room_as_one_undo_step(
    placed: Any, museum_engine: None
) -> None:
    flat, _ = flat_and_solid()
    museum = part("scene.museum.find").plan(root())
    room = museum.slots[flat].room
    mine = {slot for slot in museum.slots if museum.slots[slot].room == room}
    choose(flat)
    bpy.ops.ed.undo_push(message="before")
    counted, places = census(), {slot: ob.location.copy() for slot, ob in works().items()}
    bpy.ops.vernissage.rehang_room("EXEC_DEFAULT", True, seed=900)
    for slot, ob in works().items():
        assert ob.name.startswith("Made 9") == (slot in mine)
        assert (ob.location - places[slot]).length < 1e-6
    seeds = [ob["vernissage_seed"] for slot, ob in works().items() if slot in mine]
    assert sorted(seeds) == list(range(900, 900 + len(mine)))
    with view_3d():
        bpy.ops.ed.undo()
    assert census() == counted


def test_replace_work_asks_for_the_model_class_and_seed_of_the_panel(
    placed: Any, museum_engine: None, prefs: Any
) -> None:
    bpy.ops.vernissage.check_engine()
    _, solid = flat_and_solid()
    choose(solid)
    chosen = settings().museum
    chosen.work_model, chosen.work_class, chosen.work_seed = "textured_props", "chair", 77
    bpy.ops.vernissage.replace_work()
    ob = works()[solid]
    assert (ob["vernissage_model"], ob["vernissage_class"]) == ("textured_props", "chair")
    assert ob["vernissage_seed"] == 77
    prefs.models = ""


def test_going_to_a_work_looks_from_its_stand_and_the_tour_plays(placed: Any) -> None:
    flat, _ = flat_and_solid()
    choose(flat)
    assert bpy.ops.vernissage.go_to_work() == {"FINISHED"}
    scene = bpy.context.scene
    assert scene.camera.name == f"View {flat}"
    assert bpy.ops.vernissage.play_tour() == {"FINISHED"}
    assert scene.camera["role"] == "tour"
    assert (scene.frame_start, scene.frame_end) == (1, scene.camera["frames"])
    with pytest.raises(RuntimeError, match="no such tour"):
        bpy.ops.vernissage.play_tour(tour=99)


def test_without_a_work_the_operators_say_what_to_select(placed: Any) -> None:
    for ob in bpy.context.view_layer.objects:
        ob.select_set(False)
    for name in ("next_variation", "go_to_work", "replace_from_file", "regenerate"):
        assert not getattr(bpy.ops.vernissage, name).poll()


def test_a_museum_whose_folder_is_gone_still_has_its_works_and_says_what_is_missing(
    bundle: Path, tmp_path: Path
) -> None:
    import shutil

    shutil.copytree(bundle, tmp_path / "b")
    bpy.ops.vernissage.place_museum(folder=str(tmp_path / "b"))
    shutil.rmtree(tmp_path / "b")
    flat, _ = flat_and_solid()
    choose(flat)
    before = census()
    with pytest.raises(RuntimeError, match="could not be read"):
        bpy.ops.vernissage.next_variation()
    assert census() == before
    assert works()[flat].data.materials[0].node_tree.nodes.active.image.packed_file


def test_it_survives_saving_and_loading(
    placed: Any, tmp_path: Path, engine: Callable[[str], None]
) -> None:
    flat, _ = flat_and_solid()
    bpy.ops.wm.save_as_mainfile(filepath=str(tmp_path / "a.blend"))
    bpy.ops.wm.open_mainfile(filepath=str(tmp_path / "a.blend"))
    choose(flat)
    first = works()[flat]["id"]
    bpy.ops.vernissage.next_variation()
    assert works()[flat]["id"] != first
