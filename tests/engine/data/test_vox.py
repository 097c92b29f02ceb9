"""The `.vox` reader and writer against hand-built bytes, random grids, noise and real files."""

from __future__ import annotations

import contextlib
import os
import struct
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from engine.data.vox import (
    MAX_FILE_BYTES,
    Placed,
    default_palette,
    parse_scene,
    parse_vox,
    read_vox,
    vox_bytes,
    write_vox,
)
from engine.data.voxels import VoxelGrid, crop
from engine.errors import BadVox, CannotWrite, EmptyShape, VoxLimit

DATA = Path(os.environ.get("VERNISSAGE_DATA", Path(__file__).parents[4] / "shared" / "data"))


def chunk(kind: bytes, body: bytes = b"", children: bytes = b"") -> bytes:
    return kind + struct.pack("<2I", len(body), len(children)) + body + children


def vox(*children: bytes, version: int = 150) -> bytes:
    return b"VOX " + struct.pack("<I", version) + chunk(b"MAIN", b"", b"".join(children))


def size(x: int, y: int, z: int) -> bytes:
    return chunk(b"SIZE", struct.pack("<3I", x, y, z))


def xyzi(*voxels: tuple[int, int, int, int]) -> bytes:
    return chunk(b"XYZI", struct.pack("<I", len(voxels)) + b"".join(bytes(v) for v in voxels))


def string(text: str) -> bytes:
    return struct.pack("<i", len(text.encode())) + text.encode()


def attributes(**pairs: str) -> bytes:
    return struct.pack("<i", len(pairs)) + b"".join(string(k) + string(v) for k, v in pairs.items())


def transform(ident: int, child: int, *, layer: int = -1, name: str = "", **frame: str) -> bytes:
    head = struct.pack("<i", ident) + attributes(**({"_name": name} if name else {}))
    return chunk(b"nTRN", head + struct.pack("<4i", child, -1, layer, 1) + attributes(**frame))


def group(ident: int, *children: int) -> bytes:
    head = struct.pack("<i", ident) + attributes()
    return chunk(b"nGRP", head + struct.pack(f"<{len(children) + 1}i", len(children), *children))


def shape(ident: int, model: int) -> bytes:
    head = struct.pack("<i", ident) + attributes()
    return chunk(b"nSHP", head + struct.pack("<2i", 1, model) + attributes())


@st.composite
def grids(draw: st.DrawFn) -> VoxelGrid:
    """Any grid of up to 9 voxels a side with up to 255 colours."""
    sides = draw(st.tuples(*[st.integers(1, 9)] * 3))
    solid = draw(hnp.arrays(np.bool_, sides))
    palette = draw(hnp.arrays(np.uint8, (draw(st.integers(1, 255)), 3)))
    index = draw(hnp.arrays(np.uint8, sides)) % len(palette)
    return VoxelGrid(solid, np.where(solid[..., None], palette[index], np.uint8(0)))


def same(one: VoxelGrid, other: VoxelGrid) -> bool:
    return np.array_equal(one.solid, other.solid) and np.array_equal(one.colors, other.colors)


def world(placed: list[Placed]) -> dict[tuple[int, int, int], tuple[int, int, int]]:
    """Colour of every solid (x, y, z) of a scene."""
    return {
        (p.corner[2] + int(x), p.corner[1] + int(y), p.corner[0] + int(z)): tuple(
            int(c) for c in p.grid.colors[z, y, x]
        )
        for p in placed
        for z, y, x in np.argwhere(p.grid.solid)
    }


# -- what the bytes mean ---------------------------------------------------------------------------


def test_x_is_right_y_zero_is_the_front_and_z_is_up() -> None:
    (grid,) = parse_vox(vox(size(2, 3, 4), xyzi((1, 2, 3, 1))))
    assert grid.solid.shape == (4, 3, 2)
    assert np.argwhere(grid.solid).tolist() == [[3, 2, 1]]


def test_the_default_palette_has_the_published_entries() -> None:
    # Entries of the table in MagicaVoxel's format description, written 0xAABBGGRR.
    published = {
        1: 0xFFFFFFFF, 2: 0xFFCCFFFF, 6: 0xFF00FFFF, 7: 0xFFFFCCFF, 37: 0xFFFFFFCC,
        215: 0xFF330000, 216: 0xFF0000EE, 225: 0xFF000011, 226: 0xFF00EE00, 236: 0xFFEE0000,
        246: 0xFFEEEEEE, 255: 0xFF111111,
    }  # fmt: skip
    palette = default_palette()
    for index, abgr in published.items():
        assert palette[index].tolist() == list(struct.pack("<I", abgr)[:3]), index
    assert len(np.unique(palette[1:], axis=0)) == 255


def test_colour_index_one_is_the_first_entry_of_the_rgba_chunk() -> None:
    rgba = bytes([10, 20, 30, 255]) + bytes(4 * 255)
    (grid,) = parse_vox(vox(size(1, 1, 1), xyzi((0, 0, 0, 1)), chunk(b"RGBA", rgba)))
    assert grid.colors[0, 0, 0].tolist() == [10, 20, 30]


def test_without_rgba_the_default_palette_colours_the_voxels() -> None:
    (grid,) = parse_vox(vox(size(1, 1, 1), xyzi((0, 0, 0, 2))))
    assert grid.colors[0, 0, 0].tolist() == [0xFF, 0xFF, 0xCC]


def test_all_models_are_read_and_unknown_chunks_are_skipped() -> None:
    data = vox(
        chunk(b"PACK", struct.pack("<I", 2)),
        size(1, 1, 1), xyzi((0, 0, 0, 5)),
        chunk(b"note", b"anything", chunk(b"deep", b"er")),
        size(2, 1, 1), xyzi(),
        version=200,
    )  # fmt: skip
    first, second = parse_vox(data)
    assert first.solid.sum() == 1
    assert second.solid.shape == (1, 1, 2)
    assert not second.solid.any()


def test_colour_index_zero_is_empty_space() -> None:
    (grid,) = parse_vox(vox(size(2, 1, 1), xyzi((0, 0, 0, 0), (1, 0, 0, 1))))
    assert grid.solid[0, 0].tolist() == [False, True]


# -- scene graph -----------------------------------------------------------------------------------


def test_a_scene_moves_groups_and_shapes_and_keeps_names_and_layers() -> None:
    data = vox(
        size(2, 2, 2), xyzi((0, 0, 0, 1)),
        transform(0, 1, _t="100 0 0"), group(1, 2, 4),
        transform(2, 3, name="left", _t="0 10 0"), shape(3, 0),
        transform(4, 5, layer=7, _t="0 0 20"), shape(5, 0),
        chunk(b"LAYR", struct.pack("<i", 7) + attributes(_hidden="1") + struct.pack("<i", -1)),
    )  # fmt: skip
    left, up = parse_scene(data)
    assert set(world([left])) == {(99, 9, -1)}  # the pivot of a 2-voxel box is voxel 1
    assert set(world([up])) == {(99, -1, 19)}
    assert (left.name, left.hidden, up.name, up.hidden) == ("left", False, "", True)


def test_a_rotation_turns_the_voxels_around_the_pivot() -> None:
    # _r = 0b0010001: rows point at axes 1, 0, 2 and the first is negated: a quarter turn about z.
    model = size(3, 5, 1) + xyzi((2, 2, 0, 1), (1, 0, 0, 2))
    turned = parse_scene(vox(model, transform(0, 1, _r="17"), shape(1, 0)))
    # Voxel centres relative to the pivot (1, 2, 0): (1.5, .5, .5) -> (-.5, 1.5, .5), and so on.
    palette = default_palette()
    assert world(turned) == {
        (-1, 1, 0): tuple(palette[1].tolist()),
        (1, 0, 0): tuple(palette[2].tolist()),
    }


@given(st.sampled_from([17, 40, 4, 20, 36, 68, 116, 33, 6, 24, 9, 2]), grids())
def test_every_rotation_equals_the_matrix_applied_to_voxel_centres(code: int, g: VoxelGrid) -> None:
    rows = [code & 3, code >> 2 & 3]
    rows.append(3 - sum(rows))
    matrix = np.zeros((3, 3))
    for row, column in enumerate(rows):
        matrix[row, column] = -1 if code >> (4 + row) & 1 else 1
    d, h, w = g.solid.shape
    pivot = np.array([w // 2, h // 2, d // 2])
    expected = {
        tuple(np.floor(matrix @ (np.array([x, y, z]) + 0.5 - pivot)).astype(int).tolist()): tuple(
            g.colors[z, y, x].tolist()
        )
        for z, y, x in np.argwhere(g.solid)
    }
    body = vox_bytes(g)[20:]
    scene = parse_scene(vox(body, transform(0, 1, _r=str(code)), shape(1, 0)))
    assert world(scene) == expected


def test_a_file_without_a_scene_graph_is_a_scene_of_its_models() -> None:
    (placed,) = parse_scene(vox(size(4, 2, 2), xyzi((0, 0, 0, 1))))
    assert placed.corner == (-1, -1, -2)


@pytest.mark.parametrize(
    "graph",
    [
        pytest.param(transform(0, 0), id="loop"),
        pytest.param(transform(0, 9), id="missing node"),
        pytest.param(transform(0, 1) + shape(1, 3), id="missing model"),
        pytest.param(transform(0, 1, _r="0") + shape(1, 0), id="not a rotation"),
        pytest.param(transform(0, 1, _t="1 2") + shape(1, 0), id="not a translation"),
        pytest.param(transform(0, 1, _t="9" * 5000 + " 0 0") + shape(1, 0), id="endless number"),
        pytest.param(chunk(b"nGRP", struct.pack("<3i", 0, 0, 2**31 - 1)), id="endless group"),
        pytest.param(
            b"".join(group(i, *[i + 1] * 50) for i in range(30)) + shape(30, 0), id="explosion"
        ),
    ],
)
def test_a_broken_scene_graph_is_a_bad_vox(graph: bytes) -> None:
    with pytest.raises(BadVox):
        parse_scene(vox(size(1, 1, 1), xyzi((0, 0, 0, 1)), graph))


# -- malformed files -------------------------------------------------------------------------------

ONE = size(1, 1, 1) + xyzi((0, 0, 0, 1))


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(b"", id="empty"),
        pytest.param(b"GIF89a" + bytes(40), id="another format"),
        pytest.param(vox(ONE, version=99), id="unknown version"),
        pytest.param(vox(), id="no model"),
        pytest.param(vox(ONE)[:-1], id="cut short"),
        pytest.param(vox(ONE, b"abc"), id="cut chunk header"),
        pytest.param(vox(b"XYZI" + struct.pack("<2I", 2**32 - 1, 0)), id="endless chunk"),
        pytest.param(vox(size(257, 1, 1), xyzi()), id="too wide"),
        pytest.param(vox(size(0, 1, 1), xyzi()), id="no width"),
        pytest.param(vox(chunk(b"SIZE", b"12"), xyzi()), id="short size"),
        pytest.param(vox(size(1, 1, 1)), id="size without voxels"),
        pytest.param(vox(size(1, 1, 1), ONE), id="two sizes"),
        pytest.param(vox(xyzi((0, 0, 0, 1))), id="voxels without size"),
        pytest.param(vox(size(1, 1, 1), xyzi((1, 0, 0, 1))), id="voxel outside"),
        pytest.param(vox(size(1, 1, 1), chunk(b"XYZI", b"\xff" * 8)), id="endless voxels"),
        pytest.param(vox(ONE, chunk(b"RGBA", bytes(1023))), id="short palette"),
        pytest.param(vox(*[size(256, 256, 256) + xyzi()] * 5), id="decompression bomb"),
        pytest.param(vox(*[ONE] * 4097), id="too many models"),
        pytest.param(vox(ONE, chunk(b"none") * 200_001), id="too many chunks"),
    ],
)
def test_a_malformed_file_is_a_bad_vox_with_one_sentence(data: bytes) -> None:
    with pytest.raises(BadVox) as caught:
        parse_vox(data)
    assert "\n" not in str(caught.value)
    assert len(str(caught.value)) < 120


@given(st.binary(max_size=400))
def test_noise_gives_grids_or_a_bad_vox_and_nothing_else(noise: bytes) -> None:
    for data in (noise, vox(noise), vox(ONE, noise), vox(ONE, chunk(b"nTRN", noise))):
        with contextlib.suppress(BadVox):
            assert parse_vox(data)
            assert parse_scene(data)


@given(st.data())
def test_a_damaged_file_gives_grids_or_a_bad_vox_and_nothing_else(data: st.DataObject) -> None:
    good = bytearray(
        vox(
            size(3, 4, 5), xyzi((0, 0, 0, 1), (2, 3, 4, 2)),
            transform(0, 1, name="root", _r="17", _t="1 2 -3"), group(1, 2), transform(2, 3),
            shape(3, 0),
        )
    )  # fmt: skip
    for _ in range(data.draw(st.integers(1, 6))):
        good[data.draw(st.integers(0, len(good) - 1))] = data.draw(st.integers(0, 255))
    cut = bytes(good[: data.draw(st.integers(0, len(good)))])
    for damaged in (bytes(good), cut):
        with contextlib.suppress(BadVox):
            assert parse_vox(damaged)
            assert parse_scene(damaged)


def test_a_missing_file_and_a_folder_are_bad_vox(tmp_path: Path) -> None:
    for path in (tmp_path / "none.vox", tmp_path):
        with pytest.raises(BadVox):
            read_vox(path)


def test_a_huge_file_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "huge.vox"
    with path.open("wb") as file:
        file.write(vox(ONE))
        file.truncate(MAX_FILE_BYTES + 1)
    with pytest.raises(BadVox, match="larger"):
        read_vox(path)


# -- writer ----------------------------------------------------------------------------------------


@given(grids())
def test_any_grid_survives_a_round_trip_exactly(grid: VoxelGrid) -> None:
    data = vox_bytes(grid)
    (back,) = parse_vox(data)
    assert same(back, grid)
    assert vox_bytes(back) == data


def test_a_full_cube_of_255_colours_round_trips_through_a_file(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    colors = default_palette()[rng.integers(1, 256, (256, 8, 256))]
    grid = VoxelGrid(np.ones(colors.shape[:3], bool), colors)
    write_vox(tmp_path / "new" / "cube.vox", grid)
    assert same(read_vox(tmp_path / "new" / "cube.vox")[0], grid)
    assert [path.name for path in (tmp_path / "new").iterdir()] == ["cube.vox"]


@pytest.mark.parametrize("sides", [(257, 1, 1), (0, 1, 1), (1, 16, 16)])
def test_what_does_not_fit_the_format_is_refused_and_not_written(
    sides: tuple[int, int, int], tmp_path: Path
) -> None:
    count = int(np.prod(sides))
    colors = np.zeros((count, 3), np.uint8)
    colors[:, 0] = np.arange(count) % 256  # (1, 16, 16) has 256 colours, the others too large
    grid = VoxelGrid(np.ones(sides, bool), colors.reshape(*sides, 3))
    with pytest.raises(VoxLimit):
        write_vox(tmp_path / "no.vox", grid)
    assert not list(tmp_path.iterdir())


def test_an_unwritable_place_is_a_cannot_write(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(CannotWrite):
        write_vox(tmp_path / "file" / "a.vox", parse_vox(vox(ONE))[0])


# -- crop ------------------------------------------------------------------------------------------


@given(grids())
def test_crop_keeps_every_voxel_and_leaves_no_empty_border(grid: VoxelGrid) -> None:
    if not grid.solid.any():
        with pytest.raises(EmptyShape):
            crop(grid)
        return
    small = crop(grid)
    assert np.array_equal(small.colors[small.solid], grid.colors[grid.solid])
    for axis in range(3):
        faces = small.solid.any(axis=tuple(other for other in range(3) if other != axis))
        assert faces[0]
        assert faces[-1]
    low = np.argwhere(grid.solid).min(axis=0)
    assert np.array_equal(np.argwhere(small.solid) + low, np.argwhere(grid.solid))


# -- real files ------------------------------------------------------------------------------------


@pytest.mark.skipif(not DATA.is_dir(), reason=f"the data folder {DATA} is absent")
def test_every_real_file_reads_and_round_trips() -> None:
    paths = sorted(DATA.rglob("*.vox"))
    assert len(paths) == 378
    for path in paths:
        (grid,) = read_vox(path)
        assert grid.solid.any(), path.name
        assert same(parse_vox(vox_bytes(grid))[0], grid), path.name


@pytest.mark.skipif(not DATA.is_dir(), reason=f"the data folder {DATA} is absent")
def test_real_characters_have_the_boxes_that_their_index_states() -> None:
    import json

    folder = DATA / "voxel_characters"
    for entry in json.loads((folder / "index.json").read_text()):
        (grid,) = read_vox(folder / entry["file"])
        assert list(grid.solid.shape[::-1]) == entry["dims"], entry["file"]
        assert list(crop(grid).solid.shape[::-1]) == entry["bbox"], entry["file"]
