"""The panel *Museum* drawn on a recording layout, in every state."""

from __future__ import annotations

import types
from pathlib import Path
from typing import Any

import bpy
import pytest

from tests.addon.bpy.inside.helpers import part, settings
from tests.addon.bpy.inside.test_panels import Layout


def draw(name: str, chosen: Any = None) -> list[str]:
    """What a panel draws now, with `chosen` as the selected object."""
    drawn: list[str] = []
    context = types.SimpleNamespace(
        scene=bpy.context.scene,
        active_object=chosen,
        selected_objects=[] if chosen is None else [chosen],
    )
    cls = getattr(part("ui.museum_panel"), name)
    helpers = {key: getattr(cls, key) for key in dir(cls) if key.startswith("_draw")}
    cls.draw(types.SimpleNamespace(layout=Layout(drawn), **helpers), context)
    return drawn


@pytest.fixture
def placed(bundle: Path) -> Any:
    bpy.ops.vernissage.place_museum(folder=str(bundle))
    return part("scene.museum.find").museums(bpy.context.scene)[0]


def test_without_a_museum_there_are_the_settings_and_two_buttons(addon: types.ModuleType) -> None:
    drawn = draw("VERNISSAGE_PT_museum")
    for field in part("ui.museum_panel").FIELDS:
        assert f"<{field}>" in drawn
    assert drawn[-2:] == ["[Build Museum]", "[Open Museum…]"]
    assert draw("VERNISSAGE_PT_visit") == ["There is no museum in the scene"]
    assert draw("VERNISSAGE_PT_work") == ["Select a work of a museum"]


def test_while_it_is_built_there_is_the_progress(museum_engine: None) -> None:
    runtime, orders = part("runtime"), part("core.orders")
    session, history = runtime.session(), runtime.history()
    request = settings().museum.as_request()
    session.submit("a", request, history.jobs / "a", method=orders.GALLERY, read=orders.read_museum)
    drawn = draw("VERNISSAGE_PT_museum")
    assert "Starting the engine" in drawn
    assert "[Cancel]" in drawn
    assert "[Build Museum]" not in drawn


def test_a_museum_can_be_visited_and_its_light_switched(placed: Any) -> None:
    drawn = draw("VERNISSAGE_PT_visit")
    assert drawn == [placed["title"], "[Walk]", "[Play Tour]", "[Baked Light]"]
    bpy.ops.vernissage.use_lightmap(baked=True)
    assert draw("VERNISSAGE_PT_visit")[-1] == "[Lamps]"


def test_a_selected_work_says_what_it_is_and_what_can_be_done(
    placed: Any, museum_engine: None, prefs: Any
) -> None:
    bpy.ops.vernissage.check_engine()
    works = part("scene.museum.find").works(placed)
    solid = next(ob for ob in works if ob["kind"] == "sculpture")
    drawn = draw("VERNISSAGE_PT_work", solid)
    assert drawn[0] == solid["title"]
    assert drawn[1] == f"voxel_characters, seed {solid['vernissage_seed']}"
    for label in ("Previous", "Next", "Go to Work", "Regenerate", "Rehang Room", "Replace Work"):
        assert f"[{label}]" in drawn
    assert "<work_class>" not in drawn, "characters have no classes"
    settings().museum.work_model = "textured_props"
    assert "<work_class>" in draw("VERNISSAGE_PT_work", solid)
    part_of_it = next((ob for ob in solid.children), solid)
    assert draw("VERNISSAGE_PT_work", part_of_it)[0] == solid["title"]
    prefs.models = ""
