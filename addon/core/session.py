# SPDX-License-Identifier: GPL-3.0-or-later
"""The warm engine and at most one job, moved on by short steps that never wait."""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from . import offers, problems, protocol
from .jobs import Job, Made, Read, State
from .offers import Offer
from .process import EngineProcess
from .protocol import Answer, Notice

CANCEL_GRACE_S = 1.25
"""Seconds an engine has to honour a cancel before it is killed."""

HELLO_ID = "hello"
MODELS_ID = "models"


@dataclass(frozen=True)
class Hello:
    """How an engine introduced itself, and what its models can be asked for."""

    engine: str
    device: str
    offers: tuple[Offer, ...]


class Session:
    """Owns the engine's process. Every method returns at once; `close` within 2 s."""

    def __init__(
        self,
        command: str,
        log: Path,
        *,
        patience_s: float = 30.0,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.command = command
        self.log = log
        self.patience_s = patience_s
        self.hello: Hello | None = None
        self.job: Job | None = None
        self.problem: problems.Problem | None = None
        self._clock = clock
        self._process: EngineProcess | None = None
        self._greeting: tuple[str, str] | None = None
        self._heard = 0.0
        self._cancelled_at = 0.0

    @property
    def alive(self) -> bool:
        """The engine's process runs."""
        return self._process is not None

    @property
    def pid(self) -> int | None:
        """The number of the engine's process."""
        return self._process.pid if self._process else None

    @property
    def busy(self) -> bool:
        """A job is on its way."""
        return self.job is not None and not self.job.ended

    @property
    def waiting(self) -> bool:
        """Something is expected of the engine: its introduction or the end of a job."""
        return self.busy or (self.alive and self.hello is None)

    @property
    def silent_s(self) -> float:
        """Seconds since the engine said something, if something is expected of it."""
        return self._clock() - self._heard if self.alive and self.waiting else 0.0

    def greet(self) -> None:
        """Ask the engine to introduce itself (anew), starting it if need be."""
        running = self._process is not None and self._process.exit_code is None
        self.start()
        if running and self.hello is not None and not self.busy:
            self.hello = None
            self._greet()

    def start(self) -> None:
        """Start the engine if it does not run. What goes wrong is in `problem`."""
        self.problem = None
        if self._process is not None and self._process.exit_code is None:
            return
        self._kill()
        try:
            self._process = EngineProcess(self.command, self.log)
        except problems.Problem as problem:
            self.problem = problem
            return
        self._greet()

    def submit(
        self,
        job_id: str,
        request: dict[str, Any],
        folder: Path,
        method: str = protocol.GENERATE,
        read: Read = Made.read,
    ) -> Job:
        """Begin a job whose files go to `folder`; it starts the engine if needed."""
        if self.busy:
            raise RuntimeError("one job at a time")
        job = self.job = Job(job_id, request, folder, self._clock(), method=method, read=read)
        self.start()
        if self.problem:
            job.fail(self.problem)
            return job
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            sentence = f"The folder {folder} could not be made: {error.strerror}."
            job.fail(problems.cannot_write(sentence))
            return job
        job.move(State.STARTING)
        self._heard = self._clock()
        self._begin()
        return job

    def cancel(self) -> None:
        """Stop the job. It ends at the engine's word, or within `CANCEL_GRACE_S` without it."""
        job = self.job
        if job is None or job.ended or job.state is State.FINISHING:
            return
        if job.state is State.RUNNING:
            self._send(protocol.notify(protocol.CANCEL, {"job": job.id}))
            self._cancelled_at = self._clock()
            job.move(State.CANCELLING)
        elif job.state is not State.CANCELLING:
            job.move(State.CANCELLED)
            self._discard(job)

    def step(self) -> None:
        """Read what has come and look at the clock; call it about ten times a second."""
        if self._process is None:
            return
        try:
            lines, open_ = self._process.receive()
            if lines:
                self._heard = self._clock()
            for line in lines:
                self._take(protocol.read(line))
        except problems.Problem as problem:
            self._give_up(problem)
            return
        if not open_:
            words = self._process.last_words()
            self._process.end()
            self._give_up(problems.engine_ended(self._process.exit_code, words))
        elif self.silent_s > self.patience_s:
            self._give_up(problems.engine_silent(self.silent_s))
        elif (
            self.job
            and self.job.state is State.CANCELLING
            and self._clock() - self._cancelled_at > CANCEL_GRACE_S
        ):
            self._kill()
            self._end_cancelled(self.job)

    def close(self) -> None:
        """End the engine, and with it the job."""
        process, self._process = self._process, None
        if process is not None:
            process.end()
        self.hello = None
        if self.job and not self.job.ended and self.job.state is not State.FINISHING:
            self._end_cancelled(self.job)

    def _greet(self) -> None:
        self._heard = self._clock()
        self._send(protocol.call(HELLO_ID, protocol.HELLO, {"protocol": protocol.PROTOCOL}))

    def _begin(self) -> None:
        """Send the waiting job, once the engine has introduced itself."""
        job = self.job
        if self.hello is None or job is None or job.state is not State.STARTING:
            return
        params = {**job.request, "out": str(job.folder)}
        self._send(protocol.call(job.id, job.method, params))
        job.move(State.RUNNING)

    def _take(self, message: Notice | Answer) -> None:
        job = self.job
        if isinstance(message, Notice):
            ours = job is not None and message.params.get("job") == job.id
            if ours and job and message.method == protocol.PROGRESS:
                job.progress.update(message.params)
        elif message.id == HELLO_ID:
            self._greeting = _greeting(message)
            self._send(protocol.call(MODELS_ID, protocol.MODELS, {}))
        elif message.id == MODELS_ID and self._greeting:
            self.hello = Hello(*self._greeting, _offers(message))
            self._begin()
        elif job is not None and message.id == job.id and not job.ended:
            self._answer(job, message)
        elif message.id is None and message.problem:
            raise message.problem

    def _answer(self, job: Job, answer: Answer) -> None:
        job.seconds = self._clock() - job.started
        if job.state is State.CANCELLING:
            self._end_cancelled(job)
            return
        try:
            if answer.result is None:
                raise answer.problem or problems.protocol("The engine gave an empty answer.")
            job.made = job.read(answer.result, job.folder)
        except problems.Problem as problem:
            job.fail(problem)
            self._discard(job)
        else:
            job.move(State.FINISHING)

    def _give_up(self, problem: problems.Problem) -> None:
        """The engine is of no use any more: end it and tell."""
        self._kill()
        self.problem = problem
        if self.job and not self.job.ended and self.job.state is not State.FINISHING:
            self.job.fail(problem)
            self._discard(self.job)

    def _end_cancelled(self, job: Job) -> None:
        job.move(State.CANCELLED)
        self._discard(job)

    def _send(self, line: bytes) -> None:
        if self._process is not None:
            self._process.send(line)

    def _kill(self) -> None:
        if self._process is not None:
            self._process.kill()
        self._drop()

    def _drop(self) -> None:
        self._process = None
        self.hello = None

    @staticmethod
    def _discard(job: Job) -> None:
        shutil.rmtree(job.folder, ignore_errors=True)


def _greeting(answer: Answer) -> tuple[str, str]:
    """Check an introduction; returns the engine's version and its device.

    Raises:
        Problem: E_PROTOCOL when the engine speaks another version or says nonsense.
    """
    if answer.problem:
        raise answer.problem
    result = answer.result or {}
    version = result.get("protocol")
    if version != protocol.PROTOCOL:
        raise problems.protocol(
            f"The engine speaks version {version} of the protocol, "
            f"this add-on version {protocol.PROTOCOL}."
        )
    match result:
        case {"engine": str(engine), "device": str(device)}:
            return engine, device
    raise problems.protocol("The engine did not introduce itself properly.")


def _offers(answer: Answer) -> tuple[Offer, ...]:
    """What the models can be asked for. Raises Problem."""
    if answer.problem:
        raise answer.problem
    return offers.read(answer.result or {})
