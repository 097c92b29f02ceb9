# SPDX-License-Identifier: GPL-3.0-or-later
"""The engine's process: started with a clean environment, read without waiting, surely ended."""

from __future__ import annotations

import contextlib
import os
import shlex
import signal
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import IO, Any

from . import problems
from .pipes import Sink, Source
from .protocol import Lines

GRACE_S = 0.5
"""Seconds between the polite end (end of input), `terminate` and `kill`."""

STEP_BYTES = 512 * 1024
"""Bytes read in one step at most, so that a step never holds up the window."""


def split_command(command: str) -> list[str]:
    """Cut a command line into words; `worker` is added when only the program is named.

    A bare path with spaces works without quotation marks if such a file exists.
    """
    command = command.strip()
    if command and Path(command).is_file():
        words = [command]
    elif sys.platform == "win32":
        words = [word.strip('"') for word in shlex.split(command, posix=False)]
    else:
        try:
            words = shlex.split(command)
        except ValueError as error:
            raise problems.engine_start(command, str(error).lower()) from error
    if len(words) == 1:
        words.append("worker")
    return words


def clean_environment(environment: Mapping[str, str]) -> dict[str, str]:
    """The environment without what Blender sets for its own Python."""
    return {
        name: value
        for name, value in environment.items()
        if not name.startswith("PYTHON") and name != "__PYVENV_LAUNCHER__"
    }


class EngineProcess:
    """One run of the engine. Nothing here waits, except `end`, which is bounded."""

    def __init__(self, command: str, log: Path) -> None:
        """Start it.

        Raises:
            Problem: E_ENGINE_START when the command cannot run, E_WRITE when the log cannot be
                written.
        """
        self.log = log
        self._lines = Lines()
        words = split_command(command)
        if not words:
            raise problems.engine_missing()
        try:
            log.parent.mkdir(parents=True, exist_ok=True)
            errors = log.open("wb")
        except OSError as error:
            raise problems.cannot_write(
                f"The log {log} could not be written: {error.strerror}."
            ) from error
        with errors:
            try:
                self._child = subprocess.Popen(
                    words,
                    stdin=subprocess.PIPE,
                    stdout=subprocess.PIPE,
                    stderr=errors,
                    bufsize=0,
                    env=clean_environment(os.environ),
                    cwd=log.parent,
                    **_own_group(),
                )
            except (OSError, ValueError) as error:
                reason = getattr(error, "strerror", None) or str(error)
                raise problems.engine_start(command, reason.lower()) from error
        assert self._child.stdin is not None
        assert self._child.stdout is not None
        self._sink = Sink(self._child.stdin.fileno())
        self._source = Source(self._child.stdout.fileno())

    @property
    def pid(self) -> int:
        """The process's number."""
        return self._child.pid

    @property
    def exit_code(self) -> int | None:
        """None while it runs."""
        return self._child.poll()

    def send(self, line: bytes) -> None:
        """Hand over one line; a closed pipe shows itself when reading."""
        self._sink.write(line)

    def receive(self) -> tuple[list[bytes], bool]:
        """The lines that have arrived, and whether the stream goes on.

        Raises:
            Problem: E_PROTOCOL when a line has no end.
        """
        self._sink.write()
        lines: list[bytes] = []
        taken = 0
        while taken < STEP_BYTES:
            chunk = self._source.read()
            if chunk is None:
                return lines, False
            if not chunk:
                break
            taken += len(chunk)
            lines.extend(self._lines.feed(chunk))
        return lines, True

    def end(self) -> None:
        """Close its input, then terminate, then kill: it is gone within 2 s."""
        self._close(self._child.stdin)
        if not self._gone():
            self._signal("SIGTERM")
        if not self._gone():
            self._signal("SIGKILL")
        self._gone()
        self._close(self._child.stdout)

    def kill(self) -> None:
        """End it at once."""
        self._signal("SIGKILL")
        self._close(self._child.stdin)
        self._gone()
        self._close(self._child.stdout)

    def last_words(self, lines: int = 1) -> str:
        """The last lines of its log, for people."""
        try:
            with self.log.open("rb") as file:
                file.seek(max(0, self.log.stat().st_size - 4096))
                text = file.read().decode("utf-8", "replace")
        except OSError:
            return ""
        return " / ".join([line.strip() for line in text.splitlines() if line.strip()][-lines:])

    def _gone(self) -> bool:
        try:
            self._child.wait(timeout=GRACE_S)
        except subprocess.TimeoutExpired:
            return False
        return True

    def _signal(self, name: str) -> None:
        """Signal the whole group, so that a launcher script does not outlive its program."""
        if self._child.poll() is not None:
            return
        if sys.platform == "win32":
            self._child.kill()
            return
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self._child.pid, getattr(signal, name))

    @staticmethod
    def _close(stream: IO[bytes] | None) -> None:
        if stream is not None:
            with contextlib.suppress(OSError):
                stream.close()


def _own_group() -> dict[str, Any]:
    """Keep a Ctrl-C in Blender's terminal away from the engine, and no console on Windows."""
    if sys.platform == "win32":
        return {"creationflags": subprocess.CREATE_NO_WINDOW}
    return {"start_new_session": True}
