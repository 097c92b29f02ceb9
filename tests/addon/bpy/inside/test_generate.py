"""From a click to characters in the scene, and everything that can come between."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import bpy
import pytest
from mathutils import Vector

from tests.addon.bpy.inside.helpers import PACKAGE, ROOT, census, made, part, settings, view_3d

Engine = Callable[[str], None]


def body(root: Any) -> Any:
    (mesh,) = [ob for ob in root.children if ob.type == "MESH"]
    return mesh


def points(ob: Any) -> list[Vector]:
    """The vertices as they are drawn: deformed, in the world."""
    bpy.context.view_layer.update()
    evaluated = ob.evaluated_get(bpy.context.evaluated_depsgraph_get())
    mesh = evaluated.to_mesh()
    found = [evaluated.matrix_world @ vertex.co for vertex in mesh.vertices]
    evaluated.to_mesh_clear()
    return found


def rest(ob: Any) -> None:
    ob.animation_data_clear()
    for bone in ob.pose.bones:
        bone.matrix_basis.identity()


def test_d23_a_character_stands_at_the_cursor_upright_1_70_m_tall_and_facing_the_front_view(
    engine: Engine,
) -> None:
    engine("happy")
    bpy.context.scene.cursor.location = (1.0, 2.0, 3.0)
    assert bpy.ops.vernissage.generate() == {"FINISHED"}
    (root,) = made()
    rest(root)
    found = points(body(root))
    low, high = min(p.z for p in found), max(p.z for p in found)
    assert low == pytest.approx(3.0, abs=1e-4)
    assert high - low == pytest.approx(1.7, abs=1e-4)
    assert sum(p.x for p in found) / len(found) == pytest.approx(1.0, abs=0.1)
    # The nose is what reaches furthest to the front, and the front is -Y.
    nose = min(found, key=lambda p: p.y)
    assert nose.z - low > 1.2
    assert tuple(root.location) == (1.0, 2.0, 3.0)
    for ob in (root, body(root)):
        assert tuple(ob.scale) == (1.0, 1.0, 1.0)
        assert tuple(ob.rotation_euler) == (0.0, 0.0, 0.0)


def test_only_armature_and_body_come_in_one_collection(engine: Engine) -> None:
    engine("happy")
    before = set(bpy.data.objects)
    settings().count = 3
    bpy.ops.vernissage.generate()
    settings().count = 2
    bpy.ops.vernissage.generate()
    new = set(bpy.data.objects) - before
    assert sorted(ob.type for ob in new) == ["ARMATURE"] * 5 + ["MESH"] * 5
    for ob in new:
        assert [owner.name for owner in ob.users_collection] == ["Vernissage"]
    assert [c.name for c in bpy.context.scene.collection.children if "Vern" in c.name] == [
        "Vernissage"
    ]


def test_several_stand_apart_in_a_row_and_are_selected(engine: Engine) -> None:
    engine("happy")
    settings().count = 4
    bpy.ops.vernissage.generate()
    xs = [root.location.x for root in made()]
    gaps = [after - before for before, after in zip(xs, xs[1:], strict=False)]
    widths = [
        max(p.x for p in points(body(root))) - min(p.x for p in points(body(root)))
        for root in made()
    ]
    assert all(gap > max(widths) for gap in gaps)
    assert max(gaps) - min(gaps) < 1e-5
    assert sum(xs) == pytest.approx(0.0, abs=1e-5)
    assert set(bpy.context.selected_objects) == set(made())


def test_the_armature_moves_the_limb_and_nothing_else(engine: Engine) -> None:
    engine("happy")
    bpy.ops.vernissage.generate()
    (root,) = made()
    rest(root)
    before = points(body(root))
    arm = next(b for b in root.pose.bones if b.name.endswith("UpperArm") and "Left" in b.name)
    arm.rotation_mode = "XYZ"
    arm.rotation_euler = (1.0, 0.0, 0.0)
    moved = [
        (a, b) for a, b in zip(before, points(body(root)), strict=True) if (a - b).length > 1e-4
    ]
    assert moved
    assert len(moved) < len(before) / 2
    # The character's left is at +X, for it faces -Y.
    assert all(a.x > 0 for a, _ in moved)
    for vertex in body(root).data.vertices:
        weights = [group.weight for group in vertex.groups]
        assert sum(weights) == pytest.approx(1.0)
        assert len(weights) <= 4


def test_it_is_what_blenders_own_importer_makes_of_the_file_at_rest_and_in_motion(
    engine: Engine, person: Path
) -> None:
    engine("happy")
    bpy.ops.vernissage.generate()
    (root,) = made()
    before = set(bpy.data.objects)
    bpy.ops.import_scene.gltf(filepath=str(person))
    theirs = next(
        ob for ob in set(bpy.data.objects) - before if ob.type == "MESH" and ob.vertex_groups
    )

    def rounded(ob: Any) -> set[tuple[float, ...]]:
        return {tuple(round(c, 3) + 0.0 for c in p) for p in points(ob)}

    seen = []
    for frame in (0, 7, 18, 29):
        bpy.context.scene.frame_set(frame)
        ours, other = points(body(root)), points(theirs)
        far = max(min((a - b).length for b in other) for a in ours)
        assert far < 1e-3, f"frame {frame}"
        seen.append(rounded(body(root)))
    assert any(seen[0] != later for later in seen[1:]), "the idle action does not move"


def test_the_texture_is_crisp_packed_and_shown_in_solid_view(engine: Engine, person: Path) -> None:
    engine("happy")
    bpy.ops.vernissage.generate()
    (material,) = body(made()[0]).data.materials
    texture = material.node_tree.nodes.active
    assert texture.type == "TEX_IMAGE"
    assert texture.interpolation == "Closest"
    shader = next(node for node in material.node_tree.nodes if node.type == "BSDF_PRINCIPLED")
    assert shader.inputs["Base Color"].links[0].from_node == texture
    image = texture.image
    assert image.packed_file.data in person.read_bytes(), "the engine's own bytes"
    assert image.colorspace_settings.name == "sRGB"
    assert tuple(image.size) > (1, 1)
    assert image.users == 1
    spaces = [a.spaces.active for a in bpy.context.screen.areas if a.type == "VIEW_3D"]
    assert [space.shading.color_type for space in spaces] == ["TEXTURE"] * len(spaces)


def test_each_face_has_the_colour_it_was_given(engine: Engine) -> None:
    engine("happy")
    bpy.ops.vernissage.generate()
    ob = body(made()[0])
    image = ob.data.materials[0].node_tree.nodes.active.image
    width, height = image.size
    pixels = list(image.pixels)
    front = [p for p in ob.data.polygons if p.normal.y < -0.9 and 0.55 < p.center.z < 0.95]
    seen = set()
    for polygon in front:
        uv = ob.data.uv_layers[0].uv[polygon.loop_start].vector
        at = (int(uv.y * height) * width + int(uv.x * width)) * 4
        seen.add(tuple(round(255 * value) for value in pixels[at : at + 3]))
    assert (40, 80, 200) in seen, "the blue chest"
    assert seen <= {(40, 80, 200), (220, 40, 40), (60, 200, 60)}


def test_e10_each_character_says_where_it_came_from(engine: Engine) -> None:
    engine("happy")
    settings().seed, settings().count, settings().height = 41, 2, 1.85
    bpy.ops.vernissage.generate()
    first, second = made()
    assert (first["vernissage_seed"], second["vernissage_seed"]) == (41, 42)
    assert first["vernissage_model"] == "voxel_characters"
    assert first["vernissage_engine"] == "9.9.9"
    assert json.loads(first["vernissage_request"])["height"] == 1.85
    origin = json.loads(first["vernissage_provenance"])
    assert origin["weights_sha256"] == "ab" * 32
    assert origin["digitalSourceType"].endswith("trainedAlgorithmicMedia")


def test_it_survives_saving_and_loading(engine: Engine, tmp_path: Path) -> None:
    engine("happy")
    bpy.ops.vernissage.generate()
    before = [tuple(p) for p in points(body(made()[0]))]
    bpy.ops.wm.save_as_mainfile(filepath=str(tmp_path / "a.blend"))
    bpy.ops.wm.open_mainfile(filepath=str(tmp_path / "a.blend"))
    (root,) = made()
    assert [tuple(p) for p in points(body(root))] == before
    image = body(root).data.materials[0].node_tree.nodes.active.image
    assert image.packed_file
    assert root.animation_data.action


def test_the_seed_moves_on_and_a_recalled_result_brings_its_settings_back(engine: Engine) -> None:
    engine("happy")
    settings().seed, settings().count, settings().truncation = 10, 3, 0.5
    bpy.ops.vernissage.generate()
    assert settings().seed == 13
    settings().count, settings().truncation = 1, 1.0
    entry = part("runtime").history().entries[0]
    bpy.ops.vernissage.recall(entry=entry.id)
    assert (settings().seed, settings().count) == (10, 3)
    assert settings().truncation == pytest.approx(0.5)
    bpy.ops.vernissage.insert(entry=entry.id)
    assert len(made()) == 6
    bpy.ops.vernissage.forget(entry=entry.id)
    assert part("runtime").history().entries == []
    assert len(made()) == 6
    with pytest.raises(RuntimeError, match="no longer in the history"):
        bpy.ops.vernissage.insert(entry=entry.id)


def test_one_undo_takes_back_what_one_click_added(engine: Engine) -> None:
    engine("happy")
    settings().count = 3
    bpy.ops.ed.undo_push(message="before")
    before = census()
    # As a click does; a script's call makes no undo step of its own, like every operator's.
    bpy.ops.vernissage.generate("EXEC_DEFAULT", True)
    after = census()
    assert len(after["objects"]) == len(before["objects"]) + 6
    with view_3d():
        bpy.ops.ed.undo()
    assert census() == before
    with view_3d():
        bpy.ops.ed.redo()
    assert census() == after


def test_an_edit_in_progress_goes_on_where_it_was_and_can_be_undone_to(engine: Engine) -> None:
    engine("happy")
    cube = bpy.data.objects["Cube"]
    bpy.context.view_layer.objects.active = cube
    bpy.ops.object.mode_set(mode="EDIT")
    bpy.ops.ed.undo_push(message="before")
    before = census()
    bpy.ops.vernissage.generate("EXEC_DEFAULT", True)
    assert len(made()) == 1
    assert bpy.context.view_layer.objects.active.name == "Cube"
    assert bpy.context.mode == "EDIT_MESH"
    with view_3d():
        bpy.ops.ed.undo()
    assert census() == before
    assert bpy.context.mode == "EDIT_MESH"
    bpy.ops.object.mode_set(mode="OBJECT")


@pytest.fixture
def cancel_while_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    """Press Ctrl-C in the blocking loop once the engine has begun."""
    runtime = part("runtime")

    def wait(_seconds: float) -> None:
        if runtime.job() and runtime.job().progress.done and not wait.pressed:  # type: ignore[attr-defined]
            wait.pressed = True  # type: ignore[attr-defined]
            raise KeyboardInterrupt

    wait.pressed = False  # type: ignore[attr-defined]
    monkeypatch.setattr(part("ops.modal").time, "sleep", wait)


@pytest.mark.parametrize("mode", ["slow", "deaf"])
def test_cancel_leaves_no_trace(engine: Engine, cancel_while_waiting: None, mode: str) -> None:
    engine(mode)
    before = census()
    assert bpy.ops.vernissage.generate() == {"CANCELLED"}
    assert census() == before
    history = part("runtime").history()
    assert history.entries == []
    assert list(history.jobs.iterdir()) == []
    assert settings().seed == 0


@pytest.mark.parametrize(
    ("mode", "code"),
    [
        ("crash", "E_ENGINE_ENDED"),
        ("garbage", "E_PROTOCOL"),
        ("future", "E_PROTOCOL"),
        ("error", "E_WEIGHTS"),
        ("lost", "E_RESULT"),
    ],
)
def test_a_bad_engine_gives_a_sentence_and_leaves_no_trace(
    engine: Engine, mode: str, code: str
) -> None:
    engine(mode)
    before = census()
    with pytest.raises(RuntimeError) as caught:
        bpy.ops.vernissage.generate()
    assert "Traceback" not in str(caught.value)
    assert census() == before
    problem = part("runtime").problem()
    assert problem.code == code
    assert problem.sentence in str(caught.value)


def test_a_damaged_file_among_good_ones_leaves_no_trace(engine: Engine) -> None:
    engine("happy")
    settings().count = 2
    bpy.ops.vernissage.generate()
    entry = part("runtime").history().entries[0]
    Path(entry.items[1].files["glb"]).write_bytes(b"glTF")
    before = census()
    with pytest.raises(RuntimeError, match="not a GLB file"):
        bpy.ops.vernissage.insert(entry=entry.id)
    assert census() == before


def test_a_failure_while_building_takes_back_what_was_built(
    engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    engine("happy")
    bpy.ops.vernissage.generate()
    bpy.context.view_layer.objects.active = bpy.data.objects["Cube"]
    before, entry = census(), part("runtime").history().entries[0]

    def fail(*_: object) -> None:
        raise MemoryError

    monkeypatch.setattr(part("scene.asset"), "build_action", fail)
    with pytest.raises(RuntimeError):
        bpy.ops.vernissage.insert(entry=entry.id)
    assert census() == before
    assert bpy.context.view_layer.objects.active.name == "Cube"


def test_a_missing_engine_is_a_sentence_with_a_fix(
    prefs: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(part("runtime"), "find_engine", lambda *_: None)
    with pytest.raises(RuntimeError, match="give its command in the preferences"):
        bpy.ops.vernissage.generate()
    prefs.engine_command = "/nowhere/vernissage"
    with pytest.raises(RuntimeError, match=r"could not be started \(no such file"):
        bpy.ops.vernissage.generate()
    assert part("runtime").problem().code == "E_ENGINE_START"


def test_check_engine_learns_version_device_and_models(engine: Engine, prefs: Any) -> None:
    engine("happy")
    assert bpy.ops.vernissage.check_engine() == {"FINISHED"}
    hello = part("runtime").present_session().hello
    assert (hello.engine, hello.device) == ("9.9.9", "cpu")
    known = part("core.offers").from_text(prefs.models)
    assert [offer.title for offer in known] == ["Textured Props", "Voxel Characters"]
    engine("quits")
    with pytest.raises(RuntimeError, match="exit code 7"):
        bpy.ops.vernissage.check_engine()


def test_b25_the_true_engine_makes_a_character(prefs: Any) -> None:
    cards = list((ROOT / "engine" / "zoo" / "cards").glob("*.json"))
    if not cards:
        pytest.skip("no trained model is in this checkout")
    code = f"import sys; sys.path.insert(0, {str(ROOT)!r}); from engine.worker import serve; sys.exit(serve())"
    prefs.engine_command = f'"{sys.executable}" -c "{code}"'
    settings().count = 2
    assert bpy.ops.vernissage.generate() == {"FINISHED"}
    assert len(made()) == 2
    for root in made():
        rest(root)
        found = points(body(root))
        assert max(p.z for p in found) == pytest.approx(1.7, abs=1e-3)
        assert json.loads(root["vernissage_provenance"])["model"] == "voxel_characters"
    assert PACKAGE in bpy.context.preferences.addons
