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


@pytest.fixture
def operator(monkeypatch: pytest.MonkeyPatch) -> Any:
    """The Generate operator outside of Blender's event loop, which the wheel has not."""
    modal, generate = part("ops.modal"), part("ops.generate").VERNISSAGE_OT_generate
    stand_in = type(
        "StandIn",
        (modal.EngineOperator,),
        {name: getattr(generate, name) for name in ("begin", "busy", "finish")},
    )()
    stand_in.report = lambda *_: None
    background = types.SimpleNamespace(background=False)
    monkeypatch.setattr(modal, "bpy", types.SimpleNamespace(app=background))
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
