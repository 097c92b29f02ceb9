"""The session against an engine that behaves, and against every way in which one can misbehave."""

from __future__ import annotations

import os
import select
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from addon.core.jobs import Job, State
from addon.core.session import CANCEL_GRACE_S, Session

PATIENCE_S = 15.0
REQUEST = {"model": "voxel_characters", "seed": 7, "count": 2}

Open = Callable[..., Session]


class Clock:
    """A clock that runs as time does, and can be put forward."""

    def __init__(self) -> None:
        self.ahead = 0.0

    def __call__(self) -> float:
        return time.monotonic() + self.ahead


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def open_session(fake: Callable[..., str], tmp_path: Path, clock: Clock) -> Iterator[Open]:
    sessions = []

    def make(mode: str) -> Session:
        sessions.append(Session(fake(mode), tmp_path / "logs" / "engine.log", clock=clock))
        return sessions[-1]

    yield make
    for session in sessions:
        session.close()


def submit(session: Session, tmp_path: Path, name: str = "job1") -> Job:
    return session.submit(name, REQUEST, tmp_path / "jobs" / name)


def pump(session: Session, done: Callable[[], bool]) -> float:
    """Step as the window's timer would until `done()`; the longest step in seconds of work."""
    end, longest = time.monotonic() + PATIENCE_S, 0.0
    while not done():
        assert time.monotonic() < end, "it never happened"
        before = time.thread_time()
        session.step()
        longest = max(longest, time.thread_time() - before)
        select.select([], [], [], 0.002)
    return longest


def gone(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return True
    return False


def test_a_job_goes_from_click_to_files_with_progress(open_session: Open, tmp_path: Path) -> None:
    session = open_session("happy")
    job = submit(session, tmp_path)
    assert job.state is State.STARTING
    fractions = []

    def done() -> bool:
        fractions.append(job.progress.fraction)
        return job.state is State.FINISHING

    pump(session, done)
    assert fractions == sorted(fractions)
    assert fractions[-1] == 1.0
    assert job.progress.phase == "Making people"
    assert job.made is not None
    assert [item.seed for item in job.made.items] == [7, 8]
    assert all(Path(item.files["glb"]).is_file() for item in job.made.items)
    assert session.hello is not None
    assert [offer.title for offer in session.hello.offers] == ["Textured Props", "Voxel Characters"]


def test_seeds_that_gave_nothing_do_not_spoil_the_others(
    open_session: Open, tmp_path: Path
) -> None:
    session = open_session("picky")
    job = session.submit("j", REQUEST | {"class_name": "chair"}, tmp_path / "jobs" / "j")
    pump(session, lambda: job.state is State.FINISHING)
    assert job.made is not None
    assert [item.kind for item in job.made.items] == ["chair", "chair"]
    assert job.made.refused == ("Seed 99 gives no body.",)


def test_submitting_is_acknowledged_within_100_ms(open_session: Open, tmp_path: Path) -> None:
    seconds = []
    for name in ("a", "b", "c"):
        session = open_session("happy")
        before = time.perf_counter()
        submit(session, tmp_path, name)
        seconds.append(time.perf_counter() - before)
    # The least of three, for the machine may be busy with something else.
    assert min(seconds) < 0.1


def test_the_engine_stays_warm_between_jobs(open_session: Open, tmp_path: Path) -> None:
    session = open_session("happy")
    pids = []
    for name in ("a", "b"):
        job = submit(session, tmp_path, name)
        pump(session, lambda job=job: job.state is State.FINISHING)
        job.move(State.DONE)
        pids.append(session.pid)
    assert pids[0] == pids[1]


def test_one_job_at_a_time(open_session: Open, tmp_path: Path) -> None:
    session = open_session("slow")
    submit(session, tmp_path)
    with pytest.raises(RuntimeError):
        submit(session, tmp_path, "job2")


def test_cancel_ends_the_job_keeps_the_engine_and_removes_what_was_half_made(
    open_session: Open, tmp_path: Path
) -> None:
    session = open_session("slow")
    job = submit(session, tmp_path)
    pump(session, lambda: job.progress.done == 1)
    assert (job.folder / "half.glb").is_file()
    session.cancel()
    assert job.state is State.CANCELLING
    pump(session, lambda: job.ended)
    assert job.state is State.CANCELLED
    assert job.problem is None
    assert not job.folder.exists()
    assert session.alive


def test_cancel_before_the_engine_has_introduced_itself_is_immediate(
    open_session: Open, tmp_path: Path
) -> None:
    session = open_session("silent")
    job = submit(session, tmp_path)
    session.cancel()
    assert job.state is State.CANCELLED
    assert not job.folder.exists()


@pytest.mark.parametrize("mode", ["deaf", "stubborn"])
def test_cancel_ends_an_engine_that_ignores_it_within_2_s(
    open_session: Open, tmp_path: Path, clock: Clock, mode: str
) -> None:
    session = open_session(mode)
    job = submit(session, tmp_path)
    pump(session, lambda: job.progress.done == 1)
    pid = session.pid
    assert pid is not None
    session.cancel()
    session.step()
    assert job.state is State.CANCELLING
    assert CANCEL_GRACE_S < 1.5, "half a second for the window's timer and the end of the process"
    clock.ahead = CANCEL_GRACE_S + 0.1
    session.step()
    assert job.state is State.CANCELLED
    assert gone(pid)
    again = submit(session, tmp_path, "again")
    pump(session, lambda: again.progress.done == 1)


@pytest.mark.parametrize("mode", ["silent", "deaf"])
def test_an_engine_that_says_nothing_is_ended_when_patience_is_over(
    open_session: Open, tmp_path: Path, clock: Clock, mode: str
) -> None:
    session = open_session(mode)
    job = submit(session, tmp_path)
    if mode == "deaf":
        pump(session, lambda: job.progress.done == 1)
    session.step()
    pid = session.pid
    assert pid is not None
    clock.ahead = session.patience_s - 1
    session.step()
    assert not job.ended
    assert session.silent_s > 5
    clock.ahead = session.patience_s + 1
    session.step()
    assert job.state is State.FAILED
    assert job.problem is not None
    assert job.problem.code == "E_TIMEOUT"
    assert gone(pid)


@pytest.mark.parametrize(
    ("mode", "code", "words"),
    [
        ("crash", "E_ENGINE_ENDED", "exit code 3): Segmentation fault in the fake"),
        ("quits", "E_ENGINE_ENDED", "exit code 7)"),
        ("garbage", "E_PROTOCOL", "Loading weights"),
        ("endless", "E_PROTOCOL", "longer than"),
        ("future", "E_PROTOCOL", "speaks version 99 of the protocol, this add-on version 1"),
        ("vague", "E_PROTOCOL", "did not describe its models"),
        ("error", "E_WEIGHTS", "The fake says E_WEIGHTS."),
        ("outside", "E_RESULT", "outside the job's folder"),
        ("climbing", "E_RESULT", "outside the job's folder"),
        ("lost", "E_RESULT", "missing"),
    ],
)
def test_a_bad_engine_gives_a_code_a_sentence_and_a_fix(
    open_session: Open, tmp_path: Path, mode: str, code: str, words: str
) -> None:
    session = open_session(mode)
    job = submit(session, tmp_path)
    pump(session, lambda: job.ended)
    assert job.state is State.FAILED
    assert job.problem is not None
    assert job.problem.code == code
    assert words in job.problem.sentence
    assert job.problem.fix
    assert not job.folder.exists()


def test_a_folder_behind_a_link_is_still_the_job_s_own(open_session: Open, tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "real")
    session = open_session("resolved")
    job = session.submit("j", REQUEST, tmp_path / "link" / "j")
    pump(session, lambda: job.state is State.FINISHING or job.ended)
    assert job.problem is None


def test_letters_cut_in_two_by_the_pipe_come_out_whole(open_session: Open, tmp_path: Path) -> None:
    session = open_session("split")
    job = submit(session, tmp_path)
    pump(session, lambda: job.state is State.FINISHING)
    assert job.progress.phase == "Größe — 身長"


def test_no_step_holds_the_window_up_while_the_engine_floods_the_pipe(
    open_session: Open, tmp_path: Path
) -> None:
    session = open_session("endless")
    job = submit(session, tmp_path)
    assert pump(session, lambda: job.ended) < 0.05


@pytest.mark.parametrize(
    ("command", "words"),
    [
        ("/nowhere/vernissage", "no such file"),
        ('"unbalanced', "no closing quotation"),
        ("/", "permission denied"),
    ],
)
def test_a_command_that_cannot_run_is_named(tmp_path: Path, command: str, words: str) -> None:
    session = Session(command, tmp_path / "engine.log")
    job = submit(session, tmp_path)
    assert job.problem is not None
    assert job.problem.code == "E_ENGINE_START"
    assert words in job.problem.sentence
    assert command in job.problem.sentence


def test_a_folder_that_cannot_be_made_fails_the_job(open_session: Open, tmp_path: Path) -> None:
    (tmp_path / "jobs").write_text("in the way")
    job = submit(open_session("happy"), tmp_path)
    assert job.problem is not None
    assert job.problem.code == "E_WRITE"


@pytest.mark.parametrize("mode", ["slow", "deaf", "stubborn", "silent"])
def test_closing_ends_the_engine_within_2_s_and_cancels_the_job(
    open_session: Open, tmp_path: Path, mode: str
) -> None:
    session = open_session(mode)
    job = submit(session, tmp_path)
    if mode != "silent":
        pump(session, lambda: job.progress.done == 1)
    pid = session.pid
    assert pid is not None
    before = time.monotonic()
    session.close()
    assert time.monotonic() - before < 2.0
    assert gone(pid)
    assert job.state is State.CANCELLED
    assert not session.alive
    assert not job.folder.exists()


def test_greeting_asks_a_running_engine_anew(open_session: Open) -> None:
    session = open_session("happy")
    for _ in range(2):
        session.greet()
        assert session.hello is None
        pump(session, lambda: session.hello is not None)
    assert not session.waiting


def test_an_engine_that_died_meanwhile_is_started_anew(open_session: Open, tmp_path: Path) -> None:
    session = open_session("happy")
    session.greet()
    pump(session, lambda: session.hello is not None)
    pid = session.pid
    assert pid is not None
    os.kill(pid, 9)
    os.waitid(os.P_PID, pid, os.WEXITED | os.WNOWAIT)
    job = submit(session, tmp_path)
    pump(session, lambda: job.state is State.FINISHING)
    assert session.pid != pid


def test_no_file_descriptor_is_left_over(open_session: Open, tmp_path: Path) -> None:
    descriptors = Path("/proc/self/fd")
    if not descriptors.is_dir():
        pytest.skip("this system does not list its file descriptors")
    before = len(list(descriptors.iterdir()))
    for mode in ("happy", "crash", "garbage", "deaf"):
        session = open_session(mode)
        job = submit(session, tmp_path, mode)
        pump(session, lambda job=job: job.progress.done > 0 or job.ended)  # type: ignore[misc]
        session.close()
    assert len(list(descriptors.iterdir())) == before
