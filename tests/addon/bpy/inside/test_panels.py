"""Every panel drawn on a recording layout, in every state, and the coming and going of the add-on."""

from __future__ import annotations

import sys
import time
import types
from collections.abc import Callable
from pathlib import Path
from typing import Any

import bpy
import pytest

from tests.addon.bpy.inside.helpers import PACKAGE, import_addon, part

Engine = Callable[[str], None]

ICONS = {
    item.identifier
    for item in bpy.types.UILayout.bl_rna.functions["prop"].parameters["icon"].enum_items
}


class Layout:
    """Takes what a panel draws, and refuses what Blender would refuse."""

    def __init__(self, drawn: list[str]) -> None:
        self.drawn = drawn

    def _inner(self, **_: object) -> Layout:
        return Layout(self.drawn)

    row = column = box = split = grid_flow = _inner

    def label(self, *, text: str = "", icon: str = "NONE") -> None:
        assert icon in ICONS, icon
        self.drawn.append(text)

    def prop(self, data: Any, name: str, *, text: str | None = None, icon: str = "NONE") -> None:
        assert name in data.bl_rna.properties, name
        assert icon in ICONS, icon
        self.drawn.append(f"<{name}>")

    def progress(self, *, factor: float, text: str) -> None:
        assert 0.0 <= factor <= 1.0
        self.drawn.append(text)

    def separator(self) -> None:
        pass

    def template_icon(self, icon_value: int, scale: float = 1.0) -> None:
        self.drawn.append("<picture>")

    def operator(self, name: str, *, text: str | None = None, icon: str = "NONE") -> Any:
        assert icon in ICONS, icon
        module, verb = name.split(".")
        rna = getattr(getattr(bpy.ops, module), verb).get_rna_type()
        self.drawn.append(f"[{rna.name if text is None else text}]")
        return types.SimpleNamespace()


def draw(name: str, region_width: int = 300) -> list[str]:
    """What a panel of the add-on draws now."""
    drawn: list[str] = []
    context = types.SimpleNamespace(
        scene=bpy.context.scene,
        preferences=bpy.context.preferences,
        region=types.SimpleNamespace(width=region_width),
    )
    cls = getattr(part("ui.panels"), name)
    helpers = {key: getattr(cls, key) for key in dir(cls) if key.startswith("_draw")}
    cls.draw(types.SimpleNamespace(layout=Layout(drawn), **helpers), context)
    return drawn


def draw_preferences(prefs: Any) -> list[str]:
    drawn: list[str] = []
    cls = part("ui.preferences").VERNISSAGE_AP_preferences

    class StandIn:
        layout = Layout(drawn)
        bl_rna = prefs.bl_rna
        engine_command = prefs.engine_command
        _draw_health = cls._draw_health

    cls.draw(StandIn(), bpy.context)
    return drawn


def test_the_idle_panel_has_the_settings_and_the_button(engine: Engine) -> None:
    engine("happy")
    drawn = draw("VERNISSAGE_PT_main")
    assert drawn[:3] == ["<model>", "[]", "<seed>"]
    for field in ("count", "truncation", "height", "rig"):
        assert f"<{field}>" in drawn
    assert "[Generate]" in drawn
    assert draw("VERNISSAGE_PT_results") == ["Nothing made yet"]
    assert "Not running" in draw("VERNISSAGE_PT_engine")


def test_the_busy_panel_has_progress_and_cancel(engine: Engine) -> None:
    engine("slow")
    runtime = part("runtime")
    request = bpy.context.scene.vernissage.as_request()
    session = runtime.session()
    session.submit("a", request, runtime.history().jobs / "a")
    assert "Starting the engine" in draw("VERNISSAGE_PT_main")
    while not session.job.progress.done:
        session.step()
    drawn = draw("VERNISSAGE_PT_main")
    assert "Making people 1 of 4, 2 s left" in drawn
    assert "[Cancel]" in drawn
    assert "[Generate]" not in drawn
    assert "Version 9.9.9 on cpu" in draw("VERNISSAGE_PT_engine")


def test_without_an_engine_it_says_so_with_one_button_to_the_preferences(
    monkeypatch: pytest.MonkeyPatch, prefs: Any
) -> None:
    monkeypatch.setattr(part("runtime"), "find_engine", lambda *_: None)
    drawn = draw("VERNISSAGE_PT_main")
    assert "The engine was not found." in drawn
    assert "[Open Preferences]" in drawn
    assert "No engine was found on this machine" in draw_preferences(prefs)


def test_a_problem_is_drawn_in_lines_that_fit(engine: Engine) -> None:
    engine("crash")
    with pytest.raises(RuntimeError):
        bpy.ops.vernissage.generate()
    drawn = draw("VERNISSAGE_PT_main", region_width=220)
    assert "[Open Log]" in drawn
    said = " ".join(drawn)
    assert "ended unexpectedly (exit code 3)" in said
    assert max(len(line) for line in drawn) <= 30
    bpy.ops.vernissage.dismiss()
    assert "[Open Log]" not in draw("VERNISSAGE_PT_main")


def test_results_can_be_recalled_placed_again_and_forgotten(
    engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Without a window Blender gives out no icons.
    monkeypatch.setattr(part("ui.panels"), "picture", lambda entry, item: 7)
    engine("happy")
    bpy.ops.vernissage.generate()
    bpy.context.scene.vernissage.count = 3
    bpy.ops.vernissage.generate()
    drawn = draw("VERNISSAGE_PT_results")
    assert drawn[:3] == ["<picture>"] * 3
    assert drawn[3::3] == ["[Seeds 1 to 3, Voxel Characters]", "[Seed 0, Voxel Characters]"]


def test_the_picture_of_a_result_is_loaded_once_and_given_back(engine: Engine) -> None:
    engine("happy")
    bpy.ops.vernissage.generate()
    thumbnails, (entry,) = part("ui.thumbnails"), part("runtime").history().entries
    for _ in range(2):
        thumbnails.picture(entry, entry.items[0])
        assert len(thumbnails._pictures) == 1
    thumbnails.clear()
    assert thumbnails._pictures is None
    Path(entry.items[0].files["preview"]).unlink()
    assert thumbnails.picture(entry, entry.items[0]) == 0


def test_the_preferences_show_what_the_check_found(engine: Engine, prefs: Any) -> None:
    engine("happy")
    assert "[Check Engine]" in draw_preferences(prefs)
    bpy.ops.vernissage.check_engine()
    drawn = draw_preferences(prefs)
    assert "Version 9.9.9 on cpu" in drawn
    assert "Models: Textured Props, Voxel Characters" in drawn


def test_the_request_has_the_figures_that_were_typed(addon: types.ModuleType) -> None:
    settings = bpy.context.scene.vernissage
    settings.seed, settings.count, settings.height, settings.truncation = 12, 3, 1.7, 0.35
    settings.rig = False
    assert settings.as_request() == {
        "model": "voxel_characters",
        "seed": 12,
        "count": 3,
        "truncation": 0.35,
        "height": 1.7,
        "rig": False,
        "formats": ["glb"],
        "previews": True,
    }


def test_the_request_is_one_that_the_engine_accepts(addon: types.ModuleType) -> None:
    from engine.request import GenerateRequest

    values = bpy.context.scene.vernissage.as_request()
    assert GenerateRequest.parse(values | {"out": "x"}).model == "voxel_characters"


def test_the_seed_buttons_move_it(addon: types.ModuleType) -> None:
    settings = bpy.context.scene.vernissage
    settings.seed, settings.count = 5, 4
    bpy.ops.vernissage.next_seed()
    assert settings.seed == 9
    drawn = set()
    for _ in range(5):
        bpy.ops.vernissage.random_seed()
        drawn.add(settings.seed)
    assert len(drawn) > 1
    settings.seed = settings.bl_rna.properties["seed"].hard_max
    bpy.ops.vernissage.next_seed()
    assert settings.seed == settings.bl_rna.properties["seed"].hard_max


def test_a_model_keeps_its_place_when_the_engine_learns_others(prefs: Any) -> None:
    settings = bpy.context.scene.vernissage
    offers = part("core.offers")

    def learn(*names: str) -> None:
        prefs.models = offers.to_text([offers.Offer(name, name, frozenset()) for name in names])

    learn("voxel_characters", "voxel_props")
    settings.model = "voxel_props"
    learn("antiques", "voxel_props", "voxel_characters")
    assert settings.model == "voxel_props"
    prefs.models = "damaged"
    assert settings.as_request()["model"] == "voxel_characters"
    prefs.models = ""


def test_the_add_menu_offers_it(addon: types.ModuleType) -> None:
    drawn: list[str] = []
    layout = Layout(drawn)
    part("ui.menus").draw_add(types.SimpleNamespace(layout=layout), bpy.context)
    assert drawn == ["[Vernissage: Voxel characters]"]


def types_of_blender() -> set[str]:
    return {name for name in dir(bpy.types) if "vernissage" in name.lower()}


def handlers() -> dict[str, int]:
    lists = {name: getattr(bpy.app.handlers, name) for name in dir(bpy.app.handlers)}
    found = {name: len(value) for name, value in lists.items() if isinstance(value, list)}
    return found | {"add menu": len(bpy.types.VIEW3D_MT_add._dyn_ui_initialize())}


def test_it_comes_and_goes_50_times_and_leaves_nothing(addon: types.ModuleType) -> None:
    with_it = (types_of_blender(), handlers())
    addon.unregister()
    try:
        without = (types_of_blender(), handlers())
        assert without[0] == set()
        assert not hasattr(bpy.types.Scene, "vernissage")
        for _ in range(50):
            addon.register()
            assert (types_of_blender(), handlers()) == with_it
            addon.unregister()
            assert (types_of_blender(), handlers()) == without
    finally:
        addon.register()


def test_registering_takes_50_ms_at_most_and_touches_no_file_process_or_socket(
    addon: types.ModuleType,
) -> None:
    touched: list[str] = []
    watching = False

    def watch(event: str, arguments: tuple[Any, ...]) -> None:
        if not watching:
            return
        if event == "open":
            path, mode, flags = arguments
            reading = not flags & 3 if isinstance(flags, int) else mode in ("r", "rb", None)
            if not (reading and str(path).endswith((".py", ".pyc"))):
                touched.append(f"{event} {path}")
        elif event.startswith(("subprocess.", "socket.", "os.posix_spawn", "os.mkdir", "os.fork")):
            touched.append(event)

    sys.addaudithook(watch)
    seconds = []
    module = addon
    try:
        for _ in range(10):
            module.unregister()
            for name in [name for name in sys.modules if name.startswith(PACKAGE)]:
                del sys.modules[name]
            module = import_addon()
            watching = True
            before = time.process_time()  # what others do on this machine does not count
            module.register()
            seconds.append(time.process_time() - before)
            watching = False
    finally:
        watching = False
        # The tests share one import of the add-on; give the session's name its present module.
        addon.__dict__.update(module.__dict__)
    assert touched == []
    assert min(seconds) < 0.05
