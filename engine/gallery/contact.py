"""The show at a glance: every room and every work, painted as a visitor sees them."""

from __future__ import annotations

import io
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw

from engine.assets.sheet import contact_sheet
from engine.files import write_bytes
from engine.gallery.lettering import face, legible
from engine.gallery.view import Camera, Stage
from engine.makers.cores import cores
from engine.museum.schema import AnySlot, Museum, Room, ScreenSlot, WallSlot

ROOM = (560, 350)
_RAYS = 1_200_000  # for all works together
_ROOM_RAYS = 5_000_000  # for all rooms together: beyond 25 of them, views are smaller
_LARGE, _SMALL = 184, 72
_WIDE = 80.0  # degrees
_PAGE, _INK = (250, 249, 247), (40, 38, 35)


def best_rooms(museum: Museum, stage: Stage) -> list[Camera]:
    """A view of each room, that with most to see first."""
    views = [_best(museum, room, stage) for room in museum.rooms]
    return [camera for _, camera in sorted(views, key=lambda view: -view[0])]


def room_camera(museum: Museum, room: Room, stage: Stage) -> Camera:
    """From the corner, or the wall, from which most of the room and of its works is seen."""
    return _best(museum, room, stage)[1]


def _best(museum: Museum, room: Room, stage: Stage) -> tuple[float, Camera]:
    works = np.asarray([s.position for s in museum.slots if s.room == room.id]).reshape(-1, 3)
    views = [(_worth(stage, camera, works), camera) for camera in cameras_of(museum, room)]
    return max(views, key=lambda view: view[0])


def cameras_of(museum: Museum, room: Room) -> list[Camera]:
    """From each corner of a room and the middle of each side, towards the room's middle."""
    corners = np.asarray(room.outline)
    middle = corners.mean(0)
    found = []
    for corner in (*corners, *((corners + np.roll(corners, -1, 0)) / 2)):
        inward = middle - corner
        length = float(np.linalg.norm(inward))
        place = corner + inward / max(length, 1e-6) * min(0.9, 0.3 * length)
        eye = (float(place[0]), museum.hang.eye, float(place[1]))
        target = (float(middle[0]), min(1.45, 0.5 * room.height), float(middle[1]))
        found.append(Camera(eye, target, _WIDE))
    return found


def _worth(stage: Stage, camera: Camera, works: np.ndarray) -> float:
    """How much there is to see: works in view, and depth."""
    eye = np.asarray(camera.eye)
    ahead = np.asarray(camera.target) - eye
    turn = np.arctan2(ahead[0], ahead[2]) + np.radians(np.linspace(-38, 38, 24))
    rays = np.stack([np.sin(turn), np.full(24, -0.03), np.cos(turn)], 1).astype(np.float32)
    far = stage.scene.hits(np.repeat(eye[None], 24, 0).astype(np.float32), rays).distance
    depth = float(np.minimum(far, 14.0).mean())
    close = float((far < 1.6).mean())
    seen = 0.0
    if len(works):
        to = works - eye
        size = np.linalg.norm(to, axis=1)
        inside = (to @ ahead) / (size * np.linalg.norm(ahead)) > np.cos(np.radians(36))
        start = np.repeat(eye[None], len(works), 0).astype(np.float32)
        free = ~stage.scene.blocked(start, (eye + 0.93 * to).astype(np.float32))
        seen = float((inside & free & (size < 14)).mean())
    return depth + 6.0 * seen - 8.0 * close


def work_camera(museum: Museum, slot: AnySlot) -> Camera:
    """From where the plan has a visitor stand, framed around the work."""
    x, y, z = slot.position
    middle = y if isinstance(slot, WallSlot | ScreenSlot) else y + slot.size[1] / 2
    eye = (slot.stand[0], museum.hang.eye, slot.stand[1])
    reach = float(np.linalg.norm(np.subtract(eye, (x, middle, z))))
    frame = slot.frame.width if isinstance(slot, WallSlot) else 0.0
    half = 0.66 * max(slot.size[0] + 2 * frame, slot.size[1] + 2 * frame)
    fov = float(np.degrees(2 * np.arctan(half / max(reach, 0.1))))
    return Camera(eye, (x, middle, z), float(np.clip(fov, 8.0, 100.0)))


def paint_contact(
    museum: Museum,
    stage: Stage,
    folder: Path,
    *,
    samples: int = 1,
    on_view: Callable[[int, int], None] = lambda _done, _total: None,
) -> None:
    """Write `contact.png`, `views/<room>.webp`, and a small picture of every solid work.

    Raises:
        CannotWrite. What `on_view`, told of (done, total), raises.
    """
    total = len(museum.rooms) + len(museum.slots)
    less = min(1.0, float(np.sqrt(_ROOM_RAYS / (len(museum.rooms) * ROOM[0] * ROOM[1]))))
    size = round(ROOM[0] * less), round(ROOM[1] * less)

    def look_into(room: Room) -> np.ndarray:
        view = stage.paint(room_camera(museum, room, stage), size, samples=samples)
        _save(folder / f"views/{room.id}.webp", view)
        return view

    edge = int(np.clip(np.sqrt(_RAYS / max(len(museum.slots), 1)), _SMALL, _LARGE))
    by_id = {work.id: work for work in museum.works}

    def look_at(slot: AnySlot) -> np.ndarray:
        view = stage.paint(work_camera(museum, slot), (edge, edge), samples=samples)
        if not isinstance(slot, WallSlot):
            _save(folder / f"works/{slot.works[0]}.256.webp", view)
        return view

    rooms, works = [], []
    with ThreadPoolExecutor(cores()) as pool:
        for view in pool.map(look_into, museum.rooms):
            rooms.append(view)
            _told(on_view, len(rooms), total, pool)
        for view in pool.map(look_at, museum.slots):
            works.append(view)
            _told(on_view, len(rooms) + len(works), total, pool)
    titles = [_short(by_id[slot.works[0]].title, edge) for slot in museum.slots]
    page = _page(museum, rooms, works, titles)
    data = io.BytesIO()
    page.save(data, "PNG", compress_level=3)
    write_bytes(folder / "contact.png", data.getvalue())


def _told(
    on_view: Callable[[int, int], None], done: int, total: int, pool: ThreadPoolExecutor
) -> None:
    """Tell how far it is; what that raises ends the pool without its rest."""
    try:
        on_view(done, total)
    except BaseException:
        pool.shutdown(wait=False, cancel_futures=True)
        raise


def _page(
    museum: Museum, rooms: list[np.ndarray], works: list[np.ndarray], titles: list[str]
) -> Image.Image:
    names = [_short(room.title, ROOM[0] // 2) for room in museum.rooms]
    upper = contact_sheet(rooms, min(3, len(rooms)), names, face)
    parts = [upper]
    if works:
        columns = max(1, min(len(works), int(upper.shape[1] / (works[0].shape[1] * 1.07))))
        parts.append(contact_sheet(works, columns, titles, face))
    width = max(part.shape[1] for part in parts)
    head = 110
    page = Image.new("RGB", (width, head + sum(part.shape[0] for part in parts)), _PAGE)
    draw = ImageDraw.Draw(page)
    draw.text((56, 36), legible(museum.title), fill=_INK, font=face(46, "Light"))
    top = head
    for part in parts:
        page.paste(Image.fromarray(part), ((width - part.shape[1]) // 2, top))
        top += part.shape[0]
    return page


def _short(text: str, wide: int) -> str:
    most = max(8, wide // 9)
    plain = legible(text)
    return plain if len(plain) <= most else f"{plain[: most - 1].rstrip()}…"


def _save(path: Path, picture: np.ndarray) -> None:
    data = io.BytesIO()
    Image.fromarray(picture).save(data, "WEBP", quality=86, method=2)
    write_bytes(path, data.getvalue())
