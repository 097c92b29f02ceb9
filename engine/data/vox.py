"""MagicaVoxel `.vox` files: every model of a file, its scene graph, and a writer.

The format (version 150 and 200) is a tree of chunks: `MAIN` holds a `SIZE` and an `XYZI` chunk per
model, one optional `RGBA` palette, and, since 2018, the scene graph `nTRN`, `nGRP`, `nSHP`.
Its axes are x right, y depth, z up with the front at -Y, so a `VoxelGrid` is its transpose.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from engine.data.vox_scene import Node, Shape, read_node, walk
from engine.data.voxels import VoxelGrid
from engine.errors import BadVox, VoxLimit
from engine.files import write_bytes

MAX_FILE_BYTES = 64 * 2**20
MAX_SIDE = 256
MAX_MODELS = 4096
MAX_BOX_VOXELS = 64 * 2**20  # all boxes of a file together: 256 MiB as grids
MAX_CHUNKS = 200_000  # two reserved kinds and a material per colour stay far below
VERSIONS = (150, 200)


@dataclass(frozen=True)
class Placed:
    """One model where the scene graph puts it.

    Attributes:
        grid: the model, already rotated.
        corner: (z, y, x) of its first voxel in the scene's integer coordinates.
        name: the name given in MagicaVoxel, or "".
        hidden: the object, a group around it or its layer is switched off.
    """

    grid: VoxelGrid
    corner: tuple[int, int, int]
    name: str = ""
    hidden: bool = False


def read_vox(path: Path) -> list[VoxelGrid]:
    """All models of a `.vox` file, in file order, each in the box that its SIZE chunk states.

    The scene graph is not applied; see `read_scene`.

    Raises:
        BadVox: missing, truncated, oversized, or not MagicaVoxel.
    """
    return parse_vox(_read_bytes(path))


def read_scene(path: Path) -> list[Placed]:
    """The visible and hidden objects of a `.vox` file, moved and turned as its scene graph says.

    A file without a scene graph gives its models centred on the origin as MagicaVoxel shows them.
    Animated objects stand as in their first frame.

    Raises:
        BadVox: missing, truncated, oversized, not MagicaVoxel, or with a broken scene graph.
    """
    return parse_scene(_read_bytes(path))


def parse_vox(data: bytes) -> list[VoxelGrid]:
    """`read_vox` on the bytes of a file."""
    return _grids(_parse(data))


def parse_scene(data: bytes) -> list[Placed]:
    """`read_scene` on the bytes of a file."""
    content = _parse(data)
    grids = _grids(content)
    if not content.nodes:
        shapes = [Shape(model, np.eye(3, dtype=int), (0, 0, 0)) for model in range(len(grids))]
    else:
        shapes = walk(content.nodes, content.hidden_layers, models=len(grids))
        if sum(grids[shape.model].solid.size for shape in shapes) > MAX_BOX_VOXELS:
            raise BadVox(f"the scene holds more than {MAX_BOX_VOXELS} voxels")
    return [_place(grids[shape.model], shape) for shape in shapes]


def vox_bytes(grid: VoxelGrid) -> bytes:
    """A grid as a version-150 `.vox` file; the same grid always gives the same bytes.

    The palette is the grid's colours in ascending order; `parse_vox` returns the grid exactly.

    Raises:
        VoxLimit: a side above 256 voxels or below 1, or more than 255 colours.
    """
    if not all(1 <= side <= MAX_SIDE for side in grid.solid.shape):
        raise VoxLimit(f"a box of {grid.solid.shape} voxels does not fit the .vox format")
    z, y, x = np.nonzero(grid.solid)
    colours, index = np.unique(grid.colors[grid.solid].reshape(-1, 3), axis=0, return_inverse=True)
    if len(colours) > 255:
        raise VoxLimit(f"{len(colours)} colours do not fit the palette of a .vox file")
    palette = np.zeros((256, 4), np.uint8)
    palette[: len(colours), :3] = colours
    palette[:, 3] = 255
    voxels = np.stack([x, y, z, index.reshape(-1) + 1], axis=1).astype(np.uint8)
    depth, height, width = grid.solid.shape
    children = b"".join(
        (
            _chunk(b"SIZE", struct.pack("<3I", width, height, depth)),
            _chunk(b"XYZI", struct.pack("<I", len(voxels)) + voxels.tobytes()),
            _chunk(b"RGBA", palette.tobytes()),
        )
    )
    return (
        b"VOX " + struct.pack("<I", 150) + b"MAIN" + struct.pack("<2I", 0, len(children)) + children
    )


def write_vox(path: Path, grid: VoxelGrid) -> None:
    """Write a grid as a `.vox` file, all or nothing.

    Raises:
        VoxLimit: the grid does not fit the format; nothing is written.
        CannotWrite: the folder is not writable or the disk is full.
    """
    write_bytes(path, vox_bytes(grid))


def default_palette() -> np.ndarray:
    """MagicaVoxel's palette for files without an RGBA chunk: (256, 3) uint8, entry 0 unused.

    A 6x6x6 cube from white down, red slowest and blue fastest, without black; then ten steps each
    of red, green, blue and grey that skip the cube's levels.
    """
    levels = np.array([0xFF, 0xCC, 0x99, 0x66, 0x33, 0x00], np.uint8)
    ramp = np.array([0xEE, 0xDD, 0xBB, 0xAA, 0x88, 0x77, 0x55, 0x44, 0x22, 0x11], np.uint8)
    palette = np.zeros((256, 3), np.uint8)
    red, green, blue = np.meshgrid(levels, levels, levels, indexing="ij")
    palette[1:216] = np.stack([red, green, blue], axis=-1).reshape(-1, 3)[:215]
    for channel in range(3):
        palette[216 + 10 * channel : 226 + 10 * channel, channel] = ramp
    palette[246:256] = ramp[:, None]
    return palette


@dataclass
class _Content:
    """What a file says, before colours are looked up."""

    sizes: list[tuple[int, int, int]]  # x, y, z
    voxels: list[np.ndarray]  # (N, 4) uint8: x, y, z, colour index
    palette: np.ndarray  # (256, 3) uint8, entry 0 is empty space
    nodes: dict[int, Node]
    hidden_layers: set[int]


def _parse(data: bytes) -> _Content:
    """Read every chunk that matters here. Raises `BadVox`."""
    if len(data) > MAX_FILE_BYTES:
        raise BadVox(f"the file has {len(data)} bytes, more than {MAX_FILE_BYTES}")
    if len(data) < 20 or data[:4] != b"VOX " or data[8:12] != b"MAIN":
        raise BadVox("the file does not start like a MagicaVoxel file")
    version, size, children = struct.unpack("<I4x2I", data[4:20])
    if version not in VERSIONS:
        raise BadVox(f"version {version} of the format is unknown")
    start = 20 + size
    if start + children > len(data):
        raise BadVox(f"the file has {len(data)} bytes but announces {start + children}")

    content = _Content([], [], default_palette(), {}, set())
    for kind, body in _chunks(data, start, start + children):
        if kind == b"SIZE":
            _read_size(body, content)
        elif kind == b"XYZI":
            _read_voxels(body, content)
        elif kind == b"RGBA":
            if len(body) < 1024:
                raise BadVox(f"the palette has {len(body)} bytes instead of 1024")
            rgba = np.frombuffer(body, np.uint8, 1024).reshape(256, 4)
            content.palette = np.concatenate([np.zeros((1, 3), np.uint8), rgba[:255, :3]])
        elif kind in (b"nTRN", b"nGRP", b"nSHP", b"LAYR"):
            read_node(kind, body, content.nodes, content.hidden_layers)
    if len(content.sizes) != len(content.voxels):
        raise BadVox("the last model has a size but no voxels")
    if not content.sizes:
        raise BadVox("the file holds no model")
    return content


def _chunks(data: bytes, start: int, end: int) -> Iterator[tuple[bytes, bytes]]:
    """(kind, content) of each chunk in `data[start:end]`; children of chunks are skipped."""
    for _ in range(MAX_CHUNKS):
        if start == end:
            return
        if start + 12 > end:
            raise BadVox("the file ends in the middle of a chunk header")
        kind = data[start : start + 4]
        size, children = struct.unpack_from("<2I", data, start + 4)
        body = start + 12
        if body + size + children > end:
            raise BadVox(f"the chunk {kind!r} reaches {body + size + children - end} bytes too far")
        yield kind, data[body : body + size]
        start = body + size + children
    raise BadVox(f"the file holds more than {MAX_CHUNKS} chunks")


def _read_size(body: bytes, content: _Content) -> None:
    if len(content.sizes) != len(content.voxels):
        raise BadVox("two sizes follow each other without voxels between them")
    if len(content.sizes) == MAX_MODELS:
        raise BadVox(f"the file holds more than {MAX_MODELS} models")
    if len(body) < 12:
        raise BadVox("the size of a model is cut short")
    size = struct.unpack_from("<3I", body)
    if not all(1 <= side <= MAX_SIDE for side in size):
        raise BadVox(f"a model measures {size}, outside 1..{MAX_SIDE} voxels a side")
    content.sizes.append(size)
    if sum(x * y * z for x, y, z in content.sizes) > MAX_BOX_VOXELS:
        raise BadVox(f"the models together hold more than {MAX_BOX_VOXELS} voxels")


def _read_voxels(body: bytes, content: _Content) -> None:
    if len(content.sizes) != len(content.voxels) + 1:
        raise BadVox("voxels come before their size")
    count = struct.unpack_from("<I", body)[0] if len(body) >= 4 else -1
    if count < 0 or 4 + 4 * count > len(body):
        raise BadVox(f"a model announces {count} voxels in {len(body)} bytes")
    voxels = np.frombuffer(body, np.uint8, 4 * count, offset=4).reshape(count, 4)
    size = content.sizes[-1]
    if (voxels[:, :3] >= np.array(size)).any():
        raise BadVox(f"a voxel lies outside its model of {size}")
    content.voxels.append(voxels)


def _grids(content: _Content) -> list[VoxelGrid]:
    """Colour the models. Index 0 is empty space; of two voxels in one place the later counts."""
    grids = []
    for (width, height, depth), voxels in zip(content.sizes, content.voxels, strict=True):
        x, y, z, index = voxels.T
        solid = np.zeros((depth, height, width), bool)
        colors = np.zeros((depth, height, width, 3), np.uint8)
        solid[z, y, x] = index > 0
        colors[z, y, x] = content.palette[index]
        grids.append(VoxelGrid(solid, colors))
    return grids


def _place(grid: VoxelGrid, shape: Shape) -> Placed:
    """Turn a grid by a signed permutation and move its pivot, the middle voxel's corner."""
    size = np.array(grid.solid.shape[::-1])  # x, y, z from here on
    source = np.abs(shape.rotation).argmax(axis=1)  # new axis <- old axis
    sign = shape.rotation.sum(axis=1)
    solid = grid.solid.transpose(2, 1, 0).transpose(source)
    colors = grid.colors.transpose(2, 1, 0, 3).transpose(*source, 3)
    flips = tuple(slice(None, None, int(s)) for s in sign)
    low = np.where(sign > 0, -(size // 2)[source], (size // 2)[source] - size[source])
    x, y, z = (int(v) for v in low + np.array(shape.translation))
    turned = VoxelGrid(
        np.ascontiguousarray(solid[flips].transpose(2, 1, 0)),
        np.ascontiguousarray(colors[flips].transpose(2, 1, 0, 3)),
    )
    return Placed(turned, (z, y, x), shape.name, shape.hidden)


def _chunk(kind: bytes, body: bytes) -> bytes:
    return kind + struct.pack("<2I", len(body), 0) + body


def _read_bytes(path: Path) -> bytes:
    """The file's bytes, never more than the limit. Raises `BadVox`."""
    try:
        with path.open("rb") as file:
            data = file.read(MAX_FILE_BYTES + 1)
    except OSError as error:
        raise BadVox(f"{path} could not be read: {error.strerror or error}") from error
    if len(data) > MAX_FILE_BYTES:
        raise BadVox(f"{path} is larger than {MAX_FILE_BYTES} bytes")
    return data
