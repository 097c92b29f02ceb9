"""`vernissage worker`: serve jobs over stdin and stdout until the input ends.

Three threads of this process: the main one makes things, so that libraries which care find
themselves at home; one reads the pipe and answers at once, whatever the main one does; one beats.
Blender's side has none. stderr is the log.
"""

from __future__ import annotations

import logging
import os
import queue
import sys
import threading
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import asdict
from functools import partial
from importlib import import_module
from pathlib import Path
from typing import Any, BinaryIO

from engine import __version__, protocol
from engine.errors import (
    BadRequest,
    Cancelled,
    OutOfMemory,
    ProtocolError,
    VernissageError,
    WorkerBusy,
)
from engine.protocol import Failure, Notification, Request, Response
from engine.request import GenerateRequest, GenerateResult, IsCancelled, OnProgress, Progress
from engine.zoo import offer
from engine.zoo.card import card, makers

log = logging.getLogger(__name__)

ANSWER_S = 0.75
"""Seconds that a cancelled job has to end; then it is answered for, and its files are removed."""

END_S = 1.5
"""Seconds that a job has to end once nobody listens any more; then the process leaves."""

PROGRESS_S = 0.05
"""Seconds between two progress notifications of one phase at least."""

CHUNK = 64 * 1024

Generate = Callable[..., GenerateResult]
Describe = Callable[[], dict[str, Any]]
Run = Callable[..., dict[str, Any]]
"""Does a job, told `on_progress` and `is_cancelled`; returns the answer's JSON values."""


class Job:
    """One request on its way, seen by all threads."""

    def __init__(self, request_id: protocol.Id, run: Run) -> None:
        self.id = request_id
        self.run = run
        self.cancelled = threading.Event()
        self._answered = False
        self._lock = threading.Lock()

    def claim(self) -> bool:
        """True for the one caller who may answer the job."""
        with self._lock:
            mine, self._answered = not self._answered, True
        return mine

    @property
    def answered(self) -> bool:
        """Somebody has answered it, or is about to."""
        return self._answered


class Worker:
    """Speaks the protocol on two byte streams; `generate` and `others` do the work.

    `others` are methods by name that take their parameters as they came, and check them.
    """

    def __init__(
        self,
        source: BinaryIO,
        sink: BinaryIO,
        generate: Generate,
        describe: Describe,
        others: Mapping[str, Run],
    ) -> None:
        self._source = source
        self._sink = sink
        self._generate = generate
        self._describe = describe
        self._others = others
        self._writing = threading.Lock()
        self._jobs: queue.SimpleQueue[Job | None] = queue.SimpleQueue()
        self._current: Job | None = None
        self._ended = threading.Event()

    def run(self) -> None:
        """Serve until the input ends."""
        threading.Thread(target=self._read, name="reader", daemon=True).start()
        threading.Thread(target=self._beat, name="heart", daemon=True).start()
        while (job := self._jobs.get()) is not None:
            self._make(job)
        self._ended.set()

    # The main thread.

    def _items(
        self, request: GenerateRequest, *, on_progress: OnProgress, is_cancelled: IsCancelled
    ) -> dict[str, Any]:
        result = self._generate(request, on_progress=on_progress, is_cancelled=is_cancelled)
        if is_cancelled():
            _remove(result)
        return _body(result)

    def _make(self, job: Job) -> None:
        if job.cancelled.is_set():
            self._refuse(job, Cancelled("Stopped before it began"))
            return
        sent = _Sparse(lambda progress: self._tell(job, progress))
        try:
            body = job.run(on_progress=sent, is_cancelled=job.cancelled.is_set)
            if job.cancelled.is_set():
                raise Cancelled("Stopped")
        except Exception as error:
            if not isinstance(error, VernissageError):
                log.exception("The job failed")
            self._refuse(job, _typed(error))
        else:
            if job.claim():
                self._send(_answer(job, body))
        finally:
            if self._current is job:
                self._current = None

    def _tell(self, job: Job, progress: Progress) -> None:
        if not job.answered:
            params = {
                "job": job.id,
                "phase": progress.phase,
                "done": progress.done,
                "total": progress.total,
                "eta_s": None if progress.eta_s is None else round(progress.eta_s, 2),
            }
            self._send(Notification(protocol.PROGRESS, params))

    def _refuse(self, job: Job, error: VernissageError) -> None:
        if job.claim():
            self._send(Failure.of(job.id, error))

    # The reader's thread: nothing here may take long.

    def _read(self) -> None:
        lines = protocol.Lines()
        while chunk := self._chunk():
            for line in lines.feed(chunk):
                try:
                    if isinstance(line, ProtocolError):
                        raise line
                    message = protocol.decode(line)
                except ProtocolError as error:
                    log.warning("%s", error)
                    self._send(Failure.of(None, error))
                    continue
                self._take(message)
        self._leave()

    def _chunk(self) -> bytes:
        try:
            return os.read(self._source.fileno(), CHUNK)
        except OSError:
            return b""

    def _take(self, message: protocol.Message) -> None:
        match message:
            case Request(request_id, method, params):
                try:
                    self._call(request_id, method, params)
                except Exception as error:
                    if not isinstance(error, VernissageError):
                        log.exception("%s failed", method)
                    self._send(Failure.of(request_id, _typed(error)))
            case Notification(protocol.CANCEL, params):
                self._cancel(params.get("job"))
            case _:
                log.info("Ignored: %s", message)

    def _call(self, request_id: protocol.Id, method: str, params: dict[str, Any]) -> None:
        if method == protocol.HELLO:
            self._send(Response(request_id, self._describe()))
        elif method == protocol.MODELS:
            self._send(Response(request_id, {"models": _offers(params)}))
        elif method == protocol.PING:
            busy = self._current is not None
            self._send(Response(request_id, {"busy": busy}))
        elif method == protocol.GENERATE:
            self._begin(request_id, partial(self._items, GenerateRequest.parse(params)))
        elif method in self._others:
            self._begin(request_id, partial(self._others[method], params))
        else:
            raise BadRequest(f"There is no method {method!r}")

    def _begin(self, request_id: protocol.Id, run: Run) -> None:
        # A job that was answered for after a cancel may still be winding down: queue behind it.
        if self._current is not None and not self._current.answered:
            raise WorkerBusy("Another job is running")
        self._current = job = Job(request_id, run)
        self._jobs.put(job)

    def _cancel(self, job_id: Any) -> None:
        job = self._current
        if job is None or job.id != job_id:
            return
        job.cancelled.set()
        # The main thread may be inside an import or a long step: answer in its place.
        stand_in = threading.Timer(ANSWER_S, self._refuse, (job, Cancelled("Stopped")))
        stand_in.daemon = True
        stand_in.start()

    def _leave(self) -> None:
        """The input has ended: nobody wants anything any more."""
        if job := self._current:
            job.cancelled.set()
        self._jobs.put(None)
        if not self._ended.wait(END_S):
            log.info("Left in the middle of a job, because the input ended")
            os._exit(0)

    # The heart's thread.

    def _beat(self) -> None:
        while not self._ended.wait(protocol.HEARTBEAT_S):
            if job := self._current:
                self._send(Notification(protocol.HEARTBEAT, {"job": job.id}))

    def _send(self, message: protocol.Message) -> None:
        try:
            line = protocol.encode(message)
        except ProtocolError as error:
            if not isinstance(message, Response):
                raise
            line = protocol.encode(Failure.of(message.id, error))
        # A reader that has gone shows itself by the end of the input.
        with self._writing, suppress(OSError, ValueError):
            self._sink.write(line)
            self._sink.flush()


class _Sparse:
    """Lets a progress through when its phase is new, when it is done, or after a while."""

    def __init__(self, tell: OnProgress) -> None:
        self._tell = tell
        self._phase = ""
        self._last = 0.0

    def __call__(self, progress: Progress) -> None:
        now = time.monotonic()
        new = progress.phase != self._phase or progress.done >= progress.total
        if new or now - self._last >= PROGRESS_S:
            self._phase, self._last = progress.phase, now
            self._tell(progress)


def _body(result: GenerateResult) -> dict[str, Any]:
    """What `generate` made, as JSON values."""
    return {
        "items": [
            {
                "name": item.name,
                "seed": item.seed,
                "files": {kind: str(path) for kind, path in item.files.items()},
                "report": item.report,
            }
            for item in result.items
        ],
        "refused": [asdict(refusal) for refusal in result.refused],
        "sheet": None if result.sheet is None else str(result.sheet),
        "report": str(result.report),
    }


def _answer(job: Job, body: dict[str, Any]) -> Response:
    """The answer. Reports are left to the report file when they take too much."""
    answer = Response(job.id, body)
    try:
        protocol.encode(answer)
    except ProtocolError:
        for item in body.get("items", ()):
            if "report" in item:
                item["report"] = {}
    return answer


def _typed(error: Exception) -> VernissageError:
    if isinstance(error, VernissageError):
        return error
    # torch.OutOfMemoryError, by name, because torch may never have been imported.
    if isinstance(error, MemoryError) or type(error).__name__ == "OutOfMemoryError":
        return OutOfMemory("The memory does not suffice for this request")
    return VernissageError(f"The engine failed: {type(error).__name__}: {error}")


def _remove(result: GenerateResult) -> None:
    """Take back the files of a job that nobody waits for any more."""
    paths = [path for item in result.items for path in item.files.values()]
    paths += [path for path in (result.sheet, result.report) if path]
    for path in paths:
        path.unlink(missing_ok=True)


def _generate(
    request: GenerateRequest, *, on_progress: OnProgress, is_cancelled: IsCancelled
) -> GenerateResult:
    """The true one. torch is imported with the first job, so that `hello` is answered at once."""
    on_progress(Progress("Loading the engine", 0, 1))
    from engine.generate import generate

    if is_cancelled():
        raise Cancelled("Stopped while loading")
    return generate(request, on_progress=on_progress, is_cancelled=is_cancelled)


def _later(name: str) -> Run:
    """A job of `engine.gallery.jobs`, which is imported with the first of them."""

    def run(params: dict[str, Any], **how: Any) -> dict[str, Any]:
        how["on_progress"](Progress("Loading the engine", 0, 1))
        job: Run = getattr(import_module("engine.gallery.jobs"), name)
        return job(params, **how)

    return run


OTHERS = {protocol.GALLERY: _later("build_museum"), protocol.WORKS: _later("make_for_slots")}


def describe() -> dict[str, Any]:
    """What `hello` answers, found without importing torch."""
    return {
        "protocol": protocol.PROTOCOL,
        "engine": __version__,
        "device": "cpu",
        "pid": os.getpid(),
        "models": [{"name": name, "title": card(name).title} for name in makers()],
    }


def _offers(params: dict[str, Any]) -> list[dict[str, Any]]:
    """What `models` answers: what the models named, or all that ship, can be asked for."""
    wanted = params.get("names")
    if wanted is None:
        wanted = makers()
    if not (isinstance(wanted, list) and all(isinstance(name, str) for name in wanted)):
        raise BadRequest("names: must be a list of models or run folders")
    return [offer.describe(card(name)) for name in wanted]


def serve(
    source: BinaryIO | None = None,
    sink: BinaryIO | None = None,
    *,
    generate: Generate = _generate,
    describe: Describe = describe,
    others: Mapping[str, Run] = OTHERS,
) -> int:
    """Serve jobs until the input ends; returns the exit code.

    Without streams it takes over the process's own: file descriptor 1 then leads to stderr, so
    that whatever a library prints lands in the log, and descriptor 0 is empty for children.
    """
    if source is None or sink is None:
        source, sink = _own_pipes()
        logging.basicConfig(
            level=logging.INFO, stream=sys.stderr, format="%(levelname)s %(message)s"
        )
    Worker(source, sink, generate, describe, others).run()
    return 0


def _own_pipes() -> tuple[BinaryIO, BinaryIO]:
    sys.stdout.flush()
    source = os.fdopen(os.dup(0), "rb", buffering=0)
    sink = os.fdopen(os.dup(1), "wb")
    with Path(os.devnull).open("rb") as nothing:
        os.dup2(nothing.fileno(), 0)
    os.dup2(2, 1)
    sys.stdout = sys.stderr
    return source, sink
