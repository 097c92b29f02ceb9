"""Works that are made already keep their proportions and colours in the plan."""

from __future__ import annotations

import pytest

from engine.errors import CannotPlan
from engine.museum.check import check
from engine.museum.parts import Box
from engine.museum.plan import plan
from engine.museum.spec import MuseumRequest, OwnSound, Source
from engine.museum.works import FLAT_DEPTH, Measured


@pytest.mark.parametrize(
    ("kind", "box", "flat"), [("prop", (4.0, 1.0, 2.0), False), ("painting", (3.0, 2.0, 1.0), True)]
)
def test_the_longest_side_stays_and_the_others_follow(kind: str, box: Box, flat: bool) -> None:
    request = MuseumRequest(count=6, sources=(Source(kind=kind, share=1),))  # type: ignore[arg-type]
    before = {work.id: work for work in plan(request).works}
    known = {name: Measured(box, ("#aa0000",)) for name in before}
    museum = plan(request, known)
    assert check(museum) == []
    for work in museum.works:
        long = max(before[work.id].size)
        depth = FLAT_DEPTH if flat else long * box[2] / max(box)
        expected = (long, long * box[1] / box[0], depth)
        assert work.size == pytest.approx(expected, abs=0.011)
        assert work.colours == ("#aa0000",)
    slots = {slot.works[0]: slot.size for slot in museum.slots}
    assert all(slots[w.id][:2] == w.size[:2] for w in museum.works)


def test_sounds_are_heard_in_the_rooms_they_are_meant_for() -> None:
    sounds = (
        OwnSound(file="rain.ogg", caption="Rain", room=2),
        OwnSound(file="hum.ogg", caption="A hum"),
    )
    museum = plan(MuseumRequest(count=8, rooms=2, sounds=sounds))
    assert [(s.room, s.caption) for s in museum.sounds] == [("room-02", "Rain"), (None, "A hum")]
    far = (OwnSound(file="rain.ogg", caption="Rain", room=3),)
    with pytest.raises(CannotPlan, match="room 3 of 2"):
        plan(MuseumRequest(count=8, rooms=2, sounds=far))
