"""The worker, driven as a client drives it: a child process and two pipes."""

from __future__ import annotations

import json
import select
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

PATIENCE_S = 20.0

SCRIPT = """
import ctypes, os, sys, time
from pathlib import Path
from engine.errors import BadRequest, Cancelled, EmptyShape
from engine.request import GenerateResult, Item, Progress, Refusal
from engine.worker import serve

def generate(request, *, on_progress, is_cancelled):
    out, mode = request.out, request.model
    out.mkdir(parents=True, exist_ok=True)
    on_progress(Progress("Working", 0, request.count))
    if mode == "noisy":
        print("a library prints")
        os.write(1, b"and so does its C code\\n")
        os.system("echo and its child")
    if mode == "listening":
        while not is_cancelled():
            pass
        raise Cancelled("Stopped after 0 of 1")
    if mode == "late":
        # As an import that takes long: deaf, and it holds the interpreter's lock now and then.
        until = time.monotonic() + 2.5
        while time.monotonic() < until:
            sum(range(200_000))
    if mode == "stuck":
        while True:
            pass
    if mode == "empty":
        raise EmptyShape("The sample has no solid voxel")
    if mode == "broken":
        raise ZeroDivisionError("division by zero")
    if mode == "greedy":
        raise MemoryError
    report = {"filler": "x" * (20 * 2**20)} if mode == "wordy" else {"triangles": 12}
    items = []
    for index in range(request.count):
        path = out / f"{mode}-{request.seed + index}.glb"
        path.write_bytes(b"glTF")
        items.append(Item(path.stem, request.seed + index, {"glb": path}, report))
        for _ in range(100):
            on_progress(Progress("Working", index, request.count, 0.5))
        on_progress(Progress("Working", index + 1, request.count, 0.5))
    (out / "report.json").write_text("{}")
    refused = (Refusal(6, "E_EMPTY", "Nothing.", "Another."),) if mode == "patchy" else ()
    return GenerateResult(tuple(items), None, out / "report.json", refused)

def gallery(params, *, on_progress, is_cancelled):
    on_progress(Progress("Planning", 0, 1))
    if params.get("theme") == "listening":
        while not is_cancelled():
            pass
        raise Cancelled("Stopped before the house was built")
    if params.get("theme") == "unknown":
        raise BadRequest("theme: there is no such theme")
    return {"museum": params["out"] + "/museum.json", "title": params["theme"]}

sys.exit(serve(generate=generate, others={"gallery": gallery}))
"""


class Client:
    """A worker and what it says, line by line."""

    def __init__(self, command: list[str]) -> None:
        self.child = subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            bufsize=0,
        )
        self._held = b""

    def write(self, data: bytes) -> None:
        assert self.child.stdin
        self.child.stdin.write(data)

    def call(self, call_id: int | str, method: str, **params: Any) -> None:
        self._send({"id": call_id, "method": method, "params": params})

    def notify(self, method: str, **params: Any) -> None:
        self._send({"method": method, "params": params})

    def _send(self, body: dict[str, Any]) -> None:
        self.write(json.dumps({"jsonrpc": "2.0", **body}).encode() + b"\n")

    def read(self) -> dict[str, Any]:
        assert self.child.stdout
        while b"\n" not in self._held:
            assert select.select([self.child.stdout], [], [], PATIENCE_S)[0], "the worker is silent"
            chunk = self.child.stdout.read(65536)
            assert chunk, f"the worker ended: {self.log()}"
            self._held += chunk
        line, self._held = self._held.split(b"\n", 1)
        body: dict[str, Any] = json.loads(line)
        assert body.pop("jsonrpc") == "2.0"
        return body

    def answer(self, call_id: int | str | None) -> dict[str, Any]:
        """The answer to a call; notifications before it are skipped."""
        while "method" in (body := self.read()) or body["id"] != call_id:
            pass
        return body

    def until(self, method: str) -> dict[str, Any]:
        while (body := self.read()).get("method") != method:
            pass
        params: dict[str, Any] = body["params"]
        return params

    def log(self) -> str:
        assert self.child.stderr
        return self.child.stderr.read().decode()

    def end(self) -> int:
        """End its input; the exit code."""
        assert self.child.stdin
        self.child.stdin.close()
        return self.child.wait(timeout=PATIENCE_S)


@pytest.fixture
def start(
    tmp_path: Path, root: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Callable[[], Client]]:
    script = tmp_path / "worker.py"
    script.write_text(SCRIPT)
    monkeypatch.setenv("PYTHONPATH", str(root))
    clients = []

    def make() -> Client:
        clients.append(Client([sys.executable, str(script)]))
        return clients[-1]

    yield make
    for client in clients:
        client.child.kill()
        client.child.wait()
        for stream in (client.child.stdin, client.child.stdout, client.child.stderr):
            assert stream
            stream.close()


def test_hello_names_protocol_version_device_and_models(start: Callable[[], Client]) -> None:
    client = start()
    client.call(1, "hello", protocol=1)
    result = client.answer(1)["result"]
    assert result["protocol"] == 1
    assert result["engine"].count(".") == 2
    assert isinstance(result["device"], str)
    assert result["pid"] == client.child.pid
    assert all(set(model) == {"name", "title"} for model in result["models"])


def test_models_describes_what_can_be_asked_for_also_while_a_job_runs(
    start: Callable[[], Client], tmp_path: Path
) -> None:
    client = start()
    client.call("j", "generate", model="listening", out=str(tmp_path / "out"))
    client.until("$/progress")
    client.call(1, "models")
    (people,) = [m for m in client.answer(1)["result"]["models"] if m["name"] == "voxel_characters"]
    assert people["people"]
    assert people["options"]["rig"]["default"] is True
    client.call(2, "models", names=["voxel_characters"])
    assert client.answer(2)["result"]["models"] == [people]


@pytest.mark.parametrize(
    ("names", "code"),
    [(["no_such"], "E_MODEL"), ("voxel_characters", "E_REQUEST"), ([1], "E_REQUEST")],
)
def test_models_that_are_not_there_are_a_typed_error(
    start: Callable[[], Client], names: Any, code: str
) -> None:
    client = start()
    client.call(1, "models", names=names)
    assert client.answer(1)["error"]["data"]["code"] == code


def test_seeds_that_gave_nothing_are_in_the_answer(
    start: Callable[[], Client], tmp_path: Path
) -> None:
    client = start()
    client.call("j", "generate", model="patchy", seed=5, out=str(tmp_path / "out"))
    (refused,) = client.answer("j")["result"]["refused"]
    assert refused == {"seed": 6, "code": "E_EMPTY", "sentence": "Nothing.", "fix": "Another."}


def test_hello_needs_no_torch(root: Path) -> None:
    code = "import sys, engine.worker as w; w.describe(); print('torch' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], cwd=root, capture_output=True, text=True)
    assert done.stdout.strip() == "False"


def test_a_job_reports_progress_and_then_its_files(
    start: Callable[[], Client], tmp_path: Path
) -> None:
    client = start()
    client.call("j", "generate", model="good", seed=5, count=2, out=str(tmp_path / "out"))
    seen, body = [], client.read()
    while "method" in body:
        seen.append(body["params"])
        body = client.read()
    assert body["id"] == "j"
    items = body["result"]["items"]
    assert [(item["name"], item["seed"]) for item in items] == [("good-5", 5), ("good-6", 6)]
    assert all(Path(item["files"]["glb"]).read_bytes() == b"glTF" for item in items)
    assert items[0]["report"] == {"triangles": 12}
    assert seen[-1] == {"job": "j", "phase": "Working", "done": 2, "total": 2, "eta_s": 0.5}
    # 200 calls of the engine became a few lines.
    assert len(seen) < 20


def test_it_stays_warm_for_the_next_job(start: Callable[[], Client], tmp_path: Path) -> None:
    client = start()
    for job in ("a", "b"):
        client.call(job, "generate", model="good", out=str(tmp_path / job))
        assert "result" in client.answer(job)
    assert client.end() == 0


def test_stray_prints_go_to_the_log_and_not_into_the_protocol(
    start: Callable[[], Client], tmp_path: Path
) -> None:
    client = start()
    client.call("j", "generate", model="noisy", out=str(tmp_path / "out"))
    assert "result" in client.answer("j")
    assert client.end() == 0
    log = client.log()
    for words in ("a library prints", "and so does its C code", "and its child"):
        assert words in log


def test_cancel_stops_a_job_that_listens(start: Callable[[], Client], tmp_path: Path) -> None:
    client = start()
    client.call("j", "generate", model="listening", out=str(tmp_path / "out"))
    client.until("$/progress")
    client.notify("$/cancel", job="j")
    error = client.answer("j")["error"]["data"]
    assert error["code"] == "E_CANCELLED"
    assert error["sentence"] == "Stopped after 0 of 1"


def test_cancel_is_answered_within_2_s_while_the_job_is_deaf(
    start: Callable[[], Client], tmp_path: Path
) -> None:
    client = start()
    client.call("j", "generate", model="late", out=str(tmp_path / "out"))
    client.until("$/progress")
    asked = time.monotonic()
    client.notify("$/cancel", job="j")
    assert client.answer("j")["error"]["data"]["code"] == "E_CANCELLED"
    assert time.monotonic() - asked < 2.0
    # The next job waits for the old one to wind down, and none of the old one's files stay.
    client.call("k", "generate", model="good", out=str(tmp_path / "next"))
    assert "result" in client.answer("k")
    assert list((tmp_path / "out").iterdir()) == []


def test_a_cancel_for_another_job_changes_nothing(
    start: Callable[[], Client], tmp_path: Path
) -> None:
    client = start()
    client.notify("$/cancel", job="old")
    client.notify("$/cancel")
    client.call("j", "generate", model="good", out=str(tmp_path / "out"))
    assert "result" in client.answer("j")


def test_it_beats_while_a_job_is_deaf_and_answers_ping(
    start: Callable[[], Client], tmp_path: Path
) -> None:
    client = start()
    client.call("j", "generate", model="late", out=str(tmp_path / "out"))
    assert client.until("$/heartbeat") == {"job": "j"}
    client.call("p", "ping")
    assert client.answer("p")["result"] == {"busy": True}


def test_a_second_job_meanwhile_is_refused(start: Callable[[], Client], tmp_path: Path) -> None:
    client = start()
    client.call("j", "generate", model="listening", out=str(tmp_path / "out"))
    client.call("k", "generate", model="good", out=str(tmp_path / "out"))
    assert client.answer("k")["error"]["data"]["code"] == "E_BUSY"


@pytest.mark.parametrize(
    ("params", "code", "words"),
    [
        ({"model": "empty"}, "E_EMPTY", "no solid voxel"),
        ({"model": "broken"}, "E_INTERNAL", "ZeroDivisionError: division by zero"),
        ({"model": "greedy"}, "E_MEMORY", "memory"),
        ({"count": -1}, "E_REQUEST", "count"),
        ({"colour": "red"}, "E_REQUEST", "colour"),
    ],
)
def test_what_fails_is_a_code_a_sentence_and_a_fix(
    start: Callable[[], Client], tmp_path: Path, params: dict[str, Any], code: str, words: str
) -> None:
    client = start()
    client.call("j", "generate", **{"out": str(tmp_path / "out"), **params})
    error = client.answer("j")["error"]
    assert error["data"]["code"] == code
    assert words in error["data"]["sentence"]
    assert error["data"]["fix"]
    assert error["message"] == error["data"]["sentence"]
    client.call("again", "generate", model="good", out=str(tmp_path / "out"))
    assert "result" in client.answer("again")


def test_an_unknown_method_and_garbage_are_answered_and_survived(
    start: Callable[[], Client],
) -> None:
    client = start()
    client.write(b"\xff\xfe what is this\n")
    assert client.answer(None)["error"]["data"]["code"] == "E_PROTOCOL"
    client.call(1, "paint")
    assert client.answer(1)["error"]["data"]["code"] == "E_REQUEST"
    client.call(2, "hello")
    assert "result" in client.answer(2)


def test_a_result_too_long_for_a_line_leaves_its_reports_out(
    start: Callable[[], Client], tmp_path: Path
) -> None:
    client = start()
    client.call("j", "generate", model="wordy", out=str(tmp_path / "out"))
    result = client.answer("j")["result"]
    assert result["items"][0]["report"] == {}
    assert Path(result["report"]).is_file()


def test_it_ends_when_its_input_ends_even_inside_a_job(
    start: Callable[[], Client], tmp_path: Path
) -> None:
    idle = start()
    idle.call(1, "hello")
    idle.answer(1)
    assert idle.end() == 0
    stuck = start()
    stuck.call("j", "generate", model="stuck", out=str(tmp_path / "out"))
    stuck.until("$/progress")
    asked = time.monotonic()
    assert stuck.end() == 0
    assert time.monotonic() - asked < 2.5


def test_other_jobs_are_served_as_generate_is(start: Callable[[], Client], tmp_path: Path) -> None:
    client = start()
    client.call("m", "gallery", theme="small", out=str(tmp_path))
    assert client.until("$/progress")["phase"] == "Planning"
    answer = client.answer("m")
    assert answer["result"] == {"museum": f"{tmp_path}/museum.json", "title": "small"}
    client.call("n", "gallery", theme="listening", out=str(tmp_path))
    client.call("o", "generate", model="a", out=str(tmp_path))
    assert client.answer("o")["error"]["data"]["code"] == "E_BUSY"
    client.notify("$/cancel", job="n")
    assert client.answer("n")["error"]["data"]["code"] == "E_CANCELLED"
    client.call("p", "gallery", theme="unknown", out=str(tmp_path))
    assert client.answer("p")["error"]["data"]["code"] == "E_REQUEST"
    assert client.end() == 0
