"""Jobs that are watched, cancelled, left alone or killed: no trace stays, and no engine lives on."""

from __future__ import annotations

import os
import signal
import time
import types
from collections.abc import Callable
from typing import Any

import bpy
import pytest

from tests.addon.bpy.inside.helpers import census, made, part, pid_is_gone, settings

Engine = Callable[[str], None]


class Stage:
    """What an operator sees of a window: a timer, a status line, and a report."""

    def __init__(self) -> None:
        self.timers: list[object] = []
        self.status: str | None = None
        self.window = object()
        self.window_manager = self
        self.workspace = self
        self.windows: list[object] = []
        self.scene = bpy.context.scene
        self.screen = None

    def event_timer_add(self, _seconds: float, window: object) -> object:
        self.timers.append(window)
        return window

    def event_timer_remove(self, timer: object) -> None:
        self.timers.remove(timer)

    def modal_handler_add(self, _operator: object) -> None:
        pass

    def status_text_set(self, text: str | None) -> None:
        self.status = text


def press(kind: str) -> Any:
    return types.SimpleNamespace(type=kind, value="PRESS")


PARTS = ("steps", "begin", "advance", "busy", "finish", "cancel_work", "tick_s", "user_waits")


def outside(name: str, base: str) -> Any:
    """An operator outside of Blender's event loop, which the wheel has not."""
    operator = getattr(getattr(part("ops"), name.split("_")[0]), f"VERNISSAGE_OT_{name}")
    parts = {key: getattr(operator, key) for key in PARTS if hasattr(operator, key)}
    module = "ops.placing" if base == "PlacingOperator" else "ops.modal"
    stand_in = type("StandIn", (getattr(part(module), base),), parts)()
    stand_in._has_window = lambda _: True
    stand_in.report = lambda *_: None
    return stand_in


@pytest.fixture
def operator(addon: types.ModuleType) -> Any:
    """Generate."""
    return outside("generate", "EngineOperator")


@pytest.fixture
def placing(addon: types.ModuleType) -> Any:
    """Place in Scene, for the newest result."""
    stand_in = outside("insert", "PlacingOperator")
    stand_in.entry, stand_in._cancelled = "", False
    return stand_in


def turn(operator: Any, stage: Stage, longest_s: float = 15.0) -> set[str]:
    """Timer events until the operator is done."""
    end = time.monotonic() + longest_s
    while time.monotonic() < end:
        result: set[str] = operator.modal(stage, press("TIMER"))
        if result != {"PASS_THROUGH"}:
            return result
        assert stage.timers
    raise AssertionError("the operator never ended")


def test_from_a_button_it_works_by_timer_and_leaves_no_timer(engine: Engine, operator: Any) -> None:
    engine("happy")
    stage = Stage()
    assert operator.invoke(stage, press("LEFTMOUSE")) == {"RUNNING_MODAL"}
    assert stage.status is not None
    assert "Esc cancels" in stage.status
    assert operator.modal(stage, press("G")) == {"PASS_THROUGH"}
    assert turn(operator, stage) == {"FINISHED"}
    assert stage.timers == []
    assert stage.status is None
    assert len(made()) == 1


def test_escape_cancels_within_2_s_and_leaves_no_trace(engine: Engine, operator: Any) -> None:
    engine("deaf")
    stage, before = Stage(), census()
    operator.invoke(stage, press("LEFTMOUSE"))
    runtime = part("runtime")
    while not runtime.job().progress.done:
        operator.modal(stage, press("TIMER"))
    pressed = time.monotonic()
    assert operator.modal(stage, press("ESC")) == {"RUNNING_MODAL"}
    assert turn(operator, stage) == {"CANCELLED"}
    assert time.monotonic() - pressed < 2.0
    assert stage.timers == []
    assert census() == before
    assert runtime.problem() is None


def test_a_window_that_closes_takes_its_job_along(engine: Engine, operator: Any) -> None:
    engine("slow")
    stage = Stage()
    operator.invoke(stage, press("LEFTMOUSE"))
    operator.cancel(stage)
    assert stage.timers == []
    assert part("runtime").job() is None


def begin(mode: str, engine: Engine) -> int:
    """Start a job without waiting for it; the engine's process number."""
    engine(mode)
    session = part("runtime").session()
    history = part("runtime").history()
    session.submit("running", settings().as_request(), history.jobs / "running")
    while not session.job.progress.done:
        session.step()
    pid: int = session.pid
    return pid


def results(engine: Engine, count: int) -> dict[str, list[str]]:
    """Make some and leave them in the history alone; what is in the scene then."""
    engine("happy")
    settings().count = count
    bpy.ops.vernissage.generate()
    for ob in list(bpy.data.collections["Vernissage"].all_objects):
        bpy.data.objects.remove(ob)
    bpy.data.orphans_purge(do_recursive=True)
    return census()


def test_a_large_result_is_placed_in_short_steps_unseen_until_all_is_there(
    engine: Engine, placing: Any
) -> None:
    results(engine, 40)
    runtime, stage = part("runtime"), Stage()
    objects = len(bpy.context.scene.objects)
    assert placing.invoke(stage, press("LEFTMOUSE")) == {"RUNNING_MODAL"}
    seconds, lines = [], set()
    while runtime.insertion() is not None:
        assert len(bpy.context.scene.objects) == objects
        lines.add(runtime.progress()[0])
        before = time.thread_time()
        result = placing.modal(stage, press("TIMER"))
        seconds.append(time.thread_time() - before)
    assert result == {"FINISHED"}
    assert stage.timers == []
    assert len(made()) == 40
    assert len(lines) > 2  # in several steps; a fast machine places more in each
    # The median: single steps may be longer, for memory is fetched and swept in any of them.
    assert sorted(seconds)[len(seconds) // 2] < 0.05


def test_while_a_result_is_placed_mouse_and_keys_wait_but_other_timers_run(
    engine: Engine, placing: Any
) -> None:
    results(engine, 12)
    stage = Stage()
    placing.invoke(stage, press("LEFTMOUSE"))
    for kind in ("LEFTMOUSE", "Z", "MOUSEMOVE"):
        assert placing.modal(stage, press(kind)) == {"RUNNING_MODAL"}
    assert placing.modal(stage, press("TIMER_REPORT")) == {"PASS_THROUGH"}
    assert not bpy.ops.vernissage.insert.poll()
    assert not bpy.ops.vernissage.generate.poll()
    assert turn(placing, stage) == {"FINISHED"}
    assert bpy.ops.vernissage.insert.poll()


def half_way(placing: Any, stage: Stage) -> None:
    """Place until something has been built, but not all."""
    placing.invoke(stage, press("LEFTMOUSE"))
    while not part("runtime").insertion().done:
        part("runtime").insertion().step(0.0)


def test_escape_takes_back_what_was_placed_by_then(engine: Engine, placing: Any) -> None:
    before, stage = results(engine, 12), Stage()
    half_way(placing, stage)
    assert census() != before
    assert placing.modal(stage, press("ESC")) == {"RUNNING_MODAL"}
    assert turn(placing, stage) == {"CANCELLED"}
    assert census() == before
    assert stage.timers == []
    assert len(part("runtime").history().entries) == 1, "it can be placed another time"


def test_disabling_the_add_on_takes_back_what_was_placed_by_then(
    addon: types.ModuleType, engine: Engine, placing: Any
) -> None:
    before, stage = results(engine, 12), Stage()
    half_way(placing, stage)
    addon.unregister()
    addon.register()
    assert census() == before


def test_an_undo_from_another_window_ends_the_placing_with_a_sentence(
    engine: Engine, placing: Any
) -> None:
    results(engine, 12)
    bpy.ops.ed.undo_push(message="before")
    before, stage = census(), Stage()
    half_way(placing, stage)
    bpy.ops.ed.undo_push(message="something else")
    bpy.ops.ed.undo()
    assert turn(placing, stage) == {"CANCELLED"}
    assert "changed by an undo" in part("runtime").problem().sentence
    assert census() == before


@pytest.mark.parametrize("mode", ["slow", "stubborn"])
def test_disabling_the_add_on_while_a_job_runs_ends_the_engine_within_2_s(
    addon: types.ModuleType, engine: Engine, mode: str
) -> None:
    pid = begin(mode, engine)
    before = time.monotonic()
    addon.unregister()
    try:
        assert time.monotonic() - before < 2.0
        assert pid_is_gone(pid)
    finally:
        addon.register()


def test_loading_another_file_while_a_job_runs_ends_the_engine(engine: Engine) -> None:
    pid = begin("slow", engine)
    bpy.ops.wm.read_homefile()
    assert pid_is_gone(pid)
    assert part("runtime").job() is None


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="POSIX only")
def test_an_engine_that_dies_during_a_job_is_told(engine: Engine) -> None:
    pid = begin("slow", engine)
    os.kill(pid, signal.SIGKILL)
    session = part("runtime").present_session()
    end = time.monotonic() + 10
    while not session.job.ended and time.monotonic() < end:
        session.step()
    assert session.job.problem.code == "E_ENGINE_ENDED"
