# SPDX-License-Identifier: GPL-3.0-or-later
"""The client's half of the worker protocol: JSON-RPC 2.0, one bounded line of JSON a message.

Written for the add-on alone, which imports nothing of the engine; docs/protocol.md describes it.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from . import problems

PROTOCOL = 1
MAX_LINE = 16 * 2**20

HELLO = "hello"
MODELS = "models"
GENERATE = "generate"
GALLERY = "gallery"
WORKS = "works"
PROGRESS = "$/progress"
CANCEL = "$/cancel"


@dataclass(frozen=True)
class Notice:
    """Something the worker says of its own accord."""

    method: str
    params: dict[str, Any]


@dataclass(frozen=True)
class Answer:
    """The answer to one of our calls: a result, or a problem."""

    id: str | int | None
    result: dict[str, Any] | None
    problem: problems.Problem | None = None


def call(call_id: str, method: str, params: dict[str, Any]) -> bytes:
    """A call that will be answered under `call_id`, as one line."""
    return _line({"jsonrpc": "2.0", "id": call_id, "method": method, "params": params})


def notify(method: str, params: dict[str, Any]) -> bytes:
    """A notification, as one line."""
    return _line({"jsonrpc": "2.0", "method": method, "params": params})


def _line(body: dict[str, Any]) -> bytes:
    return json.dumps(body, allow_nan=False, separators=(",", ":")).encode("ascii") + b"\n"


def read(line: bytes) -> Notice | Answer:
    """Understand one line of the worker.

    Raises:
        Problem: E_PROTOCOL, and nothing else, whatever the bytes.
    """
    try:
        body = json.loads(line.decode("utf-8"))
    except (ValueError, RecursionError):
        body = None
    if not isinstance(body, dict) or body.get("jsonrpc") != "2.0":
        raise _nonsense(line)
    if "method" in body:
        method, params = body["method"], body.get("params", {})
        if not isinstance(method, str) or not isinstance(params, dict):
            raise _nonsense(line)
        return Notice(method, params)
    call_id, result, error = body.get("id"), body.get("result"), body.get("error")
    if not isinstance(call_id, str | int | None):
        raise _nonsense(line)
    if isinstance(result, dict):
        return Answer(call_id, result)
    if isinstance(error, dict):
        return Answer(call_id, None, _problem(error))
    raise _nonsense(line)


def _problem(error: dict[str, Any]) -> problems.Problem:
    data = error.get("data")
    if not isinstance(data, dict):
        data = {}
    return problems.from_engine(
        str(data.get("code", "E_INTERNAL")),
        str(data.get("sentence") or error.get("message") or "The engine failed."),
        str(data.get("fix") or ""),
    )


def _nonsense(line: bytes) -> problems.Problem:
    excerpt = ascii(line[:60].decode("utf-8", "replace").strip())
    return problems.protocol(f"The engine wrote something that is not its protocol: {excerpt}.")


class Lines:
    """Cuts a stream of chunks into lines and never holds more than `limit` bytes of one."""

    def __init__(self, limit: int = MAX_LINE) -> None:
        self.limit = limit
        self._held = bytearray()

    def feed(self, chunk: bytes) -> Iterator[bytes]:
        """Yield each line that `chunk` completes; empty ones are dropped.

        Raises:
            Problem: E_PROTOCOL, when a line is longer than the limit; the stream is then useless.
        """
        *ended, rest = chunk.split(b"\n")
        for part in ended:
            self._hold(part)
            line = bytes(self._held).strip()
            self._held.clear()
            if line:
                yield line
        self._hold(rest)

    def _hold(self, part: bytes) -> None:
        if len(self._held) + len(part) > self.limit:
            self._held.clear()
            raise problems.protocol(f"The engine wrote a line longer than {self.limit} bytes.")
        self._held += part
