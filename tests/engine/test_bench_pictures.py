"""Figures of pictures: tiles that are exact, memory that is bounded."""

from __future__ import annotations

import sys

import pytest

from engine.bench_pictures import enlarging_memory, tile_error


def test_d4_128_pixels_made_512_in_tiles_are_what_the_whole_gives() -> None:
    assert tile_error(tile=40) <= 1e-5


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux counts peak memory")
def test_d4_memory_of_enlarging_does_not_grow_with_the_picture() -> None:
    assert enlarging_memory(704, 448) < 0.3
