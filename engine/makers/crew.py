"""A batch on all cores: this process makes assets, and where it pays further ones help.

Each asset depends on its seed alone, so who makes it changes no byte. A helper is this file run as
a program; it reads a request and then seeds from its standard input, one JSON a line, and answers
each with its outcome. It ends as soon as its input does, but never in the middle of a file.
"""

from __future__ import annotations

import json
import os
import queue
import signal
import subprocess
import sys
import threading
import time
from collections import deque
from collections.abc import Iterable, Iterator
from contextlib import suppress
from typing import IO

from engine.errors import VernissageError
from engine.makers.cores import cores
from engine.makers.item import BARREN, load, make, pack, refusal, unpack, write
from engine.request import GenerateRequest, IsCancelled, Item, Refusal
from engine.zoo.registry import Loaded

PAYS_S = 12.0
"""Seconds of work left from which a helper, which takes some five to load, is worth its start."""
MOST = 8
"""Processes at most; each holds torch and the model, some 0.6 GB."""
AHEAD = 2
"""Seeds that a helper has at hand, so that it need not wait while this process is busy."""


def outcomes(
    request: GenerateRequest,
    model: Loaded,
    is_cancelled: IsCancelled | None = None,
    *,
    seeds: Iterable[int] | None = None,
) -> Iterator[Item | Refusal]:
    """Make all assets of a settled request; in no particular order.

    Ends early, and quietly, when `is_cancelled` says so.

    Args:
        seeds: those to make instead of the request's own.

    Raises:
        CannotWrite. EmptyShape, BudgetTooLow: the first of these, if all seeds are barren.
    """
    own = range(request.seed, request.seed + request.count)
    todo = deque(own if seeds is None else seeds)
    crew = _Crew(request)
    barren: VernissageError | None = None
    fruitful = False
    try:
        while todo or crew.busy:
            if is_cancelled and is_cancelled():
                return
            crew.share(todo)
            outcome: Item | Refusal | None
            if todo:
                seed = todo.popleft()
                begin = time.monotonic()
                try:
                    outcome = write(request, seed, *make(request, model, seed))
                except BARREN as error:
                    barren = barren or error
                    outcome = refusal(seed, error)
                yield outcome
                fruitful |= isinstance(outcome, Item)
                crew.hire(len(todo), time.monotonic() - begin)
            for outcome in crew.collect(todo):
                yield outcome
                fruitful |= isinstance(outcome, Item)
    finally:
        crew.dismiss()
    if barren and not fruitful:
        raise barren


class _Crew:
    """The helpers of one batch."""

    def __init__(self, request: GenerateRequest) -> None:
        self._request = request
        self._said: queue.SimpleQueue[tuple[_Helper, bytes]] = queue.SimpleQueue()
        self._helpers: list[_Helper] = []
        self._hired = False

    @property
    def busy(self) -> bool:
        """Seeds are with helpers."""
        return any(helper.seeds for helper in self._helpers)

    def hire(self, left: int, seconds: float) -> None:
        """Start helpers, once, if `left` assets of `seconds` each are work enough."""
        if self._hired or left * seconds < PAYS_S:
            return
        self._hired = True
        for _ in range(min(cores(), MOST, left) - 1):
            self._helpers.append(_Helper(self._request, self._said))

    def share(self, todo: deque[int]) -> None:
        """Hand seeds to helpers that are ready for them."""
        for _ in range(AHEAD):
            for helper in self._helpers:
                enough = AHEAD if len(todo) > AHEAD * len(self._helpers) else 1
                if todo and helper.ready and len(helper.seeds) < enough:
                    helper.give(todo.popleft())

    def collect(self, todo: deque[int]) -> Iterator[Item | Refusal]:
        """What helpers have made; waits a little where there is nothing else to do.

        What a helper could not make, or had at hand when it died, goes back to `todo`: made here, it
        meets its error here.
        """
        wait = not todo and self.busy
        while True:
            try:
                helper, line = self._said.get(wait, 0.1)
            except queue.Empty:
                return
            wait = False
            if not line:
                self._helpers.remove(helper)
                helper.close()
                helper.wait()
                todo.extendleft(helper.seeds)
            elif line.strip() == b"ready":
                helper.ready = True
            elif line.startswith(b"failed"):
                todo.appendleft(helper.seeds.popleft())
            else:
                helper.seeds.popleft()
                yield unpack(line)

    def dismiss(self) -> None:
        """End all helpers; none leaves half a file."""
        for helper in self._helpers:
            helper.close()
        for helper in self._helpers:
            helper.wait()


class _Helper:
    """One further process; `seeds` are those it has not yet answered, in order."""

    def __init__(
        self, request: GenerateRequest, said: queue.SimpleQueue[tuple[_Helper, bytes]]
    ) -> None:
        self.ready = False
        self.seeds: deque[int] = deque()
        self._child = subprocess.Popen(
            [sys.executable, "-m", "engine.makers.crew"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env=os.environ
            | {"OMP_NUM_THREADS": "1", "PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
        )
        self._say(request.model_dump(mode="json") | {"out": str(request.out.resolve())})
        threading.Thread(target=self._listen, args=(said,), daemon=True).start()

    def give(self, seed: int) -> None:
        self.seeds.append(seed)
        self._say(seed)

    def close(self) -> None:
        if not self.ready:  # it still loads, and has begun no file
            self._child.kill()
        assert self._child.stdin
        with suppress(OSError):
            self._child.stdin.close()

    def wait(self) -> None:
        try:
            self._child.wait(5)
        except subprocess.TimeoutExpired:  # deaf inside a library
            self._child.kill()
            self._child.wait()

    def _say(self, value: object) -> None:
        assert self._child.stdin
        with suppress(OSError):  # it has died: its listener tells
            self._child.stdin.write(json.dumps(value).encode() + b"\n")
            self._child.stdin.flush()

    def _listen(self, said: queue.SimpleQueue[tuple[_Helper, bytes]]) -> None:
        assert self._child.stdout
        with self._child.stdout as stream:
            for line in stream:
                said.put((self, line))
        said.put((self, b""))


def help_out(source: IO[str], sink: IO[str]) -> None:
    """The helper's side: a request, then seeds, until the input ends."""
    asked = source.readline()
    if not asked:
        return
    import torch

    torch.set_num_threads(1)
    request = GenerateRequest.parse(json.loads(asked))
    model = load(request.model)
    seeds: queue.SimpleQueue[int] = queue.SimpleQueue()
    writing = threading.Lock()

    def listen() -> None:
        for line in source:
            seeds.put(int(line))
        with writing:  # never in the middle of a file
            os._exit(0)

    threading.Thread(target=listen, daemon=True).start()
    said = "ready"
    while True:
        sink.write(said + "\n")
        sink.flush()
        seed = seeds.get()
        try:
            made, picture = make(request, model, seed)
            with writing:
                said = pack(write(request, seed, made, picture))
        except BARREN as error:
            said = pack(refusal(seed, error))
        except (VernissageError, MemoryError):
            said = "failed"


def _main() -> None:
    # Ctrl-C is the business of the process that shows the progress bar.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    # Whatever a library prints must not be taken for an answer.
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    help_out(sys.stdin, answers)


if __name__ == "__main__":
    _main()
