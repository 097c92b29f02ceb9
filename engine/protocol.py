"""JSON-RPC 2.0 over a pipe: one JSON object a line, in UTF-8, each line bounded.

The add-on has its own small copy of this (`addon/core/protocol.py`), because it imports nothing of
the engine; a test holds the two together. See docs/protocol.md for the messages by example.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from engine.errors import ProtocolError, VernissageError

PROTOCOL = 1
"""Version of the protocol; both sides must have the same."""

MAX_LINE = 16 * 2**20
"""Bytes in one line at most: 10,000 items of 1.6 kB fit."""

HELLO = "hello"
MODELS = "models"
GENERATE = "generate"
GALLERY = "gallery"
WORKS = "works"
PING = "ping"
PROGRESS = "$/progress"
HEARTBEAT = "$/heartbeat"
CANCEL = "$/cancel"

HEARTBEAT_S = 1.0
"""Seconds between two heartbeats while a job runs."""

Id = int | str | None

# JSON-RPC wants an integer beside our word; these are the ones its specification reserves.
_NUMBERS = {"E_PROTOCOL": -32600, "E_METHOD": -32601, "E_REQUEST": -32602, "E_INTERNAL": -32603}
_SERVER_ERROR = -32000


@dataclass(frozen=True)
class Request:
    """A call that wants an answer with the same `id`."""

    id: Id
    method: str
    params: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Notification:
    """A message that wants no answer."""

    method: str
    params: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Response:
    """The answer to a request that succeeded."""

    id: Id
    result: dict[str, Any]


@dataclass(frozen=True)
class Failure:
    """The answer to a request that failed: a code, one sentence, one fix."""

    id: Id
    code: str
    sentence: str
    fix: str

    @classmethod
    def of(cls, to: Id, error: VernissageError) -> Failure:
        """The form in which `error` crosses the pipe."""
        return cls(to, **error.as_dict())


Message = Request | Notification | Response | Failure


def encode(message: Message, *, limit: int = MAX_LINE) -> bytes:
    """One line, newline included. It is pure ASCII, so no reader can split a character in two.

    Raises:
        ProtocolError: the line would be longer than `limit` bytes, or holds NaN or infinity.
    """
    body: dict[str, Any] = {"jsonrpc": "2.0"}
    match message:
        case Request(id, method, params):
            body |= {"id": id, "method": method, "params": params}
        case Notification(method, params):
            body |= {"method": method, "params": params}
        case Response(id, result):
            body |= {"id": id, "result": result}
        case Failure(id, code, sentence, fix):
            data = {"code": code, "sentence": sentence, "fix": fix}
            number = _NUMBERS.get(code, _SERVER_ERROR)
            body |= {"id": id, "error": {"code": number, "message": sentence, "data": data}}
    try:
        line = json.dumps(body, allow_nan=False, separators=(",", ":")).encode("ascii") + b"\n"
    except ValueError as error:
        raise ProtocolError(f"The message cannot be written as JSON: {error}") from error
    if len(line) > limit:
        raise ProtocolError(f"The message takes {len(line)} bytes; a line holds {limit}")
    return line


def decode(line: bytes) -> Message:
    """Read one line, with or without its newline.

    Raises:
        ProtocolError: and nothing else, whatever the bytes.
    """
    if len(line) > MAX_LINE:
        raise ProtocolError(f"A line of {len(line)} bytes came; at most {MAX_LINE} are allowed")
    try:
        body = json.loads(line.decode("utf-8"), parse_constant=_refuse_constant)
    except (ValueError, RecursionError) as error:
        raise ProtocolError(f"This is not JSON: {_excerpt(line)}") from error
    if not isinstance(body, dict) or body.get("jsonrpc") != "2.0":
        raise ProtocolError(f"This is not JSON-RPC 2.0: {_excerpt(line)}")
    if "method" in body:
        return _call(body, line)
    return _answer(body, line)


def _call(body: dict[str, Any], line: bytes) -> Message:
    method, params = body["method"], body.get("params", {})
    if not isinstance(method, str) or not isinstance(params, dict):
        raise ProtocolError(f"A call needs a method and named parameters: {_excerpt(line)}")
    if "id" not in body:
        return Notification(method, params)
    return Request(_id(body, line), method, params)


def _answer(body: dict[str, Any], line: bytes) -> Message:
    to = _id(body, line)
    if isinstance(body.get("result"), dict):
        return Response(to, body["result"])
    error = body.get("error")
    if not isinstance(error, dict):
        raise ProtocolError(f"An answer needs a result or an error: {_excerpt(line)}")
    data = error.get("data")
    if not isinstance(data, dict):
        data = {}
    code = data.get("code", "E_INTERNAL")
    sentence = data.get("sentence", error.get("message", ""))
    fix = data.get("fix", "")
    if not (isinstance(code, str) and isinstance(sentence, str) and isinstance(fix, str)):
        raise ProtocolError(f"An error carries text only: {_excerpt(line)}")
    return Failure(to, code, sentence, fix)


def _id(body: dict[str, Any], line: bytes) -> Id:
    found = body.get("id")
    if isinstance(found, bool) or not isinstance(found, int | str | None):
        raise ProtocolError(f"An id is a number, a text or null: {_excerpt(line)}")
    return found


def _refuse_constant(name: str) -> None:
    raise ValueError(f"{name} is not JSON")


def _excerpt(line: bytes) -> str:
    text = line[:60].decode("utf-8", "replace").strip()
    return ascii(text) + (" and so on" if len(line) > 60 else "")


class Lines:
    """Cuts a stream of chunks into lines and never holds more than `limit` bytes of one."""

    def __init__(self, limit: int = MAX_LINE) -> None:
        self.limit = limit
        self._held = bytearray()
        self._skipping = False

    def feed(self, chunk: bytes) -> Iterator[bytes | ProtocolError]:
        """Yield each line that `chunk` completes, without its newline; empty lines are dropped.

        A line beyond the limit yields one `ProtocolError` (it is not raised, so that the lines
        after it still arrive) and is dropped up to its newline.
        """
        *ended, rest = chunk.split(b"\n")
        for part in ended:
            yield from self._take(part)
            if not self._skipping and self._held.strip():
                yield bytes(self._held)
            self._held.clear()
            self._skipping = False
        yield from self._take(rest)

    def _take(self, part: bytes) -> Iterator[ProtocolError]:
        if self._skipping:
            return
        if len(self._held) + len(part) > self.limit:
            self._skipping = True
            self._held.clear()
            yield ProtocolError(f"A line is longer than {self.limit} bytes")
        else:
            self._held += part
