"""`catalogue.html`: the whole show on one page, without WebGL, scripts or requests to anywhere."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterator
from html import escape
from pathlib import Path

from engine.museum.parts import Made
from engine.museum.schema import Museum, Room, Sound, Work
from engine.museum.words import kinds, label_text

_STYLE = """
:root{color-scheme:light dark;--paper:#faf9f6;--ink:#23211e;--soft:#6a655d;--line:#ddd8ce;--mat:#efece5}
@media(prefers-color-scheme:dark){:root{--paper:#171614;--ink:#ece8e0;--soft:#a69f93;--line:#3a3732;--mat:#211f1c}}
*{box-sizing:border-box}
body{margin:0;background:var(--paper);color:var(--ink);font:1.06rem/1.6 Georgia,"Iowan Old Style","Source Serif 4",serif}
a{color:inherit;text-underline-offset:.2em}
a:focus-visible,video:focus-visible,summary:focus-visible{outline:3px solid #b3541e;outline-offset:3px}
.skip{position:absolute;left:-999rem}.skip:focus{left:1rem;top:1rem;background:var(--paper);padding:.6rem 1rem}
header,main,footer{max-width:76rem;margin:0 auto;padding:0 clamp(1.1rem,4vw,3rem)}
header{padding-top:clamp(2.5rem,8vw,6rem)}
h1{font-size:clamp(2.3rem,6vw,4.2rem);line-height:1.08;font-weight:400;letter-spacing:-.015em;margin:0 0 1rem}
h2{font-size:clamp(1.6rem,3vw,2.3rem);font-weight:400;line-height:1.2;margin:0 0 .6rem}
h3{font-size:1.05rem;font-weight:600;margin:0 0 .15rem}
.lead{font-size:1.25rem;max-width:42rem;margin:0 0 1.2rem}
.facts,figcaption,footer,nav{font:.86rem/1.5 ui-sans-serif,system-ui,"Segoe UI",Helvetica,Arial,sans-serif;color:var(--soft)}
nav ol{columns:14rem;padding-left:1.3rem}
.plan{display:block;width:min(100%,34rem);height:auto;margin:2rem 0}
section{border-top:1px solid var(--line);margin-top:3.2rem;padding-top:2.2rem}
.view{width:100%;height:auto;display:block;margin:1.2rem 0 1.8rem}
section>p{max-width:44rem}
ul.works{list-style:none;margin:0;padding:0;display:grid;gap:2rem 1.6rem;grid-template-columns:repeat(auto-fill,minmax(15rem,1fr))}
figure{margin:0}
.mat{background:var(--mat);display:grid;place-items:center;aspect-ratio:1;padding:1rem;margin-bottom:.7rem}
.mat img,.mat video{max-width:100%;max-height:100%;width:auto;height:auto;display:block}
.facts span{display:block}
footer{padding-top:3rem;padding-bottom:4rem;overflow-wrap:anywhere}
"""


def catalogue(museum: Museum, folder: Path) -> str:
    """The page. Pictures that are not in the folder are described in words."""
    digest = base64.b64encode(hashlib.sha256(_STYLE.encode()).digest()).decode()
    policy = (
        f"default-src 'none'; img-src 'self'; media-src 'self'; style-src 'sha256-{digest}'; "
        "base-uri 'none'; form-action 'none'"
    )
    works = {work.id: work for work in museum.works}
    rooms = [
        (room, [works[w] for s in museum.slots if s.room == room.id for w in s.works])
        for room in museum.rooms
    ]
    body = "\n".join(
        [
            *_head(museum, rooms),
            '<main id="rooms">',
            *(line for room, shown in rooms for line in _room(museum, room, shown, folder)),
            "</main>",
            *_foot(museum),
        ]
    )
    return (
        f'<!doctype html>\n<html lang="{escape(museum.language)}">\n<head>\n<meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{policy}">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        '<meta name="referrer" content="no-referrer">\n'
        f"<title>{escape(museum.title)}</title>\n<style>{_STYLE}</style>\n</head>\n"
        f"<body>\n{body}\n</body>\n</html>\n"
    )


def _head(museum: Museum, rooms: list[tuple[Room, list[Work]]]) -> Iterator[str]:
    count = sum(len(shown) for _, shown in rooms)
    yield '<a class="skip" href="#rooms">Skip to the rooms</a>'
    yield f"<header><h1>{escape(museum.title)}</h1>"
    if museum.text:
        yield f'<p class="lead">{escape(museum.text)}</p>'
    place = f"{len(rooms)} rooms" if len(rooms) > 1 else "one room"
    yield f'<p class="facts">{count} works in {place}</p>'
    yield '<nav aria-label="Rooms"><ol>'
    for room, shown in rooms:
        number = f"{len(shown)} work{'s' if len(shown) != 1 else ''}"
        yield f'<li><a href="#{room.id}">{escape(room.title)}</a>, {number}</li>'
    yield "</ol></nav>"
    names = "; ".join(f"{i + 1} {room.title}" for i, (room, _) in enumerate(rooms))
    yield f'<img class="plan" src="plan.svg" alt="Floor plan. Rooms: {escape(names)}."></header>'


def _room(museum: Museum, room: Room, shown: list[Work], folder: Path) -> Iterator[str]:
    yield f'<section id="{room.id}" aria-labelledby="{room.id}-title">'
    yield f'<h2 id="{room.id}-title">{escape(room.title)}</h2>'
    if room.text:
        yield f"<p>{escape(room.text)}</p>"
    view = f"views/{room.id}.webp"
    if (folder / view).is_file():
        counts = ", ".join(
            kinds(kind, sum(work.kind == kind for work in shown))
            for kind in dict.fromkeys(work.kind for work in shown)
        )
        alt = f"View of the room {room.title}: {counts}."
        yield f'<img class="view" src="{view}" alt="{escape(alt)}" width="560" height="350">'
    for sound in museum.sounds:
        if sound.room == room.id:
            yield _sound(sound)
    yield '<ul class="works">'
    for work in shown:
        yield from _work(work, folder)
    yield "</ul></section>"


def _sound(sound: Sound) -> str:
    return (
        f'<p class="facts"><audio controls preload="none" src="{escape(sound.file)}"></audio> '
        f"{escape(sound.caption)}</p>"
    )


def _work(work: Work, folder: Path) -> Iterator[str]:
    yield "<li><figure>"
    yield f'<div class="mat">{_picture(work, folder)}</div>'
    yield f'<figcaption><h3>{escape(work.title)}</h3><div class="facts">'
    for line in label_text([work]).split("\n"):
        yield f"<span>{escape(line)}</span>"
    if isinstance(work.origin, Made) and work.origin.weights_sha256:
        yield f"<span>weights {work.origin.weights_sha256[:12]}</span>"
    if work.variations:
        number = len(work.variations)
        yield f"<span>{number} other version{'s' if number > 1 else ''}</span>"
    yield "</div></figcaption></figure></li>"


def _picture(work: Work, folder: Path) -> str:
    alt = escape(work.alt)
    if work.kind == "video" and work.file and work.file.startswith("media/"):
        return (
            f'<video controls preload="none" src="{escape(work.file)}" aria-label="{alt}"></video>'
        )
    if work.kind == "painting" and work.file and (folder / work.file).is_file():
        return f'<img src="{escape(work.file)}" alt="{alt}" loading="lazy" decoding="async">'
    small = f"works/{work.id}.256.webp"
    if (folder / small).is_file():
        return f'<img src="{small}" alt="{alt}" loading="lazy" decoding="async">'
    return f"<p>{alt}</p>"


def _foot(museum: Museum) -> Iterator[str]:
    made = [work.origin for work in museum.works if isinstance(work.origin, Made)]
    yield "<footer>"
    if made:
        models = sorted({f"{o.model} ({(o.weights_sha256 or '')[:12]})" for o in made})
        yield (
            f"<p>{len(made)} works were made by {escape(' and '.join(models))}: trained algorithmic "
            "media, one seed each. What each model learned from is written in every file.</p>"
        )
    yield (
        f"<p>{escape(museum.provenance.generator)}, request "
        f"{museum.provenance.request_sha256[:16]}.</p></footer>"
    )
