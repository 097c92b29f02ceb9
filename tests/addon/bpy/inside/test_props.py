"""Textured shapes in the scene: material, levels of detail, collider, and the panel that asks."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import bpy
import pytest

from tests.addon.bpy.inside.drawn import FOOT, SEAT, STOOL_M
from tests.addon.bpy.inside.helpers import census, settings, view_3d
from tests.addon.bpy.inside.test_panels import draw

Engine = Callable[[str], None]


def roots() -> list[Any]:
    """The finest meshes, in the order of their seeds."""
    objects = bpy.data.collections["Vernissage"].all_objects
    return sorted((ob for ob in objects if ob.parent is None), key=lambda o: o["vernissage_seed"])


def place_one(props_engine: Engine) -> Any:
    props_engine("happy")
    assert bpy.ops.vernissage.generate() == {"FINISHED"}
    (root,) = roots()
    bpy.context.view_layer.update()
    return root


def test_b5_a_shape_stands_at_the_cursor_upright_at_its_own_size(props_engine: Engine) -> None:
    bpy.context.scene.cursor.location = (1.0, 2.0, 3.0)
    root = place_one(props_engine)
    assert root.type == "MESH"
    assert tuple(root.location) == (1.0, 2.0, 3.0)
    assert root.dimensions.z == pytest.approx(STOOL_M, abs=1e-4)
    assert min(v.co.z for v in root.data.vertices) == pytest.approx(0.0, abs=1e-6)
    assert tuple(root.scale) == (1.0, 1.0, 1.0)
    assert bpy.context.selected_objects == [root]
    assert bpy.context.view_layer.objects.active == root


def test_b5_coarser_levels_are_in_a_collection_of_their_own_out_of_sight(
    props_engine: Engine,
) -> None:
    root = place_one(props_engine)
    (home,) = bpy.data.collections["Vernissage"].children
    (detail,) = home.children
    assert detail.name == f"{home.name} LODs"
    assert root.name in home.objects
    levels = [root, *sorted(detail.objects, key=lambda ob: ob.name)]
    assert [ob.name[-5:] for ob in levels] == ["_LOD0", "_LOD1", "_LOD2"]
    counts = [len(ob.data.polygons) for ob in levels]
    assert counts[0] > 1.8 * counts[1] > 3.2 * counts[2]
    layer = bpy.context.view_layer.layer_collection.children["Vernissage"].children[home.name]
    assert layer.children[detail.name].exclude
    assert root.visible_get()
    # Ticked in the outliner they stand where the finest does, and move with it.
    layer.children[detail.name].exclude = False
    root.location.x += 5.0
    bpy.context.view_layer.update()
    for ob in levels:
        assert ob.visible_get()
        assert ob.matrix_world.translation == root.matrix_world.translation
        assert ob.data.materials[0] == root.data.materials[0], "all levels share one material"


def test_b5_the_collider_is_hidden_from_view_and_render(props_engine: Engine) -> None:
    root = place_one(props_engine)
    (collider,) = [ob for ob in bpy.data.objects if ob.name.startswith("UCX_")]
    assert collider.parent == root
    assert not collider.visible_get()
    assert collider.hide_render
    assert collider.display_type == "WIRE"
    assert len(collider.data.materials) == 0
    low = [min(v.co[axis] for v in root.data.vertices) for axis in range(3)]
    high = [max(v.co[axis] for v in root.data.vertices) for axis in range(3)]
    for axis in range(3):
        assert min(v.co[axis] for v in collider.data.vertices) <= low[axis] + 1e-3
        assert max(v.co[axis] for v in collider.data.vertices) >= high[axis] - 1e-3


def test_b5_the_mesh_is_one_closed_body_facing_outward_with_a_round_surface(
    props_engine: Engine,
) -> None:
    import bmesh

    root = place_one(props_engine)
    body = bmesh.new()
    body.from_mesh(root.data)
    assert all(edge.is_manifold for edge in body.edges)
    assert body.calc_volume(signed=True) > 0
    body.free()
    assert not all(polygon.use_smooth is False for polygon in root.data.polygons)
    assert root.data.has_custom_normals


def pixel(image: Any, uv: Any) -> tuple[int, ...]:
    width, height = image.size
    at = 4 * (min(int(uv[1] * height), height - 1) * width + min(int(uv[0] * width), width - 1))
    return tuple(round(255 * value) for value in image.pixels[at : at + 3])


def test_b5_the_material_has_colour_normals_and_finish_packed(
    props_engine: Engine, stool: Path
) -> None:
    root = place_one(props_engine)
    (material,) = root.data.materials
    nodes = material.node_tree.nodes
    shader = next(node for node in nodes if node.type == "BSDF_PRINCIPLED")
    color = shader.inputs["Base Color"].links[0].from_node
    bumps = shader.inputs["Normal"].links[0].from_node
    assert bumps.type == "NORMAL_MAP"
    normals = bumps.inputs["Color"].links[0].from_node
    assert shader.inputs["Metallic"].default_value == pytest.approx(0.25)
    assert shader.inputs["Roughness"].default_value == pytest.approx(0.6)
    assert (color.image.colorspace_settings.name, color.interpolation) == ("sRGB", "Linear")
    assert normals.image.colorspace_settings.name == "Non-Color"
    assert (tuple(color.image.size), tuple(normals.image.size)) == ((256, 256), (128, 128))
    for node in (color, normals):
        assert node.image.packed_file.data in stool.read_bytes(), "the engine's own bytes"
        assert node.image.users == 1
    assert nodes.active == color, "what solid views draw"
    # Seat and foot have the colours of the field, so the UVs are not upside down.
    layer = root.data.uv_layers[0]
    seen: dict[bool, list[tuple[int, ...]]] = {True: [], False: []}
    for polygon in root.data.polygons:
        if abs(polygon.center.z - STOOL_M / 2) > STOOL_M * 0.25:
            uvs = [layer.uv[loop].vector for loop in polygon.loop_indices]
            middle = [sum(uv[axis] for uv in uvs) / len(uvs) for axis in range(2)]
            seen[polygon.center.z > STOOL_M / 2].append(pixel(color.image, middle))
    for found, wanted in ((seen[True], SEAT), (seen[False], FOOT)):
        near = [max(abs(a - b) for a, b in zip(one, wanted, strict=True)) < 40 for one in found]
        assert sum(near) > 0.9 * len(near) > 10


def test_a_finish_texture_drives_roughness_and_metal(addon: Any, stool: Path) -> None:
    from dataclasses import replace

    from tests.addon.bpy.inside.helpers import part

    (material,) = part("core.glb").read(str(stool)).materials
    data = part("scene.mesh").build_material(
        replace(material, finish=material.normals, metallic=0.5), "test", []
    )
    shader = next(node for node in data.node_tree.nodes if node.type == "BSDF_PRINCIPLED")
    for socket, channel, factor in (("Roughness", "Green", 0.6), ("Metallic", "Blue", 0.5)):
        product = shader.inputs[socket].links[0].from_node
        assert product.inputs[1].default_value == pytest.approx(factor)
        link = product.inputs[0].links[0]
        assert link.from_socket.name == channel
        source = link.from_node.inputs[0].links[0].from_node
        assert source.image.colorspace_settings.name == "Non-Color"


def test_e10_it_says_its_model_class_and_seed(props_engine: Engine) -> None:
    props_engine("happy")
    settings().class_name, settings().seed = "furniture/chair", 41
    bpy.ops.vernissage.generate()
    (root,) = roots()
    assert root["vernissage_model"] == "textured_props"
    assert root["vernissage_class"] == "chair"
    assert root["vernissage_seed"] == 41
    assert json.loads(root["vernissage_request"])["class_name"] == "furniture/chair"
    assert json.loads(root["vernissage_provenance"])["weights_sha256"] == "cd" * 32


def test_several_stand_apart_each_in_its_collection_and_one_undo_takes_all_back(
    props_engine: Engine,
) -> None:
    props_engine("happy")
    settings().count = 5
    bpy.ops.ed.undo_push(message="before")
    before = census()
    bpy.ops.vernissage.generate("EXEC_DEFAULT", True)
    after = census()
    assert len(bpy.data.collections["Vernissage"].children) == 5
    xs = [root.location.x for root in roots()]
    wide = max(root.dimensions.x for root in roots())
    assert all(b - a > wide for a, b in zip(xs, xs[1:], strict=False))
    with view_3d():
        bpy.ops.ed.undo()
    assert census() == before
    with view_3d():
        bpy.ops.ed.redo()
    assert census() == after


def test_it_survives_saving_and_loading(props_engine: Engine, tmp_path: Path) -> None:
    place_one(props_engine)
    before = census()
    bpy.ops.wm.save_as_mainfile(filepath=str(tmp_path / "a.blend"))
    bpy.ops.wm.open_mainfile(filepath=str(tmp_path / "a.blend"))
    found = census()
    for kind in ("objects", "meshes", "collections"):
        assert found[kind] == before[kind]
    images = [image for image in bpy.data.images if image.name.startswith("person")]
    assert len(images) == 2
    assert all(image.packed_file for image in images)


def test_only_what_the_model_can_be_asked_for_is_drawn_and_sent(props_engine: Engine) -> None:
    props_engine("happy")
    shape_fields = {"class_name", "triangles", "texture", "lods", "collider"}
    drawn = set(draw("VERNISSAGE_PT_main"))
    assert {f"<{name}>" for name in shape_fields | {"truncation", "own_size", "height"}} <= drawn
    assert "<rig>" not in drawn
    request = settings().as_request()
    assert request.keys() & {"class_name", "height", "rig"} == set(), "left to the engine"
    assert (request["triangles"], request["texture"]) == (3000, 1024)
    settings().own_size, settings().height = False, 0.45
    assert settings().as_request()["height"] == 0.45
    settings().model = "voxel_characters"
    drawn = set(draw("VERNISSAGE_PT_main"))
    assert not {f"<{name}>" for name in shape_fields | {"own_size"}} & drawn
    assert "<rig>" in drawn
    assert not settings().as_request().keys() & shape_fields


def test_the_class_chooser_finds_what_the_model_has_and_forgets_it_with_the_model(
    props_engine: Engine,
) -> None:
    from tests.addon.bpy.inside.helpers import part

    props_engine("happy")
    offered = part("ui.settings")._classes(settings(), bpy.context, "")
    assert [name for name, _ in offered] == [
        "boat", "furniture", "furniture/chair", "furniture/table",
    ]  # fmt: skip
    settings().class_name = "furniture/chair"
    settings().model = "voxel_characters"
    assert settings().class_name == ""


def test_a_recalled_result_brings_its_settings_back(props_engine: Engine) -> None:
    from tests.addon.bpy.inside.helpers import part

    props_engine("happy")
    chosen = settings()
    chosen.class_name, chosen.triangles, chosen.texture = "furniture/table", 900, "512"
    chosen.lods, chosen.collider, chosen.own_size, chosen.height = 2, "parts", False, 0.75
    wanted = chosen.as_request()
    bpy.ops.vernissage.generate()
    (entry,) = part("runtime").history().entries
    assert entry.label == "Seed 0, table"
    chosen.model = "voxel_characters"
    chosen.triangles, chosen.texture, chosen.lods, chosen.collider = 3000, "1024", 3, "hull"
    bpy.ops.vernissage.recall(entry=entry.id)
    assert chosen.as_request() == wanted
    assert not chosen.own_size


def test_the_fields_have_the_engine_s_ranges_and_defaults(addon: Any) -> None:
    from engine.request import GenerateRequest

    schema = GenerateRequest.model_json_schema()["properties"]
    fields = settings().bl_rna.properties
    for name in ("triangles", "lods"):
        assert fields[name].hard_min == schema[name]["minimum"]
        assert fields[name].hard_max == schema[name]["maximum"]
        assert fields[name].default == schema[name]["default"]
    assert [int(item.identifier) for item in fields["texture"].enum_items] == schema["texture"][
        "enum"
    ]
    assert [item.identifier for item in fields["collider"].enum_items] == schema["collider"]["enum"]
    assert (fields["texture"].default, fields["collider"].default) == ("1024", "hull")


def test_seeds_that_gave_nothing_are_told_and_the_others_placed(props_engine: Engine) -> None:
    props_engine("picky")
    settings().count = 2
    assert bpy.ops.vernissage.generate() == {"FINISHED"}
    assert len(roots()) == 2
    assert settings().seed == 2


def test_b25_the_true_engine_makes_shapes_of_a_class(prefs: Any) -> None:
    program = Path(__file__).with_name("tiny_engine.py")
    prefs.engine_command = f'"{sys.executable}" "{program}"'
    assert bpy.ops.vernissage.check_engine() == {"FINISHED"}
    chosen = settings()
    chosen.model, chosen.class_name, chosen.count = "balls", "round/ball", 2
    chosen.triangles, chosen.texture, chosen.lods, chosen.collider = 300, "256", 2, "hull"
    try:
        assert bpy.ops.vernissage.generate() == {"FINISHED"}
        bpy.context.view_layer.update()
        assert len(roots()) == 2
        for root in roots():
            assert root["vernissage_class"] == "ball"
            # 16 voxels of the class's 2 cm.
            assert tuple(root.dimensions) == pytest.approx((0.32,) * 3, rel=0.05)
            assert len(root.data.polygons) == pytest.approx(300, rel=0.05)
        names = [collection.name for collection in bpy.data.collections]
        assert [name for name in names if name.endswith("LODs")] == [
            "balls-ball-000000 LODs",
            "balls-ball-000001 LODs",
        ]
        chosen.class_name = "bell"
        with pytest.raises(RuntimeError, match="did you mean ball"):
            bpy.ops.vernissage.generate()
    finally:
        prefs.models = ""
