"""A folder of meshes → a data set: one field and one picture for each, sheets and a manifest."""

from __future__ import annotations

import hashlib
import multiprocessing
import os
import signal
import time
from collections.abc import Callable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from engine.data.mesh_dataset import MANIFEST
from engine.data.mesh_files import find_meshes
from engine.data.mesh_labels import Labels
from engine.data.mesh_soup import Up
from engine.errors import BadRequest, Cancelled, NoMeshes, VernissageError
from engine.files import write_bytes, write_json
from engine.request import IsCancelled, OnProgress, Progress

SIZES = (16, 32, 48, 64, 96, 128)
PICTURE = 160
ROWS, COLUMNS = 8, 12


@dataclass(frozen=True)
class Built:
    """What a build made: the manifest as written, its path, the sheets, and how many were new."""

    manifest: dict[str, Any]
    path: Path
    sheets: tuple[Path, ...]
    made: int


@dataclass(frozen=True)
class _Task:
    file: str
    source: Path
    item: Path
    picture: Path
    size: int
    up: Up
    draft: bool


_Result = tuple[dict[str, Any] | None, str, bool]  # facts, reason of refusal, made now


def build(
    folder: Path,
    out: Path,
    *,
    size: int = 32,
    up: Up = "auto",
    jobs: int | None = None,
    limit: int | None = None,
    draft: bool = False,
    on_progress: OnProgress | None = None,
    is_cancelled: IsCancelled | None = None,
) -> Built:
    """Turn every mesh below `folder` into an item of a data set at `out`.

    What is finished stays and is not made again while its source is the same, so a build that was
    stopped goes on. A file that cannot be used is refused with a reason and stops nothing, not
    even when reading it kills the process.

    Args:
        size: voxels along each edge of the fields.
        up: the axis of the files that points up; `auto` goes by the format.
        jobs: processes; as many as there are cores unless said.
        limit: take this many files, drawn by a hash of their names, so more adds to fewer.
        draft: compute shapes that fill the cube at half the resolution.
    Raises:
        BadRequest: a size that is not offered, or a folder that does not exist.
        NoMeshes: there is no mesh, or none could be used (then the manifest says why).
        Cancelled: `is_cancelled` said so. CannotWrite: `out` cannot be written.
    """
    if size not in SIZES:
        raise BadRequest(f"--size {size}: choose one of {', '.join(map(str, SIZES))}")
    if not folder.is_dir():
        raise BadRequest(f"{folder} is no folder")
    tasks, refused = _tasks(folder, out, size, up, limit, draft)
    if not tasks:
        raise NoMeshes(f"{folder} holds no mesh file")
    results: dict[str, _Result] = {}
    begin = time.monotonic()
    made = 0
    for task, result in _run(tasks, jobs or os.cpu_count() or 1, is_cancelled or (lambda: False)):
        results[task.file] = result
        made += result[2]
        if on_progress is not None:
            left = (time.monotonic() - begin) / len(results) * (len(tasks) - len(results))
            on_progress(Progress("building", len(results), len(tasks), eta_s=left))
    manifest = _manifest(folder, size, tasks, results, refused)
    write_json(out / MANIFEST, manifest)
    sheets = _write_sheets(out, manifest)
    if not manifest["items"]:
        raise NoMeshes(f"none of {len(tasks)} files could be used; {out / MANIFEST} says why")
    return Built(manifest, out / MANIFEST, sheets, made)


def _tasks(
    folder: Path, out: Path, size: int, up: Up, limit: int | None, draft: bool
) -> tuple[list[_Task], dict[str, str]]:
    """One task for each mesh, in name order, and what cannot be read at all."""
    meshes, foreign = find_meshes(folder)
    inside = out.resolve()
    names = {
        path.relative_to(folder).as_posix(): path
        for path in meshes
        if inside not in path.resolve().parents
    }
    chosen = sorted(names)
    if limit is not None:
        chosen.sort(key=lambda name: hashlib.sha256(name.encode()).digest())
        chosen = sorted(chosen[:limit])
    tasks = [
        _Task(
            file=name,
            source=names[name],
            item=out / "items" / f"{name}.npz",
            picture=out / "pictures" / f"{name}.png",
            size=size,
            up=up,
            draft=draft,
        )
        for name in chosen
    ]
    reason = "this format is not read; export it as GLB"
    return tasks, {path.relative_to(folder).as_posix(): reason for path in foreign}


def _run(
    tasks: list[_Task], jobs: int, is_cancelled: Callable[[], bool]
) -> Iterator[tuple[_Task, _Result]]:
    """Results as they come. A file that kills its process is found by trying suspects alone."""
    waiting = list(reversed(tasks))
    suspects: list[_Task] = []
    while waiting:
        with _pool(min(jobs, len(waiting))) as pool:
            running: dict[Future[_Result], _Task] = {}
            try:
                while waiting or running:
                    while waiting and len(running) < jobs:
                        task = waiting.pop()
                        running[pool.submit(_make, task)] = task
                    done, _ = wait(running, timeout=0.2, return_when=FIRST_COMPLETED)
                    for future in done:
                        result = future.result()
                        yield running.pop(future), result
                    if is_cancelled():
                        raise Cancelled("The build was stopped; what is finished stays")
            except BrokenProcessPool:
                suspects += running.values()
    for task in suspects:
        with _pool(1) as pool:
            try:
                yield task, pool.submit(_make, task).result()
            except BrokenProcessPool:
                yield task, (None, "reading it ended the process: the file is broken", False)


def _pool(jobs: int) -> ProcessPoolExecutor:
    return ProcessPoolExecutor(
        jobs, mp_context=multiprocessing.get_context("spawn"), initializer=_ignore_interrupt
    )


def _ignore_interrupt() -> None:
    """Ctrl-C is the business of the process that shows the progress bar."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)


def _make(task: _Task) -> _Result:
    """Build one item and its picture, in a process of its own."""
    from engine.data.field_picture import picture_of_field
    from engine.data.mesh_item import build_item, read_field

    try:
        facts, made = build_item(task.source, task.item, task.size, task.up, task.draft)
        if made or not task.picture.is_file():
            write_bytes(task.picture, _png(picture_of_field(read_field(task.item), PICTURE)))
        return facts, "", made
    except VernissageError as error:
        if error.code == "E_WRITE":
            raise
        return None, str(error), False
    except MemoryError:
        return None, "there is too little memory for it", False
    except Exception as error:  # one file must never stop the build: its reason is in the manifest
        return None, f"something failed inside: {type(error).__name__}: {error}", False


def _manifest(
    folder: Path,
    size: int,
    tasks: list[_Task],
    results: dict[str, _Result],
    refused: dict[str, str],
) -> dict[str, Any]:
    """JSON: every item with its labels and facts, every file left out with its reason."""
    labels = Labels(folder)
    items: list[dict[str, Any]] = []
    seen: dict[str, str] = {}
    for task in tasks:
        facts, reason, _ = results[task.file]
        if facts is None:
            refused[task.file] = reason
            continue
        twin = seen.setdefault(facts["sha256"], task.file)
        if twin != task.file:
            refused[task.file] = f"identical to {twin}"
            continue
        own = {key: value for key, value in facts.items() if key not in ("encoding", "size", "up")}
        place = {"file": task.file, "item": f"items/{task.file}.npz"}
        items.append({**place, **labels.of(task.source), **own})
    return {
        "format": 1,
        "size": size,
        "up": tasks[0].up,
        "items": items,
        "refused": dict(sorted(refused.items())),
    }


def _write_sheets(out: Path, manifest: dict[str, Any]) -> tuple[Path, ...]:
    """Contact sheets of all items, class by class."""
    import numpy as np
    from PIL import Image

    from engine.assets.sheet import contact_sheet

    items = sorted(manifest["items"], key=lambda item: (item["category"], item["file"]))
    paths = []
    for number, start in enumerate(range(0, len(items), ROWS * COLUMNS), 1):
        page = items[start : start + ROWS * COLUMNS]
        pictures = []
        for item in page:
            with Image.open(out / "pictures" / f"{item['file']}.png") as picture:
                pictures.append(np.asarray(picture.convert("RGB")))
        names = [Path(item["file"]).stem[-24:] for item in page]
        paths.append(out / "sheets" / f"sheet-{number:03d}.png")
        write_bytes(paths[-1], _png(contact_sheet(pictures, COLUMNS, names)))
    return tuple(paths)


def _png(pixels: Any) -> bytes:
    import io

    from PIL import Image

    stream = io.BytesIO()
    Image.fromarray(pixels).save(stream, "PNG", optimize=True)
    return stream.getvalue()
