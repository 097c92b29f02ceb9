"""The worker protocol: what is written can be read, and nothing read can do harm."""

from __future__ import annotations

import json
import tracemalloc
from collections.abc import Callable
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from addon.core import protocol as client
from addon.core.problems import Problem
from engine import protocol as server
from engine.errors import ProtocolError, UnknownModel
from engine.protocol import Failure, Lines, Notification, Request, Response

ids = st.none() | st.integers() | st.text()
json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=10,
)  # fmt: skip
params = st.dictionaries(st.text(), json_values)
messages = st.one_of(
    st.builds(Request, ids, st.text(), params),
    st.builds(Notification, st.text(), params),
    st.builds(Response, ids, params),
    st.builds(Failure, ids, st.text(), st.text(), st.text()),
)


@given(messages)
def test_every_message_survives_the_pipe_as_one_ascii_line(message: server.Message) -> None:
    line = server.encode(message)
    assert line.endswith(b"\n")
    assert line.count(b"\n") == 1
    assert line.isascii()
    assert server.decode(line) == message


def code_of(read: Callable[[bytes], object], line: bytes) -> str | None:
    """The code of the error that `read` raises; other exceptions pass through."""
    try:
        read(line)
    except (ProtocolError, Problem) as error:
        return error.code
    return None


@given(st.binary() | json_values.map(lambda value: json.dumps(value).encode()))
def test_any_bytes_are_a_message_or_a_typed_error_on_both_sides(line: bytes) -> None:
    assert code_of(server.decode, line) in (None, "E_PROTOCOL")
    assert code_of(client.read, line) in (None, "E_PROTOCOL")


@given(
    st.fixed_dictionaries(
        {"jsonrpc": st.just("2.0")},
        optional=dict.fromkeys(("id", "method", "params", "result", "error"), json_values),
    )
)
def test_any_json_rpc_object_is_a_message_or_a_typed_error(body: dict[str, object]) -> None:
    line = json.dumps(body).encode()
    assert code_of(server.decode, line) in (None, "E_PROTOCOL")
    assert code_of(client.read, line) in (None, "E_PROTOCOL")


@pytest.mark.parametrize(
    "line",
    [
        b"[" * 100_000,
        b'{"jsonrpc":"2.0","id":1,"method":"hello","params":' + b'{"a":' * 50_000,
        b'{"jsonrpc":"2.0","id":' + b"9" * 10_000 + b',"method":"hello"}',
        b'{"jsonrpc":"2.0","method":"hello","params":{"a":NaN}}',
        b'{"jsonrpc":"2.0","id":true,"method":"hello"}',
        b'{"jsonrpc":"1.0","id":1,"method":"hello"}',
        b'{"jsonrpc":"2.0","id":1,"method":"hello","params":[1]}',
        b'{"jsonrpc":"2.0","id":1}',
        b"\xff\xfe",
        b"Loading weights... done",
    ],
)
def test_what_is_no_message_is_refused_with_an_excerpt(line: bytes) -> None:
    with pytest.raises(ProtocolError, match=r"."):
        server.decode(line)


@given(st.lists(st.binary(max_size=12)), st.integers(1, 9))
def test_lines_come_out_whole_however_the_stream_is_cut(parts: list[bytes], cut: int) -> None:
    expected = [part for part in b"\n".join(parts).split(b"\n")[:-1] if part.strip()]
    stream = b"\n".join(parts)
    for make in (Lines, client.Lines):
        lines = make(limit=1000)
        chunks = [stream[i : i + cut] for i in range(0, len(stream), cut)]
        found = [line for chunk in chunks for line in lines.feed(chunk)]
        assert [bytes(f).strip() for f in found] == [e.strip() for e in expected]


def test_a_line_beyond_the_limit_is_dropped_and_the_next_one_still_read() -> None:
    lines = Lines(limit=10)
    found = [item for chunk in (b"x" * 8, b"x" * 8, b"x\nok\n") for item in lines.feed(chunk)]
    assert isinstance(found[0], ProtocolError)
    assert found[1:] == [b"ok"]


@pytest.mark.parametrize("make", [Lines, client.Lines])
def test_an_endless_line_takes_bounded_memory(make: type[Lines]) -> None:
    lines = make(limit=100_000)
    chunk = b"x" * 50_000
    tracemalloc.start()
    try:
        for _ in range(200):
            with suppress(Problem):
                list(lines.feed(chunk))
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 1_000_000


def test_a_message_too_long_for_a_line_is_refused_before_it_is_sent() -> None:
    with pytest.raises(ProtocolError, match="holds 100"):
        server.encode(Response(1, {"a": "x" * 200}), limit=100)


def test_an_error_crosses_the_pipe_with_code_sentence_and_fix() -> None:
    error = UnknownModel("There is no model 'x'", known="voxel_characters")
    answer = client.read(server.encode(Failure.of("job", error)))
    assert isinstance(answer, client.Answer)
    assert answer.problem is not None
    assert (answer.id, answer.problem.code) == ("job", "E_MODEL")
    assert answer.problem.sentence == "There is no model 'x'."
    assert answer.problem.fix == "Choose one of: voxel_characters."


@given(st.text(), params)
def test_what_the_client_writes_the_engine_reads(method: str, values: dict[str, object]) -> None:
    assert server.decode(client.call("7", method, values)) == Request("7", method, values)
    assert server.decode(client.notify(method, values)) == Notification(method, values)


def test_both_sides_agree_on_every_name_and_number() -> None:
    shared = {name for name in vars(client) if name.isupper()}
    methods = {"HELLO", "MODELS", "GENERATE", "GALLERY", "WORKS", "PROGRESS", "CANCEL"}
    assert shared == {"PROTOCOL", "MAX_LINE", *methods}
    for name in shared:
        assert getattr(client, name) == getattr(server, name), name
