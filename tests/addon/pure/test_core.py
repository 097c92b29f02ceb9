"""The add-on's small parts: jobs, history, search, words, rows, pipes, commands."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from addon.core import grid, locate, pipes, process, words
from addon.core.history import KEEP, VERSION, Entry, History
from addon.core.jobs import ENDED, Job, MadeItem, Progress, State, TransitionError
from addon.core.problems import Problem


def make_job(state: State = State.QUEUED) -> Job:
    job = Job("1", {}, Path("/nowhere"), 0.0)
    job.state = state
    return job


def make_entry(name: str, folder: Path) -> Entry:
    path = folder / "jobs" / name / "a.glb"
    path.parent.mkdir(parents=True)
    path.write_bytes(b"glTF")
    items = (MadeItem("a", 3, {"glb": str(path)}),)
    return Entry(name, "2026-01-01", "0.1.0", "Voxel Characters", 1.5, {"seed": 3}, items)


# Jobs


def test_a_job_that_has_ended_never_moves_again() -> None:
    for ended in ENDED:
        for state in State:
            with pytest.raises(TransitionError):
                make_job(ended).move(state)


def test_every_state_leads_to_an_end() -> None:
    for state in set(State) - ENDED:
        reached, frontier = set(), [state]
        while frontier:
            here = frontier.pop()
            reached.add(here)
            for there in State:
                job = make_job(here)
                try:
                    job.move(there)
                except TransitionError:
                    continue
                if there not in reached:
                    frontier.append(there)
        assert reached & ENDED, state


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=5,
)
counts = st.integers(-5, 50)
updates = st.fixed_dictionaries(
    {},
    optional={
        "phase": st.text() | json_values,
        "done": counts | json_values,
        "total": counts | json_values,
        "eta_s": st.floats() | json_values,
    },
)


@given(st.lists(updates))
def test_progress_never_goes_back_nor_beyond_the_end(sent: list[dict[str, Any]]) -> None:
    progress, last = Progress(), 0.0
    for params in sent:
        progress.update(params)
        assert last <= progress.fraction <= 1.0
        assert 0 <= progress.done <= progress.total
        last = progress.fraction


# History


def test_the_history_survives_a_restart(tmp_path: Path) -> None:
    entry = make_entry("one", tmp_path)
    History(tmp_path).add(entry)
    assert History(tmp_path).entries == [entry]
    assert entry.label == "Seed 3, Voxel Characters"


def test_the_newest_is_first_and_the_oldest_makes_room(tmp_path: Path) -> None:
    history = History(tmp_path)
    for index in range(KEEP + 2):
        history.add(make_entry(f"job{index}", tmp_path))
    history.sweep()
    assert [entry.id for entry in history.entries][:2] == [f"job{KEEP + 1}", f"job{KEEP}"]
    assert len(list((tmp_path / "jobs").iterdir())) == KEEP


def test_sweeping_removes_only_folders_of_forgotten_jobs(tmp_path: Path) -> None:
    history = History(tmp_path)
    history.add(make_entry("kept", tmp_path))
    (tmp_path / "jobs" / "cancelled").mkdir()
    history.sweep()
    assert [folder.name for folder in (tmp_path / "jobs").iterdir()] == ["kept"]
    history.remove("kept")
    assert list((tmp_path / "jobs").iterdir()) == []
    assert History(tmp_path).entries == []


@pytest.mark.parametrize(
    "text", ["", "{", "[]", '{"version": 1}', '{"version": 1, "entries": [{"id": 3}]}', "\ud800"]
)
def test_a_damaged_history_is_put_aside_and_a_new_one_begun(tmp_path: Path, text: str) -> None:
    (tmp_path / "history.json").write_bytes(text.encode("utf-8", "surrogatepass"))
    history = History(tmp_path)
    assert history.entries == []
    assert (tmp_path / "history.damaged.json").is_file()
    history.add(make_entry("one", tmp_path))
    assert len(History(tmp_path).entries) == 1


def test_the_history_of_a_newer_add_on_is_left_alone(tmp_path: Path) -> None:
    text = json.dumps({"version": VERSION + 1, "entries": "other"})
    (tmp_path / "history.json").write_text(text)
    (tmp_path / "jobs" / "theirs").mkdir(parents=True)
    history = History(tmp_path)
    history.add(make_entry("one", tmp_path))
    history.sweep()
    assert (tmp_path / "history.json").read_text() == text
    assert (tmp_path / "jobs" / "theirs").is_dir()


def test_a_history_that_cannot_be_written_says_so(tmp_path: Path) -> None:
    (tmp_path / "in the way").write_text("")
    history = History(tmp_path / "in the way" / "folder")
    with pytest.raises(Problem, match="could not be written") as caught:
        history.add(make_entry("one", tmp_path))
    assert caught.value.code == "E_WRITE"


# Finding the engine


def make_program(path: Path) -> Path:
    path.parent.mkdir(parents=True)
    path.write_text("#!/bin/sh\n")
    path.chmod(0o755)
    return path


@pytest.mark.parametrize(
    "where", [".local/bin", "vernissage/.venv/bin", ".local/pipx/venvs/vernissage/bin"]
)
def test_an_engine_in_a_usual_place_is_found(tmp_path: Path, where: str) -> None:
    assert locate.find_engine({}, tmp_path) is None
    program = make_program(tmp_path / where / "vernissage")
    assert locate.find_engine({"PATH": "/nowhere"}, tmp_path) == str(program)


def test_the_variable_wins_over_the_path_and_the_path_over_the_rest(tmp_path: Path) -> None:
    make_program(tmp_path / ".local/bin/vernissage")
    on_path = make_program(tmp_path / "tools/vernissage")
    environment = {"PATH": str(on_path.parent)}
    assert locate.find_engine(environment, tmp_path) == str(on_path)
    environment["VERNISSAGE_ENGINE"] = "ssh box vernissage worker"
    assert locate.find_engine(environment, tmp_path) == "ssh box vernissage worker"


# Commands and environment


def test_a_bare_program_gets_its_command_and_a_path_with_spaces_needs_no_quotes(
    tmp_path: Path,
) -> None:
    assert process.split_command("vernissage") == ["vernissage", "worker"]
    assert process.split_command("ssh box vernissage worker") == [
        "ssh",
        "box",
        "vernissage",
        "worker",
    ]
    program = make_program(tmp_path / "my engine" / "vernissage")
    assert process.split_command(str(program)) == [str(program), "worker"]
    assert process.split_command(f'"{program}" worker') == [str(program), "worker"]


def test_the_engine_sees_nothing_of_blenders_python() -> None:
    given_ = {"PATH": "/bin", "PYTHONPATH": "/b", "PYTHONHOME": "/b", "__PYVENV_LAUNCHER__": "x"}
    assert process.clean_environment(given_) == {"PATH": "/bin"}


# Pipes


def test_reading_never_waits_and_tells_the_end() -> None:
    reader, writer = os.pipe()
    source = pipes.Source(reader)
    assert source.read() == b""
    os.write(writer, b"abc")
    assert source.read() == b"abc"
    os.close(writer)
    assert source.read() is None
    os.close(reader)


def test_on_windows_it_asks_before_it_reads() -> None:
    reader, writer = os.pipe()
    waiting = [0, 2, 0]

    def peek(descriptor: int) -> int:
        assert descriptor == reader
        if not waiting:
            raise BrokenPipeError
        return waiting.pop(0)

    source = pipes.Source(reader, peek)
    os.write(writer, b"abc")
    assert [source.read() for _ in range(4)] == [b"", b"ab", b"", None]
    os.close(reader)
    os.close(writer)


def test_writing_never_waits_and_loses_nothing() -> None:
    reader, writer = os.pipe()
    sink, data = pipes.Sink(writer), bytes(range(256)) * 4096
    assert sink.write(data)
    received = b""
    while len(received) < len(data):
        received += os.read(reader, 65536)
        assert sink.write()
    assert received == data
    os.close(reader)
    assert not sink.write(b"nobody listens")
    os.close(writer)


# Words and rows


def test_the_progress_line_says_phase_count_and_time_left() -> None:
    job = make_job(State.RUNNING)
    job.progress.update({"phase": "making people", "done": 3, "total": 8, "eta_s": 75})
    assert words.progress_line(job) == "Making people 3 of 8, 2 min left"
    assert words.progress_line(job, silent_s=7.2) == "The engine does not respond (7 s)"
    assert words.progress_line(make_job(State.STARTING)) == "Starting the engine"


@pytest.mark.parametrize(
    ("seconds", "text"), [(0.2, "under 1 s"), (59, "59 s"), (61, "2 min"), (3700, "1 h 2 min")]
)
def test_times_are_said_as_people_say_them(seconds: float, text: str) -> None:
    assert words.duration(seconds) == text


@given(st.text(), st.floats(0, 4000), st.floats(0.25, 4))
def test_wrapped_lines_keep_every_word(text: str, width: float, scale: float) -> None:
    assert "".join("".join(words.wrap(text, width, scale)).split()) == "".join(text.split())


@given(st.integers(1, 300), st.floats(0.1, 10))
def test_characters_stand_apart_in_centred_rows(count: int, spacing: float) -> None:
    places = grid.places(count, spacing)
    assert len(set(places)) == count
    rows: dict[float, list[float]] = {}
    for x, y in places:
        rows.setdefault(y, []).append(x)
    assert min(rows) == 0.0
    for y, xs in rows.items():
        assert sum(xs) == pytest.approx(0.0, abs=1e-6 * count * spacing)
        assert all(b - a == pytest.approx(spacing) for a, b in zip(xs, xs[1:], strict=False))
        assert y == pytest.approx(round(y / spacing) * spacing)
    assert grid.places(1, spacing) == [(0.0, 0.0)]
